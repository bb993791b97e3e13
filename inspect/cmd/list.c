/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * list: ten lines around something, then the next ten, `-` for those before.
 * What it shows first is the line of the selected frame.
 */
#include "inspect/cmd/cmd.h"
#include "inspect/cmd/names.h"
#include "inspect/cmd/place.h"
#include "inspect/cmd/source.h"

#include <stdlib.h>
#include <string.h>

static int size(const struct session *s)
{
	return s->set.list_lines ? (int)s->set.list_lines : 10;
}

/* The line that "=>" stands at, if it is in that file. */
static int current_line(struct session *s, const char *file)
{
	struct frame *f;

	if (session_frame(s, &f) || !f->file || strcmp(f->file, file))
		return 0;
	return f->line;
}

static enum err lines(
	struct session *s, const char *file, int first, int last, struct out *o)
{
	if (!file)
		return err_set(ERR_NOTFOUND, "No line information there: the "
					     "code has no debug info.");
	return source_print(s, file, first, last, current_line(s, file), o);
}

static enum err around(struct session *s, const struct place *p, struct out *o)
{
	int first = p->line - size(s) / 2;

	if (first < 1)
		first = 1;
	return lines(s, p->file, first, first + size(s) - 1, o);
}

static enum err next(struct session *s, struct out *o)
{
	struct place p;

	if (!s->list_file) {
		TRY(place_default(s, &p));
		return around(s, &p, o);
	}
	return lines(
		s, s->list_file, s->list_last + 1, s->list_last + size(s), o);
}

static enum err previous(struct session *s, struct out *o)
{
	struct place p;
	int last;

	if (!s->list_file) {
		TRY(place_default(s, &p));
		return around(s, &p, o);
	}
	if (s->list_first <= 1)
		return err_set(ERR_NOTFOUND, "Already at the start of %s.",
			s->list_file);
	last = s->list_first - 1;
	return lines(s, s->list_file, last - size(s) + 1, last, o);
}

/* "a,b", "a," and ",b" */
static enum err range(
	struct session *s, const char *text, const char *comma, struct out *o)
{
	const char *left =
		arena_strndup(&s->scratch, text, (size_t)(comma - text));
	const char *right = comma + 1 + strspn(comma + 1, " \t");
	struct place from = { 0 }, to = { 0 };

	if (*left)
		TRY(place_find(s, left, &from));
	if (*right == '+' && from.line) {
		to = from;
		to.line += (int)strtol(right + 1, NULL, 10);
	} else if (*right) {
		const char *keep = s->list_file;

		if (from.file)
			s->list_file = from.file;
		enum err e = place_find(s, right, &to);
		s->list_file = keep;
		TRY(e);
	}
	if (!*left)
		return lines(s, to.file, to.line - size(s) + 1, to.line, o);
	if (!*right)
		return lines(
			s, from.file, from.line, from.line + size(s) - 1, o);
	if (to.line < from.line)
		return err_set(ERR_USAGE, "The range ends before it begins.");
	return lines(s, from.file, from.line, to.line, o);
}

static enum err run_list(struct session *s, struct args *a, struct out *o)
{
	const char *comma = strchr(a->text, ',');
	struct place p;

	if (!a->n || !strcmp(a->text, "+"))
		return next(s, o);
	if (!strcmp(a->text, "-"))
		return previous(s, o);
	if (!strcmp(a->text, ".")) {
		TRY(place_default(s, &p));
		return around(s, &p, o);
	}
	if (comma)
		return range(s, a->text, comma, o);
	TRY(place_find(s, a->text, &p));
	if (!p.file && p.function)
		return err_set(ERR_NOTFOUND,
			"Function \"%s\" has no debug info, so no source file "
			"is known.",
			p.function);
	return around(s, &p, o);
}

const struct cmd cmd_source[] = {
	{
		.name = "list",
		.alias = "ls l li",
		.usage = "[FUNCTION | FILE:LINE | FILE:FUNCTION | LINE | "
			 "*ADDRESS | A,B | - | .]",
		.summary = "Print source lines",
		.help = "Without argument: around the selected frame's line, "
			"then on; - goes\n"
			"back, . returns to the frame's line.\n"
			"    list room_book\n"
			"    list rooms.c:88\n"
			"    list 10,20",
		.run = run_list,
		.group = GROUP_SYMBOLS,
		.needs = CMD_CORE | CMD_REPEAT,
	},
	{ 0 },
};
