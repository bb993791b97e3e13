/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* pc to file and line, and back, from the line table of the pc's own unit. */
#include "inspect/image/image.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct line {
	const char *file; /* absolute: the directory of the unit is added */
	const char *name; /* as the line table has it, for "at FILE:LINE" (gdb
			     prints what the compiler was given) */
	int line;
	bool is_stmt;        /* a debugger may stop at start */
	uint64_t start, end; /* the row's run-time range */
};

/* The row that has pc (already minus one for a caller); false: none. */
bool line_at(struct image *, uint64_t pc, struct line *ret);
/* Run-time addresses of the statements at file:line; file may be a last
 * component or a tail of the path.  *ret_n 0: none. */
enum err line_find(struct image *, const char *file, int line, struct arena *,
	uint64_t **ret, size_t *ret_n);
/* Every source file of a module, without doubles, sorted. */
enum err line_files(struct image *, struct module *, struct arena *,
	const char ***ret, size_t *ret_n);
