/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What namescan.c says of bytes, in terms of libdw: which DIEs have an entry
 * is the same here and there, and a test holds them to it.
 */
#include "inspect/dwarf/namewalk.h"

#include "inspect/base/limits.h"
#include "inspect/dwarf/attr.h"
#include "inspect/dwarf/index.h"
#include "inspect/dwarf/names.h"

struct namewalk {
	struct nametable *table;
	struct unit *unit;
	struct namescan_found *found;
	unsigned depth;
	bool nest; /* C++: descend into classes too */
};

/* int x; after extern int x; has its place at the second DIE, which refers to
 * the first.  One without a place is optimized out, but has a type. */
static bool has_place(Dwarf_Die *die)
{
	Dwarf_Attribute a;

	return attr_get(die, DW_AT_location, &a) ||
	       attr_get(die, DW_AT_const_value, &a);
}

static void walk_push(
	struct namewalk *w, Dwarf_Die *die, unsigned kind, const char *name)
{
	struct nametable *t = w->table;
	bool declared = attr_own_flag(die, DW_AT_declaration) ||
			(kind == INDEX_VARIABLE && !has_place(die));
	enum name_place place = name ? NAME_OTHER : NAME_NONE;
	struct slim e = {
		.name = name ? (uint32_t)t->nother : 0,
		.die = (uint32_t)((char *)die->addr -
				  (char *)w->unit->die.addr),
		.unit = (uint32_t)(w->unit - t->units->unit),
		.tag = (uint16_t)dwarf_tag(die),
		.flags = (uint8_t)(kind | (unsigned)place << SLIM_PLACE |
				   (declared ? SLIM_DECLARATION : 0)),
	};

	if (name) {
		t->other = arena_grow(t->units->image->arena, t->other,
			t->nother, &t->other_cap, sizeof(*t->other));
		t->other[t->nother++] = name;
	}
	namescan_add(w->found, &e, namescan_hash(name ? name : ""));
}

static void walk_add(struct namewalk *w, Dwarf_Die *die, unsigned kind)
{
	const char *name = attr_str(die, DW_AT_name);

	if (name)
		walk_push(w, die, kind, name);
}

static bool has_code(Dwarf_Die *die)
{
	Dwarf_Attribute a;

	return attr_own(die, DW_AT_low_pc, &a) ||
	       attr_own(die, DW_AT_ranges, &a);
}

static void walk_function(struct namewalk *w, Dwarf_Die *die)
{
	Dwarf_Attribute a;

	/* Concrete, or an abstract instance: inlined somewhere.  Only declared
	 * ones belong to another unit. */
	if (has_code(die) || attr_own(die, DW_AT_inline, &a))
		walk_add(w, die, INDEX_FUNCTION);
}

static bool walk_visit(Dwarf_Die *die, void *ctx);

static void walk_descend(struct namewalk *w, Dwarf_Die *die)
{
	if (w->depth >= MAX_DIE_DEPTH)
		return;
	w->depth++;
	attr_children(die, walk_visit, w);
	w->depth--;
}

static bool walk_enumerator(Dwarf_Die *die, void *ctx)
{
	if (dwarf_tag(die) == DW_TAG_enumerator)
		walk_add(ctx, die, INDEX_CONSTANT);
	return true;
}

/* Enumerators stand right behind their enum, so it is entered even without a
 * name. */
static void walk_enum(struct namewalk *w, Dwarf_Die *die)
{
	walk_push(w, die, INDEX_TYPE, attr_str(die, DW_AT_name));
	attr_children(die, walk_enumerator, w);
}

static bool walk_visit(Dwarf_Die *die, void *ctx)
{
	struct namewalk *w = ctx;

	switch (dwarf_tag(die)) {
	case DW_TAG_subprogram:
		walk_function(w, die);
		break;
	case DW_TAG_variable:
	case DW_TAG_constant:
		walk_add(w, die, INDEX_VARIABLE);
		break;
	case DW_TAG_enumeration_type:
		walk_enum(w, die);
		break;
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
	case DW_TAG_class_type:
	case DW_TAG_interface_type:
		walk_add(w, die, INDEX_TYPE);
		if (w->nest)
			walk_descend(w, die);
		break;
	case DW_TAG_typedef:
	case DW_TAG_base_type:
	case DW_TAG_unspecified_type:
	case DW_TAG_subrange_type:
	case DW_TAG_template_alias:
		walk_add(w, die, INDEX_TYPE);
		break;
	case DW_TAG_namespace:
	case DW_TAG_module:
	case DW_TAG_common_block:
		walk_descend(w, die);
		break;
	}
	return true;
}

void namewalk_unit(struct nametable *t, size_t i, struct namescan_found *f)
{
	struct namewalk w = {
		.table = t,
		.unit = unit_full(&t->units->unit[i]),
		.found = f,
	};

	w.nest = names_nest(w.unit);
	attr_children(&w.unit->die, walk_visit, &w);
}
