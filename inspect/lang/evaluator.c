/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Walks the tree.  Names are places until an operator needs their bytes, so
 * &p->next->name reads two pointers and no name.
 *
 * sizeof, whatis and ptype want a type alone, and p->next has one even where p
 * is NULL or gone.  For them the tree is walked over a memory in which every
 * byte is there, so that nothing of the program is read, and nothing fails for
 * what it holds.
 */
#include "inspect/lang/evaluator.h"

#include "inspect/base/limits.h"
#include "inspect/lang/arith.h"
#include "inspect/lang/assign.h"
#include "inspect/lang/function.h"
#include "inspect/lang/list.h"
#include "inspect/model/base.h"

#include <inttypes.h>
#include <string.h>

enum {
	MAX_FOLLOW = 4,    /* pointers to pointers that "->" goes through */
	MAX_ARGUMENTS = 8, /* of a convenience function */
};

static enum err eval_name(
	struct evaluator *e, const struct node *n, struct value *ret)
{
	if (!e->env->name)
		return err_set(ERR_NOTFOUND,
			"No symbol \"%s\" in current context.", n->text);
	TRY(e->env->name(e->env, n->where, n->text, ret));
	if (e->types_only)
		*ret = value_at(ret->type, SOMEWHERE);
	return OK;
}

static enum err eval_dollar(
	struct evaluator *e, const struct node *n, struct value *ret)
{
	if (!e->env->dollar) {
		*ret = (struct value){ .type = type_basic("void") };
		return OK;
	}
	TRY(e->env->dollar(e->env, n->text, ret));
	if (e->types_only)
		*ret = value_at(ret->type, SOMEWHERE);
	return OK;
}

/* ---- unary ---- */

static enum err eval_deref(
	struct evaluator *e, const struct value *v, struct value *ret)
{
	const struct type *t = type_strip(v->type);
	int64_t addr;

	if (e->types_only && t->kind == TYPE_POINTER) {
		*ret = value_at(type_target(t), SOMEWHERE);
		return OK;
	}
	/* GDB: *0x1234 is the long at that address. */
	if (t->kind != TYPE_INT && t->kind != TYPE_CHAR &&
		t->kind != TYPE_UCHAR)
		return value_deref(v, e->values, ret);
	TRY(value_int(v, e->values, &addr));
	*ret = value_at(type_basic("long"), (uint64_t)addr);
	return OK;
}

/* GDB's sentences, which name what has no address. */
static enum err eval_address(struct evaluator *e, const struct node *n,
	const struct value *v, struct value *ret)
{
	const struct arch *arch = e->values->arch;
	enum err err = value_address(v, e->values, ret);

	if (err != ERR_TYPE || n->kind != NODE_NAME)
		return err;
	if (v->loc.kind == LOC_REG && arch && v->loc.reg < arch->nregs)
		return err_set(err,
			"Address requested for identifier \"%s\" which is in "
			"register $%s",
			n->text, arch->reg[v->loc.reg].name);
	return err_set(err,
		"Can't take address of \"%s\" which isn't an lvalue.", n->text);
}

static enum err eval_unary(
	struct evaluator *e, const struct node *n, struct value *ret)
{
	const struct node *under = n->a;
	struct value v;

	/* C11 6.5.3.2: in &*p neither operator is evaluated. */
	if (n->text[0] == '&' && under->kind == NODE_UNARY &&
		under->text[0] == '*') {
		struct value pointer;

		TRY(evaluate(e, under->a, &pointer));
		*ret = pointer;
		ret->not_lvalue = true;
		if (type_bare(pointer.type)->kind == TYPE_POINTER)
			return OK;
		TRY(eval_deref(e, &pointer, &v));
		return eval_address(e, under, &v, ret);
	}
	TRY(evaluate(e, n->a, &v));
	switch (n->text[0]) {
	case '*':
		return eval_deref(e, &v, ret);
	case '&':
		return eval_address(e, n->a, &v, ret);
	default:
		return arith_unary(n->text, &v, e->values, ret);
	}
}

/* (T &)x is *(T *)&x. */
static enum err cast_to_reference(struct evaluator *e, const struct node *n,
	const struct value *v, struct value *ret)
{
	const struct type *target = type_target(type_strip(n->type));
	const struct type *to = type_new_pointer(target, e->values->arena);
	struct value pointer, moved;
	bool done = false;

	if (e->types_only) {
		*ret = value_at(target, SOMEWHERE);
		return OK;
	}
	TRY(value_address(v, e->values, &pointer));
	if (!n->number)
		TRY(base_cast(&pointer, to, e->values, &moved, &done));
	if (!done)
		TRY(value_cast(&pointer, to, e->values, &moved));
	return value_deref(&moved, e->values, ret);
}

static enum err eval_cast(
	struct evaluator *e, const struct node *n, struct value *ret)
{
	struct value v;
	bool done = false;

	TRY(evaluate(e, n->a, &v));
	if (type_is_reference(n->type))
		return cast_to_reference(e, n, &v, ret);
	if (!n->number && !e->types_only)
		TRY(base_cast(&v, n->type, e->values, ret, &done));
	return done ? OK : value_cast(&v, n->type, e->values, ret);
}

static enum err eval_brace(
	struct evaluator *e, const struct node *n, struct value *ret)
{
	struct value v, pointer;
	int64_t addr;

	TRY(evaluate(e, n->a, &v));
	TRY(arith_decay(&v, e->values, &pointer));
	TRY(value_int(&pointer, e->values, &addr));
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
	struct evaluator *e, const struct node *n, struct value *ret)
{
	const struct type *t = n->type;

	if (!t)
		TRY(evaluate_type(e, n->a, &t));
	const struct type *bare = type_strip(t);
	if (type_is_record(bare) && bare->is_declaration)
		return err_set(ERR_TYPE,
			"The size of %s is not known: it is only declared.",
			type_name(t, e->values->arena));
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
		e->values->arena);
	return OK;
}

/* ---- parts ---- */

/* '.' and '->' are the same to GDB: both go through pointers. */
static enum err eval_member(
	struct evaluator *e, const struct node *n, struct value *ret)
{
	struct value v;

	TRY(evaluate(e, n->a, &v));
	for (int i = 0; i < MAX_FOLLOW; i++) {
		const struct type *t = type_strip(v.type);
		struct value target;

		if (t->kind != TYPE_POINTER && t->kind != TYPE_ARRAY)
			break;
		const struct type *to = type_target(t);
		if (!type_is_record(to) && type_bare(to)->kind != TYPE_POINTER)
			break;
		TRY(value_deref(&v, e->values, &target));
		v = target;
	}
	const struct type *t = type_strip(v.type);
	if (!type_is_record(t) && t->kind != TYPE_REFERENCE &&
		t->kind != TYPE_RVALUE_REFERENCE)
		return err_set(ERR_TYPE,
			"Attempt to extract a component of a value that is "
			"not a structure%s.",
			n->kind == NODE_ARROW ? " pointer" : "");
	return value_member(&v, n->text, e->values, ret);
}

static enum err eval_index(
	struct evaluator *e, const struct node *n, struct value *ret)
{
	struct value a, i;
	int64_t index;

	TRY(evaluate(e, n->a, &a));
	TRY(evaluate(e, n->b, &i));
	/* C11 6.5.2.1: 3[a] is a[3]. */
	if (type_is_integer(a.type) && !type_is_integer(i.type)) {
		struct value swap = a;

		a = i;
		i = swap;
	}
	if (!type_is_integer(i.type))
		return err_set(ERR_TYPE, "The index is not an integer.");
	const struct type *t = type_strip(a.type);
	if (e->types_only &&
		(t->kind == TYPE_POINTER || t->kind == TYPE_ARRAY)) {
		*ret = value_at(type_target(t), SOMEWHERE);
		return OK;
	}
	TRY(value_int(&i, e->values, &index));
	return value_index(&a, index, e->values, ret);
}

/* count elements from the first one on, as one array. */
static enum err repeated(struct evaluator *e, const struct value *first,
	__int128 count, struct value *ret)
{
	struct value address;

	if (count < 1 || count > INT64_MAX)
		return err_set(ERR_TYPE,
			"Invalid number %" PRId64 " of repetitions.",
			(int64_t)count);
	if (value_address(first, e->values, &address))
		return err_set(ERR_TYPE,
			"Only values in memory can be extended with '@'.");
	TRY(value_probe(first, e->values)); /* of a type that is known */
	*ret = *first;
	ret->type =
		type_new_array(first->type, (uint64_t)count, e->values->arena);
	return OK;
}

static enum err eval_slice(
	struct evaluator *e, const struct node *n, struct value *ret)
{
	struct value a, from, to, first;
	int64_t low, high;

	TRY(evaluate(e, n->a, &a));
	TRY(evaluate(e, n->b, &from));
	TRY(evaluate(e, n->c, &to));
	TRY(value_int(&from, e->values, &low));
	TRY(value_int(&to, e->values, &high));
	TRY(value_index(&a, low, e->values, &first));
	return repeated(e, &first, (__int128)high - low + 1, ret);
}

/* ---- binary ---- */

static enum err eval_logical(
	struct evaluator *e, const struct node *n, struct value *ret)
{
	bool is_or = n->text[0] == '|', b;
	struct value v, pointer;

	TRY(evaluate(e, n->a, &v));
	TRY(arith_decay(&v, e->values, &pointer));
	TRY(value_true(&pointer, e->values, &b));
	if (b != is_or) {
		TRY(evaluate(e, n->b, &v));
		TRY(arith_decay(&v, e->values, &pointer));
		TRY(value_true(&pointer, e->values, &b));
	}
	*ret = value_of_int(type_basic("int"), b, e->values->arena);
	return OK;
}

static enum err eval_binary(
	struct evaluator *e, const struct node *n, struct value *ret)
{
	struct value a, b;
	__int128 count;

	if (!strcmp(n->text, "&&") || !strcmp(n->text, "||"))
		return eval_logical(e, n, ret);
	TRY(evaluate(e, n->a, &a));
	TRY(evaluate(e, n->b, &b));
	switch (n->text[0]) {
	case ',':
		*ret = b;
		return OK;
	case '@':
		TRY(value_int128(&b, e->values, &count));
		return repeated(e, &a, count, ret);
	default:
		return arith_binary(n->text, &a, &b, e->values, ret);
	}
}

static enum err eval_cond(
	struct evaluator *e, const struct node *n, struct value *ret)
{
	struct value v, pointer;
	bool b;

	TRY(evaluate(e, n->a, &v));
	TRY(arith_decay(&v, e->values, &pointer));
	TRY(value_true(&pointer, e->values, &b));
	return evaluate(e, b ? n->b : n->c, ret);
}

static enum err eval_call(
	struct evaluator *e, const struct node *n, struct value *ret)
{
	struct value args[MAX_ARGUMENTS];
	size_t count = 0;

	for (const struct node *arg = n->a; arg; arg = arg->b) {
		if (count == MAX_ARGUMENTS)
			return err_set(ERR_LIMIT,
				"No function here takes more than %d "
				"arguments.",
				MAX_ARGUMENTS);
		TRY(evaluate(e, arg->a, &args[count++]));
	}
	if (e->types_only) {
		*ret = value_at(type_basic("int"), SOMEWHERE);
		return OK;
	}
	return function_call(e->env, n->text, args, count, ret);
}

enum err evaluate(struct evaluator *e, const struct node *n, struct value *ret)
{
	struct arena *arena = e->values->arena;

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
		return eval_name(e, n, ret);
	case NODE_DOLLAR:
		return eval_dollar(e, n, ret);
	case NODE_TYPE:
		return err_set(ERR_TYPE,
			"Attempt to use a type name as an expression");
	case NODE_UNARY:
		return eval_unary(e, n, ret);
	case NODE_BINARY:
		return eval_binary(e, n, ret);
	case NODE_COND:
		return eval_cond(e, n, ret);
	case NODE_CAST:
		return eval_cast(e, n, ret);
	case NODE_AT:
		return eval_brace(e, n, ret);
	case NODE_SIZEOF:
	case NODE_ALIGNOF:
		return eval_size(e, n, ret);
	case NODE_MEMBER:
	case NODE_ARROW:
		return eval_member(e, n, ret);
	case NODE_INDEX:
		return eval_index(e, n, ret);
	case NODE_SLICE:
		return eval_slice(e, n, ret);
	case NODE_CALL:
		return eval_call(e, n, ret);
	case NODE_LIST:
		return list_evaluate(e, n, ret);
	case NODE_ASSIGN:
	case NODE_STEP:
		return assign_evaluate(e, n, ret);
	case NODE_ARG:
		break;
	}
	return err_set(ERR_UNSUPPORTED, "This expression is not known here.");
}

/* One byte that is there wherever one looks. */
static size_t read_ones(
	const struct segment *seg, uint64_t addr, void *buf, size_t n)
{
	(void)seg;
	(void)addr;
	memset(buf, 1, n);
	return n;
}

enum err evaluate_type(
	struct evaluator *e, const struct node *n, const struct type **ret)
{
	struct mem everywhere;
	struct segment all = { .size = UINT64_MAX, .read = read_ones };
	struct value_ctx values = *e->values;
	struct evaluator types = { e->env, &values, true };
	struct value v;

	mem_init(&everywhere, values.arena);
	mem_add(&everywhere, &all);
	values.mem = &everywhere;
	TRY(evaluate(&types, n, &v));
	*ret = v.type;
	return OK;
}
