/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Candidates are bounded, because a word of one letter matches thousands of
 * symbols and nobody reads them.
 */
#include "inspect/cmd/candidates.h"

#include "inspect/cmd/cmd.h"
#include "inspect/cmd/line.h"
#include "inspect/cmd/variables.h"

#include <string.h>

enum { MAX_CANDIDATES = 500 };

struct search {
	struct session *s;
	struct candidates *c;
	const char *text, *prefix;
};

static void offer(struct search *q, const char *word)
{
	struct candidates *c = q->c;

	if (!word || strncmp(word, q->text, strlen(q->text)) ||
		c->n >= MAX_CANDIDATES)
		return;
	const char *whole =
		arena_printf(&q->s->scratch, "%s%s", q->prefix, word);
	for (size_t i = 0; i < c->n; i++)
		if (!strcmp(c->word[i], whole))
			return;
	c->word = arena_grow(
		&q->s->scratch, c->word, c->n, &c->cap, sizeof(*c->word));
	c->word[c->n++] = whole;
}

static void commands(struct search *q)
{
	for (size_t f = 0; cmd_families[f]; f++)
		for (const struct cmd *c = cmd_families[f]; c->name; c++) {
			offer(q, c->name);
			for (const char *a = c->alias; a && *a;) {
				size_t n = strcspn(a, " ");

				if (n > 2)
					offer(q, arena_strndup(
							 &q->s->scratch, a, n));
				a += n + strspn(a + n, " ");
			}
		}
	for (const struct user_command *u = q->s->user; u; u = u->next)
		offer(q, u->name);
}

static bool offer_name(const char *name, void *ctx)
{
	struct search *q = ctx;

	offer(q, name);
	return q->c->n < MAX_CANDIDATES && !q->s->interrupted;
}

static void each_index(struct search *q, unsigned kinds)
{
	if (q->s->image.exe)
		index_names(
			&q->s->image, q->s->image.exe, kinds, offer_name, q);
}

static void locals(struct search *q)
{
	struct variable *v;
	struct frame *f;
	size_t n;

	if (session_frame(q->s, &f) ||
		variables_of(
			q->s, f, VARIABLES_ARGS | VARIABLES_LOCALS, &v, &n))
		return;
	for (size_t i = 0; i < n; i++)
		offer(q, v[i].name);
}

static void offer_members(
	struct search *q, const struct type *t, unsigned depth)
{
	t = type_strip(t);
	if (t->kind == TYPE_POINTER || t->kind == TYPE_REFERENCE)
		t = type_strip(t->target);
	for (size_t i = 0; i < t->nmembers && depth < MAX_PRINT_DEPTH; i++) {
		if (t->members[i].name)
			offer(q, t->members[i].name);
		else
			offer_members(q, t->members[i].type, depth + 1);
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

/* The expression that ends before the cursor: back to what opens it. */
static const char *expression_start(const char *before)
{
	size_t n = strlen(before);
	int depth = 0;

	while (n) {
		char c = before[n - 1];

		if (c == ']' || c == ')')
			depth++;
		else if ((c == '[' || c == '(') && depth-- == 0)
			break;
		else if (!depth && strchr(" \t,*&!~+-/%<|^?=", c) &&
			 !(c == '-' && before[n] == '>'))
			break;
		n--;
	}
	return before + n;
}

static bool members(struct search *q, const char *before)
{
	struct arena *arena = &q->s->scratch;
	const struct type *t;
	struct value v;
	size_t n;
	const char *name = member_of(q->text, &n);

	if (!name)
		return false;
	const char *expr = arena_printf(
		arena, "%s%.*s", expression_start(before), (int)n, q->text);
	q->prefix = arena_strndup(arena, q->text, (size_t)(name - q->text));
	q->text = name;
	q->c->open = true;
	if (!session_eval_type(q->s, expr, &v, &t))
		offer_members(q, t ? t : v.type, 0);
	return true;
}

static void registers(struct search *q)
{
	const struct arch *arch = q->s->image.arch;

	for (unsigned i = 0; i < arch->nregs; i++)
		offer(q, arch->reg[i].name);
	offer(q, "pc");
	offer(q, "sp");
	offer(q, "fp");
	offer(q, "_siginfo");
}

static void words(struct search *q, const char *const *list)
{
	for (; *list; list++)
		offer(q, *list);
}

static void functions_of_stack(struct search *q)
{
	struct trace *t;

	if (session_trace(q->s, q->s->thread, 0, &t))
		return;
	for (size_t i = 0; i < t->n; i++)
		offer(q, t->frames[i].function);
}

static void threads(struct search *q)
{
	static const char *const subs[] = { "apply", "find", NULL };

	words(q, subs);
	for (size_t i = 0; i < q->s->core.nthreads && i < MAX_CANDIDATES; i++)
		offer(q, arena_printf(&q->s->scratch, "%d",
				 q->s->core.threads[i].id));
}

/* What stands after these commands; false: nothing special. */
static bool by_command(struct search *q, const struct cmd *c, const char *args)
{
	static const char *const infos[] = { "threads", "frame", "args",
		"locals", "registers", "all-registers", "functions",
		"variables", "types", "source", "sources", "scope", "files",
		"sharedlibrary", "proc", "symbol", "address", "line", "auxv",
		"signal", NULL };
	static const char *const sets[] = { "print", "backtrace", "listsize",
		"disassembly-flavor", "sysroot", "debug-file-directory",
		"solib-search-path", "substitute-path", "directories", NULL };
	static const char *const prints[] = { "pretty", "elements", "repeats",
		"max-depth", "symbol", "union", "null-stop", "array",
		"array-indexes", "frame-arguments", NULL };
	static const char *const frames[] = { "function", "apply", "level",
		"address", NULL };

	if (!strcmp(c->name, "info") && !*args) {
		words(q, infos);
	} else if (!strcmp(c->name, "set") || !strcmp(c->name, "show")) {
		words(q, !strncmp(args, "print", 5) ? prints : sets);
	} else if (!strcmp(c->name, "help")) {
		commands(q);
	} else if (!strcmp(c->name, "thread") && !*args) {
		threads(q);
	} else if (!strcmp(c->name, "frame")) {
		words(q, frames);
		functions_of_stack(q);
	} else if (!strcmp(c->name, "source") ||
		   !strcmp(c->name, "core-file") || !strcmp(c->name, "file") ||
		   !strcmp(c->name, "transcript") ||
		   !strcmp(c->name, "directory") || !strcmp(c->name, "shell")) {
		q->c->files = true;
	} else {
		return false;
	}
	return true;
}

/* The command that the cursor stands in: after apply it is an inner one. */
static const struct cmd *command_of(
	struct session *s, const char *before, const char **ret_args)
{
	struct line_parts p = line_split(before, &s->scratch);
	const struct cmd *c = p.name[0] ? cmd_find(p.name) : NULL;

	*ret_args = p.text;
	if (!c || !(c->needs & CMD_WRAPS))
		return c;
	struct args a = { 0 };
	args_split(&a, p.text, &s->scratch);
	for (size_t i = 0; i < a.n; i++) {
		const struct cmd *inner = cmd_exact(a.word[i]);

		if (inner) {
			*ret_args = args_from(&a, i + 1);
			return inner;
		}
	}
	return c;
}

void candidates_find(struct session *s, const char *before, const char *text,
	struct candidates *ret)
{
	struct search q = { .s = s, .c = ret, .text = text, .prefix = "" };
	const char *args;

	*ret = (struct candidates){ 0 };
	if (!before[strspn(before, " \t")]) {
		commands(&q);
		return;
	}
	const struct cmd *c = command_of(s, before, &args);
	if (!c || (by_command(&q, c, args) && !(c->needs & CMD_EXPR)))
		return;
	if (!s->open)
		return;
	size_t n = strlen(before);
	if (n && before[n - 1] == '$') {
		registers(&q);
		return;
	}
	if (members(&q, before))
		return;
	locals(&q);
	if (n >= 7 && !strcmp(before + n - 7, "struct "))
		each_index(&q, INDEX_TYPE);
	else if (!strcmp(c->name, "ptype") || !strcmp(c->name, "whatis"))
		each_index(&q, INDEX_FUNCTION | INDEX_VARIABLE | INDEX_TYPE);
	else
		each_index(&q, INDEX_FUNCTION | INDEX_VARIABLE);
}
