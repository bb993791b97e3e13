/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* gdb's locations: FUNCTION, FILE:LINE, FILE:FUNCTION, LINE, +N, -N, *ADDR. */
#include "inspect/cmd/session.h"

struct place {
	const char *file; /* as the debug info has it; NULL: none */
	int line;         /* 0: none */
	uint64_t pc;      /* 0: none, or not looked for */
	const char *function;
};

enum err place_find(struct session *, const char *text, struct place *ret);
/* Looks for the code of a place that has a line only: of that line or of the
 * next one that has any. */
enum err place_code(struct session *, struct place *);
/* File and line where a listing starts that was not told where: the selected
 * frame, else main. */
enum err place_default(struct session *, struct place *ret);
