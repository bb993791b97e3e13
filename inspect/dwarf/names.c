/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A DIE does not know its parent.  For a unit of a language that nests names,
 * one walk over namespaces and types (not over the bodies of functions) notes
 * the prefix of everything inside one.  A definition outside its class refers
 * to its declaration inside, so the prefix is that of the end of the chain.
 */
#include "inspect/dwarf/names.h"

#include "inspect/base/limits.h"
#include "inspect/dwarf/canonical.h"
#include "inspect/dwarf/demangle.h"
#include "inspect/dwarf/language.h"
#include "inspect/dwarf/table.h"
#include "inspect/dwarf/typeunit.h"

struct names_walk {
	struct units *units;
	const char *prefix; /* "" at the top */
	unsigned depth;
};

bool names_nest(struct unit *u)
{
	return language_nests(unit_full(u)->language);
}

static bool names_is_container(int tag)
{
	return tag == DW_TAG_namespace || tag == DW_TAG_module ||
	       tag == DW_TAG_class_type || tag == DW_TAG_structure_type ||
	       tag == DW_TAG_union_type || tag == DW_TAG_interface_type;
}

/* Around what is nested in the type of a type unit, clang puts declarations
 * without a name, which say in what unit it is. */
static const char *name_by_signature(struct units *us, Dwarf_Die *die)
{
	Dwarf_Attribute a;
	Dwarf_Die type;

	return attr_own(die, DW_AT_signature, &a) && typeunit_ref(us, &a, &type)
		       ? attr_own_str(&type, DW_AT_name)
		       : NULL;
}

struct names_descent {
	Dwarf_Off target;
	Dwarf_Die around; /* the last container that begins before it */
	bool found;
};

static bool names_before(Dwarf_Die *child, void *ctx)
{
	struct names_descent *d = ctx;

	if (dwarf_dieoffset(child) >= d->target)
		return false;
	d->found = names_is_container(dwarf_tag(child));
	d->around = *child;
	return true;
}

/* Of a DIE of a small unit, from the top: no other unit is walked for it. */
static const char *prefix_from_top(struct units *us, Dwarf_Die *die)
{
	struct names_descent d = { .target = dwarf_dieoffset(die) };
	const char *prefix = "";
	Dwarf_Die at;

	if (!dwarf_diecu(die, &at, NULL, NULL))
		return prefix;
	for (unsigned i = 0; i < MAX_DIE_DEPTH; i++) {
		d.found = false;
		attr_children(&at, names_before, &d);
		if (!d.found)
			break;
		at = d.around;
		const char *name = attr_own_str(&at, DW_AT_name);
		if (name)
			prefix = arena_printf(
				us->image->arena, "%s%s::", prefix, name);
	}
	return prefix;
}

/*
 * What is around a container that stands at the top of its unit.  In gcc's type
 * units the type is defined there, with a declaration that stands in its
 * namespace; others are declared there by their signature.
 */
static const char *prefix_elsewhere(struct units *us, Dwarf_Die *container)
{
	Dwarf_Die origin = attr_origin(container), type;
	const char *prefix = NULL;
	Dwarf_Attribute a;

	if (origin.addr != container->addr) {
		prefix = table_find(us->parents, (uintptr_t)origin.addr);
	} else if (attr_own(container, DW_AT_signature, &a) &&
		   typeunit_ref(us, &a, &type)) {
		origin = attr_origin(&type);
		prefix = prefix_from_top(us, &origin);
	}
	return prefix ? prefix : "";
}

static bool names_visit(Dwarf_Die *child, void *ctx)
{
	struct names_walk *w = ctx;
	int tag = dwarf_tag(child);

	if (*w->prefix && (tag != DW_TAG_member ||
				  attr_own_flag(child, DW_AT_declaration)))
		table_add(w->units->parents, (uintptr_t)child->addr,
			(void *)w->prefix);
	if (!names_is_container(tag) || w->depth >= MAX_DIE_DEPTH)
		return true;
	const char *name = attr_own_str(child, DW_AT_name);
	struct names_walk in = *w;

	if (!*in.prefix)
		in.prefix = prefix_elsewhere(w->units, child);
	if (!name)
		name = name_by_signature(w->units, child);
	if (!name)
		name = tag == DW_TAG_namespace ? "(anonymous namespace)"
					       : "{unnamed}";
	in.prefix =
		arena_printf(w->units->image->arena, "%s%s::", in.prefix, name);
	in.depth++;
	attr_children(child, names_visit, &in);
	return true;
}

const char *names_prefix(struct units *us, struct unit *u, const Dwarf_Die *die)
{
	if (!u->have_names) {
		struct names_walk w = { .units = us, .prefix = "" };

		u->have_names = true;
		attr_children(&u->die, names_visit, &w);
	}
	return table_find(us->parents, (uintptr_t)die->addr);
}

const char *names_qualified(struct units *us, const Dwarf_Die *die)
{
	Dwarf_Die at = attr_origin(die);
	const char *name = attr_own_str(&at, DW_AT_name);
	struct unit *u;

	if (!name) {
		at = *die;
		name = attr_str(&at, DW_AT_name);
	}
	if (!name || !(u = units_find(us, &at)) || !names_nest(u))
		return name;
	const char *prefix = names_prefix(us, u, &at);

	return prefix ? arena_printf(us->image->arena, "%s%s", prefix, name)
		      : name;
}

const char *names_function(struct units *us, const Dwarf_Die *die)
{
	struct unit *u = units_find(us, die);
	Dwarf_Die self = *die;
	const char *linkage = attr_linkage_name(&self), *name = NULL;

	/* In C a linkage name is what the optimizer made of a function, and
	 * tells its parts from each other: f.part.0. */
	if (linkage && u && !names_nest(u))
		return linkage;
	if (linkage && u && u->language != DW_LANG_Rust)
		name = demangle_function(linkage, us->image->arena);
	if (!name)
		name = names_qualified(us, die);
	return name ? name : linkage;
}

void names_type(struct units *us, const Dwarf_Die *die, struct type *t)
{
	struct unit *u = units_find(us, die);

	t->name = names_qualified(us, die);
	t->no_tag = u && names_nest(u);
	t->is_cxx = t->no_tag && u->language != DW_LANG_Rust;
	if (t->is_cxx)
		t->name = canonical_name(t->name, us->image->arena);
}
