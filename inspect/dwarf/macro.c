/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DWARF 5 section 6.3.  A unit imports what it shares with others; imports are
 * followed to a bound, since a file may make them circular.
 */
#include "inspect/dwarf/macro.h"

#include "inspect/base/limits.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <string.h>

struct reader {
	bool (*fn)(void *ctx, bool defined, const char *text, const char *file,
		unsigned line);
	void *ctx;
	Dwarf *dwarf;
	Dwarf_Files *files;
	size_t nfiles;
	const char *file[MAX_INCLUDE_DEPTH];
	unsigned depth, imports;
	bool stop;
};

static int visit(Dwarf_Macro *, void *);

static void import(struct reader *r, Dwarf_Word offset)
{
	ptrdiff_t token = DWARF_GETMACROS_START;

	if (++r->imports > MAX_MACRO_IMPORTS)
		return;
	while ((token = dwarf_getmacros_off(
			r->dwarf, (Dwarf_Off)offset, visit, r, token)) > 0)
		if (r->stop)
			return;
}

/* The index is the unit's own: dwarf_macro_getsrcfiles() of elfutils 0.188
 * takes the line table for another one. */
static const char *file_of(const struct reader *r, Dwarf_Word index)
{
	if (!r->files || index >= r->nfiles)
		return NULL;
	return dwarf_filesrc(r->files, (size_t)index, NULL, NULL);
}

static void begin_file(struct reader *r, Dwarf_Macro *macro)
{
	Dwarf_Word index = 0;
	const char *name = NULL;

	if (!dwarf_macro_param2(macro, &index, NULL))
		name = file_of(r, index);
	if (r->depth < MAX_INCLUDE_DEPTH)
		r->file[r->depth] = name;
	r->depth++;
}

static void tell(struct reader *r, Dwarf_Macro *macro, bool defined)
{
	const char *text = NULL, *file = NULL;
	Dwarf_Word line = 0;

	if (dwarf_macro_param1(macro, &line) ||
		dwarf_macro_param2(macro, NULL, &text) || !text)
		return;
	if (r->depth && r->depth <= MAX_INCLUDE_DEPTH)
		file = r->file[r->depth - 1];
	r->stop = !r->fn(r->ctx, defined, text, file, (unsigned)line);
}

static int visit(Dwarf_Macro *macro, void *ctx)
{
	struct reader *r = ctx;
	Dwarf_Word offset;
	unsigned opcode;

	if (dwarf_macro_opcode(macro, &opcode))
		return DWARF_CB_OK;
	switch (opcode) {
	case DW_MACRO_define:
	case DW_MACRO_define_strp:
	case DW_MACRO_define_sup:
	case DW_MACRO_define_strx:
		tell(r, macro, true);
		break;
	case DW_MACRO_undef:
	case DW_MACRO_undef_strp:
	case DW_MACRO_undef_sup:
	case DW_MACRO_undef_strx:
		tell(r, macro, false);
		break;
	case DW_MACRO_start_file:
		begin_file(r, macro);
		break;
	case DW_MACRO_end_file:
		r->depth -= r->depth > 0;
		break;
	case DW_MACRO_import:
		if (!dwarf_macro_param1(macro, &offset))
			import(r, offset);
		break;
	default:
		break;
	}
	return r->stop ? DWARF_CB_ABORT : DWARF_CB_OK;
}

static Dwarf_Die die_here(const struct die *d)
{
	Dwarf_Die die;

	_Static_assert(sizeof(die) == sizeof(*d), "struct die");
	memcpy(&die, d, sizeof(die));
	return die;
}

bool macro_has(const struct die *cu)
{
	Dwarf_Die die = die_here(cu);

	return dwarf_hasattr(&die, DW_AT_macros) ||
	       dwarf_hasattr(&die, DW_AT_GNU_macros) ||
	       dwarf_hasattr(&die, DW_AT_macro_info);
}

void macro_each(const struct die *cu,
	bool (*fn)(void *ctx, bool defined, const char *text, const char *file,
		unsigned line),
	void *ctx)
{
	Dwarf_Die die = die_here(cu);
	struct reader r = {
		.fn = fn,
		.ctx = ctx,
		.dwarf = dwarf_cu_getdwarf(die.cu),
	};
	ptrdiff_t token = DWARF_GETMACROS_START;

	if (dwarf_getsrcfiles(&die, &r.files, &r.nfiles))
		r.files = NULL;
	while ((token = dwarf_getmacros(&die, visit, &r, token)) > 0)
		if (r.stop)
			return;
}
