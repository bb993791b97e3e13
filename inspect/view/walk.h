/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Through the nodes of a list, a tree, an array, and of what they lead to.
 * Every walk ends: at its end, at a node that was there already, at a limit,
 * at memory that is not there, at ^C.
 */
#include "inspect/model/shown.h"
#include "inspect/view/clause.h"

struct walk {
	struct eval_env *env;           /* the program's */
	const struct view_names *outer; /* bound around the walk, or NULL */
	struct clause *clause;
	const struct clause_body *body;
	unsigned limit; /* elements in the result; 0: none */
	size_t *left;   /* nodes that may still be looked at */
};

/*
 * A SHOWN_LIST of the elements, in the environment's scratch arena.  Fails
 * when there is no list at all; what breaks off says why in the result, but
 * for ERR_INTERRUPTED.
 */
enum err walk_run(struct walk *, struct shown *ret);
/* What an element shows: body's expressions; names are bound. */
enum err walk_body(
	const struct clause_body *, struct view_env *, struct shown *ret);
