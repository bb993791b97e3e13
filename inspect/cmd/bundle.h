/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The command "bundle", and "cinspect bundle". */
#include "inspect/cmd/session.h"
#include "inspect/out/out.h"

struct bundle_wish {
	const char *path; /* "-": standard output */
	bool sources, without_core;
};

/* Writes it, and prints what is in it and what is missing. */
enum err bundle_write(
	struct session *, const struct bundle_wish *, struct out *);
