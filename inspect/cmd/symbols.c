/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the debug info and the symbol tables name: functions, types, source
 * files, libraries.  Without a pattern the executable alone is listed: a C
 * library has ten thousand functions.
 */
#include "inspect/cmd/cmd.h"
#include "inspect/dwarf/demangle.h"
#include "inspect/dwarf/line.h"
#include "inspect/image/symbol.h"

#include <inttypes.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

struct listing {
	struct session *s;
	const regex_t *re;
	struct index_entry *entry;
	size_t n, cap;
	struct symbol *symbol; /* that the index does not name */
	size_t nsymbols, symbols_cap;
};

static bool matches(const struct listing *l, const char *name)
{
	return !l->re || !regexec(l->re, name, 0, NULL, 0);
}

static bool add_entry(const struct index_entry *e, void *ctx)
{
	struct listing *l = ctx;

	if (e->declaration || !matches(l, e->name))
		return true;
	l->entry = arena_grow(
		&l->s->scratch, l->entry, l->n, &l->cap, sizeof(*l->entry));
	l->entry[l->n++] = *e;
	return !l->s->interrupted;
}

static bool add_symbol(const struct symbol *sym, void *ctx)
{
	struct listing *l = ctx;

	if (!sym->is_func || !matches(l, sym->name))
		return true;
	l->symbol = arena_grow(&l->s->scratch, l->symbol, l->nsymbols,
		&l->symbols_cap, sizeof(*l->symbol));
	l->symbol[l->nsymbols++] = *sym;
	return !l->s->interrupted;
}

static const char *file_of(const struct index_entry *e)
{
	return e->decl_file ? e->decl_file : e->file ? e->file : "?";
}

/* As frames name it. */
static const char *shown_file(const struct index_entry *e)
{
	return e->decl_name ? e->decl_name : file_of(e);
}

static int by_file_and_name(const void *a, const void *b)
{
	const struct index_entry *x = a, *y = b;
	int c = strcmp(file_of(x), file_of(y));

	if (!c)
		c = strcmp(x->name, y->name);
	return c ? c
		 : (x->decl_line > y->decl_line) -
			       (x->decl_line < y->decl_line);
}

static int by_name(const void *a, const void *b)
{
	const struct index_entry *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static bool same_entry(const struct index_entry *a, const struct index_entry *b)
{
	return a->decl_line == b->decl_line && a->tag == b->tag &&
	       !strcmp(a->name, b->name) && !strcmp(file_of(a), file_of(b));
}

static void collect(struct listing *l, unsigned kinds, bool all, bool symbols)
{
	struct image *image = &l->s->image;

	for (size_t i = 0; i < image->nmodules; i++) {
		struct module *m = image->modules[i];

		if (!all && m != image->exe)
			continue;
		index_each(image, m, kinds, add_entry, l);
		if (symbols)
			symbol_each(image, m, add_symbol, l);
	}
	if (l->n > 1)
		qsort(l->entry, l->n, sizeof(*l->entry), by_file_and_name);
}

/* "(no debug)": symbols whose name no entry has. */
static void print_symbols(struct listing *l, struct out *o)
{
	struct index_entry *sorted = arena_memdup(
		&l->s->scratch, l->entry, l->n * sizeof(*l->entry));
	bool heading = false;

	if (l->n > 1)
		qsort(sorted, l->n, sizeof(*sorted), by_name);
	for (size_t i = 0; i < l->nsymbols; i++) {
		const struct symbol *sym = &l->symbol[i];
		struct index_entry key = { .name = sym->name };

		if (l->n && bsearch(&key, sorted, l->n, sizeof(key), by_name))
			continue;
		if (!heading)
			out_text(o, "%sNon-debugging symbols:\n",
				l->n ? "\n" : "");
		heading = true;
		out_record(o, NULL);
		out_addr(o, "address", sym->addr);
		out_text(o, "  ");
		out_styled(o, "name", STYLE_FUNCTION,
			demangle_symbol(sym->name, &l->s->scratch));
		out_text(o, "\n");
		out_str(o, ".module", module_name(sym->module));
		out_record_end(o);
	}
}

static void print_entry(struct session *s, const struct index_entry *e,
	const char *declaration, struct out *o)
{
	out_record(o, NULL);
	if (e->decl_line)
		out_text(o, "%d:\t", e->decl_line);
	else
		out_text(o, "\t");
	out_str(o, ".name", e->name);
	out_text(o, "%s;\n", declaration);
	out_str(o, ".declaration", declaration);
	out_str(o, ".file", shown_file(e));
	out_str(o, ".path", e->decl_file);
	out_num(o, ".line", e->decl_line);
	out_str(o, ".module", module_name(e->module));
	if (e->kind == INDEX_FUNCTION) {
		uint64_t pc = index_pc(&s->image, e);

		if (pc)
			out_addr(o, ".address", pc);
		out_bool(o, "static", !e->external);
	}
	out_record_end(o);
}

static const char *function_declaration(
	struct session *s, const struct index_entry *e)
{
	const struct type *t = index_type(&s->image, e);

	return arena_printf(&s->scratch, "%s%s", e->external ? "" : "static ",
		t ? type_decl(t, e->name, &s->scratch) : e->name);
}

static const char *type_declaration(
	struct session *s, const struct index_entry *e)
{
	const struct type *t = index_type(&s->image, e);

	if (!t)
		return e->name;
	if (t->kind == TYPE_TYPEDEF && t->target)
		return arena_printf(&s->scratch, "typedef %s",
			type_decl(t->target, e->name, &s->scratch));
	return type_name(t, &s->scratch);
}

static enum err print_listing(struct listing *l, const char *what,
	const char *(*text)(struct session *, const struct index_entry *),
	const char *pattern, struct out *o)
{
	struct session *s = l->s;
	const char *file = NULL;

	if (pattern)
		out_text(o, "All %ss matching regular expression \"%s\":\n",
			what, pattern);
	else
		out_text(o, "All defined %ss:\n", what);
	for (size_t i = 0; i < l->n; i++) {
		const struct index_entry *e = &l->entry[i];

		if (s->interrupted)
			return err_set(ERR_INTERRUPTED, "Interrupted.");
		if (i && same_entry(e, &l->entry[i - 1]))
			continue;
		if (!file || strcmp(file, file_of(e))) {
			file = file_of(e);
			out_text(o, "\nFile ");
			out_style(o, STYLE_FILE, shown_file(e));
			out_text(o, ":\n");
		}
		print_entry(s, e, text(s, e), o);
	}
	return OK;
}

static enum err list_index(struct session *s, struct args *a, unsigned kinds,
	const char *what, struct out *o)
{
	struct listing l = { .s = s };
	const char *pattern = NULL;
	bool all = false;
	regex_t re;

	for (size_t i = 0; i < a->n; i++) {
		if (!strcmp(a->word[i], "-a"))
			all = true;
		else if (a->word[i][0] != '-')
			pattern = args_from(a, i);
		if (pattern)
			break;
	}
	if (pattern && regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB))
		return err_set(
			ERR_SYNTAX, "Bad regular expression \"%s\".", pattern);
	l.re = pattern ? &re : NULL;
	bool functions = kinds == INDEX_FUNCTION;
	collect(&l, kinds, all || pattern, functions);
	out_list(o, functions ? "functions" : "types");
	enum err e = print_listing(&l, what,
		functions ? function_declaration : type_declaration, pattern,
		o);
	if (!e && functions)
		print_symbols(&l, o);
	out_list_end(o);
	if (pattern)
		regfree(&re);
	return e;
}

static enum err run_funcs(struct session *s, struct args *a, struct out *o)
{
	return list_index(s, a, INDEX_FUNCTION, "function", o);
}

static enum err run_types(struct session *s, struct args *a, struct out *o)
{
	return list_index(s, a, INDEX_TYPE, "type", o);
}

/* ---- sources ---- */

static enum err run_sources(struct session *s, struct args *a, struct out *o)
{
	const char *pattern = NULL;
	bool all = false;
	size_t found = 0;
	regex_t re;

	for (size_t i = 0; i < a->n; i++)
		if (!strcmp(a->word[i], "-a"))
			all = true;
		else
			pattern = a->word[i];
	if (pattern && regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB))
		return err_set(
			ERR_SYNTAX, "Bad regular expression \"%s\".", pattern);
	out_list(o, "sources");
	for (size_t i = 0; i < s->image.nmodules; i++) {
		struct module *m = s->image.modules[i];
		const char **file;
		size_t n;

		if (!all && !pattern && m != s->image.exe)
			continue;
		if (line_files(&s->image, m, &s->scratch, &file, &n))
			continue;
		for (size_t k = 0; k < n; k++) {
			if (pattern && regexec(&re, file[k], 0, NULL, 0))
				continue;
			found++;
			out_record(o, NULL);
			out_styled(o, "file", STYLE_FILE, file[k]);
			out_text(o, "\n");
			out_str(o, ".module", module_name(m));
			out_record_end(o);
		}
	}
	out_list_end(o);
	if (!found)
		out_text(o,
			pattern ? "No source file matches \"%s\".\n"
				: "The debug info names no source files%s.\n",
			pattern ? pattern : "");
	if (pattern)
		regfree(&re);
	return OK;
}

/* ---- libraries ---- */

static const char *state_word(const struct module *m)
{
	switch (m->state) {
	case MODULE_OK:
		return "ok";
	case MODULE_UNVERIFIED:
		return "unverified";
	case MODULE_FORCED:
		return "forced";
	case MODULE_WRONG:
		return "wrong-file";
	case MODULE_MISSING:
		return "missing";
	case MODULE_IN_CORE:
		return "in-core";
	}
	return "?";
}

static void library_row(struct session *s, struct module *m, struct out *o)
{
	bool debug = module_has_dwarf(&s->image, m);

	out_record(o, NULL);
	out_addr(o, "start", m->start);
	out_cell(o);
	out_addr(o, "end", m->end);
	out_cell(o);
	out_str_as(o, "debug", debug ? "yes" : "no", debug ? "Yes" : "No");
	out_cell(o);
	out_str(o, "state", state_word(m));
	out_cell(o);
	out_styled(o, "path", STYLE_FILE, module_name(m));
	if (m->why)
		out_text(o, "  (%s)", m->why);
	out_row(o);
	out_str(o, ".file", m->file);
	out_str(o, ".debug_file", m->debug_file);
	out_str(o, ".build_id", build_id_hex(&m->wanted, &s->scratch));
	out_str(o, ".build_id_found", build_id_hex(&m->found, &s->scratch));
	out_str(o, ".why", m->why);
	out_str(o, ".debug_why", debug ? NULL : m->debug_why);
	out_bool(o, "executable", m->is_exe);
	out_record_end(o);
}

static enum err run_libraries(struct session *s, struct args *a, struct out *o)
{
	size_t found = 0;
	regex_t re;

	if (a->n && regcomp(&re, a->text, REG_EXTENDED | REG_NOSUB))
		return err_set(
			ERR_SYNTAX, "Bad regular expression \"%s\".", a->text);
	out_list(o, "libraries");
	out_table(o);
	out_text(o, "From");
	out_cell(o);
	out_text(o, "To");
	out_cell(o);
	out_text(o, "Debug");
	out_cell(o);
	out_text(o, "Build-id");
	out_cell(o);
	out_text(o, "File");
	out_row(o);
	for (size_t i = 0; i < s->image.nmodules; i++) {
		struct module *m = s->image.modules[i];

		if (a->n && regexec(&re, module_name(m), 0, NULL, 0))
			continue;
		found++;
		library_row(s, m, o);
	}
	out_table_end(o);
	out_list_end(o);
	if (!found)
		out_text(o, "No library matches%s%s.\n", a->n ? " " : "",
			a->text);
	if (a->n)
		regfree(&re);
	return OK;
}

const struct cmd cmd_symbols[] = {
	{
		.name = "funcs",
		.usage = "[-a] [REGEX]",
		.summary = "List functions",
		.help = "Without REGEX: those of the executable; -a: of "
			"libraries too."
			"\n    funcs ^room_\n    funcs -a ^pthread_mutex",
		.run = run_funcs,
		.group = GROUP_SYMBOLS,
		.needs = CMD_CORE,
	},
	{
		.name = "types",
		.usage = "[-a] [REGEX]",
		.summary = "List types",
		.help = "Without REGEX: those of the executable; -a: of "
			"libraries too."
			"\n    types booking",
		.run = run_types,
		.group = GROUP_SYMBOLS,
		.needs = CMD_CORE,
	},
	{
		.name = "sources",
		.usage = "[-a] [REGEX]",
		.summary = "List source files",
		.help = "Without REGEX: those of the executable; -a: of "
			"libraries too."
			"\n    sources room",
		.run = run_sources,
		.group = GROUP_SYMBOLS,
		.needs = CMD_CORE,
	},
	{
		.name = "libraries",
		.usage = "[REGEX]",
		.summary = "List the executable and its libraries, and whether "
			   "their files are right",
		.help = "A file whose build-id differs from the core's is "
			"named and not used."
			"\n    libraries\n    libraries ssl",
		.run = run_libraries,
		.group = GROUP_SYMBOLS,
		.needs = CMD_CORE,
	},
	{ 0 },
};
