/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the cursor is says which command will get the word, and what that
 * command takes says which words could stand there.  Options and fixed words
 * are read from the command's usage, so that whatever help tells can be typed
 * with TAB; names come from offers.c.
 */
#include "inspect/cmd/candidates.h"

#include "inspect/cmd/cmd.h"
#include "inspect/cmd/filter.h"
#include "inspect/cmd/info.h"
#include "inspect/cmd/line.h"
#include "inspect/cmd/offers.h"
#include "inspect/cmd/settings.h"
#include "inspect/cmd/walkwords.h"

#include <ctype.h>
#include <string.h>

/* What stands after a command, as far as its usage does not spell it. */
enum takes {
	TAKES_VALUE = 1, /* an expression */
	TAKES_TYPE = 2,
	TAKES_FUNCTION = 4,
	TAKES_VARIABLE = 8, /* global or static */
	TAKES_SOURCE = 16,  /* the name of a source file */
	TAKES_MODULE = 32,
	TAKES_THREAD = 64,
	TAKES_STACK = 128, /* a function of the thread's stack */
	TAKES_LOCAL = 256,
	TAKES_REGISTER = 512,
	TAKES_PATH = 1024,
	TAKES_COMMAND = 2048,
};

static const struct {
	const char *command;
	unsigned takes;
} commands_take[] = {
	{ "print", TAKES_VALUE },
	{ "output", TAKES_VALUE },
	{ "printf", TAKES_VALUE },
	{ "x", TAKES_VALUE },
	{ "find", TAKES_VALUE },
	{ "refs", TAKES_VALUE },
	{ "origin", TAKES_VALUE },
	{ "walk", TAKES_VALUE },
	{ "disassemble", TAKES_VALUE },
	{ "set-variable", TAKES_VALUE },
	{ "info-symbol", TAKES_VALUE },
	{ "info-address", TAKES_VALUE },
	{ "whatis", TAKES_VALUE | TAKES_TYPE },
	{ "ptype", TAKES_VALUE | TAKES_TYPE },
	{ "types", TAKES_TYPE },
	{ "funcs", TAKES_FUNCTION },
	{ "list", TAKES_FUNCTION | TAKES_SOURCE },
	{ "info-line", TAKES_FUNCTION | TAKES_SOURCE },
	{ "info-scope", TAKES_FUNCTION | TAKES_SOURCE },
	{ "vars", TAKES_SOURCE | TAKES_VARIABLE | TAKES_MODULE },
	{ "sources", TAKES_SOURCE },
	{ "libraries", TAKES_MODULE },
	{ "threads", TAKES_THREAD },
	{ "thread", TAKES_THREAD },
	{ "frame", TAKES_STACK },
	{ "locals", TAKES_LOCAL },
	{ "args", TAKES_LOCAL },
	{ "regs", TAKES_REGISTER },
	{ "source", TAKES_PATH },
	{ "core-file", TAKES_PATH },
	{ "file", TAKES_PATH },
	{ "directory", TAKES_PATH },
	{ "transcript", TAKES_PATH },
	{ "shell", TAKES_PATH },
	{ "help", TAKES_COMMAND },
	{ "document", TAKES_COMMAND },
};

static unsigned takes_of(const struct cmd *c)
{
	for (size_t i = 0; i < sizeof(commands_take) / sizeof(*commands_take);
		i++)
		if (!strcmp(commands_take[i].command, c->name))
			return commands_take[i].takes;
	return 0;
}

/* ---- words of the table ---- */

static void commands(struct offers *q)
{
	for (size_t f = 0; cmd_families[f]; f++)
		for (const struct cmd *c = cmd_families[f]; c->name; c++) {
			/* What info and set have inside. */
			if (!strncmp(c->name, "info-", 5) ||
				!strncmp(c->name, "set-", 4))
				continue;
			offers_add(q, c->name);
			for (const char *a = c->alias; a && *a;) {
				size_t n = strcspn(a, " ");

				if (n > 2)
					offers_add(
						q, arena_strndup(&q->s->scratch,
							   a, n));
				a += n + strspn(a + n, " ");
			}
		}
	for (const struct user_command *u = q->s->user; u; u = u->next)
		offers_add(q, u->name);
}

/* What a usage spells in small letters: "-a", "all". */
static void usage_words(struct offers *q, const char *usage)
{
	while (usage && *usage) {
		size_t n = 0;

		while (islower((unsigned char)usage[n]) || usage[n] == '-')
			n++;
		bool whole = !isalnum((unsigned char)usage[n]);
		bool option = usage[0] == '-';

		if (whole && n > 1 && strncmp(usage, "--", 2) &&
			(option ? q->text[0] == '-' : n > 2))
			offers_add(q, arena_strndup(&q->s->scratch, usage, n));
		n += !n;
		while (!whole && isalnum((unsigned char)usage[n]))
			n++;
		usage += n;
	}
}

static void setting_words(
	struct offers *q, const struct cmd *c, const struct args *a)
{
	static const char *const flavors[] = { "att", "intel", NULL };
	static const char *const switches[] = { "on", "off", NULL };
	static const char *const scalars[] = { "scalars", "all", "none",
		"presence", NULL };
	const char *last = a->n ? a->word[a->n - 1] : "";

	if (!strcmp(last, "disassembly-flavor"))
		offers_words(q, flavors);
	else if (!strcmp(last, "frame-arguments"))
		offers_words(q, scalars);
	else if (args_is(a, 0, "print", 1) && a->n == 1)
		for (size_t i = 0; settings_print[i].name; i++)
			offers_add(q, settings_print[i].name);
	else if (a->n && strcmp(c->name, "show"))
		offers_words(q, switches);
	if (args_is(a, 0, "print", 1) && a->n == 1)
		offers_add(q, "frame-arguments");
	for (size_t i = 0; !a->n && c->word(i); i++)
		offers_add(q, c->word(i));
}

/* ---- what a command takes ---- */

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && !strcmp(text + n - m, end);
}

static void value(struct offers *q, const char *before, bool types)
{
	static const char *const tags[] = { "struct ", "union ", "enum ",
		"class ", NULL };
	size_t n = strlen(before);

	for (size_t i = 0; tags[i]; i++)
		if (ends_with(before, tags[i])) {
			offers_names(q, INDEX_TYPE | INDEX_TAG);
			return;
		}
	if (n && before[n - 1] == '$') {
		offers_registers(q);
		return;
	}
	if (offers_members(q, before))
		return;
	while (n && before[n - 1] == ' ')
		n--;
	types |= n && before[n - 1] == '('; /* a cast, or sizeof */
	offers_locals(q);
	offers_names(q, INDEX_FUNCTION | INDEX_VARIABLE | INDEX_CONSTANT |
				(types ? INDEX_TYPE : 0));
	offers_symbols(q);
}

static void things(struct offers *q, unsigned takes, const char *before)
{
	if (takes & TAKES_COMMAND)
		commands(q);
	if (takes & TAKES_PATH && q->text[0] != '-')
		q->c->files = true;
	if (!q->s->open)
		return;
	if (takes & TAKES_VALUE) {
		value(q, before, takes & TAKES_TYPE);
		return;
	}
	if (takes & TAKES_LOCAL)
		offers_locals(q);
	if (takes & TAKES_REGISTER)
		offers_registers(q);
	if (takes & TAKES_THREAD)
		offers_threads(q);
	if (takes & TAKES_STACK)
		offers_stack(q);
	if (takes & TAKES_SOURCE)
		offers_sources(q);
	if (takes & TAKES_MODULE)
		offers_modules(q);
	offers_names(q, (takes & TAKES_FUNCTION ? INDEX_FUNCTION : 0) |
				(takes & TAKES_VARIABLE ? INDEX_VARIABLE : 0) |
				(takes & TAKES_TYPE ? INDEX_TYPE : 0));
	if (takes & TAKES_FUNCTION)
		offers_symbols(q);
}

static void print_options(struct offers *q)
{
	for (size_t i = 0; settings_print[i].name; i++)
		offers_add(q, arena_printf(&q->s->scratch, "-%s",
				      settings_print[i].name));
}

/* ---- where the cursor is ---- */

static void at_command(struct offers *q, const char *before);

/* The command inside of "thread apply all ", "frame 2 ": false, none yet. */
static bool inner_command(struct offers *q, const char *before)
{
	struct args a = { 0 };

	args_split(&a, before, &q->s->scratch);
	for (size_t i = 0; i < a.n; i++) {
		if (!cmd_exact(a.word[i]))
			continue;
		at_command(q, a.at[i]);
		return true;
	}
	return false;
}

/* After gdb's info: what the command of ours takes that answers it. */
static void after_info(
	struct offers *q, const struct args *a, const char *before)
{
	const char *name = a->n ? info_command(a->word[0]) : NULL;
	const struct cmd *c = name ? cmd_exact(name) : NULL;

	for (size_t i = 0; !a->n && info_word(i); i++)
		offers_add(q, info_word(i));
	if (!c)
		return;
	usage_words(q, c->usage);
	things(q, takes_of(c), before);
}

static void after(struct offers *q, const struct cmd *c, const char *text,
	const char *before)
{
	struct args a = { 0 };

	args_split(&a, text, &q->s->scratch);
	if (!strcmp(c->name, "info")) {
		after_info(q, &a, before);
		return;
	}
	if (c->word)
		setting_words(q, c, &a);
	usage_words(q, c->usage);
	if (q->text[0] == '-') {
		if (!strcmp(c->name, "print"))
			print_options(q);
		return;
	}
	bool walk = !strcmp(c->name, "walk") ||
		    (!strcmp(c->name, "print") && args_is(&a, 0, "-each", 5));
	if (walk && q->s->open && walkwords_offer(q, text))
		return;
	things(q, takes_of(c), before);
	if (c->needs & CMD_WRAPS && a.n)
		commands(q);
}

/* The line up to the word begins with a command, or the word is one. */
static void at_command(struct offers *q, const char *before)
{
	struct line_parts p = line_split(before, &q->s->scratch);

	if (!before[strspn(before, " \t")]) {
		commands(q);
		return;
	}
	const struct cmd *c = p.name[0] ? cmd_find(p.name) : NULL;
	const char *inner = NULL;
	if (!c)
		return;
	if (!strcmp(c->name, "pipe"))
		inner = p.text;
	else if (!strcmp(c->name, "with"))
		inner = strstr(p.text, "--");
	else if (!strcmp(c->name, "alias"))
		inner = strchr(p.text, '=');
	if (inner) {
		at_command(q, inner + strspn(inner, "-="));
		return;
	}
	if (strcmp(c->name, "taas") && strcmp(c->name, "tfaas") &&
		strcmp(c->name, "faas"))
		inner = p.text;
	else if (!p.text[0]) {
		commands(q);
		return;
	}
	const char *at = before + strspn(before, " \t");
	at += strlen(p.name);
	if (c->needs & CMD_WRAPS && inner_command(q, at))
		return;
	after(q, c, p.text, before);
}

/* A filter stands behind '|', if that is not an operator of C. */
static bool at_filter(struct offers *q, const char *before)
{
	struct line_parts p = line_split(before, &q->s->scratch);
	const struct cmd *c = p.name[0] ? cmd_find(p.name) : NULL;
	const char *pipe = line_pipe(before), *next;

	if (!pipe || !c || c->needs & CMD_EXPR)
		return false;
	while ((next = line_pipe(pipe + 1)))
		pipe = next;
	if (pipe[1] == '!')
		q->c->files = true;
	else if (!pipe[1 + strspn(pipe + 1, " \t")])
		offers_words(q, filter_names);
	return true;
}

void candidates_find(struct session *s, const char *before, const char *text,
	struct candidates *ret)
{
	struct offers q = { .s = s, .c = ret, .text = text, .prefix = "" };

	*ret = (struct candidates){ 0 };
	/* ':' is a part of C++'s names and ends the first of "a ? b:c". */
	for (const char *p = text; *p; p++)
		if (p[0] == ':' && p[1] != ':' && (p == text || p[-1] != ':')) {
			q.prefix = arena_strndup(
				&s->scratch, text, (size_t)(p + 1 - text));
			q.text = p + 1;
		}
	if (!at_filter(&q, before))
		at_command(&q, before);
}

bool candidates_are_paths(struct session *s, const char *before)
{
	struct candidates c;

	if (!before[strspn(before, " \t")])
		return false;
	struct line_parts p = line_split(before, &s->scratch);
	const struct cmd *found = p.name[0] ? cmd_exact(p.name) : NULL;

	if (!found || !(takes_of(found) & TAKES_PATH)) {
		if (!strchr(before, '|'))
			return false;
	}
	candidates_find(s, before, "/", &c);
	return c.files;
}
