/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Candidates are bounded, because a word of one letter matches thousands of
 * symbols and nobody reads them.  What all have in common is worked out over
 * those too that there was no room for: TAB types that, and must not type the
 * start of the first few hundred.
 */
#include "inspect/cmd/offers.h"

#include "inspect/cmd/variables.h"
#include "inspect/dwarf/unit.h"
#include "inspect/image/symbol.h"

#include <ctype.h>
#include <string.h>

enum { MAX_CANDIDATES = 500 };

static size_t common_of(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] && a[n] == b[n])
		n++;
	return n;
}

static bool offered(const struct candidates *c, const char *whole)
{
	for (size_t i = 0; i < c->n; i++)
		if (!strcmp(c->word[i], whole))
			return true;
	return false;
}

void offers_add(struct offers *q, const char *word)
{
	struct candidates *c = q->c;

	if (!word || !*word || strncmp(word, q->text, strlen(q->text)))
		return;
	struct arena_mark mark = arena_mark(&q->s->scratch);
	const char *whole =
		arena_printf(&q->s->scratch, "%s%s", q->prefix, word);
	size_t common = c->n ? common_of(c->word[0], whole) : strlen(whole);

	if (!c->n || common < c->common)
		c->common = common;
	if (c->n >= MAX_CANDIDATES || offered(c, whole)) {
		arena_release(&q->s->scratch, mark);
		return;
	}
	c->word = arena_grow(
		&q->s->scratch, c->word, c->n, &c->cap, sizeof(*c->word));
	c->word[c->n++] = whole;
}

void offers_words(struct offers *q, const char *const *list)
{
	for (; *list; list++)
		offers_add(q, *list);
}

/* Nothing that is still to come would change what is shown or typed. */
static bool enough(const struct offers *q)
{
	return q->s->interrupted ||
	       (q->c->n >= MAX_CANDIDATES &&
		       q->c->common <= strlen(q->prefix) + strlen(q->text));
}

static bool offer_name(const char *name, void *ctx)
{
	struct offers *q = ctx;

	offers_add(q, name);
	return !enough(q);
}

void offers_names(struct offers *q, unsigned kinds)
{
	struct image *image = &q->s->image;

	if (image->exe && kinds)
		index_prefixed(
			image, image->exe, kinds, q->text, offer_name, q);
}

/* ---- symbols ---- */

/* One part of "_ZN3foo3barE" (Itanium C++ ABI, 5.1.3): its length, or 0. */
static size_t mangled_part(const char **at)
{
	size_t n = 0, max = strlen(*at);
	const char *p = *at;

	while (isdigit((unsigned char)*p) && n < max)
		n = n * 10 + (size_t)(*p++ - '0');
	if (p == *at || !n || n > strlen(p))
		return 0;
	*at = p;
	return n;
}

/*
 * "foo::" of _ZN3foo3barE, or as many parts as the text has and one more:
 * what is in a namespace or class is offered when that is typed.
 */
static void mangled(struct offers *q, const char *symbol)
{
	const char *at = symbol + 3, *want = q->text;

	at += strspn(at, "KV");
	if (!isdigit((unsigned char)*at))
		return;
	for (;;) {
		const char *colons = strstr(want, "::");
		size_t n = mangled_part(&at);
		size_t typed = colons ? (size_t)(colons - want) : strlen(want);

		if (!n || (colons ? n != typed : n < typed) ||
			memcmp(at, want, typed))
			return;
		if (!colons) {
			/* The last part is a name, and has been offered. */
			const char *next = at + n;
			bool last = !mangled_part(&next);

			offers_add(q, arena_printf(&q->s->scratch, "%.*s%.*s%s",
					      (int)(want - q->text), q->text,
					      (int)n, at, last ? "" : "::"));
			if (!last)
				q->c->open = true;
			return;
		}
		want = colons + 2;
		at += n;
	}
}

static bool offer_symbol(const struct symbol *s, void *ctx)
{
	struct offers *q = ctx;

	if (!strncmp(s->name, "_ZN", 3))
		mangled(q, s->name);
	else if (!strchr(s->name, '@') && strncmp(s->name, "_Z", 2) &&
		 strncmp(s->name, "_R", 2))
		offers_add(q, s->name);
	return !enough(q);
}

static bool has_names(struct image *image, struct module *m)
{
	return units_of(image, m) != NULL;
}

void offers_symbols(struct offers *q)
{
	struct image *image = &q->s->image;
	bool nested;

	if (!q->text[0])
		return;
	/* Of an executable with debug info only C++'s are new. */
	nested = image->exe && has_names(image, image->exe);
	for (size_t i = 0; i < image->nmodules && !enough(q); i++) {
		struct module *m = image->modules[i];

		if (m != image->exe || !nested || strstr(q->text, "::") ||
			!q->c->n)
			symbol_each(image, m, offer_symbol, q);
	}
}

/* ---- variables and members ---- */

void offers_locals(struct offers *q)
{
	struct variable *v;
	struct frame *f;
	size_t n;

	if (session_frame(q->s, &f) ||
		variables_of(
			q->s, f, VARIABLES_ARGS | VARIABLES_LOCALS, &v, &n))
		return;
	for (size_t i = 0; i < n; i++)
		offers_add(q, v[i].name);
}

static void members_of_type(
	struct offers *q, const struct type *t, unsigned depth)
{
	t = type_strip(t);
	if (t->kind == TYPE_POINTER || t->kind == TYPE_REFERENCE)
		t = type_strip(t->target);
	for (size_t i = 0; i < t->nmembers && depth < MAX_PRINT_DEPTH; i++) {
		const struct member *m = &t->members[i];

		if (m->name)
			offers_add(q, m->name);
		if (!m->name || m->is_base)
			members_of_type(q, m->type, depth + 1);
	}
}

/* Where the member's name begins, after the last "." or "->"; NULL: none. */
static const char *member_of(const char *text, size_t *ret_value)
{
	const char *found = NULL;

	for (const char *p = text; *p; p++) {
		if (*p == '.') {
			found = p + 1;
			*ret_value = (size_t)(p - text);
		} else if (p[0] == '-' && p[1] == '>') {
			found = p + 2;
			*ret_value = (size_t)(p - text);
		}
	}
	return found;
}

/* The expression that a text ends with: back to what opens it. */
static const char *expression_start(const char *text)
{
	size_t n = strlen(text);
	int depth = 0;

	while (n) {
		char c = text[n - 1];
		bool arrow = (c == '-' && text[n] == '>') ||
			     (c == '>' && n > 1 && text[n - 2] == '-');

		if (c == ']' || c == ')')
			depth++;
		else if ((c == '[' || c == '(') && depth-- == 0)
			break;
		else if (!depth && !arrow && strchr(" \t,*&!~+-/%<>|^?=", c))
			break;
		n--;
	}
	return text + n;
}

bool offers_members(struct offers *q, const char *before)
{
	struct arena *arena = &q->s->scratch;
	const struct type *t;
	struct value v;
	size_t n;
	const char *name = member_of(q->text, &n);

	if (!name)
		return false;
	const char *expr = expression_start(
		arena_printf(arena, "%s%.*s", before, (int)n, q->text));
	q->prefix = arena_printf(
		arena, "%s%.*s", q->prefix, (int)(name - q->text), q->text);
	q->text = name;
	q->c->open = true;
	if (!session_eval_type(q->s, expr, &v, &t))
		members_of_type(q, t ? t : v.type, 0);
	return true;
}

void offers_type_members(struct offers *q, const struct type *t)
{
	members_of_type(q, t, 0);
}

/* ---- what a core has ---- */

void offers_registers(struct offers *q)
{
	static const char *const more[] = { "pc", "sp", "fp", "_siginfo",
		"_thread", "_", "__", NULL };
	const struct arch *arch = q->s->image.arch;

	for (unsigned i = 0; i < arch->nregs; i++)
		offers_add(q, arch->reg[i].name);
	offers_words(q, more);
	for (struct convenience *c = q->s->vars; c; c = c->next)
		offers_add(q, c->name);
}

void offers_threads(struct offers *q)
{
	for (size_t i = 0; i < q->s->core.nthreads && i < MAX_CANDIDATES; i++)
		offers_add(q, arena_printf(&q->s->scratch, "%d",
				      q->s->core.threads[i].id));
}

void offers_stack(struct offers *q)
{
	struct trace *t;

	if (session_trace(q->s, q->s->thread, 0, &t))
		return;
	for (size_t i = 0; i < t->n && !enough(q); i++)
		offers_add(q, t->frames[i].function);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

void offers_sources(struct offers *q)
{
	struct image *image = &q->s->image;
	struct units *us = image->exe ? units_of(image, image->exe) : NULL;

	for (size_t i = 0; us && i < us->n && !enough(q); i++) {
		const char *name = unit_full(&us->unit[i])->name;

		if (name)
			offers_add(q,
				strchr(q->text, '/') ? name : base_name(name));
	}
}

void offers_modules(struct offers *q)
{
	struct image *image = &q->s->image;

	for (size_t i = 0; i < image->nmodules; i++)
		offers_add(q, base_name(image->modules[i]->path));
}
