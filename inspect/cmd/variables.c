/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Arguments and locals of a frame: every block that encloses the pc, innermost
 * first, as gdb lists them.  A variable of an outer block that one further in
 * hides is listed too, and marked.
 */
#include "inspect/cmd/variables.h"

#include "inspect/cmd/cmd.h"
#include "inspect/cmd/names.h"
#include "inspect/dwarf/line.h"

#include <regex.h>
#include <stdlib.h>
#include <string.h>

enum err variables_of(struct session *s, const struct frame *f, unsigned which,
	struct variable **ret, size_t *ret_n)
{
	struct variable *v;
	size_t n, kept = 0;

	*ret = NULL;
	*ret_n = 0;
	if (!f->has_debug || !f->scope)
		return OK;
	TRY(scope_variables(f->scope, f->line, &s->scratch, &v, &n));
	for (size_t i = 0; i < n; i++)
		if (which & (v[i].is_arg ? VARIABLES_ARGS : VARIABLES_LOCALS))
			v[kept++] = v[i];
	*ret = v;
	*ret_n = kept;
	return OK;
}

struct value variables_value(
	struct session *s, const struct frame *f, const struct variable *v)
{
	struct scope_ctx ctx = {
		.image = &s->image,
		.frame = f,
		.arena = &s->scratch,
	};
	struct value value;

	if (scope_value(v, &ctx, &value))
		return value_absent(v->type, ABSENT_OPTIMIZED_OUT,
			arena_strdup(&s->scratch, err_msg()));
	return value;
}

/* gdb's "n=n@entry=5", or "n=6, n@entry=5" where it has changed. */
static void print_text_of(const struct variable *v, const char *text,
	struct variables_style style, struct out *o)
{
	static const char error[] = "<error: ";

	/* gdb has other words for it in a frame's line. */
	if (style.brief && !strncmp(text, error, sizeof(error) - 1))
		out_text(o, "<error reading variable: %s",
			text + sizeof(error) - 1);
	else if (!style.entry)
		out_text(o, "%s", text);
	else if (!strcmp(style.entry, text))
		out_text(o, "%s@entry=%s", v->name, text);
	else
		out_text(o, "%s, %s@entry=%s", text, v->name, style.entry);
}

void variables_print(struct session *s, const struct variable *v,
	const struct value *value, struct variables_style style, struct out *o)
{
	struct print_options options = s->set.print;

	if (style.brief)
		options.pretty = false;
	struct print_ctx *p = session_print(
		s, arena_memdup(&s->scratch, &options, sizeof(options)));
	out_styled(o, "name", STYLE_VARIABLE, v->name);
	out_text(o, style.brief ? "=" : " = ");
	print_text_of(v, print_text(value, p), style, o);
	print_fields(value, p, o, false);
	if (style.entry)
		out_str(o, ".entry", style.entry);
	out_bool(o, "shadowed", v->shadowed);
	if (v->is_static)
		out_bool(o, "static", true);
	if (v->not_yet)
		out_bool(o, "not_yet", true);
}

enum err variables_print_list(struct session *s, const struct frame *f,
	unsigned which, const char *key, unsigned indent, struct out *o)
{
	struct variable *v;
	size_t n;

	TRY(variables_of(s, f, which, &v, &n));
	out_list(o, key);
	for (size_t i = 0; i < n; i++) {
		struct value value = variables_value(s, f, &v[i]);

		if (s->interrupted)
			return err_set(ERR_INTERRUPTED, "Interrupted.");
		out_record(o, NULL);
		out_text(o, "%*s", (int)indent, "");
		variables_print(
			s, &v[i], &value, (struct variables_style){ 0 }, o);
		out_text(o, "\n");
		out_record_end(o);
	}
	out_list_end(o);
	return OK;
}

/* ---- locals and args ---- */

static enum err list_which(
	struct session *s, struct args *a, unsigned which, struct out *o)
{
	struct frame *f;
	struct variable *v;
	regex_t re;
	size_t n, shown = 0;
	const char *pattern = NULL;
	bool verbose = false;

	for (size_t i = 0; i < a->n; i++) {
		if (!strcmp(a->word[i], "-v"))
			verbose = true;
		else if (strcmp(a->word[i], "-q"))
			pattern = a->word[i];
	}
	if (pattern && regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB))
		return err_set(
			ERR_SYNTAX, "Bad regular expression \"%s\".", pattern);
	TRY(session_frame(s, &f));
	if (!f->has_debug)
		return err_set(ERR_NOTFOUND,
			"No symbol table info available%s%s.",
			f->module && f->module->debug_why ? ": " : "",
			f->module && f->module->debug_why ? f->module->debug_why
							  : "");
	TRY(variables_of(s, f, which, &v, &n));
	out_list(o, "variables");
	for (size_t i = 0; i < n; i++) {
		if (pattern && regexec(&re, v[i].name, 0, NULL, 0))
			continue;
		struct value value = variables_value(s, f, &v[i]);

		shown++;
		out_record(o, NULL);
		variables_print(
			s, &v[i], &value, (struct variables_style){ 0 }, o);
		if (verbose)
			out_text(o, "\t%s", type_name(v[i].type, &s->scratch));
		out_text(o, "\n");
		out_record_end(o);
	}
	out_list_end(o);
	if (pattern)
		regfree(&re);
	if (!shown)
		out_text(o, pattern ? "No matching %s.\n" : "No %s.\n",
			which == VARIABLES_ARGS ? "arguments" : "locals");
	return OK;
}

static enum err run_locals(struct session *s, struct args *a, struct out *o)
{
	return list_which(s, a, VARIABLES_LOCALS, o);
}

static enum err run_args(struct session *s, struct args *a, struct out *o)
{
	return list_which(s, a, VARIABLES_ARGS, o);
}

/* ---- vars ---- */

struct globals {
	struct session *s;
	const char *file;            /* WHAT is a file */
	const struct module *module; /* or a module */
	const regex_t *re;           /* or a regex */
	struct index_entry *entry;
	size_t n, cap;
};

static const char *entry_file(const struct index_entry *e)
{
	return e->decl_file ? e->decl_file : e->file ? e->file : "?";
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
	bool verbose, struct out *o)
{
	struct print_options *options =
		arena_memdup(&s->scratch, &s->set.print, sizeof(s->set.print));
	struct scope_ctx ctx;
	struct value v;

	names_scope_ctx(s, &ctx);
	options->pretty |= verbose;
	if (index_value(e, &ctx, &v)) {
		const struct type *t = index_type(&s->image, e);

		v = value_absent(t ? t : type_basic("void"),
			ABSENT_OPTIMIZED_OUT,
			arena_strdup(&s->scratch, err_msg()));
	}
	struct print_ctx *p = session_print(s, options);
	out_record(o, NULL);
	if (verbose)
		out_text(o, "%d:\t", e->decl_line);
	out_str(o, ".name", e->name);
	out_style(o, STYLE_VARIABLE,
		e->function ? arena_printf(&s->scratch, "%s::%s", e->function,
				      e->name)
			    : e->name);
	if (verbose)
		out_text(o, ": %s", type_name(v.type, &s->scratch));
	out_text(o, " = %s\n", print_text(&v, p));
	print_fields(&v, p, o, false);
	out_str(o, ".file", entry_file(e));
	out_num(o, ".line", e->decl_line);
	out_str(o, ".module", e->module->path);
	out_str(o, ".function", e->function);
	out_bool(o, "static", !e->external);
	out_record_end(o);
}

static enum err print_globals(
	struct session *s, struct globals *g, bool verbose, struct out *o)
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
			out_style(o, STYLE_FILE, file);
			out_text(o, ":\n");
		}
		print_global(s, e, verbose, o);
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
	bool verbose = false, all = false, is_file = false;
	regex_t re;

	for (size_t i = 0; i < a->n; i++) {
		if (!strcmp(a->word[i], "-v"))
			verbose = true;
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
	return print_globals(s, &g, verbose, o);
}

const struct cmd cmd_variables[] = {
	{
		.name = "locals",
		.usage = "[-v] [REGEX]",
		.summary = "Print the local variables of the selected frame",
		.help = "Of every block around the current line, innermost "
			"first.\n"
			"-v: with types.",
		.run = run_locals,
		.group = GROUP_DATA,
		.needs = CMD_CORE | CMD_FRAME,
	},
	{
		.name = "args",
		.usage = "[-v] [REGEX]",
		.summary = "Print the arguments of the selected frame",
		.help = "-v: with types.",
		.run = run_args,
		.group = GROUP_DATA,
		.needs = CMD_CORE | CMD_FRAME,
	},
	{
		.name = "vars",
		.usage = "[-v] [-a] [WHAT]",
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
