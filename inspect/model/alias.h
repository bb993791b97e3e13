/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Names that are known inside of one class: the parameters of its template
 * stand for types, and its typedefs and those of its bases need no "Class::".
 */
#include "inspect/model/class.h"

struct aliases {
	const struct class_name **arguments, **typedefs;
	size_t narguments, ntypedefs, arguments_cap, typedefs_cap;
};

/* They go into new room: what aliases was copied from stays as it is. */
void aliases_add_arguments(
	struct aliases *, const struct class *, struct arena *);
/* Those of the class and of its bases. */
void aliases_add_typedefs(
	struct aliases *, const struct type *class, struct arena *);
/* What the type is called here, without qualifiers; or NULL: as elsewhere. */
const char *aliases_find(
	const struct aliases *, const struct type *, struct arena *);
/* "std::vector<int, std::allocator<int> >" with those inside it replaced. */
const char *aliases_within(
	const struct aliases *, const char *name, struct arena *);
