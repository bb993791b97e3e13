/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * source, define, alias, if, while.  A definition is its lines; $argc and
 * $arg0... are replaced as text, as gdb does.
 */
#include "inspect/cmd/script.h"

#include "inspect/base/cleanup.h"
#include "inspect/cmd/cmd.h"
#include "inspect/cmd/line.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- user commands ---- */

const struct user_command *script_user_command(
	struct session *s, const char *name)
{
	for (const struct user_command *u = s->user; u; u = u->next)
		if (!strcmp(u->name, name))
			return u;
	return NULL;
}

static struct user_command *new_user(struct session *s, const char *name)
{
	struct user_command *u =
		(struct user_command *)script_user_command(s, name);

	if (!u) {
		u = arena_new(&s->life, struct user_command);
		u->name = arena_strdup(&s->life, name);
		u->next = s->user;
		s->user = u;
	}
	u->n = 0;
	u->alias = false;
	return u;
}

static void add_line(
	struct session *s, struct user_command *u, const char *line)
{
	u->line =
		arena_grow(&s->life, u->line, u->n, &u->cap, sizeof(*u->line));
	u->line[u->n++] = arena_strdup(&s->life, line);
}

static bool first_word_is(const char *line, const char *word)
{
	size_t n = strlen(word);

	line += strspn(line, " \t");
	return !strncmp(line, word, n) && (!line[n] || strchr(" \t(", line[n]));
}

bool script_is_block(const char *line)
{
	return first_word_is(line, "if") || first_word_is(line, "while");
}

void script_begin_block(struct session *s, const char *line)
{
	s->block = arena_new(&s->life, struct user_command);
	s->block->name = "";
	s->documenting = false;
	s->defining = s->block;
	s->nesting = 1;
	add_line(s, s->block, line_trim(line, strlen(line), &s->scratch));
}

bool script_define_line(struct session *s, const char *line)
{
	const char *text = line_trim(line, strlen(line), &s->scratch);
	struct user_command *u = s->defining;
	bool end = !strcmp(text, "end");

	if (!s->documenting && script_is_block(text))
		s->nesting++;
	if (end && s->nesting && !s->documenting) {
		s->nesting--;
		end = false;
		if (u == s->block && !s->nesting) {
			add_line(s, u, text);
			s->defining = NULL;
			return true;
		}
	}
	if (end) {
		s->defining = NULL;
	} else if (s->documenting) {
		u->document = arena_printf(&s->life, "%s%s\n",
			u->document ? u->document : "", text);
	} else {
		add_line(s, u, text);
	}
	return false;
}

void script_abandon(struct session *s)
{
	if (s->defining && !s->documenting)
		s->defining->n = 0;
	s->defining = NULL;
	s->block = NULL;
	s->nesting = 0;
}

static const char *substitute(
	struct session *s, const char *line, const struct args *a)
{
	struct buf b = { .arena = &s->scratch };

	for (const char *p = line; *p;) {
		if (!strncmp(p, "$argc", 5)) {
			buf_printf(&b, "%zu", a->n);
			p += 5;
		} else if (!strncmp(p, "$arg", 4) &&
			   isdigit((unsigned char)p[4])) {
			char *end;
			size_t i = strtoul(p + 4, &end, 10);

			buf_puts(&b, i < a->n ? a->word[i] : "");
			p = end;
		} else if (!strncmp(p, "$*", 2)) {
			buf_puts(&b, a->text);
			p += 2;
		} else {
			buf_putc(&b, *p++);
		}
	}
	return buf_str(&b);
}

/* One command of many: in JSON with its line, as at the top. */
static enum err nested(struct session *s, const char *line, struct out *o)
{
	out_record(o, NULL);
	out_str(o, ".command", line);
	out_record(o, "result");
	TRY(cmd_run_to(s, line, o));
	out_record_end(o);
	out_record_end(o);
	return OK;
}

/* ---- if and while ---- */

enum { MAX_BLOCK_DEPTH = 64 }; /* a person's; running is recursive */

/* Lines that run, with the words of the command that they belong to. */
struct script {
	struct session *session;
	const char **line;
	const struct args *args; /* NULL: no $argc in them */
	struct out *out;
	enum { GO_ON, BREAK, CONTINUE } leave; /* loop_break and the like */
	unsigned depth;
};

/* The line after which the block that begins at i has its else (*ret_else, or
 * its end) and its end. */
static size_t block_end(
	const struct script *p, size_t i, size_t n, size_t *ret_else)
{
	unsigned depth = 0;

	*ret_else = n;
	for (size_t at = i; at < n; at++) {
		if (script_is_block(p->line[at]))
			depth++;
		else if (depth == 1 && *ret_else == n &&
			 !strcmp(p->line[at], "else"))
			*ret_else = at;
		else if (!strcmp(p->line[at], "end") && !--depth)
			n = at;
	}
	if (*ret_else > n)
		*ret_else = n;
	return n;
}

static enum err holds(struct script *p, const char *line, bool *ret)
{
	struct session *s = p->session;
	const char *text = p->args ? substitute(s, line, p->args) : line;
	const char *condition = text + strcspn(text, " \t(");
	struct value v;

	if (!condition[strspn(condition, " \t")])
		return err_set(
			ERR_USAGE, "if/while commands require arguments.");
	TRY(session_eval(s, condition, &v));
	return value_true(&v, session_values(s), ret);
}

static enum err run_lines(struct script *, size_t from, size_t to);

static enum err run_while(struct script *p, size_t from, size_t to)
{
	bool again;

	for (;;) {
		struct arena_mark mark = arena_mark(&p->session->scratch);

		if (p->session->interrupted)
			return err_set(ERR_INTERRUPTED, "Interrupted.");
		TRY(holds(p, p->line[from], &again));
		if (!again)
			return OK;
		TRY(run_lines(p, from + 1, to));
		out_flush(p->out);
		if (out_is_held(p->out))
			arena_release(&p->session->scratch, mark);
		if (p->leave == BREAK) {
			p->leave = GO_ON;
			return OK;
		}
		p->leave = GO_ON;
	}
}

static enum err run_if(
	struct script *p, size_t from, size_t otherwise, size_t to)
{
	bool is;

	TRY(holds(p, p->line[from], &is));
	if (is)
		return run_lines(p, from + 1, otherwise);
	return otherwise < to ? run_lines(p, otherwise + 1, to) : OK;
}

static enum err run_lines(struct script *p, size_t from, size_t to)
{
	struct session *s = p->session;

	if (p->depth >= MAX_BLOCK_DEPTH)
		return err_set(ERR_LIMIT,
			"if and while inside each other, %d deep: stopped.",
			MAX_BLOCK_DEPTH);
	p->depth++;

	for (size_t i = from; i < to && !p->leave && !s->quit; i++) {
		const char *line = p->line[i];
		size_t otherwise, end;

		if (script_is_block(line)) {
			end = block_end(p, i, to, &otherwise);
			if (first_word_is(line, "if"))
				TRY(run_if(p, i, otherwise, end));
			else
				TRY(run_while(p, i, end));
			i = end;
		} else if (!strcmp(line, "loop_break")) {
			p->leave = BREAK;
		} else if (!strcmp(line, "loop_continue")) {
			p->leave = CONTINUE;
		} else {
			TRY(nested(s,
				p->args ? substitute(s, line, p->args) : line,
				p->out));
		}
	}
	p->depth--;
	return OK;
}

enum err script_run_block(struct session *s, struct out *o)
{
	const struct user_command *block = s->block;
	struct script p = { .session = s, .line = block->line, .out = o };

	s->block = NULL;
	out_list(o, "results");
	TRY(run_lines(&p, 0, block->n));
	out_list_end(o);
	return OK;
}

enum err script_run_user(struct session *s, const struct user_command *u,
	const char *text, struct out *o)
{
	struct args a = { 0 };

	if (u->alias)
		return cmd_run_to(s,
			arena_printf(&s->scratch, "%s%s%s", u->line[0],
				*text ? " " : "", text),
			o);
	args_split(&a, text, &s->scratch);
	struct script p = {
		.session = s, .line = u->line, .args = &a, .out = o
	};
	out_list(o, "results");
	TRY(run_lines(&p, 0, u->n));
	out_list_end(o);
	return OK;
}

static bool is_name(const char *w)
{
	if (!isalpha((unsigned char)*w) && *w != '_')
		return false;
	for (; *w; w++)
		if (!isalnum((unsigned char)*w) && !strchr("_-.", *w))
			return false;
	return true;
}

static enum err run_define(struct session *s, struct args *a, struct out *o)
{
	(void)o;
	if (a->n != 1 || !is_name(a->word[0]))
		return err_usage(a);
	if (cmd_exact(a->word[0]))
		return err_set(ERR_USAGE,
			"\"%s\" is a command of cinspect and cannot be "
			"redefined.",
			a->word[0]);
	s->documenting = false;
	s->defining = new_user(s, a->word[0]);
	return OK;
}

static enum err run_document(struct session *s, struct args *a, struct out *o)
{
	(void)o;
	if (a->n != 1)
		return err_usage(a);
	struct user_command *u =
		(struct user_command *)script_user_command(s, a->word[0]);
	if (!u)
		return err_set(ERR_NOTFOUND, "No user-defined command \"%s\".",
			a->word[0]);
	u->document = NULL;
	s->documenting = true;
	s->defining = u;
	return OK;
}

static enum err run_alias(struct session *s, struct args *a, struct out *o)
{
	size_t i = 0;

	(void)o;
	while (i < a->n && a->word[i][0] == '-' && a->word[i][1])
		i++;
	const char *text = args_from(a, i), *equals = strchr(text, '=');
	if (!equals)
		return err_usage(a);
	const char *name =
		line_trim(text, (size_t)(equals - text), &s->scratch);
	const char *stands_for =
		line_trim(equals + 1, strlen(equals + 1), &s->scratch);
	if (!is_name(name) || !*stands_for)
		return err_usage(a);
	if (cmd_exact(name))
		return err_set(ERR_USAGE,
			"\"%s\" is a command of cinspect already.", name);
	struct user_command *u = new_user(s, name);
	u->alias = true;
	add_line(s, u, stands_for);
	return OK;
}

/* ---- files ---- */

static enum err open_script(const char *path, FILE **ret)
{
	*ret = fopen(path, "re");
	return *ret ? OK : err_sys("cannot read %s", path);
}

const char *script_read_line(FILE *f, struct arena *arena, unsigned *number)
{
	_cleanup_(free) char *line = NULL;
	struct buf whole = { .arena = arena };
	size_t cap = 0, n;
	bool any = false, goes_on = true;

	while (goes_on && getline(&line, &cap, f) >= 0) {
		any = true;
		++*number;
		n = strcspn(line, "\r\n");
		goes_on = n && line[n - 1] == '\\';
		buf_add(&whole, line, n - goes_on);
	}
	return any ? buf_str(&whole) : NULL;
}

/* A definition that the file does not end would swallow what comes next. */
enum err script_finish(struct session *s, const char *where)
{
	const struct user_command *open = s->defining;

	if (!open)
		return OK;
	s->defining = NULL;
	s->block = NULL;
	return err_set(ERR_SYNTAX, "%s: it ends before the \"end\" of \"%s\".",
		where, open->name[0] ? open->name : open->line[0]);
}

enum err script_run_file(struct session *s, const char *path)
{
	_cleanup_(fclose) FILE *f = NULL;
	const char *line;
	unsigned number = 0;

	TRY(open_script(path, &f));
	while (!s->quit && (line = script_read_line(f, &s->scratch, &number))) {
		enum err e = cmd_run(s, line);
		if (e)
			return err_set(e, "%s:%u: stopped here.", path, number);
	}
	return s->quit ? OK : script_finish(s, path);
}

static enum err nested_block(struct session *s, struct out *o)
{
	out_record(o, NULL);
	out_str(o, ".command", s->block->line[0]);
	out_record(o, "result");
	TRY(script_run_block(s, o));
	out_record_end(o);
	out_record_end(o);
	return OK;
}

static enum err run_source(struct session *s, struct args *a, struct out *o)
{
	_cleanup_(fclose) FILE *f = NULL;
	const char *line;
	size_t i = 0;
	unsigned number = 0;

	while (i < a->n && !strcmp(a->word[i], "-v"))
		i++;
	if (i + 1 != a->n)
		return err_usage(a);
	TRY(open_script(a->word[i], &f));
	out_list(o, "results");
	while (!s->quit && (line = script_read_line(f, &s->scratch, &number))) {
		enum err e = OK;
		if (s->defining)
			e = script_define_line(s, line) ? nested_block(s, o)
							: OK;
		else if (script_is_block(line))
			script_begin_block(s, line);
		else
			e = nested(s, line, o);
		if (e)
			return err_prefix(e, "%s:%u: ", a->word[i], number);
	}
	out_list_end(o);
	return s->quit ? OK : script_finish(s, a->word[i]);
}

const struct cmd cmd_script[] = {
	{
		.name = "source",
		.usage = "FILE",
		.summary = "Run the commands of a file",
		.help = "Stops at the first that fails."
			"\n    source crash.gdb",
		.run = run_source,
		.group = GROUP_OTHER,
		.needs = CMD_ONCE,
	},
	{
		.name = "define",
		.usage = "NAME",
		.summary = "Define a command; its lines follow, up to \"end\"",
		.help = "$arg0, $arg1 ... and $argc are replaced by the words "
			"after the name.\n"
			"`if EXPR`, `else`, `while EXPR`, `loop_break` and "
			"`loop_continue`, up to\n"
			"`end`, work in it, in files and at the prompt.\n"
			"    define hd\n"
			"    x/8xb $arg0\n"
			"    end\n"
			"    set $p = rooms.by_name\n"
			"    while $p\n"
			"    print $p->name\n"
			"    set $p = $p->next_by_name\n"
			"    end",
		.run = run_define,
		.group = GROUP_OTHER,
		.needs = CMD_ONCE,
	},
	{
		.name = "document",
		.usage = "NAME",
		.summary = "Write the help of a user-defined command, up to "
			   "\"end\"",
		.help = "    document hd\n    Hex dump of 8 bytes.\n    end",
		.run = run_document,
		.group = GROUP_OTHER,
		.needs = CMD_ONCE,
	},
	{
		.name = "alias",
		.usage = "NAME = CMD [ARGS]",
		.summary = "Give a command another name",
		.help = "    alias ba = thread apply all bt",
		.run = run_alias,
		.group = GROUP_OTHER,
		.needs = CMD_EXPR | CMD_ONCE,
	},
	{ 0 },
};
