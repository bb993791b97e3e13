/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A unit's line number program as it stands in .debug_line (DWARF 5, 6.2;
 * versions 2 to 5): the table of files, and the rows that it makes.
 */
#include "inspect/base/arena.h"
#include "inspect/base/bytes.h"
#include "inspect/dwarf/attr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lineprog_sections {
	struct bytes line, line_str, str;
};

struct lineprog_file {
	const char *name;
	uint64_t dir;
};

struct lineprog {
	uint16_t version;
	uint8_t min_inst, line_range, opcode_base;
	bool default_is_stmt;
	int8_t line_base;
	const uint8_t *opcode_args; /* of opcode i + 1 */
	const char **dirs;          /* as numbered: before 5 the first is
				       number 1, and dirs[0] is NULL */
	size_t ndirs;
	struct lineprog_file *files; /* likewise */
	size_t nfiles;
	struct bytes program;
};

struct lineprog_row {
	uint64_t pc;
	uint64_t file;
	int line;
	unsigned discriminator;
	bool is_stmt, end;
};

struct lineprog_sections lineprog_sections(Dwarf *);
/* By the unit DIE's DW_AT_stmt_list; false: none, or it cannot be read. */
bool lineprog_open(struct lineprog *ret, const struct lineprog_sections *,
	Dwarf_Die *cu, struct arena *);
/* The same, at an offset into .debug_line. */
bool lineprog_read(struct lineprog *ret, const struct lineprog_sections *,
	uint64_t offset, struct arena *);
/* Gives every row to fn, sequence by sequence, until it returns false. */
void lineprog_run(const struct lineprog *,
	bool (*fn)(const struct lineprog_row *, void *ctx), void *ctx);
