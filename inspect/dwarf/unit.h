/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The units of a module, and which of them has a pc.  libdw 0.188 answers the
 * second question from .debug_aranges alone, which clang does not write; here
 * the table is made from what every unit says of itself.
 */
#include "inspect/dwarf/attr.h"
#include "inspect/dwarf/lineprog.h"
#include "inspect/image/image.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dwp;
struct table;

enum {
	FIRST_REAL_PC = 2, /* code that the linker dropped is at 0, in range
			      lists at 1 */
};

struct function {
	uint64_t start, end; /* one of its ranges, link-time */
	Dwarf_Die die;
};

struct unit {
	struct units *units;
	Dwarf_Die cu; /* compile unit, skeleton, partial or type unit */
	uint8_t type; /* DW_UT_* */
	uint16_t version;
	bool alt; /* of the alternate (dwz) file */

	/* By unit_full(): */
	bool full;
	Dwarf_Die die; /* where the children are: the split unit's DIE */
	const char *name, *comp_dir, *producer;
	int language;
	const char *missing; /* the .dwo file that is not here, or NULL */

	/* By unit_function(): sorted by start. */
	bool have_functions, deep_functions;
	struct function *functions;
	size_t nfunctions, functions_cap;

	bool have_names; /* names.c has noted its prefixes */
	void *lines;     /* owned by line.c */
};

struct unit_range {
	uint64_t start, end; /* link-time */
	uint64_t max_end;    /* of this range and all before it */
	struct unit *unit;
};

/* What this folder keeps for a module; module->scopes points at it. */
struct units {
	struct image *image;
	struct module *module;
	Dwarf *dwarf, *alt;
	struct dwp *dwp; /* package of split units, or NULL */
	struct lineprog_sections sections[2]; /* of dwarf, of alt */
	struct unit *unit;
	size_t n, cap;
	struct unit **by_cu; /* sorted by Dwarf_CU pointer */
	struct unit_range *range;
	size_t nranges, ranges_cap;
	bool have_ranges, noted_missing, have_language;
	int language;         /* what units that do not say are written in */
	struct table *types;  /* DIE to type: types.c */
	struct table *scopes; /* pc to chain: scope.c */
	struct table *type_units; /* by signature: typeunit.c; or NULL */
	struct table *parents;    /* DIE to "ns::Class::": names.c */
};

/* NULL: the module has no debug info (module->debug_why). */
struct units *units_of(struct image *, struct module *);
/* The unit that has a link-time pc, or NULL. */
struct unit *units_at(struct units *, uint64_t pc);
/* The unit that a DIE is in; NULL: of a split file not opened by us. */
struct unit *units_find(struct units *, const Dwarf_Die *);
/* The module, unit and link-time pc of a run-time one; NULL: none. */
struct unit *unit_at(struct image *, uint64_t pc, uint64_t *ret_pc);

/* Fills in what is read on first use: the split unit, names, language. */
struct unit *unit_full(struct unit *);
/* The function that has a link-time pc, or NULL. */
const struct function *unit_function(struct unit *, uint64_t pc);
/* All that have code, sorted by start. */
const struct function *unit_functions(struct unit *, size_t *ret_n);

/* ---- file names, by line.c --------------------------------------------- */

/* What DW_AT_decl_file or DW_AT_call_file of a DIE means, through; or NULL. */
const char *line_file_attr(
	struct units *, Dwarf_Die *, unsigned attr, const char **ret_name);
/* Where a DIE is declared; *ret_line 0: not known. */
const char *line_decl(struct units *, Dwarf_Die *, int *ret_line);
