/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What expressions (parse.c, primary.c) and type names (typename.c) share: the
 * tokens, where the parser stands in them, and the tree that it makes. */
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
/* Is it that operator? */
bool token_is(const struct token *, const char *op);
/* Whether a node is a variable that can be changed: one of cinspect's own. */
bool parser_can_change(const struct parser *, const struct node *);
/* $x++ or --$x: the operator stands before its operand, or behind it. */
enum err parser_step(struct parser *, const struct token *op, struct node *n,
	struct node **ret);
/* What would change the program is no syntax error: a sentence about cores. */
enum err parser_refuse_change(const struct token *);
/* A node that stands where `at' does, with its text. */
struct node *parser_node(
	struct parser *, enum node_kind kind, const struct token *at);
/* Puts c into a slot of n; ERR_LIMIT when the tree becomes too deep. */
enum err parser_child(
	struct parser *, struct node *n, struct node **slot, struct node *c);
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
/* a, b; and what may stand between commas. */
enum err parse_comma(struct parser *, struct node **ret);
enum err parse_conditional(struct parser *, struct node **ret);
/* A number that is known while parsing: [16]. */
enum err parse_constant(struct parser *, uint64_t *ret);
