/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * vars: global and static variables, by file.  WHAT is tried as a source file,
 * a module, and a regular expression, in the executable first and in the
 * libraries only when the executable has none.
 */
#include "inspect/cmd/cmd.h"
#include "inspect/cmd/names.h"
#include "inspect/dwarf/line.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

struct globals {
	struct session *s;
	const char *file;            /* WHAT is a file */
	const struct module *module; /* or a module */
	const regex_t *re;           /* or a regex */
	struct index_entry *entry;
	size_t n, cap;
	bool verbose, children;
};

static const char *entry_file(const struct index_entry *e)
{
	return e->decl_file ? e->decl_file : e->file ? e->file : "?";
}

/* As frames name it. */
static const char *shown_file(const struct index_entry *e)
{
	return e->decl_name ? e->decl_name : entry_file(e);
}

static bool collect(const struct index_entry *e, void *ctx)
{
	struct globals *g = ctx;

	if (e->declaration)
		return true;
	if (g->file && !names_is_file(e->file, g->file) &&
		!names_is_file(e->decl_file, g->file))
		return true;
	const char *qualified = e->function
					? arena_printf(&g->s->scratch, "%s::%s",
						  e->function, e->name)
					: e->name;
	if (g->re && regexec(g->re, e->name, 0, NULL, 0) &&
		regexec(g->re, qualified, 0, NULL, 0))
		return true;
	g->entry = arena_grow(
		&g->s->scratch, g->entry, g->n, &g->cap, sizeof(*g->entry));
	g->entry[g->n++] = *e;
	return !g->s->interrupted;
}

static int by_place(const void *a, const void *b)
{
	const struct index_entry *x = a, *y = b;
	int c = strcmp(entry_file(x), entry_file(y));

	if (!c)
		c = (x->decl_line > y->decl_line) -
		    (x->decl_line < y->decl_line);
	if (!c)
		c = strcmp(x->name, y->name);
	/* qsort is not stable: units in the order of their files. */
	return c ? c : strcmp(x->file ? x->file : "", y->file ? y->file : "");
}

static void print_global(struct session *s, const struct index_entry *e,
	const struct globals *g, struct out *o)
{
	struct print_options *options =
		arena_memdup(&s->scratch, &s->set.print, sizeof(s->set.print));
	struct scope_ctx ctx;
	struct value v;

	names_scope_ctx(s, &ctx);
	options->pretty |= g->verbose;
	if (index_value(e, &ctx, &v)) {
		const struct type *t = index_type(&s->image, e);

		v = value_absent(t ? t : type_basic("void"),
			ABSENT_OPTIMIZED_OUT,
			arena_strdup(&s->scratch, err_msg()));
	}
	struct print_ctx *p = session_print(s, options);
	out_record(o, NULL);
	if (g->verbose)
		out_text(o, "%d:\t", e->decl_line);
	out_str(o, ".name", e->name);
	const char *expression = names_expression(s, e);
	out_str(o, ".expression", expression);
	out_style(o, STYLE_VARIABLE, expression);
	if (g->verbose)
		out_text(o, ": %s", type_name(v.type, &s->scratch));
	out_text(o, " = %s\n", print_text(&v, p));
	print_fields(&v, p, o, g->children);
	out_str(o, ".file", shown_file(e));
	out_str(o, ".path", e->decl_file);
	out_num(o, ".line", e->decl_line);
	out_str(o, ".module", module_name(e->module));
	out_str(o, ".function", e->function);
	out_bool(o, "static", !e->external);
	out_record_end(o);
}

static enum err print_globals(
	struct session *s, struct globals *g, struct out *o)
{
	const char *file = NULL;

	if (g->n > 1)
		qsort(g->entry, g->n, sizeof(*g->entry), by_place);
	out_list(o, "variables");
	for (size_t i = 0; i < g->n; i++) {
		const struct index_entry *e = &g->entry[i];

		if (s->interrupted)
			return err_set(ERR_INTERRUPTED, "Interrupted.");
		if (!file || strcmp(file, entry_file(e))) {
			out_text(o, "%sFile ", file ? "\n" : "");
			file = entry_file(e);
			out_style(o, STYLE_FILE, shown_file(e));
			out_text(o, ":\n");
		}
		print_global(s, e, g, o);
	}
	out_list_end(o);
	return OK;
}

/* Is WHAT the name of a source file of the modules that are looked at? */
static enum err is_source_file(
	struct session *s, struct module *m, const char *what, bool *ret)
{
	const char **file;
	size_t n;

	*ret = false;
	TRY(line_files(&s->image, m, &s->scratch, &file, &n));
	for (size_t i = 0; i < n && !*ret; i++)
		*ret = names_is_file(file[i], what);
	return OK;
}

static enum err no_globals(struct session *s, const char *what)
{
	const struct module *exe = s->image.exe;

	if (exe && exe->debug_why)
		return err_set(ERR_NOTFOUND, "No variables: %s: %s.", exe->path,
			exe->debug_why);
	if (!what)
		return err_set(ERR_NOTFOUND,
			"The executable has no global or static variables.");
	return err_set(ERR_NOTFOUND,
		"No global or static variable matches \"%s\": it is no source "
		"file, no module and no part of a name.",
		what);
}

/* -a: every module; without it the executable, and WHAT's module. */
static void collect_all(struct session *s, struct globals *g, bool all)
{
	for (size_t i = 0; i < s->image.nmodules; i++) {
		struct module *m = s->image.modules[i];

		if (g->module ? m == g->module : all || m == s->image.exe)
			index_each(&s->image, m, INDEX_VARIABLE | INDEX_LOCAL,
				collect, g);
	}
}

static enum err run_vars(struct session *s, struct args *a, struct out *o)
{
	struct globals g = { .s = s };
	const char *what = NULL;
	bool all = false, is_file = false;
	regex_t re;

	for (size_t i = 0; i < a->n; i++) {
		if (!strcmp(a->word[i], "-v"))
			g.verbose = true;
		else if (!strcmp(a->word[i], "-children"))
			g.children = true;
		else if (!strcmp(a->word[i], "-a"))
			all = true;
		else if (what)
			return err_usage(a);
		else
			what = a->word[i];
	}
	if (what && s->image.exe)
		TRY(is_source_file(s, s->image.exe, what, &is_file));
	if (is_file)
		g.file = what;
	else if (what)
		g.module = module_find(&s->image, what);
	if (what && !g.file && !g.module) {
		if (regcomp(&re, what, REG_EXTENDED | REG_NOSUB))
			return err_set(ERR_SYNTAX,
				"Bad regular expression \"%s\".", what);
		g.re = &re;
	}
	collect_all(s, &g, all);
	if (what && !g.n && g.re) { /* a file or a name of some library */
		collect_all(s, &g, true);
		if (!g.n) {
			g.re = NULL;
			g.file = what;
			collect_all(s, &g, true);
		}
		regfree(&re);
	} else if (g.re) {
		regfree(&re);
	}
	if (!g.n)
		return no_globals(s, what);
	return print_globals(s, &g, o);
}

const struct cmd cmd_globals[] = {
	{
		.name = "vars",
		.usage = "[-v] [-a] [-children] [WHAT]",
		.summary = "Print global and static variables, by file",
		.help = "WHAT is a source file (rooms, rooms.c or a path), a "
			"module or a regular\n"
			"expression.  Without it: those of the executable.  "
			"-a: of libraries too.\n"
			"-v: with line, type, and one member a line.\n"
			"    vars rooms\n"
			"    vars -v ^cache",
		.run = run_vars,
		.group = GROUP_DATA,
		.needs = CMD_CORE,
	},
	{ 0 },
};
