/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Settings are a table: gdb's name, delve's name for config, how to read it
 * and how to show it.  What only a running process or a window needs passes in
 * silence, so that people's scripts run.
 */
#include "inspect/cmd/settings.h"

#include "inspect/cmd/cmd.h"
#include "inspect/cmd/download.h"
#include "inspect/cmd/show.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define PRINT(n, k, field, w)                                                  \
	{                                                                      \
		n, k, offsetof(struct print_options, field), w                 \
	}
const struct print_setting settings_print[] = {
	PRINT("elements", COUNT, elements,
		"Limit on string chars or array elements to print is"),
	PRINT("repeats", COUNT, repeats,
		"Threshold for repeated print elements is"),
	PRINT("max-depth", COUNT, max_depth, "Maximum print depth is"),
	PRINT("pretty", SWITCH, pretty, "Pretty formatting of structures is"),
	PRINT("symbol", SWITCH, symbols,
		"Printing of symbol names when printing pointers is"),
	PRINT("null-stop", SWITCH, null_stop,
		"Printing of char arrays to stop at first null char is"),
	PRINT("union", SWITCH, unions,
		"Printing of unions interior to structures is"),
	PRINT("array", SWITCH, array_pretty, "Pretty formatting of arrays is"),
	PRINT("array-indexes", SWITCH, array_indexes,
		"Printing of array indexes is"),
	PRINT("address", SWITCH, addresses, "Printing of addresses is"),
	{ NULL, SWITCH, 0, NULL },
};
#undef PRINT

/* gdb has these; nothing here depends on them. */
static const char *const ignored[] = { "confirm", "verbose", "logging",
	"auto-load", "history", "trace-commands", "python", "style",
	"startup-with-shell", "breakpoint", "non-stop", "print thread-events",
	"print inferior-events", "print object", "print static-members",
	"print vtbl", "print demangle", "print asm-demangle",
	"print frame-info", "print finish", "print type", "print characters",
	"print nibbles", "print raw-frame-arguments", "prompt", "language",
	"charset", "host-charset", "target-charset", "complaints", "editing",
	"max-completions", "max-value-size", "osabi", "architecture",
	"unwindonsignal", "backtrace past-entry", "stop-on-solib-events",
	"use-coredump-filter", "dump-excluded-mappings", "multiple-symbols",
	"scheduler-locking", "schedule-multiple", "follow-fork-mode",
	"follow-exec-mode", "detach-on-fork", "step-mode",
	"can-use-hw-watchpoints", "args", "environment", "cwd", NULL };

const struct print_setting *settings_find_print(const char *name)
{
	size_t n = strlen(name);

	for (const struct print_setting *d = settings_print; d->name; d++)
		if (!strcmp(d->name, name))
			return d;
	for (const struct print_setting *d = settings_print; d->name; d++)
		if (n >= 2 && !strncmp(d->name, name, n))
			return d;
	return NULL;
}

bool settings_is_print_option(const char *name)
{
	return settings_find_print(name) != NULL;
}

/* 1, 0, or -1: not a word for a switch. */
static int switch_word(const char *w)
{
	if (!strcmp(w, "on") || !strcmp(w, "1") || !strcmp(w, "yes") ||
		!strcmp(w, "true") || !strcmp(w, "enable"))
		return 1;
	if (!strcmp(w, "off") || !strcmp(w, "0") || !strcmp(w, "no") ||
		!strcmp(w, "false") || !strcmp(w, "disable"))
		return 0;
	return -1;
}

bool settings_is_switch_word(const char *word)
{
	return switch_word(word) >= 0;
}

static bool count_word(const char *w, unsigned *ret)
{
	char *end;

	if (!strcmp(w, "unlimited") || !strcmp(w, "-1")) {
		*ret = 0;
		return true;
	}
	unsigned long n = strtoul(w, &end, 10);
	if (end == w || *end || n > UINT_MAX || w[0] == '-')
		return false;
	*ret = (unsigned)n;
	return true;
}

enum err settings_print_option(struct print_options *p, const char *name,
	const char *value, bool *ret_used)
{
	const struct print_setting *d = settings_find_print(name);

	*ret_used = false;
	if (!d)
		return err_set(ERR_NOTFOUND, "No print setting \"%s\".", name);
	char *field = (char *)p + d->offset;
	if (d->kind == SWITCH) {
		int on = switch_word(value);

		*ret_used = on >= 0;
		*(bool *)field = on != 0;
		return OK;
	}
	if (!count_word(value, (unsigned *)field))
		return err_set(ERR_USAGE,
			"\"%s\" needs a number or \"unlimited\", not \"%s\".",
			d->name, value);
	*ret_used = true;
	return OK;
}

void settings_add_source_dir(struct session *s, const char *dir)
{
	s->set.source_dirs =
		arena_grow(&s->life, s->set.source_dirs, s->set.nsource_dirs,
			&s->set.source_dirs_cap, sizeof(*s->set.source_dirs));
	s->set.source_dirs[s->set.nsource_dirs++] = arena_strdup(&s->life, dir);
}

void settings_add_substitute(
	struct session *s, const char *from, const char *to)
{
	s->set.substitute =
		arena_grow(&s->life, s->set.substitute, s->set.nsubstitute,
			&s->set.substitute_cap, sizeof(*s->set.substitute));
	s->set.substitute[s->set.nsubstitute++] = (struct substitute){
		arena_strdup(&s->life, from),
		arena_strdup(&s->life, to),
	};
}

void settings_add_debug_dir(struct session *s, const char *dir)
{
	/* NULL-terminated: one more than there are, once there are any. */
	size_t n = s->ndebug_dirs ? s->ndebug_dirs + 1 : 0;

	s->find.debug_dirs = arena_grow(&s->life, (void *)s->find.debug_dirs, n,
		&s->debug_dirs_cap, sizeof(*s->find.debug_dirs));
	s->find.debug_dirs[s->ndebug_dirs++] = arena_strdup(&s->life, dir);
	s->find.debug_dirs[s->ndebug_dirs] = NULL;
}

/* Files are looked for when a core opens: open it again. */
static enum err reopen(struct session *s)
{
	if (!s->open)
		return OK;
	const char *exe = s->exe_path, *core = s->core_path;
	size_t thread = s->thread, frame = s->frame;

	TRY(session_open(s, exe, core));
	session_select(s, thread, frame);
	return OK;
}

/* "a:b:c" into directories. */
static void add_dirs(struct session *s, const char *list,
	void (*add)(struct session *, const char *))
{
	while (*list) {
		size_t n = strcspn(list, ": \t");

		if (n)
			add(s, arena_strndup(&s->scratch, list, n));
		list += n + (list[n] != 0);
	}
}

static enum err set_files(
	struct session *s, const char *name, const char *value, bool *ret_done)
{
	*ret_done = true;
	if (!strcmp(name, "sysroot")) {
		s->find.sysroot = *value ? arena_strdup(&s->life, value) : NULL;
		return reopen(s);
	}
	if (!strcmp(name, "debug-file-directory") ||
		!strcmp(name, "debug-info-directories") ||
		!strcmp(name, "solib-search-path")) {
		s->ndebug_dirs = 0;
		if (s->find.debug_dirs)
			s->find.debug_dirs[0] = NULL;
		add_dirs(s, value, settings_add_debug_dir);
		return reopen(s);
	}
	if (!strcmp(name, "substitute-path")) {
		struct args a = { 0 };

		args_split(&a, value, &s->scratch);
		if (a.n != 2)
			return err_set(ERR_USAGE,
				"Usage: set substitute-path FROM TO");
		settings_add_substitute(s, a.word[0], a.word[1]);
		s->sources = NULL;
		return OK;
	}
	if (!strcmp(name, "directories")) {
		s->set.nsource_dirs = 0;
		add_dirs(s, value, settings_add_source_dir);
		s->sources = NULL;
		return OK;
	}
	if (!strcmp(name, "debuginfod")) { /* set debuginfod enabled on */
		const char *w = strrchr(value, ' ');

		download_enable(s, switch_word(w ? w + 1 : value) != 0);
		return OK;
	}
	*ret_done = false;
	return OK;
}

static enum err set_frame_arguments(struct session *s, const char *value)
{
	if (!strcmp(value, "scalars") || !strcmp(value, "all") ||
		!strcmp(value, "none") || !strcmp(value, "presence"))
		s->set.frame_arguments = value[0];
	else
		return err_set(ERR_USAGE,
			"frame-arguments is scalars, all, none or presence, "
			"not \"%s\".",
			value);
	return OK;
}

static enum err set_number(unsigned *field, const char *name, const char *value)
{
	if (!count_word(value, field))
		return err_set(ERR_USAGE,
			"\"%s\" needs a number or \"unlimited\", not \"%s\".",
			name, value);
	return OK;
}

static enum err set_other(
	struct session *s, const char *name, const char *value, bool *ret_done)
{
	*ret_done = true;
	if (!strcmp(name, "disassembly-flavor") ||
		!strcmp(name, "disassemble-flavor")) {
		if (strcmp(value, "att") && strcmp(value, "intel") &&
			strcmp(value, "gnu"))
			return err_set(ERR_USAGE,
				"disassembly-flavor is att or intel, not "
				"\"%s\".",
				value);
		s->set.att = strcmp(value, "intel") != 0;
		return OK;
	}
	if (!strcmp(name, "listsize") ||
		!strcmp(name, "source-list-line-count"))
		return set_number(&s->set.list_lines, name, value);
	if (!strcmp(name, "max-string-len") ||
		!strcmp(name, "max-array-values"))
		return set_number(&s->set.print.elements, name, value);
	if (!strcmp(name, "max-variable-recurse"))
		return set_number(&s->set.print.max_depth, name, value);
	if (!strcmp(name, "pagination")) {
		s->set.no_pagination = switch_word(value) == 0;
		return OK;
	}
	if (!strcmp(name, "height")) {
		s->set.height_set = true;
		return set_number(&s->set.height, name, value);
	}
	if (!strcmp(name, "width")) {
		s->set.width_set = true;
		return set_number(&s->set.width, name, value);
	}
	if (!strcmp(name, "color") && switch_word(value) >= 0) {
		s->set.color = switch_word(value);
		return OK;
	}
	*ret_done = false;
	return OK;
}

static enum err set_backtrace(
	struct session *s, const char *name, const char *value)
{
	if (!strcmp(name, "limit"))
		return set_number(&s->set.backtrace_limit, name, value);
	if (strcmp(name, "past-main"))
		return OK; /* past-entry: there is nothing past it here */
	int on = *value ? switch_word(value) : 1;
	if (on < 0)
		return err_set(ERR_USAGE, "\"on\" or \"off\" expected.");
	session_set_past_main(s, on);
	return OK;
}

bool settings_is_ignored(const char *text)
{
	for (size_t i = 0; ignored[i]; i++) {
		size_t n = strlen(ignored[i]);

		if (!strncmp(text, ignored[i], n) &&
			(!text[n] || text[n] == ' ' || text[n] == '\t'))
			return true;
	}
	return false;
}

static enum err apply_setting(
	struct session *s, const struct args *a, const char *text)
{
	bool done;

	if (settings_is_ignored(text))
		return OK;
	if (a->n >= 2 && args_is(a, 0, "print", 1)) {
		bool used;

		if (!strcmp(a->word[1], "frame-arguments"))
			return set_frame_arguments(s, args_from(a, 2));
		if (!strcmp(a->word[1], "entry-values")) {
			s->set.entry_values = strcmp(args_from(a, 2), "no");
			return OK;
		}
		struct print_options options = s->set.print;
		TRY(settings_print_option(&options, a->word[1],
			a->n > 2 ? a->word[2] : "on", &used));
		if (!used && a->n > 2)
			return err_set(ERR_USAGE,
				"\"on\" or \"off\" expected, not \"%s\".",
				a->word[2]);
		s->set.print = options;
		return OK;
	}
	if (a->n >= 2 && args_is(a, 0, "backtrace", 2))
		return set_backtrace(s, a->word[1], args_from(a, 2));
	TRY(set_files(s, a->word[0], args_from(a, 1), &done));
	if (done)
		return OK;
	TRY(set_other(s, a->word[0], args_from(a, 1), &done));
	if (done)
		return OK;
	return err_set(ERR_NOTFOUND, "No setting \"%s\": \"show\" lists them.",
		a->word[0]);
}

static void tell_radix(struct out *o, const char *which, unsigned radix)
{
	out_text(o, "%s now set to decimal %u, hex %x, octal %o.\n", which,
		radix, radix, radix);
}

/* set radix, input-radix, output-radix; *ret_done false: none of these. */
static enum err set_radix(
	struct session *s, const struct args *a, struct out *o, bool *ret_done)
{
	bool both = !strcmp(a->word[0], "radix");
	bool in = both || !strcmp(a->word[0], "input-radix");
	bool out = both || !strcmp(a->word[0], "output-radix");
	long n = 10;

	*ret_done = in || out;
	if (!in && !out)
		return OK;
	if (a->n > 1 && !args_number(a->word[1], &n))
		return err_usage(a);
	if (out && n != 8 && n != 10 && n != 16)
		return err_set(ERR_USAGE,
			"Unsupported output radix ``decimal %ld''; output "
			"radix unchanged.",
			n);
	if (n < 2 || n > 16)
		return err_set(ERR_USAGE,
			"Nonsense input radix ``decimal %ld''; input radix "
			"unchanged.",
			n);
	if (in)
		s->set.input_radix = (unsigned)n;
	if (out)
		s->set.print.radix = n == 16 ? 'x' : n == 8 ? 'o' : 0;
	tell_radix(o,
		both ? "Input and output radices"
		: in ? "Input radix"
		     : "Output radix",
		(unsigned)n);
	return OK;
}

static enum err run_set(struct session *s, struct args *a, struct out *o)
{
	bool done;

	if (!a->n)
		return err_usage(a);
	TRY(set_radix(s, a, o, &done));
	if (done)
		return OK;
	if (a->text[0] == '$')
		return cmd_forward(s, "set-variable", a->text, "", o);
	if (args_is(a, 0, "variable", 3)) {
		if (args_from(a, 1)[0] == '$')
			return cmd_forward(
				s, "set-variable", args_from(a, 1), "", o);
		return err_set(ERR_UNSUPPORTED,
			"A core cannot be changed; only $names can be set.");
	}
	return apply_setting(s, a, a->text);
}

/* ---- config, directory, unset ---- */

/* unset substitute-path [FROM] */
/* What is set most, by its full name. */
static const char *const names[] = { "print", "backtrace", "color",
	"debug-file-directory", "directories", "disassembly-flavor", "height",
	"listsize", "pagination", "solib-search-path", "substitute-path",
	"sysroot", "variable", NULL };

const char *settings_word(size_t i)
{
	return i < sizeof(names) / sizeof(*names) ? names[i] : NULL;
}

static const char *config_word(size_t i)
{
	static const char *const delves[] = { "max-string-len",
		"max-array-values", "max-variable-recurse",
		"source-list-line-count", "disassemble-flavor",
		"debug-info-directories" };
	size_t n = sizeof(delves) / sizeof(*delves);

	return i < n ? delves[i] : settings_word(i - n);
}

static enum err run_unset(struct session *s, struct args *a, struct out *o)
{
	size_t kept = 0;

	(void)o;
	if (!a->n || a->n > 2 || !args_is(a, 0, "substitute-path", 3))
		return err_usage(a);
	for (size_t i = 0; a->n == 2 && i < s->set.nsubstitute; i++)
		if (strcmp(s->set.substitute[i].from, a->word[1]))
			s->set.substitute[kept++] = s->set.substitute[i];
	if (a->n == 2 && kept == s->set.nsubstitute)
		return err_set(ERR_NOTFOUND, "No substitution rule for \"%s\".",
			a->word[1]);
	s->set.nsubstitute = kept;
	s->sources = NULL;
	return OK;
}

static enum err run_config(struct session *s, struct args *a, struct out *o)
{
	if (!a->n || !strcmp(a->word[0], "-list"))
		return cmd_forward(s, "show", "", "", o);
	if (a->n == 1)
		return cmd_forward(s, "show", a->text, "", o);
	return apply_setting(s, a, a->text);
}

static enum err run_directory(struct session *s, struct args *a, struct out *o)
{
	if (!a->n) {
		s->set.nsource_dirs = 0;
	} else {
		for (size_t i = 0; i < a->n; i++)
			add_dirs(s, a->word[i], settings_add_source_dir);
	}
	s->sources = NULL;
	out_list(o, "settings");
	show_directories(s, o);
	out_list_end(o);
	return OK;
}

const struct cmd cmd_settings[] = {
	{
		.name = "set",
		.usage = "NAME VALUE | $NAME = EXPR",
		.summary = "Change a setting",
		.help = "print elements|repeats|max-depth N, print "
			"pretty|symbol|union|\n"
			"null-stop|array|array-indexes on|off, print "
			"frame-arguments\n"
			"scalars|all|none|presence, backtrace limit N, "
			"backtrace past-main\n"
			"on|off, listsize N, disassembly-flavor att|intel, "
			"sysroot DIR,\n"
			"debug-file-directory DIRS, solib-search-path DIRS, "
			"directories DIRS,\n"
			"substitute-path FROM TO.  pagination, confirm, width "
			"and height pass in\n"
			"silence."
			"\n    set print pretty on\n    set substitute-path "
			"/build /home/me/src",
		.run = run_set,
		.word = settings_word,
		.group = GROUP_OTHER,
		.needs = CMD_EXPR,
	},
	{
		.name = "unset",
		.usage = "substitute-path [FROM]",
		.summary = "Forget rules for source paths",
		.help = "Without FROM: all of them."
			"\n    unset substitute-path /build",
		.run = run_unset,
		.group = GROUP_OTHER,
	},
	{
		.name = "config",
		.usage = "[-list | NAME [VALUE]]",
		.summary = "delve's spelling of show and set",
		.help = "max-string-len, max-array-values, "
			"max-variable-recurse,\n"
			"source-list-line-count, disassemble-flavor, "
			"substitute-path FROM TO,\n"
			"debug-info-directories; and the names that set takes."
			"\n    config max-array-values 1000",
		.run = run_config,
		.word = config_word,
		.group = GROUP_OTHER,
	},
	{
		.name = "directory",
		.alias = "dir",
		.usage = "[DIR...]",
		.summary = "Add directories to look for source files in",
		.help = "Without arguments: forget them."
			"\n    directory /home/me/src/server",
		.run = run_directory,
		.group = GROUP_OTHER,
	},
	{ 0 },
};
