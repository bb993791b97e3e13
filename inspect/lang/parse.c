/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Operator precedence, climbing, over C's table (C11 6.5) with GDB's '@'
 * between the shifts and '+'.  What would change the program or run it is
 * recognised, so that the answer can be a sentence about cores instead of one
 * about syntax.
 */
#include "inspect/lang/parse.h"

#include "inspect/lang/macro.h"
#include "inspect/lang/parser.h"
#include "inspect/lang/primary.h"

#include <string.h>

static enum err parse_unary(struct parser *, struct node **);
static enum err parse_binary(struct parser *, int least, struct node **);

static bool is_assignment(const struct token *t)
{
	static const char *const ops[] = { "=",
		"+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=" };

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (token_is(t, ops[i]))
			return true;
	return false;
}

/* ---- unary ---- */

/* What can follow the parentheses of a cast. */
static bool operand_starts(const struct parser *p)
{
	static const char *const ops[] = { "(", "*", "&", "-", "+", "!", "~",
		"{", "::", "++", "--", "&&" };
	const struct token *t = parser_next(p);

	if (t->kind != TOKEN_OP)
		return t->kind != TOKEN_END;
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (token_is(t, ops[i]))
			return true;
	return false;
}

/* {1, 2}, and not {type} address. */
static bool list_starts(struct parser *p)
{
	bool is;

	if (!parser_is(p, "{"))
		return false;
	p->i++;
	is = !typename_starts(p);
	p->i--;
	return is;
}

/* (type)operand; a type in parentheses alone stays a type. */
static enum err parse_cast(struct parser *p, struct node **ret)
{
	const struct token *open = parser_next(p);
	struct node *type, *n, *a;

	TRY(primary_parentheses(p, &type));
	*ret = type;
	if (!operand_starts(p))
		return OK;
	n = parser_node(p, NODE_CAST, open);
	n->type = type->type;
	if (list_starts(p)) { /* a compound literal (C11 6.5.2.5) */
		p->i++;
		n->kind = NODE_LIST;
		*ret = n;
		return primary_list(p, n, "}");
	}
	TRY(parse_unary(p, &a));
	*ret = n;
	return parser_child(p, n, &n->a, a);
}

static bool cast_starts(struct parser *p)
{
	bool is;

	if (!parser_is(p, "("))
		return false;
	p->i++;
	is = typename_starts(p);
	p->i--;
	return is;
}

/* sizeof (type), sizeof operand; the operand is not evaluated. */
static enum err parse_size(
	struct parser *p, enum node_kind kind, struct node **ret)
{
	struct node *n = parser_node(p, kind, parser_next(p)), *a;

	p->i++;
	if (cast_starts(p)) {
		p->i++;
		TRY(typename_parse(p, &n->type));
		*ret = n;
		return parser_expect(p, ")");
	}
	TRY(parse_unary(p, &a));
	*ret = n;
	if (a->kind == NODE_TYPE)
		return lex_error(p->text, a->column, "a type in parentheses");
	return parser_child(p, n, &n->a, a);
}

/* {type} address: GDB's short form of *(type *)address; {1, 2}: an array. */
static enum err parse_brace(struct parser *p, struct node **ret)
{
	bool list = list_starts(p);
	struct node *n = parser_node(
			    p, list ? NODE_LIST : NODE_AT, parser_next(p)),
		    *a;

	p->i++;
	*ret = n;
	if (list)
		return primary_list(p, n, "}");
	TRY(typename_parse(p, &n->type));
	TRY(parser_expect(p, "}"));
	TRY(parse_unary(p, &a));
	*ret = n;
	return parser_child(p, n, &n->a, a);
}

static enum err parse_operator(struct parser *p, struct node **ret)
{
	struct node *n = parser_node(p, NODE_UNARY, parser_next(p)), *a;

	p->i++;
	TRY(parse_unary(p, &a));
	*ret = n;
	return parser_child(p, n, &n->a, a);
}

static enum err parse_step(struct parser *p, struct node **ret)
{
	const struct token *op = parser_next(p);
	struct node *n;

	p->i++;
	TRY(parse_unary(p, &n));
	return parser_step(p, op, n, ret);
}

static bool is_word(const struct token *t, const char *word)
{
	return t->kind == TOKEN_NAME && !t->quoted && !strcmp(t->text, word);
}

static enum err parse_unary_one(struct parser *p, struct node **ret)
{
	static const char *const ops[] = { "*", "&", "-", "+", "!", "~" };
	const struct token *t = parser_next(p);

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (token_is(t, ops[i]))
			return parse_operator(p, ret);
	if (token_is(t, "++") || token_is(t, "--"))
		return parse_step(p, ret);
	if (token_is(t, "{"))
		return parse_brace(p, ret);
	if (is_word(t, "sizeof"))
		return parse_size(p, NODE_SIZEOF, ret);
	if (is_word(t, "_Alignof") || is_word(t, "alignof") ||
		is_word(t, "__alignof__"))
		return parse_size(p, NODE_ALIGNOF, ret);
	if (cast_starts(p))
		return parse_cast(p, ret);
	return primary_parse(p, ret);
}

static enum err parse_unary(struct parser *p, struct node **ret)
{
	TRY(parser_enter(p));
	TRY(parse_unary_one(p, ret));
	parser_leave(p);
	return OK;
}

/* ---- binary ---- */

static int precedence(const struct token *t)
{
	static const struct {
		const char *op;
		int level;
	} table[] = { { "||", 1 }, { "&&", 2 }, { "|", 3 }, { "^", 4 },
		{ "&", 5 }, { "==", 6 }, { "!=", 6 }, { "<", 7 }, { ">", 7 },
		{ "<=", 7 }, { ">=", 7 }, { "<<", 8 }, { ">>", 8 }, { "@", 9 },
		{ "+", 10 }, { "-", 10 }, { "*", 11 }, { "/", 11 },
		{ "%", 11 } };

	if (t->kind != TOKEN_OP)
		return 0;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (!strcmp(t->text, table[i].op))
			return table[i].level;
	return 0;
}

static enum err parse_binary(struct parser *p, int least, struct node **ret)
{
	struct node *left, *right;
	int level;

	TRY(parser_enter(p));
	TRY(parse_unary(p, &left));
	while ((level = precedence(parser_next(p))) >= least && level) {
		struct node *n = parser_node(p, NODE_BINARY, parser_next(p));

		p->i++;
		TRY(parse_binary(p, level + 1, &right));
		TRY(parser_child(p, n, &n->a, left));
		TRY(parser_child(p, n, &n->b, right));
		left = n;
	}
	*ret = left;
	parser_leave(p);
	return OK;
}

enum err parse_conditional(struct parser *p, struct node **ret)
{
	const struct token *t;
	struct node *n, *part;

	TRY(parser_enter(p));
	TRY(parse_binary(p, 1, ret));
	t = parser_next(p);
	if (token_is(t, "?")) {
		n = parser_node(p, NODE_COND, t);
		p->i++;
		TRY(parser_child(p, n, &n->a, *ret));
		TRY(parse_comma(p, &part));
		TRY(parser_child(p, n, &n->b, part));
		TRY(parser_expect(p, ":"));
		TRY(parse_conditional(p, &part));
		TRY(parser_child(p, n, &n->c, part));
		*ret = n;
	}
	t = parser_next(p);
	if (is_assignment(t)) {
		if (!parser_can_change(p, *ret))
			return parser_refuse_change(t);
		n = parser_node(p, NODE_ASSIGN, t);
		p->i++;
		TRY(parser_child(p, n, &n->a, *ret));
		TRY(parse_conditional(p, &part));
		TRY(parser_child(p, n, &n->b, part));
		*ret = n;
	}
	parser_leave(p);
	return OK;
}

enum err parse_comma(struct parser *p, struct node **ret)
{
	struct node *right;

	TRY(parse_conditional(p, ret));
	while (parser_is(p, ",")) {
		struct node *n = parser_node(p, NODE_BINARY, parser_next(p));

		p->i++;
		TRY(parse_conditional(p, &right));
		TRY(parser_child(p, n, &n->a, *ret));
		TRY(parser_child(p, n, &n->b, right));
		*ret = n;
	}
	return OK;
}

enum err parse_constant(struct parser *p, uint64_t *ret)
{
	const struct token *t = parser_next(p);

	if (t->kind != TOKEN_INT || t->number > INT64_MAX)
		return parser_error(p, "a number");
	*ret = (uint64_t)t->number;
	p->i++;
	return OK;
}

enum err parse(struct eval_env *env, const char *text, struct node **ret)
{
	struct parser p = {
		.env = env,
		.arena = env->values->arena,
	};
	struct token *tokens;

	TRY(macro_expand(env, text, &p.text));
	TRY(lex(p.text, env->radix, p.arena, &tokens, &p.n));
	p.tokens = tokens;
	TRY(parse_comma(&p, ret));
	if (parser_next(&p)->kind != TOKEN_END)
		return parser_error(&p, "an operator or the end");
	return OK;
}
