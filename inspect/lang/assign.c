/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The value of an assignment is what the variable has afterwards, that of a
 * step behind it what it had before (C11 6.5.16, 6.5.2.4): p *$n and then
 * p *($n = $n->next) walk a list.  Where a type alone is asked for, nothing is
 * assigned.
 */
#include "inspect/lang/assign.h"

#include "inspect/lang/arith.h"

#include <string.h>

static enum err keep(
	struct evaluator *e, const struct node *n, const struct value *v)
{
	return e->types_only ? OK : e->env->assign(e->env, n->a->text, v);
}

static enum err step(
	struct evaluator *e, const struct node *n, struct value *ret)
{
	const char op[2] = { n->text[0] };
	struct value old, one, new;

	TRY(evaluate(e, n->a, &old));
	one = value_of_int(type_basic("int"), 1, e->values->arena);
	TRY(arith_binary(op, &old, &one, e->values, &new));
	TRY(keep(e, n, &new));
	*ret = n->number ? old : new;
	return OK;
}

enum err assign_evaluate(
	struct evaluator *e, const struct node *n, struct value *ret)
{
	size_t length = strlen(n->text) - 1;
	struct value v, old;

	if (n->kind == NODE_STEP)
		return step(e, n, ret);
	TRY(evaluate(e, n->b, &v));
	if (length) { /* += and the like */
		const char *op =
			arena_strndup(e->values->arena, n->text, length);
		struct value right = v;

		TRY(evaluate(e, n->a, &old));
		TRY(arith_binary(op, &old, &right, e->values, &v));
	}
	TRY(keep(e, n, &v));
	*ret = v;
	return OK;
}
