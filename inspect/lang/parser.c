/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A place in the tokens, and how deep the rules are nested there. */
#include "inspect/lang/parser.h"

#include "inspect/base/limits.h"

#include <string.h>

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
	const struct token *t = parser_next(p);

	return t->kind == TOKEN_OP && !strcmp(t->text, op);
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
