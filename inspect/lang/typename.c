/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Type names (C11 6.7.7).  Specifiers first, then an abstract declarator,
 * which is read from the inside out: what stands in the parentheses of
 * "int (*)(char)" applies to what stands around them.  So they are skipped,
 * the suffix is applied, and then the parser goes back into them.
 */
#include "inspect/base/buf.h"
#include "inspect/base/limits.h"
#include "inspect/lang/parser.h"

#include <string.h>

static bool one_of(const char *word, const char *const *list)
{
	for (; *list; list++)
		if (!strcmp(word, *list))
			return true;
	return false;
}

static bool is_qualifier(const char *word)
{
	static const char *const words[] = { "const", "volatile", "restrict",
		"__restrict", "_Atomic", "__const", "__volatile__", NULL };

	return one_of(word, words);
}

static bool is_specifier(const char *word)
{
	static const char *const words[] = { "void", "char", "short", "int",
		"long", "float", "double", "signed", "unsigned", "_Bool",
		"_Complex", "__int128", NULL };

	return one_of(word, words);
}

static bool is_tag(const char *word)
{
	static const char *const words[] = { "struct", "union", "enum", "class",
		NULL };

	return one_of(word, words);
}

/* A typedef, unless a variable in scope hides it (C11 6.2.1). */
static const struct type *typedef_of(struct parser *p, const char *name)
{
	const struct type *t;
	struct value v;

	/* Variables first: a local one needs no index of names. */
	if (p->env->hides
			? p->env->hides(p->env, name)
			: p->env->name && !p->env->name(p->env, NULL, name, &v))
		return NULL;
	t = p->env->type ? p->env->type(p->env, NULL, name) : NULL;
	return t ? t : type_basic(name);
}

static bool is_op(const struct token *t, const char *op)
{
	return t->kind == TOKEN_OP && !strcmp(t->text, op);
}

/* Behind the template arguments that start at a token; 0: these are none. */
static size_t arguments_end(const struct parser *p, size_t ahead)
{
	int open = 0;

	do {
		const struct token *t = parser_peek(p, ahead++);

		if (is_op(t, "<"))
			open++;
		else if (is_op(t, ">"))
			open--;
		else if (is_op(t, ">>"))
			open -= 2;
		else if (t->kind != TOKEN_NAME && t->kind != TOKEN_INT &&
			 !is_op(t, "::") && !is_op(t, ",") && !is_op(t, "*") &&
			 !is_op(t, "&") && !is_op(t, "(") && !is_op(t, ")"))
			return 0;
	} while (open > 0);
	return open == 0 ? ahead : 0;
}

size_t typename_arguments(const struct parser *p)
{
	return arguments_end(p, 0);
}

const char *typename_spelled(const struct parser *p, size_t n)
{
	struct buf b = { .arena = p->arena };

	for (size_t i = 0; i < n; i++) {
		const struct token *t = parser_peek(p, i);
		bool words = i && t->kind == TOKEN_NAME &&
			     parser_peek(p, i - 1)->kind == TOKEN_NAME;

		if (t->kind == TOKEN_INT)
			buf_printf(&b, "%llu", (unsigned long long)t->number);
		else
			buf_printf(&b, "%s%s", words ? " " : "", t->text);
	}
	return buf_str(&b);
}

/* C++: std::pair<int, long>::first_type at the next token, and of how many
 * tokens; NULL: it is none, but a variable, or a comparison. */
static const struct type *scoped_type(
	struct parser *p, const char *tag, size_t *ret_tokens)
{
	const struct type *t = NULL;
	size_t n = 0, end;

	for (; parser_peek(p, n)->kind == TOKEN_NAME; n++) {
		end = ++n;
		if (is_op(parser_peek(p, n), "<") &&
			(end = arguments_end(p, n)))
			n = end;
		if (n == 1 && !is_op(parser_peek(p, n), "::"))
			return NULL;
		const struct type *longer =
			p->env->type ? p->env->type(p->env, tag,
					       typename_spelled(p, n))
				     : NULL;
		if (longer && n > 1) {
			t = longer;
			*ret_tokens = n;
		}
		if (!is_op(parser_peek(p, n), "::"))
			break;
	}
	return t && !is_op(parser_peek(p, *ret_tokens), "::") ? t : NULL;
}

bool typename_starts(struct parser *p)
{
	const struct token *t = parser_next(p);
	const struct token *after = parser_peek(p, 1);
	size_t n;

	if (is_op(t, "::") && after->kind == TOKEN_NAME) {
		p->i++;
		bool is = typename_starts(p);
		p->i--;
		return is;
	}
	if (t->kind != TOKEN_NAME || t->quoted)
		return false;
	if (is_qualifier(t->text) || is_specifier(t->text) || is_tag(t->text))
		return true;
	if (is_op(after, "::") || is_op(after, "<")) {
		if (scoped_type(p, NULL, &n))
			return true;
		if (is_op(after, "::"))
			return false;
	}
	return typedef_of(p, t->text) != NULL;
}

static const struct type *qualified(
	struct parser *p, const struct type *target, const char *word)
{
	struct type *t = arena_new(p->arena, struct type);

	t->kind = strstr(word, "const")      ? TYPE_CONST
		  : strstr(word, "volatile") ? TYPE_VOLATILE
		  : strstr(word, "restrict") ? TYPE_RESTRICT
					     : TYPE_ATOMIC;
	t->target = target;
	return t;
}

static enum err tagged(struct parser *p, const struct type **ret)
{
	const char *tag = parser_next(p)->text;
	const struct token *name;

	p->i++;
	name = parser_next(p);
	if (name->kind != TOKEN_NAME)
		return parser_error(p, "the tag of a type");
	size_t n = 1;

	*ret = scoped_type(p, tag, &n);
	p->i += n;
	if (!*ret && p->env->type)
		*ret = p->env->type(p->env, tag, name->text);
	if (!*ret)
		return err_set(
			ERR_NOTFOUND, "No %s type named %s.", tag, name->text);
	return OK;
}

/* unsigned long, struct foo, size_t, with qualifiers on either side. */
static enum err specifiers(struct parser *p, const struct type **ret)
{
	struct buf basic = { .arena = p->arena };
	const char *qualifiers[8];
	unsigned column = parser_next(p)->column;
	const struct type *t = NULL;
	size_t n = 0;

	for (;;) {
		const struct token *word = parser_next(p);

		if (word->kind != TOKEN_NAME || word->quoted)
			break;
		if (is_qualifier(word->text)) {
			if (n < sizeof(qualifiers) / sizeof(qualifiers[0]))
				qualifiers[n++] = word->text;
		} else if (is_specifier(word->text) && !t) {
			buf_printf(
				&basic, "%s%s", basic.n ? " " : "", word->text);
		} else if (is_tag(word->text) && !t && !basic.n) {
			TRY(tagged(p, &t));
			continue;
		} else if (!t && !basic.n) {
			size_t tokens = 1;

			t = scoped_type(p, NULL, &tokens);
			p->i += tokens - 1;
			if (!t)
				t = typedef_of(p, word->text);
			if (!t)
				break;
		} else {
			break;
		}
		p->i++;
	}
	if (basic.n)
		t = type_basic(buf_str(&basic));
	if (!t && basic.n)
		return lex_error(p->text, column, "a type that exists");
	if (!t)
		return parser_error(p, "a type");
	for (size_t i = 0; i < n; i++)
		t = qualified(p, t, qualifiers[i]);
	*ret = t;
	return OK;
}

/* The parameters of a function, after "(". */
static enum err parameters(
	struct parser *p, const struct type *result, const struct type **ret)
{
	struct type *f = arena_new(p->arena, struct type);
	size_t cap = 0;

	f->kind = TYPE_FUNC;
	f->target = result;
	while (!parser_take(p, ")")) {
		const struct type *t;

		if (f->prototyped)
			TRY(parser_expect(p, ","));
		f->prototyped = true;
		if (parser_take(p, "..")) {
			/* "..." is read as ".." and "." */
			TRY(parser_expect(p, "."));
			f->varargs = true;
			continue;
		}
		TRY(typename_parse(p, &t));
		f->members = arena_grow(p->arena, f->members, f->nmembers, &cap,
			sizeof(*f->members));
		f->members[f->nmembers++] = (struct member){ .type = t };
	}
	if (f->nmembers == 1 && f->members[0].type->kind == TYPE_VOID)
		f->nmembers = 0;
	*ret = f;
	return OK;
}

/* [n] and (parameters), the leftmost binding tightest. */
static enum err suffixes(
	struct parser *p, const struct type *base, const struct type **ret)
{
	TRY(parser_enter(p));
	*ret = base;
	if (parser_take(p, "[")) {
		uint64_t count = 0;
		bool bound = !parser_is(p, "]");

		if (bound)
			TRY(parse_constant(p, &count));
		TRY(parser_expect(p, "]"));
		TRY(suffixes(p, base, &base));
		struct type *t =
			(struct type *)type_new_array(base, count, p->arena);
		t->has_count = bound;
		*ret = t;
	} else if (parser_take(p, "(")) {
		TRY(parameters(p, base, ret));
	}
	parser_leave(p);
	return OK;
}

/* "(" starts a group, not parameters, when a declarator follows it. */
static bool group_starts(const struct parser *p)
{
	const struct token *t = parser_peek(p, 1);

	return parser_is(p, "(") && t->kind == TOKEN_OP &&
	       (!strcmp(t->text, "*") || !strcmp(t->text, "(") ||
		       !strcmp(t->text, "["));
}

static enum err skip_group(struct parser *p)
{
	unsigned open = 0;

	do {
		if (parser_next(p)->kind == TOKEN_END)
			return parser_error(p, "`)'");
		if (parser_is(p, "("))
			open++;
		if (parser_is(p, ")"))
			open--;
		p->i++;
	} while (open);
	return OK;
}

static enum err declarator(
	struct parser *p, const struct type *base, const struct type **ret)
{
	TRY(parser_enter(p));
	while (parser_is(p, "*") || parser_is(p, "&")) {
		bool reference = parser_is(p, "&");
		struct type *t =
			(struct type *)type_new_pointer(base, p->arena);

		p->i++;
		t->kind = reference ? TYPE_REFERENCE : TYPE_POINTER;
		base = t;
		while (parser_next(p)->kind == TOKEN_NAME &&
			is_qualifier(parser_next(p)->text)) {
			base = qualified(p, base, parser_next(p)->text);
			p->i++;
		}
	}
	if (group_starts(p)) {
		size_t group = p->i + 1;

		TRY(skip_group(p));
		TRY(suffixes(p, base, &base));
		size_t end = p->i;
		p->i = group;
		TRY(declarator(p, base, ret));
		TRY(parser_expect(p, ")"));
		p->i = end;
	} else {
		TRY(suffixes(p, base, ret));
	}
	parser_leave(p);
	return OK;
}

enum err typename_parse(struct parser *p, const struct type **ret)
{
	const struct type *base = NULL;

	TRY(parser_enter(p));
	(void)parser_take(p, "::");
	TRY(specifiers(p, &base));
	TRY(declarator(p, base, ret));
	parser_leave(p);
	return OK;
}
