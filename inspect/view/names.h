/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The names that an element of a walk brings with it: its variable, and the
 * members of what it is, so that `next` alone means node->next.
 */
#include "inspect/lang/eval.h"

struct view_names {
	const struct view_names *outer; /* of the walk around it; NULL: none */
	const char *name;               /* NULL: only its members */
	struct value value;
	bool members; /* of value, or of what it points to, by their names */
};

/* An environment in which these names hide those of the program. */
struct view_env {
	struct eval_env env; /* for eval_text() and parse() */
	struct eval_env *program;
	const struct view_names *names;
};

void view_env_init(struct view_env *, struct eval_env *program);

/* An expression, parsed at its first use and used for many elements. */
struct view_expr {
	const char *text; /* NULL: none was given */
	struct node *tree;
};

enum err view_eval(struct view_env *, struct view_expr *, struct value *ret);
/* To an address or an integer; a structure stands for its address. */
enum err view_eval_int(struct view_env *, struct view_expr *, int64_t *ret);
