/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * rustc describes a string slice as a struct of a pointer to bytes and their
 * number, and names it &str.  The bytes are UTF-8, without a NUL at the end.
 */
#include "inspect/model/rust.h"

#include <string.h>

bool rust_is_str(const struct type *type)
{
	const struct type *t = type_strip(type);
	const char *name = t->name ? t->name : "";
	size_t n = strlen(name);

	return t->kind == TYPE_STRUCT && t->nmembers == 2 && n >= 3 &&
	       (!strcmp(name + n - 3, "str") || strstr(name, "<str")) &&
	       t->members[0].name && !strcmp(t->members[0].name, "data_ptr") &&
	       t->members[1].name && !strcmp(t->members[1].name, "length");
}

const char *rust_str_text(const struct value *v, const struct print_ctx *p)
{
	const struct type *t = type_strip(v->type);
	struct value data = value_member_of(v, &t->members[0]);
	struct value length = value_member_of(v, &t->members[1]);
	int64_t addr, n;

	if (value_int(&data, p->values, &addr) ||
		value_int(&length, p->values, &n))
		return "";
	if (n <= 0 || n > INT64_MAX / 2)
		return n ? "<error: its length is impossible>" : "\"\"";
	struct value text = value_at(type_new_array(type_basic("char"),
					     (uint64_t)n, p->values->arena),
		(uint64_t)addr);
	return print_text(&text, p);
}
