/* SPDX-License-Identifier: GPL-3.0-or-later */
/* show: the settings, the history of values, the $names. */
#include "inspect/cmd/show.h"

#include "inspect/cmd/cmd.h"
#include "inspect/cmd/settings.h"

#include <string.h>

static void show_switch(
	struct out *o, const char *name, const char *words, bool on)
{
	out_record(o, NULL);
	out_str(o, ".name", name);
	out_text(o, "%s ", words);
	out_str(o, "value", on ? "on" : "off");
	out_text(o, ".\n");
	out_record_end(o);
}

static void show_count(
	struct out *o, const char *name, const char *words, unsigned n)
{
	char text[32];

	snprintf(text, sizeof(text), "%u", n);
	out_record(o, NULL);
	out_str(o, ".name", name);
	out_text(o, "%s ", words);
	out_str(o, "value", n ? text : "unlimited");
	out_text(o, ".\n");
	out_record_end(o);
}

static void show_text(
	struct out *o, const char *name, const char *words, const char *value)
{
	out_record(o, NULL);
	out_str(o, ".name", name);
	out_text(o, "%s \"", words);
	out_str(o, "value", value ? value : "");
	out_text(o, "\".\n");
	out_record_end(o);
}

static const char *joined(
	struct session *s, const char **list, size_t n, const char *sep)
{
	struct buf b = { .arena = &s->scratch };

	for (size_t i = 0; i < n; i++)
		buf_printf(&b, "%s%s", i ? sep : "", list[i]);
	return buf_str(&b);
}

static bool wants(const char *what, const char *name)
{
	return !*what || !strcmp(what, name);
}

/* The debug info's own folders come last, as in gdb. */
void show_directories(struct session *s, struct out *o)
{
	out_record(o, NULL);
	out_str(o, ".name", "directories");
	out_text(o, "Source directories searched: ");
	for (size_t i = 0; i < s->set.nsource_dirs; i++)
		out_text(o, "%s:", s->set.source_dirs[i]);
	out_text(o, "$cdir:$cwd\n");
	out_str(o, ".value",
		joined(s, s->set.source_dirs, s->set.nsource_dirs, ":"));
	out_record_end(o);
}

static size_t show_files(struct session *s, const char *what, struct out *o)
{
	size_t n = 0;

	if (wants(what, "sysroot") && ++n)
		show_text(o, "sysroot", "The current system root is",
			s->find.sysroot);
	if ((wants(what, "debug-file-directory") ||
		    !strcmp(what, "solib-search-path")) &&
		++n)
		show_text(o, "debug-file-directory",
			"Files are also looked for in",
			joined(s, s->find.debug_dirs, s->ndebug_dirs, ":"));
	if (wants(what, "directories") && ++n)
		show_directories(s, o);
	if (wants(what, "substitute-path"))
		for (size_t i = 0; i < s->set.nsubstitute && ++n; i++)
			show_text(o, "substitute-path",
				"Source path substitution:",
				arena_printf(&s->scratch, "%s -> %s",
					s->set.substitute[i].from,
					s->set.substitute[i].to));
	return n + !strcmp(what, "substitute-path");
}

static size_t show_print(struct session *s, const char *what, struct out *o)
{
	const struct print_setting *one =
		*what ? settings_find_print(what) : NULL;
	size_t n = 0;

	for (const struct print_setting *d = settings_print; d->name; d++) {
		const char *field = (const char *)&s->set.print + d->offset;

		if (*what && d != one)
			continue;
		n++;
		const char *name =
			arena_printf(&s->scratch, "print %s", d->name);
		if (d->kind == SWITCH)
			show_switch(o, name, d->words, *(const bool *)field);
		else
			show_count(o, name, d->words, *(const unsigned *)field);
	}
	return n;
}

static const char *frame_arguments_word(char letter)
{
	switch (letter) {
	case 'a':
		return "all";
	case 'n':
		return "none";
	case 'p':
		return "presence";
	default:
		return "scalars";
	}
}

static size_t show_frames(struct session *s, const char *what, struct out *o)
{
	size_t n = 0;

	if (wants(what, "frame-arguments") && ++n)
		show_text(o, "print frame-arguments",
			"Printing of non-scalar frame arguments is",
			frame_arguments_word(s->set.frame_arguments));
	if (wants(what, "entry-values") && ++n)
		show_text(o, "print entry-values",
			"Printing of function arguments at function entry is",
			s->set.entry_values ? "default" : "no");
	return n;
}

static size_t show_screen(struct session *s, const char *what, struct out *o)
{
	size_t n = 0;

	if (wants(what, "pagination") && ++n)
		show_switch(o, "pagination", "State of pagination is",
			!s->set.no_pagination);
	if (wants(what, "width") && ++n)
		show_count(o, "width", "Number of characters in a line is",
			s->set.width);
	if (wants(what, "height") && ++n)
		show_count(o, "height", "Number of lines in a page is",
			s->set.height_set ? s->set.height : 0);
	return n;
}

static size_t show_other(struct session *s, const char *what, struct out *o)
{
	size_t n = 0;

	if (wants(what, "disassembly-flavor") && ++n)
		show_text(o, "disassembly-flavor", "The disassembly flavor is",
			s->set.att ? "att" : "intel");
	char radix = s->set.print.radix;
	if (wants(what, "input-radix") && ++n)
		show_count(o, "input-radix",
			"Default input radix for entering numbers is",
			s->set.input_radix ? s->set.input_radix : 10);
	if (wants(what, "output-radix") && ++n)
		show_count(o, "output-radix",
			"Default output radix for printing of values is",
			radix == 'x'   ? 16
			: radix == 'o' ? 8
				       : 10);
	if (wants(what, "listsize") && ++n)
		show_count(o, "listsize",
			"Number of source lines listed by default is",
			s->set.list_lines);
	if (wants(what, "backtrace limit") && ++n)
		show_count(o, "backtrace limit",
			"The maximum number of frames is",
			s->set.backtrace_limit);
	if (wants(what, "backtrace past-main") && ++n)
		show_switch(o, "backtrace past-main",
			"Whether backtraces continue past \"main\" is",
			s->set.past_main);
	return n;
}

static enum err show_convenience(struct session *s, struct out *o)
{
	out_list(o, "variables");
	for (struct convenience *c = s->vars; c; c = c->next) {
		out_record(o, NULL);
		out_text(o, "$");
		out_str(o, "name", c->name);
		out_text(o, " = ");
		out_str(o, "value",
			print_text(&c->value, session_print(s, NULL)));
		out_text(o, "\n");
		out_record_end(o);
	}
	out_list_end(o);
	return OK;
}

/* show values: the last ten of the history. */
static enum err show_values(struct session *s, struct out *o)
{
	enum { SHOWN = 10 };
	size_t n = s->nhistory, from = n > SHOWN ? n - SHOWN : 0;

	out_list(o, "values");
	for (size_t i = from; i < n; i++) {
		struct print_ctx *p = session_print(s, NULL);

		out_record(o, NULL);
		out_text(o, "$%zu = %s\n", i + 1, print_top(&s->history[i], p));
		out_unum(o, ".history", i + 1);
		print_fields(&s->history[i], p, o, false);
		out_record_end(o);
	}
	out_list_end(o);
	return OK;
}

static enum err show_settings(struct session *s, struct args *a, struct out *o)
{
	bool print = args_is(a, 0, "print", 1);
	const char *what = args_from(a, print ? 1 : 0);
	size_t n = 0;

	out_list(o, "settings");
	if (!a->n || print) {
		n += show_print(s, what, o);
		n += show_frames(s, what, o);
	}
	if (!print) {
		n += show_files(s, what, o);
		n += show_screen(s, what, o);
		n += show_other(s, what, o);
	}
	out_list_end(o);
	if (!n)
		return err_set(ERR_NOTFOUND,
			"No setting \"%s\": \"show\" lists them.", a->text);
	return OK;
}

static enum err run_show(struct session *s, struct args *a, struct out *o)
{
	if (args_is(a, 0, "version", 3))
		return cmd_forward(s, "version", "", "", o);
	if (args_is(a, 0, "convenience", 4))
		return show_convenience(s, o);
	if (args_is(a, 0, "values", 2))
		return show_values(s, o);
	if (a->n && settings_is_ignored(a->text)) {
		out_text(o,
			"\"%s\" has no meaning for a core and is ignored.\n",
			a->text);
		return OK;
	}
	return show_settings(s, a, o);
}

static const char *show_word(size_t i)
{
	static const char *const more[] = { "convenience", "values",
		"version" };
	size_t n = sizeof(more) / sizeof(*more);

	return i < n ? more[i] : settings_word(i - n);
}

const struct cmd cmd_show[] = {
	{
		.name = "show",
		.usage = "[NAME]",
		.summary = "Show settings",
		.help = "Without a name: all of them.\n"
			"    show print elements",
		.run = run_show,
		.word = show_word,
		.group = GROUP_OTHER,
	},
	{ 0 },
};
