/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Arguments and locals of a frame: every block that encloses the pc, innermost
 * first, as gdb lists them.  A variable of an outer block that one further in
 * hides is listed too, and marked.
 */
#include "inspect/cmd/variables.h"

#include "inspect/cmd/cmd.h"

#include <regex.h>
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
	print_fields(value, p, o, style.children);
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
	struct variables_style style = { 0 };
	bool verbose = false;

	for (size_t i = 0; i < a->n; i++) {
		if (!strcmp(a->word[i], "-v"))
			verbose = true;
		else if (!strcmp(a->word[i], "-children"))
			style.children = true;
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
		variables_print(s, &v[i], &value, style, o);
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

const struct cmd cmd_variables[] = {
	{
		.name = "locals",
		.usage = "[-v] [-children] [REGEX]",
		.summary = "Print the local variables of the selected frame",
		.help = "Of every block around the current line, innermost "
			"first.\n"
			"-v: with types.  -children: in JSON, with members and "
			"elements."
			"\n    locals\n    locals -v ^conn",
		.run = run_locals,
		.group = GROUP_DATA,
		.needs = CMD_CORE | CMD_FRAME,
	},
	{
		.name = "args",
		.usage = "[-v] [-children] [REGEX]",
		.summary = "Print the arguments of the selected frame",
		.help = "-v: with types.  -children: in JSON, with members and "
			"elements."
			"\n    args -v",
		.run = run_args,
		.group = GROUP_DATA,
		.needs = CMD_CORE | CMD_FRAME,
	},
	{ 0 },
};
