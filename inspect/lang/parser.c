/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A place in the tokens, how deep the rules are nested there, and the nodes. */
#include "inspect/lang/parser.h"

#include "inspect/base/limits.h"

#include <ctype.h>
#include <string.h>

/* A chain a->b->c is no deeper for the parser, but is for the evaluation. */
enum { MAX_TREE_DEPTH = 1024 };

bool token_is(const struct token *t, const char *op)
{
	return t->kind == TOKEN_OP && !strcmp(t->text, op);
}

const struct token *parser_peek(const struct parser *p, size_t ahead)
{
	size_t i = p->i + ahead;

	return &p->tokens[i < p->n ? i : p->n - 1];
}

const struct token *parser_next(const struct parser *p)
{
	return parser_peek(p, 0);
}

bool parser_is(const struct parser *p, const char *op)
{
	return token_is(parser_next(p), op);
}

bool parser_take(struct parser *p, const char *op)
{
	bool is = parser_is(p, op);

	p->i += is;
	return is;
}

enum err parser_error(const struct parser *p, const char *expected)
{
	return lex_error(p->text, parser_next(p)->column, expected);
}

enum err parser_expect(struct parser *p, const char *op)
{
	if (parser_take(p, op))
		return OK;
	return parser_error(p, arena_printf(p->arena, "`%s'", op));
}

enum err parser_enter(struct parser *p)
{
	if (++p->depth <= MAX_PARSE_DEPTH)
		return OK;
	return err_set(ERR_LIMIT,
		"The expression is nested more than %d levels deep at column "
		"%u.",
		MAX_PARSE_DEPTH, parser_next(p)->column);
}

void parser_leave(struct parser *p)
{
	p->depth--;
}

struct node *parser_node(
	struct parser *p, enum node_kind kind, const struct token *at)
{
	struct node *n = arena_new(p->arena, struct node);

	n->kind = kind;
	n->column = at->column;
	n->text = at->text;
	return n;
}

enum err parser_child(
	struct parser *p, struct node *n, struct node **slot, struct node *c)
{
	*slot = c;
	if (c->depth + 1 > n->depth)
		n->depth = c->depth + 1;
	if (n->depth > MAX_TREE_DEPTH)
		return err_set(ERR_LIMIT,
			"The expression is a chain of more than %d operators, "
			"at column %u.",
			MAX_TREE_DEPTH, parser_next(p)->column);
	return OK;
}

enum err parser_refuse_change(const struct token *t)
{
	return err_set(ERR_UNSUPPORTED,
		"Cannot do `%s' at column %u: a core is not changed.  "
		"`print $name = EXPR' keeps a value under a name.",
		t->text, t->column);
}

bool parser_can_change(const struct parser *p, const struct node *n)
{
	return p->env->assign && n->kind == NODE_DOLLAR &&
	       (isalpha((unsigned char)n->text[0]) || n->text[0] == '_');
}

enum err parser_step(struct parser *p, const struct token *op, struct node *n,
	struct node **ret)
{
	struct node *step = parser_node(p, NODE_STEP, op);

	if (!parser_can_change(p, n))
		return parser_refuse_change(op);
	step->number = op->column > n->column;
	*ret = step;
	return parser_child(p, step, &step->a, n);
}
