/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* manifest.json: what is in a bundle, and what is missing and why. */
#include "inspect/bundle/contents.h"

struct manifest {
	const char *created, *host; /* may be NULL */
	const char *core;           /* its member, or NULL */
	struct bundle_file *file;   /* name, role, path, build_id, size */
	size_t n;
	struct find_gap *gap;
	size_t ngaps;
};

/* The text, in the arena. */
const char *manifest_write(const struct contents *, const char *version);
/* false: it is none. */
bool manifest_read(
	struct manifest *, struct arena *, const char *text, size_t n);
