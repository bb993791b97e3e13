/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * One command run in many threads or frames, with gdb's flags: -q leaves out
 * the headings, -c goes on after a failure and prints it, -s goes on and is
 * silent about those that fail.  Without -c and -s the first failure is the
 * end.
 */
#include "inspect/cmd/cmd.h"

struct apply_flags {
	bool quiet, go_on, silent;
};

/* Reads flags from word i on; returns the index of the command. */
size_t apply_flags(const struct args *, size_t i, struct apply_flags *ret);

/* Fields, and unless quiet a line of text, of thread or frame i. */
typedef enum err apply_heading_fn(
	struct session *, size_t i, bool quiet, struct out *);

/* Runs line where the session is now, as element i of an open list. */
enum err apply_one(struct session *, const struct apply_flags *,
	const char *line, apply_heading_fn *, size_t i, struct out *);
