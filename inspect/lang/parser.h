/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What expressions (parse.c) and type names (typename.c) share: the tokens,
 * and where the parser stands in them. */
#include "inspect/lang/parse.h"

struct parser {
	struct eval_env *env;
	struct arena *arena;
	const char *text;
	const struct token *tokens;
	size_t n, i; /* tokens[i] is next; the last is TOKEN_END */
	unsigned depth;
};

const struct token *parser_next(const struct parser *);
const struct token *parser_peek(const struct parser *, size_t ahead);
bool parser_is(const struct parser *, const char *op);
/* Takes the operator if it is next. */
bool parser_take(struct parser *, const char *op);
enum err parser_expect(struct parser *, const char *op);
/* A syntax error at the next token: what was expected there. */
enum err parser_error(const struct parser *, const char *expected);
/* Every rule that can contain itself: ERR_LIMIT beyond MAX_PARSE_DEPTH. */
enum err parser_enter(struct parser *);
void parser_leave(struct parser *);

/* Whether a type name starts at the next token. */
bool typename_starts(struct parser *);
/* "struct foo *", "int (*)(char)", "unsigned char [4]". */
enum err typename_parse(struct parser *, const struct type **ret);
/* How many tokens the template arguments at the next one take; 0: none. */
size_t typename_arguments(const struct parser *);
/* The next n tokens as a name is written. */
const char *typename_spelled(const struct parser *, size_t n);
/* A number that is known while parsing: [16]. */
enum err parse_constant(struct parser *, uint64_t *ret);
