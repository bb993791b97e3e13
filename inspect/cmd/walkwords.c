/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Behind an operand the clauses may follow; and a node's members are names of
 * their own in everything behind the list.  The text is not parsed, because it
 * is not complete: the last list that it names, or the last `as', says what the
 * nodes are.
 */
#include "inspect/cmd/walkwords.h"

#include "inspect/cmd/cmd.h"

#include <string.h>

struct words {
	const char *name; /* NAME in LIST, or NULL */
	const char *list; /* an expression whose type is that of the nodes */
};

static const char *const clauses[] = { "by", "count", "tree", "as", "nil",
	"where", "until", "each", "in", NULL };

/* "(struct room *)0" of "as room.next". */
static const char *of_type(
	struct offers *q, const struct args *a, size_t i, const char *rest)
{
	const char *tag = "";

	if (i < a->n &&
		(!strcmp(a->word[i], "struct") || !strcmp(a->word[i], "union")))
		tag = a->word[i++];
	const char *name = i < a->n ? a->word[i] : rest;
	return arena_printf(&q->s->scratch, "(%s %.*s *)0", tag,
		(int)strcspn(name, "."), name);
}

static void split(struct offers *q, const struct args *a, struct words *ret)
{
	size_t i = 0;

	while (i < a->n && (a->word[i][0] == '-' || a->word[i][0] == '/'))
		i++;
	*ret = (struct words){ .list = i < a->n ? a->word[i] : NULL };
	for (; i < a->n; i++) {
		if (!strcmp(a->word[i], "in") && i && i + 1 < a->n)
			*ret = (struct words){ a->word[i - 1], a->word[i + 1] };
		else if (!strcmp(a->word[i], "as"))
			ret->list = of_type(q, a, i + 1, q->text);
	}
}

static const struct type *node_type(struct offers *q, const char *expression)
{
	const struct type *t;
	struct value v;

	/* A structure of another kind of tag. */
	if (session_eval_type(q->s, expression, &v, &t) &&
		(strncmp(expression, "( ", 2) ||
			session_eval_type(q->s,
				arena_printf(&q->s->scratch, "(struct %s",
					expression + 2),
				&v, &t)))
		return NULL;
	t = type_strip(t ? t : v.type);
	while (t->kind == TYPE_ARRAY || t->kind == TYPE_POINTER)
		t = type_strip(type_target(t));
	return type_is_record(t) ? t : NULL;
}

/* The word behind its first n characters. */
static void skip(struct offers *q, size_t n)
{
	q->prefix = arena_printf(
		&q->s->scratch, "%s%.*s", q->prefix, (int)n, q->text);
	q->text += n;
	q->c->open = true;
}

bool walkwords_offer(struct offers *q, const char *text)
{
	struct args a = { 0 };
	struct words w;

	args_split(&a, text, &q->s->scratch);
	split(q, &a, &w);
	if (!w.list)
		return false;
	const char *last = a.word[a.n - 1];
	bool as = !strcmp(last, "as") ||
		  (a.n > 1 && !strcmp(a.word[a.n - 2], "as"));
	const char *dot = strchr(q->text, '.');
	const struct type *t = node_type(q, w.list);
	if (as && dot && t) {
		skip(q, (size_t)(dot + 1 - q->text));
		offers_type_members(q, t);
		return true;
	}
	if (as) {
		offers_names(q, INDEX_TYPE | INDEX_TAG);
		return true;
	}
	size_t n = w.name ? strlen(w.name) : 0;
	if (n && t && !strncmp(q->text, w.name, n) &&
		!strncmp(q->text + n, "->", 2)) {
		skip(q, n + 2);
		offers_type_members(q, t);
		return true;
	}
	offers_words(q, clauses);
	if (!t || strpbrk(q->text, ".>"))
		return false;
	/* What is not of the program is not in its walks. */
	offers_type_members(q, t);
	offers_locals(q);
	offers_names(q, INDEX_FUNCTION | INDEX_VARIABLE | INDEX_CONSTANT);
	return true;
}
