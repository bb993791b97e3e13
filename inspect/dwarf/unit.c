/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The list of units costs one look at each unit's header and first DIE.  The
 * range table costs DW_AT_ranges of that DIE; only where a unit has none, its
 * functions are asked.  Function tables are made per unit, on the first pc
 * that falls into it.
 *
 * Code that the linker dropped (--gc-sections, doubles of inline functions)
 * leaves ranges that start at 0, or at 1 in range lists: they are left out, or
 * every low address would seem to have a function.
 *
 * Children of a skeleton unit are in a .dwo file, which is opened by
 * unit_full(), never for the range table: the ranges are in the skeleton
 * (DWARF 5, 3.1.2).
 */
#include "inspect/dwarf/unit.h"

#include "inspect/base/limits.h"
#include "inspect/dwarf/dwp.h"
#include "inspect/dwarf/language.h"
#include "inspect/dwarf/splits.h"
#include "inspect/dwarf/table.h"

#include <stdlib.h>

static void units_add_range(
	struct units *us, struct unit *u, uint64_t start, uint64_t end)
{
	if (start < FIRST_REAL_PC || start >= end)
		return;
	us->range = arena_grow(us->image->arena, us->range, us->nranges,
		&us->ranges_cap, sizeof(*us->range));
	us->range[us->nranges++] = (struct unit_range){
		.start = start,
		.end = end,
		.unit = u,
	};
}

static void units_list(struct units *us, Dwarf *dwarf, bool alt)
{
	Dwarf_CU *cu = NULL;
	Dwarf_Half version;
	Dwarf_Die die;
	uint8_t type;

	while (!dwarf_get_units(dwarf, cu, &cu, &version, &type, &die, NULL)) {
		if (!die.addr)
			continue;
		us->unit = arena_grow(us->image->arena, us->unit, us->n,
			&us->cap, sizeof(*us->unit));
		us->unit[us->n++] = (struct unit){
			.units = us,
			.cu = die,
			.type = type,
			.version = version,
			.alt = alt,
		};
	}
}

static int unit_by_cu(const void *a, const void *b)
{
	const struct unit *const *x = a, *const *y = b;
	uintptr_t p = (uintptr_t)(*x)->cu.cu, q = (uintptr_t)(*y)->cu.cu;

	return p < q ? -1 : p > q;
}

struct units *units_of(struct image *image, struct module *module)
{
	if (module->scopes)
		return module->scopes;
	Dwarf *dwarf = module_dwarf(image, module);

	if (!dwarf)
		return NULL;
	struct dwp *dwp = dwp_open(image, module);

	if (dwp)
		dwarf = dwp_dwarf(dwp);
	struct units *us = arena_new(image->arena, struct units);

	us->image = image;
	us->module = module;
	us->dwarf = dwarf;
	us->dwp = dwp;
	us->alt = dwarf_getalt(dwarf);
	us->sections[0] = lineprog_sections(dwarf);
	us->sections[1] = lineprog_sections(us->alt);
	us->types = table_new(image->arena);
	us->scopes = table_new(image->arena);
	us->parents = table_new(image->arena);
	units_list(us, dwarf, false);
	if (us->alt)
		units_list(us, us->alt, true);
	us->by_cu = arena_array(image->arena, struct unit *, us->n + 1);
	for (size_t i = 0; i < us->n; i++)
		us->by_cu[i] = &us->unit[i];
	qsort(us->by_cu, us->n, sizeof(*us->by_cu), unit_by_cu);
	module->scopes = us;
	return us;
}

struct unit *units_find(struct units *us, const Dwarf_Die *die)
{
	struct unit key = { .cu = *die }, *k = &key;
	Dwarf_Die cu;

	struct unit **at =
		bsearch(&k, us->by_cu, us->n, sizeof(*us->by_cu), unit_by_cu);
	if (at)
		return *at;
	/* In a split unit: libdw names its skeleton. */
	if (dwarf_cu_info(die->cu, NULL, NULL, &cu, NULL, NULL, NULL, NULL))
		return NULL;
	key.cu = cu;
	at = bsearch(&k, us->by_cu, us->n, sizeof(*us->by_cu), unit_by_cu);
	if (at)
		return *at;
	for (size_t i = 0; i < us->n; i++)
		if (us->unit[i].full && us->unit[i].die.cu == die->cu)
			return &us->unit[i];
	return NULL;
}

static const char *unit_dwo_name(Dwarf_Die *cu)
{
	const char *s = attr_own_str(cu, DW_AT_dwo_name);

	return s ? s : attr_own_str(cu, DW_AT_GNU_dwo_name);
}

/* Once per module: the first file that is not there stands for all. */
static void unit_note_missing(struct unit *u)
{
	struct units *us = u->units;

	if (us->noted_missing)
		return;
	us->noted_missing = true;
	image_note(us->image,
		"%s: its debug info is split, and %s (of folder %s) is not "
		"there, does not fit or is packed by zstd: functions and "
		"variables of that source are not known",
		us->module->path, u->missing ? u->missing : "a .dwo file",
		u->comp_dir ? u->comp_dir : "?");
}

/* libdw opens the .dwo file when it is asked for the split unit. */
static bool unit_split(struct unit *u, Dwarf_Die *ret)
{
	struct dwp *dwp = u->units->dwp;
	const char *name = unit_dwo_name(&u->cu);
	uint64_t id = 0;
	struct split_name relative = { 0 };
	bool unpacked = false, found;

	if (!dwp)
		splits_relative(u->units->image, name, &relative);
	if (dwp && !dwarf_cu_info(
			   u->cu.cu, NULL, NULL, NULL, NULL, &id, NULL, NULL))
		unpacked = dwp_unpack(dwp, id, name);
	found = !dwarf_cu_info(
			u->cu.cu, NULL, NULL, NULL, ret, NULL, NULL, NULL) &&
		ret->addr;
	if (unpacked)
		dwp_pack(dwp, name);
	splits_restore(&relative);
	return found;
}

/* dwz's partial units do not say their language: it is that of the units that
 * share them.  Of several C++ and the like win, for their names nest. */
static int units_language(struct units *us)
{
	for (size_t i = 0; i < us->n && !us->have_language; i++) {
		int language = dwarf_srclang(&us->unit[i].cu);

		if (language > 0)
			us->language = language;
		us->have_language = language_nests(us->language);
	}
	us->have_language = true;
	return us->language;
}

struct unit *unit_full(struct unit *u)
{
	Dwarf_Die split = { 0 };

	if (u->full)
		return u;
	u->full = true;
	u->die = u->cu;
	u->comp_dir = attr_own_str(&u->cu, DW_AT_comp_dir);
	if (u->type == DW_UT_skeleton) {
		if (unit_split(u, &split)) {
			u->die = split;
		} else {
			u->missing = unit_dwo_name(&u->cu);
			unit_note_missing(u);
		}
	}
	u->name = attr_own_str(&u->die, DW_AT_name);
	if (!u->name)
		u->name = attr_own_str(&u->cu, DW_AT_name);
	if (!u->comp_dir)
		u->comp_dir = attr_own_str(&u->die, DW_AT_comp_dir);
	u->producer = attr_own_str(&u->die, DW_AT_producer);
	u->language = dwarf_srclang(&u->die);
	if (u->language < 0)
		u->language = units_language(u->units);
	return u;
}

/* ---- ranges ------------------------------------------------------------ */

static bool unit_own_ranges(struct unit *u)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t at = 0;
	bool any = false;

	while ((at = dwarf_ranges(&u->cu, at, &base, &start, &end)) > 0) {
		any = true;
		units_add_range(u->units, u, start, end);
	}
	return any;
}

static int range_by_start(const void *a, const void *b)
{
	const struct unit_range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static void units_make_ranges(struct units *us)
{
	us->have_ranges = true;
	for (size_t i = 0; i < us->n; i++) {
		struct unit *u = &us->unit[i];
		size_t n;

		if (u->alt || u->type == DW_UT_type ||
			u->type == DW_UT_partial || unit_own_ranges(u))
			continue;
		const struct function *f = unit_functions(u, &n);
		for (size_t k = 0; k < n; k++)
			units_add_range(us, u, f[k].start, f[k].end);
	}
	if (us->nranges)
		qsort(us->range, us->nranges, sizeof(*us->range),
			range_by_start);
	uint64_t max = 0;
	for (size_t i = 0; i < us->nranges; i++) {
		if (us->range[i].end > max)
			max = us->range[i].end;
		us->range[i].max_end = max;
	}
}

struct unit *units_at(struct units *us, uint64_t pc)
{
	const struct unit_range *best = NULL;
	size_t low = 0, high;

	if (!us->have_ranges)
		units_make_ranges(us);
	high = us->nranges;
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (us->range[mid].start <= pc)
			low = mid + 1;
		else
			high = mid;
	}
	for (size_t i = low; i-- && us->range[i].max_end > pc;) {
		const struct unit_range *r = &us->range[i];

		if (pc < r->end &&
			(!best || r->end - r->start < best->end - best->start))
			best = r;
	}
	return best ? best->unit : NULL;
}

struct unit *unit_at(struct image *image, uint64_t pc, uint64_t *ret_pc)
{
	struct module *module = module_at(image, pc);
	struct units *us = module ? units_of(image, module) : NULL;

	if (!us)
		return NULL;
	*ret_pc = pc - module->bias;
	return units_at(us, *ret_pc);
}

/* ---- functions --------------------------------------------------------- */

struct function_walk {
	struct unit *unit;
	bool deep; /* GNU C: a function inside a function */
	unsigned depth;
};

static void unit_add_function(struct unit *u, Dwarf_Die *die)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t at = 0;

	while ((at = dwarf_ranges(die, at, &base, &start, &end)) > 0) {
		if (start < FIRST_REAL_PC || start >= end)
			continue;
		u->functions = arena_grow(u->units->image->arena, u->functions,
			u->nfunctions, &u->functions_cap,
			sizeof(*u->functions));
		u->functions[u->nfunctions++] = (struct function){
			.start = start,
			.end = end,
			.die = *die,
		};
	}
}

static bool function_walk_child(Dwarf_Die *child, void *ctx)
{
	struct function_walk *w = ctx;

	switch (dwarf_tag(child)) {
	case DW_TAG_subprogram:
		unit_add_function(w->unit, child);
		if (!w->deep)
			return true;
		break;
	case DW_TAG_namespace:
	case DW_TAG_module:
		break;
	case DW_TAG_class_type:
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
	case DW_TAG_lexical_block:
		if (!w->deep)
			return true;
		break;
	default:
		return true;
	}
	if (w->depth < MAX_DIE_DEPTH) {
		w->depth++;
		attr_children(child, function_walk_child, w);
		w->depth--;
	}
	return true;
}

static int function_by_start(const void *a, const void *b)
{
	const struct function *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static void unit_list_functions(struct unit *u, bool deep)
{
	struct function_walk w = { .unit = u, .deep = deep };

	unit_full(u);
	u->have_functions = true;
	u->deep_functions = deep;
	u->nfunctions = 0;
	attr_children(&u->die, function_walk_child, &w);
	if (u->nfunctions)
		qsort(u->functions, u->nfunctions, sizeof(*u->functions),
			function_by_start);
}

const struct function *unit_functions(struct unit *u, size_t *ret_n)
{
	if (!u->have_functions)
		unit_list_functions(u, false);
	*ret_n = u->nfunctions;
	return u->functions;
}

static const struct function *function_at(const struct unit *u, uint64_t pc)
{
	size_t low = 0, high = u->nfunctions;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (u->functions[mid].start <= pc)
			low = mid + 1;
		else
			high = mid;
	}
	/* The narrowest: a nested function may lie inside another's range. */
	for (size_t i = low; i--;)
		if (pc < u->functions[i].end)
			return &u->functions[i];
	return NULL;
}

const struct function *unit_function(struct unit *u, uint64_t pc)
{
	size_t n;

	unit_functions(u, &n);
	const struct function *f = function_at(u, pc);

	if (!f && !u->deep_functions) {
		unit_list_functions(u, true);
		f = function_at(u, pc);
	}
	return f;
}
