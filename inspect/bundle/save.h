/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Contents into an archive. */
#include "inspect/base/err.h"
#include "inspect/bundle/contents.h"

struct save_watch {
	/* false ends it */
	bool (*go_on)(void *ctx, uint64_t done, uint64_t total);
	void *ctx;
};

struct saved {
	const char *path; /* with the suffix that was added */
	uint64_t bytes;   /* of the archive */
};

/*
 * Complete or not at all.  path: X.tar.zst or X.tar; another name gets .tar.zst
 * added; "-" is standard output.  The manifest comes first, the core last, so
 * that of an archive that is cut off most can be used.
 */
enum err save_bundle(const struct contents *, const char *path,
	const char *version, const struct save_watch *, struct saved *ret);
