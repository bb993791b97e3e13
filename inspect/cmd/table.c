/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The dispatcher.  A line is split, its command found, its needs checked, its
 * pipe set up; the command writes into a struct out; then the text, or the one
 * JSON object, goes to stdout and the sentence of a failure to stderr.  What a
 * command wrote before it failed is still shown: half a backtrace is worth
 * having.
 */
#include "inspect/base/near.h"
#include "inspect/cmd/cmd.h"
#include "inspect/cmd/filter.h"
#include "inspect/cmd/line.h"
#include "inspect/cmd/script.h"
#include "inspect/cmd/variables.h"
#include "inspect/image/changed.h"
#include "inspect/out/utf8.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const struct cmd *const cmd_families[] = {
	cmd_stack,
	cmd_variables,
	cmd_globals,
	cmd_data,
	cmd_walk,
	cmd_views,
	cmd_macros,
	cmd_printf,
	cmd_memory,
	cmd_search,
	cmd_dump,
	cmd_refs,
	cmd_regs,
	cmd_code,
	cmd_origin,
	cmd_again,
	cmd_thread,
	cmd_locks,
	cmd_heap,
	cmd_events,
	cmd_symbols,
	cmd_lookup,
	cmd_source,
	cmd_here,
	cmd_status,
	cmd_bundle,
	cmd_info,
	cmd_process,
	cmd_maps,
	cmd_settings,
	cmd_show,
	cmd_script,
	cmd_around,
	cmd_misc,
	cmd_later,
	NULL,
};

enum { MAX_COMMAND_DEPTH = 32 }; /* sources that source themselves */

/* ---- lookup ---- */

/* Is word one of the blank-separated words of list? */
static bool in_words(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *s = list; s && *s; s += strspn(s, " ")) {
		size_t len = strcspn(s, " ");

		if (len == n && !strncmp(s, word, n))
			return true;
		s += len;
	}
	return false;
}

static bool prefix_of_any(const struct cmd *c, const char *word)
{
	size_t n = strlen(word);

	if (!strncmp(c->name, word, n))
		return true;
	for (const char *s = c->alias; s && *s;
		s += strcspn(s, " "), s += strspn(s, " "))
		if (!strncmp(s, word, n))
			return true;
	return false;
}

const struct cmd *cmd_exact(const char *name)
{
	for (size_t f = 0; cmd_families[f]; f++)
		for (const struct cmd *c = cmd_families[f]; c->name; c++)
			if (!strcmp(c->name, name) || in_words(c->alias, name))
				return c;
	return NULL;
}

/* A name or an alias; none that must be typed in full to mean something. */
static void nearer(const char *typed, const char *word, size_t n,
	unsigned *best, char *found, size_t size)
{
	char candidate[64];

	if (n < 3 || n >= sizeof(candidate) || n >= size)
		return;
	snprintf(candidate, sizeof(candidate), "%.*s", (int)n, word);
	unsigned d = near_distance(typed, candidate);
	if (d < *best) {
		*best = d;
		snprintf(found, size, "%s", candidate);
	}
}

static bool nearest(const char *name, char *ret, size_t size)
{
	unsigned best = near_limit(name), none = best;

	for (size_t f = 0; cmd_families[f]; f++)
		for (const struct cmd *c = cmd_families[f]; c->name; c++) {
			nearer(name, c->name, strlen(c->name), &best, ret,
				size);
			for (const char *s = c->alias; s && *s;
				s += strspn(s, " ")) {
				size_t n = strcspn(s, " ");

				nearer(name, s, n, &best, ret, size);
				s += n;
			}
		}
	return best < none;
}

static const struct cmd *unknown(const char *name)
{
	char near[64];
	bool found = nearest(name, near, sizeof(near));

	if (in_words("else end loop_break loop_continue", name)) {
		(void)!err_set(ERR_USAGE,
			"\"%s\" stands only inside of define, if and while.",
			name);
		return NULL;
	}

	(void)!err_set(ERR_NOTFOUND,
		found ? "Undefined command: \"%s\".  Did you mean \"%s\"?"
		      : "Undefined command: \"%s\".  Try \"help\".",
		name, near);
	return NULL;
}

const struct cmd *cmd_find(const char *name)
{
	const struct cmd *found = cmd_exact(name);
	char list[256] = "";
	size_t n = 0;

	if (found)
		return found;
	for (size_t f = 0; cmd_families[f]; f++)
		for (const struct cmd *c = cmd_families[f]; c->name; c++) {
			if (!prefix_of_any(c, name))
				continue;
			found = c;
			size_t used = strlen(list);
			snprintf(list + used, sizeof(list) - used, "%s%s",
				n++ ? ", " : "", c->name);
		}
	if (n == 1)
		return found;
	if (!n)
		return unknown(name);
	(void)!err_set(
		ERR_NOTFOUND, "Ambiguous command \"%s\": %s.", name, list);
	return NULL;
}

/* ---- arguments ---- */

void args_split(struct args *a, const char *text, struct arena *arena)
{
	size_t cap = 0, cap_at = 0;

	a->text = text;
	a->word = NULL;
	a->at = NULL;
	a->n = 0;
	for (const char *s = text; *(s += strspn(s, " \t"));) {
		const char *start = s;
		char quote = 0;

		for (; *s && (quote || !strchr(" \t", *s)); s++) {
			if (quote ? *s == quote : *s == '"' || *s == '\'')
				quote = quote ? 0 : *s;
		}
		a->word = arena_grow(
			arena, a->word, a->n, &cap, sizeof(*a->word));
		a->at = arena_grow(arena, a->at, a->n, &cap_at, sizeof(*a->at));
		a->at[a->n] = start;
		a->word[a->n++] =
			arena_strndup(arena, start, (size_t)(s - start));
	}
}

const char *args_from(const struct args *a, size_t i)
{
	return i < a->n ? a->at[i] : "";
}

bool args_is(const struct args *a, size_t i, const char *name, size_t min)
{
	if (i >= a->n)
		return false;
	size_t n = strlen(a->word[i]);
	return n >= min && !strncmp(a->word[i], name, n);
}

bool args_number(const char *word, long *ret)
{
	char *end;
	long n = strtol(word, &end, 10);

	if (end == word || *end)
		return false;
	*ret = n;
	return true;
}

enum err err_usage(const struct args *a)
{
	return err_set(ERR_USAGE, "Usage: %s%s%s", a->cmd->name,
		a->cmd->usage && a->cmd->usage[0] ? " " : "",
		a->cmd->usage ? a->cmd->usage : "");
}

/* ---- running ---- */

static enum err check_needs(struct session *s, const struct cmd *c)
{
	struct frame *f;

	if (c->needs & (CMD_CORE | CMD_THREAD | CMD_FRAME) && !s->open)
		return err_set(ERR_NOTFOUND,
			"No core is open: \"core-file PATH\" opens one.");
	if (c->needs & (CMD_CORE | CMD_THREAD | CMD_FRAME | CMD_EXPR) &&
		s->image.unusable)
		return err_set(ERR_BADDATA, "%s", s->image.unusable);
	if (c->needs & (CMD_THREAD | CMD_FRAME) && !session_thread(s))
		return err_set(ERR_NOTFOUND, "The core has no threads%s.",
			s->core.no_notes ? ": its notes are missing" : "");
	if (c->needs & CMD_FRAME)
		TRY(session_frame(s, &f));
	return OK;
}

/* "x /8gx $rsp": a format may stand apart, where the usage begins with one.
 * The text after it; NULL: there is none. */
static const char *format_apart(struct session *s, const struct cmd *c,
	const struct line_parts *p, const char **ret)
{
	const char *text = p->text + 1;
	size_t n = 0;

	if (!c->usage || strncmp(c->usage, "[/", 2) || p->format[0] ||
		p->text[0] != '/')
		return NULL;
	while (isalnum((unsigned char)text[n]) || (!n && text[n] == '-'))
		n++;
	if (!n || (text[n] && !isspace((unsigned char)text[n])))
		return NULL;
	*ret = arena_strndup(&s->scratch, text, n);
	return text + n + strspn(text + n, " \t");
}

static enum err run_row(struct session *s, const struct cmd *c,
	const struct line_parts *p, struct out *o)
{
	struct args a = { .cmd = c, .name = p->name, .format = p->format };
	const char *text = format_apart(s, c, p, &a.format);

	TRY(check_needs(s, c));
	args_split(&a, text ? text : p->text, &s->scratch);
	return c->run(s, &a, o);
}

enum err cmd_forward(struct session *s, const char *name, const char *text,
	const char *format, struct out *o)
{
	const struct cmd *c = cmd_exact(name);
	struct line_parts p = { name, format, text };

	if (!c)
		return err_set(ERR_NOTFOUND, "No command \"%s\".", name);
	return run_row(s, c, &p, o);
}

/* Does '|' belong to the command's expression? */
static bool takes_expression(
	struct session *s, const struct cmd *c, const char *text)
{
	struct args a = { .cmd = c };

	if (c->needs & CMD_EXPR)
		return true;
	if (!(c->needs & CMD_WRAPS))
		return false;
	args_split(&a, text, &s->scratch);
	for (size_t i = 0; i < a.n && a.at[i][0] != '|'; i++) {
		struct line_parts p = line_split(a.at[i], &s->scratch);
		const struct cmd *inner = cmd_exact(p.name);

		if (inner && inner != c)
			return takes_expression(s, inner, p.text);
	}
	return false;
}

/* Text that went through a filter: as it is, or line by line in JSON. */
static void put_lines(struct session *s, const char *text, struct out *o)
{
	out_list(o, ".lines");
	for (const char *line = text; *line;) {
		size_t n = strcspn(line, "\n");

		out_str(o, ".", arena_strndup(&s->scratch, line, n));
		line += n + (line[n] == '\n');
	}
	out_list_end(o);
	out_style(o, STYLE_NONE, text); /* its colours are ours */
}

static enum err run_piped(
	struct session *s, const char *line, const char *pipe, struct out *o)
{
	const char *left = line_trim(line, (size_t)(pipe - line), &s->scratch);
	const char *text, *next;

	TRY(cmd_run_text(s, left, &text));
	while (pipe) {
		const char *right = pipe + 1;

		if (*right == '!') { /* the rest is the shell's */
			TRY(filter_shell(s, right + 1, text, &text));
			break;
		}
		next = line_pipe(right);
		size_t n = next ? (size_t)(next - right) : strlen(right);
		TRY(filter_run(
			s, line_trim(right, n, &s->scratch), text, &text));
		pipe = next;
	}
	put_lines(s, text, o);
	return OK;
}

/* Does the program know the name that a text begins with?  Only what is here
 * already is asked: a misspelt command downloads nothing. */
static bool is_known(struct session *s, const char *text, unsigned kinds)
{
	size_t length = strspn(text, "abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
	const char *name = arena_strndup(&s->scratch, text, length);
	struct index_entry *e;
	struct variable *v;
	struct frame *f;
	size_t n = 0;

	if (!session_frame(s, &f) && kinds & INDEX_VARIABLE &&
		!variables_of(s, f, VARIABLES_ARGS | VARIABLES_LOCALS, &v, &n))
		while (n--)
			if (v[n].name && !strcmp(v[n].name, name))
				return true;
	n = 0;
	return s->image.exe &&
	       !index_find(&s->image, s->image.exe, name, kinds, &s->scratch,
		       &e, &n) &&
	       n;
}

/* Who types the name of a variable or a type wants to see it. */
static enum err unknown_line(struct session *s, const char *line)
{
	static const char *const tags[] = { "struct ", "union ", "enum ",
		"class ", NULL };
	const char *why = arena_strdup(&s->scratch, err_msg());
	const char *text = line_trim(line, strlen(line), &s->scratch);
	const char *show = NULL;

	for (size_t i = 0; s->open && tags[i]; i++) {
		size_t n = strlen(tags[i]);

		if (!strncmp(text, tags[i], n) &&
			is_known(s, text + n, INDEX_TYPE))
			show = "ptype";
	}
	/* No command begins so, and expressions do. */
	if (s->open && strchr("$\"(*&-0123456789", text[0]))
		show = "print";
	if (s->open && !show &&
		is_known(s, text, INDEX_VARIABLE | INDEX_FUNCTION))
		show = "print";
	return show ? err_set(ERR_NOTFOUND, "%s  Or \"%s %s\"?", why, show,
			      text)
		    : err_set(ERR_NOTFOUND, "%s", why);
}

/* What an empty line does then: the same, or it goes on where it stopped.  Of
 * commands inside of others the outer one counts. */
static void note_repeat(struct session *s, const struct cmd *c,
	const struct line_parts *p, const char *line)
{
	if (s->depth > 1)
		return;
	if (c && c->needs & CMD_ONCE)
		s->repeat = NULL;
	else if (c && c->needs & CMD_REPEAT && strcmp(p->text, "-"))
		s->repeat = arena_printf(&s->life, "%s%s%s", p->name,
			p->format[0] ? "/" : "", p->format);
	else
		s->repeat = arena_strdup(&s->life, line);
}

/* '|' is C's in an expression, and not everybody knows. */
static enum err tell_pipe(struct session *s, enum err e, const char *line)
{
	static const char *const shells[] = { "less", "more", "wc", "cat",
		"sed", "awk", "cut", "tr", "jq", NULL };
	const char *pipe = line_pipe(line);
	size_t n;

	if (!pipe || (e != ERR_SYNTAX && e != ERR_NOTFOUND))
		return e;
	pipe += 1 + strspn(pipe + 1, " \t!");
	n = strcspn(pipe, " \t");
	const char *word = arena_strndup(&s->scratch, pipe, n);
	bool is = false;
	for (size_t i = 0; filter_names[i]; i++)
		is |= !strcmp(filter_names[i], word);
	for (size_t i = 0; shells[i]; i++)
		is |= !strcmp(shells[i], word);
	if (!is)
		return e;
	const char *why = arena_strdup(&s->scratch, err_msg());
	return err_set(e,
		"%s\nIn an expression `|' is C's; \"pipe %s\" feeds a shell "
		"command.",
		why, line_trim(line, strlen(line), &s->scratch));
}

static enum err run_line(struct session *s, const char *line, struct out *o)
{
	struct line_parts p = line_split(line, &s->scratch);
	const struct user_command *u;
	const struct cmd *c;
	const char *pipe;

	if (!p.name[0])
		return OK;
	u = script_user_command(s, p.name);
	if (u) {
		note_repeat(s, NULL, &p, line);
		return script_run_user(s, u, p.text, o);
	}
	c = cmd_find(p.name);
	if (!c)
		return unknown_line(s, line);
	note_repeat(s, c, &p, line);
	pipe = line_pipe(line);
	if (pipe && !takes_expression(s, c, p.text))
		return run_piped(s, line, pipe, o);
	enum err e = run_row(s, c, &p, o);
	return e && c->needs & CMD_EXPR ? tell_pipe(s, e, line) : e;
}

enum err cmd_run_to(struct session *s, const char *line, struct out *o)
{
	if (s->depth >= MAX_COMMAND_DEPTH)
		return err_set(ERR_LIMIT,
			"Commands inside commands, %d deep: stopped.",
			MAX_COMMAND_DEPTH);
	if (s->interrupted)
		return err_set(ERR_INTERRUPTED, "Interrupted.");
	s->depth++;
	enum err e = run_line(s, line, o);
	s->depth--;
	/* What was cut off by ^C does not pass for the whole. */
	if (!e && !s->depth && s->interrupted)
		e = err_set(ERR_INTERRUPTED, "Interrupted.");
	return e;
}

enum err cmd_run_text(struct session *s, const char *line, const char **ret)
{
	struct out *o = out_new_text(&s->scratch, false);

	out_hold(o, &s->output);
	TRY(cmd_run_to(s, line, o));
	*ret = out_result(o);
	return OK;
}

/* ---- the outside ---- */

static void put(struct session *s, const char *text)
{
	if (s->transcript_only && s->transcript)
		;
	else if (s->page)
		s->page(s, text);
	else
		fputs(text, stdout);
	if (s->transcript)
		fputs(text, s->transcript);
}

static void put_piece(void *session, const char *text)
{
	put(session, text);
}

/* A line of a definition does nothing yet, but who sent it waits. */
static void put_json_line(struct session *s, const char *line)
{
	struct out *o = out_new_json(&s->scratch);

	out_str(o, "command", line_trim(line, strlen(line), &s->scratch));
	out_bool(o, "ok", true);
	out_record(o, "result");
	put(s, out_result(o));
	put(s, "\n");
	fflush(stdout);
}

/* The line, or the if or while that has just been read. */
static enum err run_it(struct session *s, const char *line, struct out *o)
{
	enum err e = s->block ? script_run_block(s, o) : cmd_run_to(s, line, o);
	const char *changed =
		s->open && !s->depth ? changed_find(&s->image) : NULL;

	return changed ? err_set(ERR_BADDATA, "%s", changed) : e;
}

static enum err run_json(struct session *s, const char *line)
{
	struct out *o = out_new_json(&s->scratch);
	const char *command = line_trim(line, strlen(line), &s->scratch);

	out_hold(o, &s->output);
	out_str(o, "command", command);
	out_bool(o, "ok", true);
	out_record(o, "result");
	enum err e = run_it(s, line, o);
	if (e) {
		o = out_new_json(&s->scratch);
		out_str(o, "command", command);
		out_bool(o, "ok", false);
		out_record(o, "error");
		out_str(o, "code", err_code_name(e));
		out_str(o, "message", err_msg());
	}
	put(s, out_result(o));
	put(s, "\n");
	return e;
}

static enum err run_text(struct session *s, const char *line)
{
	struct out *o = out_new_text(&s->scratch, s->set.color);

	out_hold(o, &s->output);
	/* A pager wants to see how long it is. */
	if (!s->page)
		out_stream(o, put_piece, s);
	if (s->transcript)
		fprintf(s->transcript, "(cinspect) %s\n", line);
	enum err e = run_it(s, line, o);
	const char *text = out_result(o);
	put(s, text);
	if (e) {
		fflush(stdout);
		fprintf(stderr, "%s\n", err_msg());
		if (s->transcript)
			fprintf(s->transcript, "%s\n", err_msg());
	}
	return e;
}

/* What came to light while a command ran: a part of the debug info that is not
 * here.  Said once. */
static void tell_notes(struct session *s)
{
	for (; s->open && s->image.notes_told < s->image.nnotes;
		s->image.notes_told++)
		fprintf(stderr, "warning: %s\n",
			utf8_defused(s->image.notes[s->image.notes_told],
				&s->scratch));
}

enum err cmd_run(struct session *s, const char *line)
{
	enum err e;

	s->interrupted = 0;
	if (!s->defining && script_is_block(line)) {
		script_begin_block(s, line);
		if (s->set.json)
			put_json_line(s, line);
		return OK;
	}
	if (s->defining && !script_define_line(s, line)) {
		if (s->set.json)
			put_json_line(s, line);
		return OK;
	}
	if (!line[strspn(line, " \t\r\n")] ||
		line[strspn(line, " \t\r\n")] == '#')
		return OK;
	const char *changed =
		s->open && !s->depth ? changed_find(&s->image) : NULL;
	if (changed)
		fprintf(stderr, "warning: %s\n", changed);
	e = s->set.json ? run_json(s, line) : run_text(s, line);
	fflush(stdout);
	if (!s->depth) {
		tell_notes(s);
		arena_clear(&s->scratch);
		arena_clear(&s->output);
	}
	return e;
}
