/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Tree to value; the files that evaluate one kind of node come back to it. */
#include "inspect/lang/parse.h"

struct evaluator {
	struct eval_env *env;
	struct value_ctx *values; /* env's own, or over the full memory */
	bool types_only;
};

enum { SOMEWHERE = 0x10000 }; /* an address in the full memory */

enum err evaluate(struct evaluator *, const struct node *, struct value *ret);
/* The type alone; nothing of the program is read. */
enum err evaluate_type(
	struct evaluator *, const struct node *, const struct type **ret);
