/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A DIE does not know its parent.  For a unit of a language that nests names,
 * one walk over namespaces and types (not over the bodies of functions) notes
 * the prefix of everything inside one.  A definition outside its class refers
 * to its declaration inside, so the prefix is that of the end of the chain.
 */
#include "inspect/dwarf/names.h"

#include "inspect/base/cleanup.h"
#include "inspect/base/limits.h"
#include "inspect/dwarf/table.h"

#include <dlfcn.h>
#include <string.h>

/* Weak: a statically linked program has none, and must not be given one. */
#pragma weak dlopen
#pragma weak dlsym

struct names_walk {
	struct units *units;
	const char *prefix; /* "" at the top */
	unsigned depth;
};

bool names_nest(struct unit *u)
{
	switch (unit_full(u)->language) {
	case DW_LANG_C_plus_plus:
	case DW_LANG_C_plus_plus_03:
	case DW_LANG_C_plus_plus_11:
	case DW_LANG_C_plus_plus_14:
	case DW_LANG_ObjC_plus_plus:
	case DW_LANG_Rust:
	case DW_LANG_D:
		return true;
	default:
		return false;
	}
}

static bool names_is_container(int tag)
{
	return tag == DW_TAG_namespace || tag == DW_TAG_module ||
	       tag == DW_TAG_class_type || tag == DW_TAG_structure_type ||
	       tag == DW_TAG_union_type || tag == DW_TAG_interface_type;
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

	if (!name)
		name = tag == DW_TAG_namespace ? "(anonymous namespace)"
					       : "{unnamed}";
	in.prefix =
		arena_printf(w->units->image->arena, "%s%s::", w->prefix, name);
	in.depth++;
	attr_children(child, names_visit, &in);
	return true;
}

/*
 * The C++ runtime has the demangler.  A process that has no C++ in it need not
 * load it before a name asks for it, and where it is not installed the short
 * name has to do.
 */
static const char *names_demangled(
	struct units *us, const char *linkage, const char *name)
{
	typedef char *demangle_fn(const char *, char *, size_t *, int *);
	static demangle_fn *demangle;
	static bool tried;

	if (!tried) {
		void *lib = dlopen ? dlopen("libstdc++.so.6", RTLD_LAZY) : NULL;

		tried = true;
		demangle = lib ? (demangle_fn *)dlsym(lib, "__cxa_demangle")
			       : NULL;
	}
	_cleanup_(free) char *s =
		demangle ? demangle(linkage, NULL, NULL, NULL) : NULL;

	return s ? arena_strdup(us->image->arena, s) : name;
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
	if (!u->have_names) {
		struct names_walk w = { .units = us, .prefix = "" };

		u->have_names = true;
		attr_children(&u->die, names_visit, &w);
	}
	const char *prefix = table_find(us->parents, (uintptr_t)at.addr);
	Dwarf_Die self = *die;
	const char *linkage = attr_linkage_name(&self);

	/* Inside a function (a lambda, a method of a local class): only the
	 * mangled name says of which. */
	if (!prefix && linkage && !strncmp(linkage, "_ZZ", 3))
		return names_demangled(us, linkage, name);
	return prefix ? arena_printf(us->image->arena, "%s%s", prefix, name)
		      : name;
}

void names_type(struct units *us, const Dwarf_Die *die, struct type *t)
{
	struct unit *u = units_find(us, die);

	t->name = names_qualified(us, die);
	t->no_tag = u && names_nest(u);
}
