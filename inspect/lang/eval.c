/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Walks the tree.  Names are places until an operator needs their bytes, so
 * &p->next->name reads two pointers and no name, and sizeof reads nothing.
 */
#include "inspect/lang/eval.h"

#include "inspect/base/limits.h"
#include "inspect/lang/arith.h"
#include "inspect/lang/parse.h"

#include <inttypes.h>
#include <string.h>

enum { MAX_FOLLOW = 4 }; /* pointers to pointers that "->" goes through */

static enum err eval(struct eval_env *, const struct node *, struct value *);

static enum err eval_name(
	struct eval_env *env, const struct node *n, struct value *ret)
{
	if (!env->name)
		return err_set(ERR_NOTFOUND,
			"No symbol \"%s\" in current context.", n->text);
	return env->name(env, n->where, n->text, ret);
}

static enum err eval_dollar(
	struct eval_env *env, const struct node *n, struct value *ret)
{
	if (!env->dollar) {
		*ret = (struct value){ .type = type_basic("void") };
		return OK;
	}
	return env->dollar(env, n->text, ret);
}

/* ---- unary ---- */

static enum err eval_deref(
	struct eval_env *env, const struct value *v, struct value *ret)
{
	const struct type *t = type_strip(v->type);
	int64_t addr;

	/* GDB: *0x1234 is the long at that address. */
	if (t->kind != TYPE_INT)
		return value_deref(v, env->values, ret);
	TRY(value_int(v, env->values, &addr));
	*ret = value_at(type_basic("long"), (uint64_t)addr);
	return OK;
}

static enum err eval_unary(
	struct eval_env *env, const struct node *n, struct value *ret)
{
	struct value v;

	TRY(eval(env, n->a, &v));
	switch (n->text[0]) {
	case '*':
		return eval_deref(env, &v, ret);
	case '&':
		return value_address(&v, env->values, ret);
	default:
		return arith_unary(n->text, &v, env->values, ret);
	}
}

static enum err eval_cast(
	struct eval_env *env, const struct node *n, struct value *ret)
{
	struct value v;

	TRY(eval(env, n->a, &v));
	return value_cast(&v, n->type, env->values, ret);
}

static enum err eval_brace(
	struct eval_env *env, const struct node *n, struct value *ret)
{
	struct value v, pointer;
	int64_t addr;

	TRY(eval(env, n->a, &v));
	TRY(arith_decay(&v, env->values, &pointer));
	TRY(value_int(&pointer, env->values, &addr));
	*ret = value_at(n->type, (uint64_t)addr);
	return OK;
}

/* psABI x86-64 3.1.2: a scalar's alignment is its size. */
static uint64_t alignment(const struct type *t, unsigned depth)
{
	uint64_t most = 1;

	t = type_strip(t);
	if (depth > MAX_PRINT_DEPTH)
		return 1;
	if (t->kind == TYPE_ARRAY)
		return t->is_vector ? type_size(t)
				    : alignment(type_target(t), depth + 1);
	if (t->kind == TYPE_COMPLEX)
		return t->size / 2;
	if (!type_is_record(t))
		return t->size ? t->size : 1;
	for (size_t i = 0; i < t->nmembers; i++) {
		uint64_t a = alignment(t->members[i].type, depth + 1);

		if (a > most)
			most = a;
	}
	return most;
}

static enum err eval_size(
	struct eval_env *env, const struct node *n, struct value *ret)
{
	const struct type *t = n->type;
	struct value v;

	if (!t) {
		TRY(eval(env, n->a, &v));
		t = v.type;
	}
	const struct type *bare = type_strip(t);
	if (type_is_record(bare) && bare->is_declaration)
		return err_set(ERR_TYPE,
			"The size of %s is not known: it is only declared.",
			type_name(t, env->values->arena));
	if (bare->kind == TYPE_UNSPECIFIED)
		return err_set(ERR_TYPE,
			"The size of %s is not known: no debug info describes "
			"it.",
			n->a ? n->a->text : "it");
	uint64_t size = type_size(t);
	/* GNU C: void and functions have the size of one byte. */
	if (bare->kind == TYPE_VOID || bare->kind == TYPE_FUNC)
		size = 1;
	*ret = value_of_int(type_basic("unsigned long"),
		(int64_t)(n->kind == NODE_SIZEOF ? size : alignment(t, 0)),
		env->values->arena);
	return OK;
}

/* ---- parts ---- */

/* '.' and '->' are the same to GDB: both go through pointers. */
static enum err eval_member(
	struct eval_env *env, const struct node *n, struct value *ret)
{
	struct value v;

	TRY(eval(env, n->a, &v));
	for (int i = 0; i < MAX_FOLLOW; i++) {
		const struct type *t = type_strip(v.type);
		struct value target;

		if (t->kind != TYPE_POINTER && t->kind != TYPE_ARRAY)
			break;
		const struct type *to = type_target(t);
		if (!type_is_record(to) && type_strip(to)->kind != TYPE_POINTER)
			break;
		TRY(value_deref(&v, env->values, &target));
		v = target;
	}
	const struct type *t = type_strip(v.type);
	if (!type_is_record(t) && t->kind != TYPE_REFERENCE &&
		t->kind != TYPE_RVALUE_REFERENCE)
		return err_set(ERR_TYPE,
			"Attempt to extract a component of a value that is "
			"not a structure%s.",
			n->kind == NODE_ARROW ? " pointer" : "");
	return value_member(&v, n->text, env->values, ret);
}

static enum err eval_index(
	struct eval_env *env, const struct node *n, struct value *ret)
{
	struct value a, i;
	int64_t index;

	TRY(eval(env, n->a, &a));
	TRY(eval(env, n->b, &i));
	/* C11 6.5.2.1: 3[a] is a[3]. */
	if (type_is_integer(a.type) && !type_is_integer(i.type)) {
		struct value swap = a;

		a = i;
		i = swap;
	}
	if (!type_is_integer(i.type))
		return err_set(ERR_TYPE, "The index is not an integer.");
	TRY(value_int(&i, env->values, &index));
	return value_index(&a, index, env->values, ret);
}

/* count elements from the first one on, as one array. */
static enum err repeated(struct eval_env *env, const struct value *first,
	__int128 count, struct value *ret)
{
	struct value address;

	if (count < 1 || count > INT64_MAX)
		return err_set(ERR_TYPE,
			"Invalid number %" PRId64 " of repetitions.",
			(int64_t)count);
	if (value_address(first, env->values, &address))
		return err_set(ERR_TYPE,
			"Only values in memory can be extended with '@'.");
	*ret = *first;
	ret->type = type_new_array(
		first->type, (uint64_t)count, env->values->arena);
	return OK;
}

static enum err eval_slice(
	struct eval_env *env, const struct node *n, struct value *ret)
{
	struct value a, from, to, first;
	int64_t low, high;

	TRY(eval(env, n->a, &a));
	TRY(eval(env, n->b, &from));
	TRY(eval(env, n->c, &to));
	TRY(value_int(&from, env->values, &low));
	TRY(value_int(&to, env->values, &high));
	TRY(value_index(&a, low, env->values, &first));
	return repeated(env, &first, (__int128)high - low + 1, ret);
}

/* ---- binary ---- */

static enum err eval_logical(
	struct eval_env *env, const struct node *n, struct value *ret)
{
	bool is_or = n->text[0] == '|', b;
	struct value v, pointer;

	TRY(eval(env, n->a, &v));
	TRY(arith_decay(&v, env->values, &pointer));
	TRY(value_true(&pointer, env->values, &b));
	if (b != is_or) {
		TRY(eval(env, n->b, &v));
		TRY(arith_decay(&v, env->values, &pointer));
		TRY(value_true(&pointer, env->values, &b));
	}
	*ret = value_of_int(type_basic("int"), b, env->values->arena);
	return OK;
}

static enum err eval_binary(
	struct eval_env *env, const struct node *n, struct value *ret)
{
	struct value a, b;
	__int128 count;

	if (!strcmp(n->text, "&&") || !strcmp(n->text, "||"))
		return eval_logical(env, n, ret);
	TRY(eval(env, n->a, &a));
	TRY(eval(env, n->b, &b));
	switch (n->text[0]) {
	case ',':
		*ret = b;
		return OK;
	case '@':
		TRY(value_int128(&b, env->values, &count));
		return repeated(env, &a, count, ret);
	default:
		return arith_binary(n->text, &a, &b, env->values, ret);
	}
}

static enum err eval_cond(
	struct eval_env *env, const struct node *n, struct value *ret)
{
	struct value v, pointer;
	bool b;

	TRY(eval(env, n->a, &v));
	TRY(arith_decay(&v, env->values, &pointer));
	TRY(value_true(&pointer, env->values, &b));
	return eval(env, b ? n->b : n->c, ret);
}

static enum err eval(
	struct eval_env *env, const struct node *n, struct value *ret)
{
	struct arena *arena = env->values->arena;

	switch (n->kind) {
	case NODE_INT:
		*ret = value_of_int128(n->type, (__int128)n->number, arena);
		return OK;
	case NODE_REAL:
		*ret = value_of_real(n->type, n->real, arena);
		return OK;
	case NODE_STRING:
		*ret = value_of_bytes(n->type, n->bytes, arena);
		return OK;
	case NODE_NAME:
		return eval_name(env, n, ret);
	case NODE_DOLLAR:
		return eval_dollar(env, n, ret);
	case NODE_TYPE:
		return err_set(ERR_TYPE,
			"Attempt to use a type name as an expression");
	case NODE_UNARY:
		return eval_unary(env, n, ret);
	case NODE_BINARY:
		return eval_binary(env, n, ret);
	case NODE_COND:
		return eval_cond(env, n, ret);
	case NODE_CAST:
		return eval_cast(env, n, ret);
	case NODE_AT:
		return eval_brace(env, n, ret);
	case NODE_SIZEOF:
	case NODE_ALIGNOF:
		return eval_size(env, n, ret);
	case NODE_MEMBER:
	case NODE_ARROW:
		return eval_member(env, n, ret);
	case NODE_INDEX:
		return eval_index(env, n, ret);
	case NODE_SLICE:
		return eval_slice(env, n, ret);
	}
	return err_set(ERR_UNSUPPORTED, "This expression is not known here.");
}

enum err eval_text(struct eval_env *env, const char *text, struct value *ret)
{
	struct node *n;

	TRY(parse(env, text, &n));
	return eval(env, n, ret);
}

enum err eval_text_or_type(struct eval_env *env, const char *text,
	struct value *ret, const struct type **ret_type)
{
	struct node *n;

	TRY(parse(env, text, &n));
	if (n->kind == NODE_TYPE) {
		*ret_type = n->type;
		return OK;
	}
	return eval(env, n, ret);
}
