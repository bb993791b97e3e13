/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Classes that have nothing but data are all the others: of C, of Rust. */
#include "inspect/model/class.h"

const struct class *class_of(const struct type *t)
{
	static const struct class none;
	const struct class *c = t->class ? t->class(t) : NULL;

	return c ? c : &none;
}

bool class_has_labels(const struct type *t, const struct class *c)
{
	bool is_class = t->kind == TYPE_CLASS;
	enum type_access without = is_class ? ACCESS_PRIVATE : ACCESS_PUBLIC;

	for (size_t i = 0; i < t->nmembers; i++)
		if (!t->members[i].is_base && t->members[i].access != without)
			return true;
	for (size_t i = 0; i < c->nmethods; i++)
		if (c->methods[i].access != without)
			return true;
	for (size_t i = 0; i < c->ntypedefs; i++)
		if (c->typedefs[i].access != without)
			return true;
	return false;
}
