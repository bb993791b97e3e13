/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * C11 6.10.3 on text: words are replaced by bodies, arguments are expanded
 * before they are put in, except beside # and ##, and the result is looked at
 * again, without the macros that led to it.  A name after "." or "->" is a
 * member and "::" belongs to a scope, neither of which a user means a macro by.
 */
#include "inspect/lang/macro.h"

#include "inspect/base/buf.h"
#include "inspect/base/limits.h"

#include <ctype.h>
#include <string.h>

enum { MAX_NESTING = 64, MAX_MACRO_ARGUMENTS = 128 };

struct active {
	const struct active *outer;
	const struct macro *macro;
	unsigned depth;
};

static enum err expand(struct eval_env *, const char *text,
	const struct active *, struct buf *);

static bool starts_word(char c)
{
	return isalpha((unsigned char)c) || c == '_';
}

static size_t word_length(const char *s)
{
	size_t n = 0;

	while (isalnum((unsigned char)s[n]) || s[n] == '_')
		n++;
	return n;
}

/* The length of what is no word at s: a constant, a number, one character. */
static size_t other_length(const char *s)
{
	size_t n = 1;

	if (*s == '"' || *s == '\'') {
		while (s[n] && s[n] != *s)
			n += s[n] == '\\' && s[n + 1] ? 2 : 1;
		return s[n] ? n + 1 : n;
	}
	if (*s == '$' || isdigit((unsigned char)*s))
		return n + word_length(s + n);
	return n;
}

struct macro *macro_parse(const char *definition, struct arena *arena)
{
	size_t n = word_length(definition), cap = 0;
	const char *s = definition + n;

	if (!n)
		return NULL;
	struct macro *m = arena_new(arena, struct macro);
	m->name = arena_strndup(arena, definition, n);
	m->has_params = *s == '(';
	s += m->has_params;
	while (m->has_params && *s != ')') {
		s += strspn(s, " ,");
		n = word_length(s);
		bool rest = !strncmp(s + n, "...", 3);

		if (!rest && !starts_word(*s))
			return NULL;
		if (m->nparams == MAX_MACRO_ARGUMENTS)
			return NULL;
		m->param = arena_grow(
			arena, m->param, m->nparams, &cap, sizeof(*m->param));
		m->param[m->nparams++] =
			n ? arena_strndup(arena, s, n) : "__VA_ARGS__";
		m->variadic |= rest;
		s += n + (rest ? 3 : 0);
		s += strspn(s, " ");
	}
	s += m->has_params;
	m->body = arena_strdup(arena, s + strspn(s, " "));
	return m;
}

/* ---- arguments ---- */

struct arguments {
	const char *text[MAX_MACRO_ARGUMENTS];
	size_t n;
};

static const char *trimmed(const char *a, const char *b, struct arena *arena)
{
	while (a < b && isspace((unsigned char)*a))
		a++;
	while (b > a && isspace((unsigned char)b[-1]))
		b--;
	return arena_strndup(arena, a, (size_t)(b - a));
}

/* After "(": the arguments, and *s behind the ")". */
static enum err take_arguments(const struct macro *m, const char **s,
	struct arena *arena, struct arguments *ret)
{
	const char *start = *s, *p = start;
	unsigned open = 0;

	ret->n = 0;
	for (; *p && (open || *p != ')'); p += other_length(p)) {
		bool last = m->variadic && ret->n + 1 == m->nparams;

		if (*p == ',' && !open && !last) {
			if (ret->n == MAX_MACRO_ARGUMENTS - 1)
				break;
			ret->text[ret->n++] = trimmed(start, p, arena);
			start = p + 1;
		}
		open += *p == '(';
		open -= *p == ')';
	}
	if (*p != ')')
		return err_set(ERR_SYNTAX,
			"Malformed argument list for macro `%s'.", m->name);
	ret->text[ret->n++] = trimmed(start, p, arena);
	if (!m->nparams && !ret->text[0][0])
		ret->n = 0;
	while (ret->n < m->nparams && m->variadic &&
		ret->n < MAX_MACRO_ARGUMENTS)
		ret->text[ret->n++] = "";
	*s = p + 1;
	if (ret->n == m->nparams)
		return OK;
	return err_set(ERR_SYNTAX,
		"Wrong number of arguments to macro `%s' (expected %zu, got "
		"%zu).",
		m->name, m->nparams, ret->n);
}

static const char *argument(const struct macro *m, const struct arguments *args,
	const char *word, size_t n)
{
	for (size_t i = 0; i < m->nparams && i < args->n; i++)
		if (strlen(m->param[i]) == n && !strncmp(m->param[i], word, n))
			return args->text[i];
	return NULL;
}

static void add_quoted(const char *text, struct buf *b)
{
	text += strspn(text, " ");
	buf_putc(b, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			buf_putc(b, '\\');
		buf_putc(b, *text);
	}
	buf_putc(b, '"');
}

static void trim_end(struct buf *b)
{
	while (b->n && b->s[b->n - 1] == ' ')
		b->s[--b->n] = '\0';
}

/* The body with the arguments in their places. */
static enum err substitute(struct eval_env *env, const struct macro *m,
	const struct arguments *args, const struct active *active,
	struct buf *b)
{
	bool pasted = false;

	for (const char *s = m->body; *s;) {
		size_t n = word_length(s);
		const char *arg =
			starts_word(*s) ? argument(m, args, s, n) : NULL;

		if (!strncmp(s, "##", 2)) {
			trim_end(b);
			s += 2 + strspn(s + 2, " ");
			pasted = true;
			continue;
		}
		if (*s == '#' && m->has_params) {
			s += 1 + strspn(s + 1, " ");
			n = word_length(s);
			arg = argument(m, args, s, n);
			add_quoted(arg ? arg : "", b);
			s += n;
			continue;
		}
		if (!starts_word(*s))
			n = other_length(s);
		const char *after = s + n + strspn(s + n, " ");
		if (!arg)
			buf_add(b, s, n);
		else if (pasted || !strncmp(after, "##", 2))
			buf_puts(b, arg + strspn(arg, " "));
		else
			TRY(expand(env, arg, active, b));
		pasted = false;
		s += n;
	}
	return OK;
}

/* ---- words ---- */

static bool is_active(const struct active *a, const struct macro *m)
{
	for (; a; a = a->outer)
		if (!strcmp(a->macro->name, m->name))
			return true;
	return false;
}

static enum err replace(struct eval_env *env, const struct macro *m,
	const char **s, const struct active *outer, struct buf *b)
{
	struct active active = { outer, m, outer ? outer->depth + 1 : 1 };
	struct arena *arena = env->values->arena;
	struct buf body = { .arena = arena };
	struct arguments args = { .n = 0 };

	if (active.depth > MAX_NESTING || b->n > MAX_EXPR_TEXT)
		return err_set(ERR_LIMIT,
			"The macro `%s' grows beyond the limit of an "
			"expression.",
			m->name);
	if (m->has_params)
		TRY(take_arguments(m, s, arena, &args));
	TRY(substitute(env, m, &args, outer, &body));
	if (body.n > MAX_EXPR_TEXT)
		return err_set(ERR_LIMIT,
			"The macro `%s' grows beyond the limit of an "
			"expression.",
			m->name);
	return expand(env, buf_str(&body), &active, b);
}

static enum err expand(struct eval_env *env, const char *text,
	const struct active *active, struct buf *b)
{
	bool member = false;

	for (const char *s = text; *s;) {
		if (!starts_word(*s)) {
			size_t n = other_length(s);

			if (!isspace((unsigned char)*s))
				member =
					*s == '.' || *s == ':' ||
					(*s == '>' && s > text && s[-1] == '-');
			buf_add(b, s, n);
			s += n;
			continue;
		}
		size_t n = word_length(s);
		const char *name = arena_strndup(env->values->arena, s, n);
		const struct macro *m = member || s[n] == '"' || s[n] == '\''
						? NULL
						: env->macro(env, name);
		const char *after = s + n + strspn(s + n, " ");

		member = false;
		s += n;
		if (!m || is_active(active, m) ||
			(m->has_params && *after != '(')) {
			buf_puts(b, name);
			continue;
		}
		if (m->has_params)
			s = after + 1;
		TRY(replace(env, m, &s, active, b));
	}
	return OK;
}

enum err macro_expand(struct eval_env *env, const char *text, const char **ret)
{
	struct buf b = { .arena = env->values->arena };

	*ret = text;
	if (!env->macro)
		return OK;
	TRY(expand(env, text, NULL, &b));
	if (strcmp(buf_str(&b), text))
		*ret = buf_str(&b);
	return OK;
}
