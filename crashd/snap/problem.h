/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The one sentence that says why something could not be done: what, where,
 * and what to do about it.
 */

struct problem {
	char text[768];
};

/* Sets the sentence and returns -1, for return statements. */
__attribute__((format(printf, 2, 3))) int problem_set(
	struct problem *, const char *format, ...);
