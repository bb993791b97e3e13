/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The operands of an expression (C11 6.5.1, 6.5.2): literals, names with what
 * qualifies them, parentheses, and what is appended to an operand: an index, a
 * member, the arguments of a call.
 */
#include "inspect/lang/primary.h"

#include "inspect/base/buf.h"

#include <stdlib.h>
#include <string.h>

static enum err refuse_call(const struct token *t)
{
	return err_set(ERR_UNSUPPORTED,
		"Cannot call a function at column %u: a core does not run.",
		t->column);
}

static enum err parse_literal(struct parser *p, struct node **ret)
{
	const struct token *t = parser_next(p);
	struct node *n = parser_node(p, NODE_INT, t);
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

	if (!n || !token_is(parser_peek(p, n), "::"))
		return name;
	name = arena_printf(p->arena, "%s%s", name, typename_spelled(p, n));
	p->i += n;
	return name;
}

/* file.c::name, function::name, namespace::name, 'any name'::name, ::name. */
static enum err parse_name(struct parser *p, struct node **ret)
{
	const struct token *t = parser_next(p);
	struct node *n = parser_node(p, NODE_NAME, t);

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
	struct node *n = parser_node(p, NODE_TYPE, parser_next(p));

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
	if (t->kind == TOKEN_END ||
		(t->kind == TOKEN_OP && !token_is(t, "(") &&
			!token_is(t, "~") && !token_is(t, "!")))
		return OK;
	return p->env->name(p->env, NULL, n->text, &v);
}

enum err primary_parentheses(struct parser *p, struct node **ret)
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
	return !*end && !t->quoted && !token_is(parser_peek(p, 1), "::") &&
	       (!p->env->name || p->env->name(p->env, NULL, t->text, &v));
}

static enum err parse_bare_number(struct parser *p, struct node **ret)
{
	const struct token *t = parser_next(p);
	struct node *n = parser_node(p, NODE_INT, t);

	p->i++;
	n->number = strtoull(t->text, NULL, (int)p->env->radix);
	n->type = type_basic(n->number > INT32_MAX ? "long" : "int");
	*ret = n;
	return OK;
}

static bool named_cast_starts(const struct parser *p)
{
	static const char *const words[] = { "static_cast", "const_cast",
		"reinterpret_cast", "dynamic_cast" };
	const struct token *t = parser_next(p);

	if (t->quoted || !token_is(parser_peek(p, 1), "<"))
		return false;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(t->text, words[i]))
			return true;
	return false;
}

/* static_cast<type>(a), as a cast of C does it.  What dynamic_cast gives is
 * found by code, at run time. */
static enum err parse_named_cast(struct parser *p, struct node **ret)
{
	const struct token *t = parser_next(p);
	struct node *n = parser_node(p, NODE_CAST, t), *a;

	if (!strcmp(t->text, "dynamic_cast"))
		return err_set(ERR_UNSUPPORTED,
			"dynamic_cast at column %u needs a program that runs; "
			"static_cast<...>(...) casts without a check, and `p "
			"*POINTER' shows the vtable of its class.",
			t->column);
	n->number = !strcmp(t->text, "reinterpret_cast");
	p->i += 2;
	TRY(typename_parse(p, &n->type));
	TRY(parser_expect(p, ">"));
	TRY(parser_expect(p, "("));
	TRY(parse_comma(p, &a));
	TRY(parser_expect(p, ")"));
	*ret = n;
	return parser_child(p, n, &n->a, a);
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
		*ret = parser_node(p, NODE_DOLLAR, t);
		p->i++;
		return OK;
	case TOKEN_NAME:
		if (named_cast_starts(p))
			return parse_named_cast(p, ret);
		if (typename_starts(p))
			return parse_type_node(p, ret);
		if (p->env->radix > 10 && is_bare_number(p, t))
			return parse_bare_number(p, ret);
		return parse_name(p, ret);
	case TOKEN_FILE:
		return parse_name(p, ret);
	case TOKEN_OP:
		if (token_is(t, "("))
			return primary_parentheses(p, ret);
		if (token_is(t, "::") && typename_starts(p))
			return parse_type_node(p, ret);
		if (token_is(t, "::") &&
			parser_peek(p, 1)->kind == TOKEN_NAME) {
			p->i++;
			TRY(parse_name(p, ret));
			/* ::x is the global one, whatever hides it here. */
			if (!(*ret)->where)
				(*ret)->where = "";
			return OK;
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
	struct node *n = parser_node(p, NODE_INDEX, parser_next(p)), *b, *c;

	p->i++;
	TRY(parser_child(p, n, &n->a, a));
	TRY(parse_comma(p, &b));
	TRY(parser_child(p, n, &n->b, b));
	if (parser_take(p, "..")) {
		n->kind = NODE_SLICE;
		TRY(parse_comma(p, &c));
		TRY(parser_child(p, n, &n->c, c));
	}
	*ret = n;
	return parser_expect(p, "]");
}

static enum err parse_member(
	struct parser *p, struct node *a, struct node **ret)
{
	struct node *n = parser_node(p,
		parser_is(p, ".") ? NODE_MEMBER : NODE_ARROW, parser_next(p));
	const struct token *name;

	p->i++;
	name = parser_next(p);
	if (name->kind != TOKEN_NAME)
		return parser_error(p, "the name of a member");
	n->text = name->text;
	p->i++;
	*ret = n;
	return parser_child(p, n, &n->a, a);
}

/* Expressions with commas between them, up to a bracket. */
enum err primary_list(struct parser *p, struct node *owner, const char *close)
{
	struct node **slot = &owner->a, *arg = NULL, *a;

	while (!parser_take(p, close)) {
		if (arg)
			TRY(parser_expect(p, ","));
		arg = parser_node(p, NODE_ARG, parser_next(p));
		TRY(parse_conditional(p, &a));
		TRY(parser_child(p, arg, &arg->a, a));
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
	struct node *call = parser_node(p, NODE_CALL, parser_next(p));

	call->text = f->text;
	p->i++;
	*ret = call;
	return primary_list(p, call, ")");
}

enum err primary_parse(struct parser *p, struct node **ret)
{
	struct node *n;

	TRY(parse_primary(p, &n));
	for (;;) {
		const struct token *t = parser_next(p);

		if (token_is(t, "["))
			TRY(parse_index(p, n, &n));
		else if (token_is(t, ".") || token_is(t, "->"))
			TRY(parse_member(p, n, &n));
		else if (token_is(t, "++") || token_is(t, "--")) {
			p->i++;
			TRY(parser_step(p, t, n, &n));
		} else if (token_is(t, "(") && n->kind == NODE_DOLLAR &&
			   n->text[0] == '_')
			TRY(parse_call(p, n, &n));
		else if (token_is(t, "(") && n->kind != NODE_TYPE)
			return refuse_call(t);
		else
			break;
	}
	*ret = n;
	return OK;
}
