/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * {1, 2, 3} and (struct slot){a, b}: a value is made of the elements, each
 * converted to the type that stands at its place (C11 6.5.2.5, 6.7.9).
 */
#include "inspect/lang/list.h"

#include "inspect/base/limits.h"

/* What element i of a list is converted to; NULL: there are not so many. */
static const struct type *element_type(
	const struct type *list, uint64_t i, uint64_t *ret_offset)
{
	const struct type *t = type_strip(list);

	*ret_offset = 0;
	if (t->kind == TYPE_ARRAY) {
		*ret_offset = i * type_stride(t);
		return t->has_count && i >= t->count ? NULL : type_target(t);
	}
	if (!type_is_record(t))
		return i ? NULL : list;
	if (i >= t->nmembers || t->members[i].bit_size ||
		t->members[i].is_static)
		return NULL;
	*ret_offset = t->members[i].offset;
	return t->members[i].type;
}

/* The type of {1, 2}, and of (int[]){1, 2}: as many as there are. */
static enum err list_type(
	struct evaluator *e, const struct node *n, const struct type **ret)
{
	const struct type *t = n->type ? type_strip(n->type) : NULL;
	struct value first;
	uint64_t count = 0;

	for (const struct node *arg = n->a; arg; arg = arg->b)
		count++;
	*ret = n->type;
	if (t && (t->kind != TYPE_ARRAY || t->has_count))
		return OK;
	if (!count)
		return err_set(ERR_TYPE, "An array of no elements.");
	const struct type *elem = t ? type_target(t) : NULL;
	if (!elem) {
		TRY(evaluate(e, n->a->a, &first));
		elem = first.type;
	}
	*ret = type_new_array(elem, count, e->values->arena);
	return OK;
}

enum err list_evaluate(
	struct evaluator *e, const struct node *n, struct value *ret)
{
	const struct type *type = NULL;
	uint64_t i = 0, offset;
	enum absent absent = PRESENT;

	TRY(list_type(e, n, &type));
	uint64_t size = type_size(type);
	if (!size || size > MAX_VALUE_SIZE)
		return err_set(ERR_TYPE,
			"A value of the type %s cannot be made.",
			type_name(type, e->values->arena));
	uint8_t *bytes = arena_alloc(e->values->arena, (size_t)size);
	for (const struct node *arg = n->a; arg; arg = arg->b, i++) {
		const struct type *t = element_type(type, i, &offset);
		struct value v, converted;

		if (!t)
			return err_set(ERR_TYPE,
				"Too many elements for the type %s, at column "
				"%u.",
				type_name(type, e->values->arena), arg->column);
		TRY(evaluate(e, arg->a, &v));
		if (!n->type && type_size(v.type) != type_size(t))
			return err_set(ERR_TYPE,
				"array elements must all be the same size");
		TRY(value_cast(&v, t, e->values, &converted));
		TRY(value_refusal(
			value_load(&converted, e->values, bytes + offset,
				(size_t)type_size(t), &absent),
			absent));
	}
	*ret = value_of_bytes(type, bytes, e->values->arena);
	return OK;
}
