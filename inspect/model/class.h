/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What a class of C++ has besides its data, which only ptype shows: read when
 * it asks, by type->class.
 */
#include "inspect/model/type.h"

/* A member function, as it is declared. */
struct method {
	const char *name;
	const struct type *type; /* with `this`, where it has one */
	enum type_access access;
	bool is_static, is_virtual;
	bool is_implicit; /* the compiler's own: not shown */
	bool is_special;  /* constructor, destructor: without a result */
};

/* A typedef inside the class, or an argument of its template. */
struct class_name {
	const char *name;
	const struct type *type;
	const struct type *self; /* the typedef */
	enum type_access access;
};

struct class
{
	struct method *methods; /* those of one name together */
	size_t nmethods;
	struct class_name *typedefs, *arguments;
	size_t ntypedefs, narguments;
};

/* Never NULL. */
const struct class *class_of(const struct type *);
/* Whether ptype says who may use a member: gdb's rule.  A class whose every
 * member is private, a struct whose every member is public go without. */
bool class_has_labels(const struct type *, const struct class *);
