/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Operator precedence, climbing, over C's table (C11 6.5) with GDB's '@'
 * between the shifts and '+'.  What would change the program or run it is
 * recognised, so that the answer can be a sentence about cores instead of one
 * about syntax.
 */
#include "inspect/lang/parse.h"

#include "inspect/base/buf.h"
#include "inspect/base/limits.h"
#include "inspect/lang/macro.h"
#include "inspect/lang/parser.h"

#include <stdlib.h>
#include <string.h>

/* A chain a->b->c is no deeper for the parser, but is for the evaluation. */
enum { MAX_TREE_DEPTH = 1024 };

static enum err parse_comma(struct parser *, struct node **);
static enum err parse_conditional(struct parser *, struct node **);
static enum err parse_unary(struct parser *, struct node **);
static enum err parse_binary(struct parser *, int least, struct node **);

/* ---- nodes ---- */

static bool is_op(const struct token *t, const char *op)
{
	return t->kind == TOKEN_OP && !strcmp(t->text, op);
}

static struct node *node(
	struct parser *p, enum node_kind kind, const struct token *at)
{
	struct node *n = arena_new(p->arena, struct node);

	n->kind = kind;
	n->column = at->column;
	n->text = at->text;
	return n;
}

static enum err child(
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

/* ---- what a core cannot do ---- */

static enum err refuse_change(const struct token *t)
{
	return err_set(ERR_UNSUPPORTED,
		"Cannot do `%s' at column %u: a core is not changed.  "
		"`print $name = EXPR' keeps a value under a name.",
		t->text, t->column);
}

static enum err refuse_call(const struct token *t)
{
	return err_set(ERR_UNSUPPORTED,
		"Cannot call a function at column %u: a core does not run.",
		t->column);
}

static bool is_assignment(const struct token *t)
{
	static const char *const ops[] = { "=",
		"+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=" };

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (is_op(t, ops[i]))
			return true;
	return false;
}

/* ---- primaries ---- */

static enum err parse_literal(struct parser *p, struct node **ret)
{
	const struct token *t = parser_next(p);
	struct node *n = node(p, NODE_INT, t);
	struct buf text = { .arena = p->arena };
	const char *elem = "char";

	p->i++;
	n->number = t->number;
	n->real = t->real;
	if (*t->type == 'L')
		elem = "wchar_t";
	else if (*t->type == 'u')
		elem = "char16_t";
	else if (*t->type == 'U')
		elem = "char32_t";
	*ret = n;
	if (t->kind == TOKEN_CHAR) {
		n->type = type_basic(elem);
		return OK;
	}
	if (t->kind != TOKEN_STRING) {
		n->kind = t->kind == TOKEN_INT ? NODE_INT : NODE_REAL;
		n->type = type_basic(t->type);
		return OK;
	}
	/* Strings that follow each other are one (C11 5.1.1.2). */
	const char *prefix = t->type;
	buf_add(&text, (const char *)t->bytes, t->n);
	for (; parser_next(p)->kind == TOKEN_STRING; p->i++) {
		t = parser_next(p);
		if (strcmp(t->type, prefix))
			return parser_error(p, "a string of the same kind");
		buf_add(&text, (const char *)t->bytes, t->n);
	}
	const struct type *c = type_basic(elem);
	buf_add(&text, "\0\0\0", (size_t)c->size);
	n->kind = NODE_STRING;
	n->bytes = (const uint8_t *)buf_str(&text);
	n->type = type_new_array(c, text.n / c->size, p->arena);
	return OK;
}

/* The template arguments behind a name that a scope follows: P<int>::x. */
static const char *template_name(struct parser *p, const char *name)
{
	size_t n = parser_is(p, "<") ? typename_arguments(p) : 0;

	if (!n || !is_op(parser_peek(p, n), "::"))
		return name;
	name = arena_printf(p->arena, "%s%s", name, typename_spelled(p, n));
	p->i += n;
	return name;
}

/* file.c::name, function::name, namespace::name, 'any name'::name, ::name. */
static enum err parse_name(struct parser *p, struct node **ret)
{
	const struct token *t = parser_next(p);
	struct node *n = node(p, NODE_NAME, t);

	p->i++;
	n->text = template_name(p, n->text);
	while (parser_take(p, "::")) {
		const struct token *name = parser_next(p);

		if (name->kind != TOKEN_NAME && name->kind != TOKEN_FILE)
			return parser_error(p, "a name");
		/* file.c::f::x: the innermost says it all; a::b::x does not. */
		n->where = n->where && t->kind != TOKEN_FILE
				   ? arena_printf(p->arena, "%s::%s", n->where,
					     n->text)
				   : n->text;
		p->i++;
		n->text = template_name(p, name->text);
	}
	if (t->kind == TOKEN_FILE && !n->where)
		return parser_error(p, "`::'");
	*ret = n;
	return OK;
}

static enum err parse_type_node(struct parser *p, struct node **ret)
{
	struct node *n = node(p, NODE_TYPE, parser_next(p));

	TRY(typename_parse(p, &n->type));
	*ret = n;
	return OK;
}

/* (nosuch)1 is a syntax error only because nosuch is no type. */
static enum err unknown_in_parentheses(struct parser *p, const struct node *n)
{
	const struct token *t = parser_next(p);
	struct value v;

	if (n->kind != NODE_NAME || n->where || !p->env->name)
		return OK;
	if (t->kind == TOKEN_END || (t->kind == TOKEN_OP && !is_op(t, "(") &&
					    !is_op(t, "~") && !is_op(t, "!")))
		return OK;
	return p->env->name(p->env, NULL, n->text, &v);
}

static enum err parse_parentheses(struct parser *p, struct node **ret)
{
	p->i++;
	if (typename_starts(p)) {
		TRY(parse_type_node(p, ret));
		return parser_expect(p, ")");
	}
	TRY(parse_comma(p, ret));
	TRY(parser_expect(p, ")"));
	return unknown_in_parentheses(p, *ret);
}

/* With an input radix of 16, ff is a number unless something is called so. */
static bool is_bare_number(struct parser *p, const struct token *t)
{
	char *end;
	struct value v;

	(void)strtoull(t->text, &end, (int)p->env->radix);
	return !*end && !t->quoted && !is_op(parser_peek(p, 1), "::") &&
	       (!p->env->name || p->env->name(p->env, NULL, t->text, &v));
}

static enum err parse_bare_number(struct parser *p, struct node **ret)
{
	const struct token *t = parser_next(p);
	struct node *n = node(p, NODE_INT, t);

	p->i++;
	n->number = strtoull(t->text, NULL, (int)p->env->radix);
	n->type = type_basic(n->number > INT32_MAX ? "long" : "int");
	*ret = n;
	return OK;
}

static enum err parse_primary(struct parser *p, struct node **ret)
{
	const struct token *t = parser_next(p);

	switch (t->kind) {
	case TOKEN_INT:
	case TOKEN_FLOAT:
	case TOKEN_CHAR:
	case TOKEN_STRING:
		return parse_literal(p, ret);
	case TOKEN_DOLLAR:
		*ret = node(p, NODE_DOLLAR, t);
		p->i++;
		return OK;
	case TOKEN_NAME:
		if (typename_starts(p))
			return parse_type_node(p, ret);
		if (p->env->radix > 10 && is_bare_number(p, t))
			return parse_bare_number(p, ret);
		return parse_name(p, ret);
	case TOKEN_FILE:
		return parse_name(p, ret);
	case TOKEN_OP:
		if (is_op(t, "("))
			return parse_parentheses(p, ret);
		if (is_op(t, "::") && typename_starts(p))
			return parse_type_node(p, ret);
		if (is_op(t, "::") && parser_peek(p, 1)->kind == TOKEN_NAME) {
			p->i++;
			return parse_name(p, ret);
		}
		break;
	case TOKEN_END:
		break;
	}
	return parser_error(p, "a value");
}

/* ---- postfix ---- */

static enum err parse_index(struct parser *p, struct node *a, struct node **ret)
{
	struct node *n = node(p, NODE_INDEX, parser_next(p)), *b, *c;

	p->i++;
	TRY(child(p, n, &n->a, a));
	TRY(parse_comma(p, &b));
	TRY(child(p, n, &n->b, b));
	if (parser_take(p, "..")) {
		n->kind = NODE_SLICE;
		TRY(parse_comma(p, &c));
		TRY(child(p, n, &n->c, c));
	}
	*ret = n;
	return parser_expect(p, "]");
}

static enum err parse_member(
	struct parser *p, struct node *a, struct node **ret)
{
	struct node *n = node(p, parser_is(p, ".") ? NODE_MEMBER : NODE_ARROW,
		parser_next(p));
	const struct token *name;

	p->i++;
	name = parser_next(p);
	if (name->kind != TOKEN_NAME)
		return parser_error(p, "the name of a member");
	n->text = name->text;
	p->i++;
	*ret = n;
	return child(p, n, &n->a, a);
}

/* Expressions with commas between them, up to a bracket. */
static enum err parse_list(
	struct parser *p, struct node *owner, const char *close)
{
	struct node **slot = &owner->a, *arg = NULL, *a;

	while (!parser_take(p, close)) {
		if (arg)
			TRY(parser_expect(p, ","));
		arg = node(p, NODE_ARG, parser_next(p));
		TRY(parse_conditional(p, &a));
		TRY(child(p, arg, &arg->a, a));
		*slot = arg;
		if (arg->depth + 1 > owner->depth)
			owner->depth = arg->depth + 1;
		slot = &arg->b;
	}
	return OK;
}

/* $_strlen(s): the only calls that need no program. */
static enum err parse_call(struct parser *p, struct node *f, struct node **ret)
{
	struct node *call = node(p, NODE_CALL, parser_next(p));

	call->text = f->text;
	p->i++;
	*ret = call;
	return parse_list(p, call, ")");
}

static enum err parse_postfix(struct parser *p, struct node **ret)
{
	struct node *n;

	TRY(parse_primary(p, &n));
	for (;;) {
		const struct token *t = parser_next(p);

		if (is_op(t, "["))
			TRY(parse_index(p, n, &n));
		else if (is_op(t, ".") || is_op(t, "->"))
			TRY(parse_member(p, n, &n));
		else if (is_op(t, "++") || is_op(t, "--"))
			return refuse_change(t);
		else if (is_op(t, "(") && n->kind == NODE_DOLLAR &&
			 n->text[0] == '_')
			TRY(parse_call(p, n, &n));
		else if (is_op(t, "(") && n->kind != NODE_TYPE)
			return refuse_call(t);
		else
			break;
	}
	*ret = n;
	return OK;
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
		if (is_op(t, ops[i]))
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

	TRY(parse_parentheses(p, &type));
	*ret = type;
	if (!operand_starts(p))
		return OK;
	n = node(p, NODE_CAST, open);
	n->type = type->type;
	if (list_starts(p)) { /* a compound literal (C11 6.5.2.5) */
		p->i++;
		n->kind = NODE_LIST;
		*ret = n;
		return parse_list(p, n, "}");
	}
	TRY(parse_unary(p, &a));
	*ret = n;
	return child(p, n, &n->a, a);
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
	struct node *n = node(p, kind, parser_next(p)), *a;

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
	return child(p, n, &n->a, a);
}

/* {type} address: GDB's short form of *(type *)address; {1, 2}: an array. */
static enum err parse_brace(struct parser *p, struct node **ret)
{
	bool list = list_starts(p);
	struct node *n = node(p, list ? NODE_LIST : NODE_AT, parser_next(p)),
		    *a;

	p->i++;
	*ret = n;
	if (list)
		return parse_list(p, n, "}");
	TRY(typename_parse(p, &n->type));
	TRY(parser_expect(p, "}"));
	TRY(parse_unary(p, &a));
	*ret = n;
	return child(p, n, &n->a, a);
}

static enum err parse_operator(struct parser *p, struct node **ret)
{
	struct node *n = node(p, NODE_UNARY, parser_next(p)), *a;

	p->i++;
	TRY(parse_unary(p, &a));
	*ret = n;
	return child(p, n, &n->a, a);
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
		if (is_op(t, ops[i]))
			return parse_operator(p, ret);
	if (is_op(t, "++") || is_op(t, "--"))
		return refuse_change(t);
	if (is_op(t, "{"))
		return parse_brace(p, ret);
	if (is_word(t, "sizeof"))
		return parse_size(p, NODE_SIZEOF, ret);
	if (is_word(t, "_Alignof") || is_word(t, "alignof") ||
		is_word(t, "__alignof__"))
		return parse_size(p, NODE_ALIGNOF, ret);
	if (cast_starts(p))
		return parse_cast(p, ret);
	return parse_postfix(p, ret);
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
		struct node *n = node(p, NODE_BINARY, parser_next(p));

		p->i++;
		TRY(parse_binary(p, level + 1, &right));
		TRY(child(p, n, &n->a, left));
		TRY(child(p, n, &n->b, right));
		left = n;
	}
	*ret = left;
	parser_leave(p);
	return OK;
}

static enum err parse_conditional(struct parser *p, struct node **ret)
{
	const struct token *t;
	struct node *n, *part;

	TRY(parser_enter(p));
	TRY(parse_binary(p, 1, ret));
	t = parser_next(p);
	if (is_op(t, "?")) {
		n = node(p, NODE_COND, t);
		p->i++;
		TRY(child(p, n, &n->a, *ret));
		TRY(parse_comma(p, &part));
		TRY(child(p, n, &n->b, part));
		TRY(parser_expect(p, ":"));
		TRY(parse_conditional(p, &part));
		TRY(child(p, n, &n->c, part));
		*ret = n;
	}
	if (is_assignment(parser_next(p)))
		return refuse_change(parser_next(p));
	parser_leave(p);
	return OK;
}

static enum err parse_comma(struct parser *p, struct node **ret)
{
	struct node *right;

	TRY(parse_conditional(p, ret));
	while (parser_is(p, ",")) {
		struct node *n = node(p, NODE_BINARY, parser_next(p));

		p->i++;
		TRY(parse_conditional(p, &right));
		TRY(child(p, n, &n->a, *ret));
		TRY(child(p, n, &n->b, right));
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
