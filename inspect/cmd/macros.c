/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * macro, and the tables behind it: one per unit that was looked at, with what
 * is defined at the end of its source.  A macro that was undefined on the way
 * keeps its last definition: nobody asks for it there but a user who sees its
 * name in the source.
 */
#include "inspect/cmd/macros.h"

#include "inspect/base/hash.h"
#include "inspect/cmd/cmd.h"
#include "inspect/cmd/names.h"
#include "inspect/dwarf/macro.h"

#include <ctype.h>
#include <string.h>

struct definition {
	struct definition *next;
	const char *text, *file;
	unsigned line;
	struct macro *macro; /* parsed; NULL: not yet */
	bool bad;
};

enum { BUCKETS = 4096 };

struct macro_table {
	struct macro_table *next;
	const void *unit; /* address of its DIE */
	struct definition **bucket;
};

struct filler {
	struct session *session;
	struct macro_table *table;
};

static size_t name_length(const char *text)
{
	size_t n = 0;

	while (isalnum((unsigned char)text[n]) || text[n] == '_')
		n++;
	return n;
}

static struct definition **bucket_of(
	const struct macro_table *t, const char *name, size_t n)
{
	return &t->bucket[hash32_on(HASH32_START, name, n) & (BUCKETS - 1)];
}

static struct definition *find(
	const struct macro_table *t, const char *name, size_t n)
{
	for (struct definition *d = *bucket_of(t, name, n); d; d = d->next)
		if (!strncmp(d->text, name, n) && name_length(d->text) == n)
			return d;
	return NULL;
}

static bool add(void *ctx, bool defined, const char *text, const char *file,
	unsigned line)
{
	struct filler *f = ctx;
	size_t n = name_length(text);
	struct definition *d = n ? find(f->table, text, n) : NULL;

	if (!defined || !n)
		return !f->session->interrupted;
	if (!d) {
		struct definition **b = bucket_of(f->table, text, n);

		d = arena_new(&f->session->arena, struct definition);
		d->next = *b;
		*b = d;
	}
	d->text = text;
	d->file = file;
	d->line = line;
	return !f->session->interrupted;
}

/* The selected frame's; NULL: its unit has no macros. */
static struct macro_table *table_of(struct session *s, const struct frame *f)
{
	struct macro_table *t;

	if (!f || !f->scope || !macro_has(&f->scope->cu))
		return NULL;
	for (t = s->macros; t; t = t->next)
		if (t->unit == f->scope->cu.addr)
			return t;
	t = arena_new(&s->arena, struct macro_table);
	t->unit = f->scope->cu.addr;
	t->bucket = arena_array(&s->arena, struct definition *, BUCKETS);
	macro_each(&f->scope->cu, add, &(struct filler){ s, t });
	if (!s->interrupted) {
		t->next = s->macros;
		s->macros = t;
	}
	return t;
}

static const struct macro *macro_of(
	struct session *s, struct macro_table *t, const char *name)
{
	struct definition *d = find(t, name, strlen(name));

	if (!d || d->bad)
		return NULL;
	if (!d->macro) {
		d->macro = macro_parse(d->text, &s->arena);
		d->bad = !d->macro;
		if (d->macro) {
			d->macro->file = d->file;
			d->macro->line = d->line;
		}
	}
	return d->macro;
}

static const struct macro *lookup(struct eval_env *env, const char *name)
{
	struct session *s = env->ctx;
	struct frame *f;
	struct macro_table *t = session_frame(s, &f) ? NULL : table_of(s, f);

	return t ? macro_of(s, t, name) : NULL;
}

void macros_use(struct session *s, const struct frame *f, struct eval_env *env)
{
	(void)s;
	if (f && f->has_debug && f->scope && macro_has(&f->scope->cu))
		env->macro = lookup;
}

/* ---- the command ---- */

static enum err show_definition(
	struct session *s, const char *name, struct out *o)
{
	struct eval_env env;

	names_env(s, &env);
	const struct macro *m = env.macro ? env.macro(&env, name) : NULL;
	if (!m)
		return err_set(ERR_NOTFOUND,
			env.macro
				? "The symbol `%s' has no definition as a "
				  "C/C++ preprocessor macro in the selected "
				  "frame's file."
				: "There are no macros to find `%s' among: the "
				  "selected frame's file was not built with "
				  "-g3.",
			name);
	if (m->file) {
		out_text(o, "Defined at ");
		out_styled(o, "file", STYLE_FILE, m->file);
		out_text(o, ":");
		out_unum(o, "line", m->line);
		out_text(o, "\n");
	}
	out_text(o, "#define ");
	out_str(o, "name", m->name);
	struct buf b = { .arena = &s->scratch };
	for (size_t i = 0; i < m->nparams; i++)
		buf_printf(&b, "%s%s", i ? ", " : "",
			m->variadic && i + 1 == m->nparams ? "..."
							   : m->param[i]);
	if (m->has_params)
		out_text(o, "(%s)", buf_str(&b));
	if (m->has_params)
		out_str(o, ".parameters", buf_str(&b));
	out_text(o, " ");
	out_str(o, "body", m->body);
	out_text(o, "\n");
	return OK;
}

static enum err run_macro(struct session *s, struct args *a, struct out *o)
{
	struct eval_env env;
	const char *text;

	if (a->n >= 2 && args_is(a, 0, "expand", 3)) {
		names_env(s, &env);
		TRY(macro_expand(&env, args_from(a, 1), &text));
		out_text(o, "expands to: ");
		out_str(o, "text", text);
		out_text(o, "\n");
		return OK;
	}
	if (a->n == 2 && args_is(a, 0, "show", 2))
		return show_definition(s, a->word[1], o);
	if (a->n == 1 && !args_is(a, 0, "expand", 3) &&
		!args_is(a, 0, "show", 2))
		return show_definition(s, a->word[0], o);
	return err_usage(a);
}

const struct cmd cmd_macros[] = {
	{
		.name = "macro",
		.usage = "expand EXPR | [show] NAME",
		.summary = "Expand a macro, or show its definition",
		.help = "What the selected frame's file defines, when it was "
			"built with -g3.\n"
			"Expressions know the same macros.\n"
			"    macro expand MAX(a, b)\n"
			"    macro show ROOM_BUCKETS",
		.run = run_macro,
		.group = GROUP_SYMBOLS,
		.needs = CMD_CORE | CMD_EXPR,
	},
	{ 0 },
};
