/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Methods are declared inside their class, and defined outside with a
 * specification that points back.  What DWARF does not say outright is told
 * by what a compiler writes, as gdb does: a method whose first parameter is not
 * artificial has no `this`, so it is static; a constructor has the name of its
 * class, up to the arguments of a template; a method is virtual when it says
 * where it is in the virtual table, which gcc's destructors do not.
 */
#include "inspect/dwarf/classes.h"

#include "inspect/base/limits.h"
#include "inspect/dwarf/canonical.h"
#include "inspect/dwarf/members.h"
#include "inspect/dwarf/types.h"

#include <string.h>

struct class_walk {
	struct dwarf_type *of;
	struct class *class;
	struct arena *arena;
	size_t methods_cap, typedefs_cap, arguments_cap;
};

enum type_access classes_access(Dwarf_Die *die, const struct type *around)
{
	uint64_t access;

	if (!attr_uint(die, DW_AT_accessibility, &access))
		return around->kind == TYPE_CLASS ? ACCESS_PRIVATE
						  : ACCESS_PUBLIC;
	return access == DW_ACCESS_private     ? ACCESS_PRIVATE
	       : access == DW_ACCESS_protected ? ACCESS_PROTECTED
					       : ACCESS_PUBLIC;
}

static bool is_constructor(struct class_walk *w, const char *name)
{
	const char *class = attr_own_str(&w->of->die, DW_AT_name);
	size_t n = strlen(name);

	return class && !strncmp(class, name, n) &&
	       (!class[n] || class[n] == '<');
}

/* Behind the last one of that name, or of all. */
static struct method *method_new(struct class_walk *w, const char *name)
{
	struct class *c = w->class;
	size_t at = c->nmethods;

	while (at && strcmp(c->methods[at - 1].name, name) != 0)
		at--;
	if (!at)
		at = c->nmethods;
	c->methods = arena_grow(w->arena, c->methods, c->nmethods,
		&w->methods_cap, sizeof(*c->methods));
	memmove(&c->methods[at + 1], &c->methods[at],
		(c->nmethods - at) * sizeof(*c->methods));
	c->nmethods++;
	c->methods[at] = (struct method){ .name = name };
	return &c->methods[at];
}

static void read_method(struct class_walk *w, Dwarf_Die *die)
{
	const char *name = attr_own_str(die, DW_AT_name);
	Dwarf_Attribute a;

	if (name)
		name = canonical_name(name, w->arena);
	if (!name || w->class->nmethods >= MAX_MEMBERS)
		return;
	struct method *m = method_new(w, name);

	m->type = types_of_function(w->of->units, die);
	m->access = classes_access(die, &w->of->type);
	m->is_implicit = attr_own_flag(die, DW_AT_artificial);
	m->is_static = !m->type->nmembers || !m->type->members[0].is_artificial;
	m->is_virtual = attr_own(die, DW_AT_vtable_elem_location, &a);
	m->is_special = name[0] == '~' || is_constructor(w, name);
}

static void read_name(struct class_walk *w, Dwarf_Die *die,
	struct class_name **names, size_t *n, size_t *cap)
{
	const char *name = attr_own_str(die, DW_AT_name);

	if (!name || *n >= MAX_MEMBERS)
		return;
	*names = arena_grow(w->arena, *names, *n, cap, sizeof(**names));
	(*names)[(*n)++] = (struct class_name){
		.name = name,
		.type = types_of_attr(w->of->units, die),
		.self = dwarf_tag(die) == DW_TAG_typedef
				? types_of(w->of->units, die)
				: NULL,
		.access = classes_access(die, &w->of->type),
	};
}

static bool visit(Dwarf_Die *child, void *ctx)
{
	struct class_walk *w = ctx;
	struct class *c = w->class;

	switch (dwarf_tag(child)) {
	case DW_TAG_subprogram:
		read_method(w, child);
		break;
	case DW_TAG_typedef:
		read_name(w, child, &c->typedefs, &c->ntypedefs,
			&w->typedefs_cap);
		break;
	case DW_TAG_template_type_parameter:
		read_name(w, child, &c->arguments, &c->narguments,
			&w->arguments_cap);
		break;
	}
	return true;
}

const struct class *classes_read(const struct type *t)
{
	struct dwarf_type *dt = t->ctx;
	struct class_walk w = { .of = dt };

	if (dt->definition)
		return class_of(dt->definition);
	if (dt->class)
		return dt->class;
	w.arena = dt->units->image->arena;
	dt->class = w.class = arena_new(w.arena, struct class);
	attr_children(&dt->die, visit, &w);
	return dt->class;
}
