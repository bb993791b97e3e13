/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Views by type, from a file of declarations (docs/views.md):
 *
 *	view struct room_list {
 *		count
 *		rooms = each room in first by next : room->name
 *	}
 *
 * There are no commands in it: it can read the core and nothing else.
 */
#include "inspect/base/limits.h"
#include "inspect/model/shown.h"
#include "inspect/view/walk.h"

struct view_line {
	const char *label; /* NULL: none was given */
	const char *text;  /* of the expression, or after "each" */
	bool each;
};

struct view {
	struct view *next;
	const char *type; /* as it was written */
	const char *tag;  /* "struct", "union", "class", or NULL */
	const char *name; /* the rest of type; '*' and '?' are a pattern */
	const char *when; /* a condition, or NULL */
	struct view_line line[MAX_VIEW_ITEMS];
	size_t n;
	const char *file;
	unsigned at; /* its line there */
};

struct views {
	struct view *first; /* the newest first */
};

/*
 * Adds the views of a text; ERR_SYNTAX, "FILE:LINE: ...", adds none of them.
 * Everything that is kept is in the arena.
 */
enum err views_parse(
	struct views *, const char *file, const char *text, struct arena *);
/* Forgets those of a file. */
void views_forget(struct views *, const char *file);

/* One attempt to show a value. */
struct view_ctx {
	struct eval_env *env;
	unsigned limit; /* elements of a list; 0: none */
	size_t *left;   /* nodes that may still be looked at */
};

/* false: there is no view for the value's type.  What a view cannot compute
 * says why in its place. */
bool views_show(const struct views *, const struct view_ctx *,
	const struct value *, struct shown *ret);
