/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text to tree to value, or to a type. */
#include "inspect/lang/eval.h"

#include "inspect/lang/evaluator.h"

enum err eval_tree(
	struct eval_env *env, const struct node *n, struct value *ret)
{
	struct evaluator e = { env, env->values, false };

	return evaluate(&e, n, ret);
}

enum err eval_text(struct eval_env *env, const char *text, struct value *ret)
{
	struct node *n;

	TRY(parse(env, text, &n));
	return eval_tree(env, n, ret);
}

enum err eval_text_or_type(struct eval_env *env, const char *text,
	struct value *ret, const struct type **ret_type)
{
	struct evaluator e = { env, env->values, false };
	const struct type *type;
	struct node *n;

	TRY(parse(env, text, &n));
	if (n->kind == NODE_TYPE) {
		*ret_type = n->type;
		return OK;
	}
	TRY(evaluate_type(&e, n, &type));
	*ret = value_absent(
		type, ABSENT_OPTIMIZED_OUT, "only its type was asked for");
	return OK;
}
