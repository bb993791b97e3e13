/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * GDB's convenience functions, as far as a core has an answer: $_strlen(s),
 * $_streq(a, b), $_memeq(a, b, n), $_regex(s, re), $_isvoid(x),
 * $_as_string(enum).  Those that look at frames are the environment's.
 */
#include "inspect/lang/eval.h"

#include <stddef.h>

/* name without its dollar; ERR_NOTFOUND: there is no such function. */
enum err function_call(struct eval_env *, const char *name,
	const struct value *args, size_t n, struct value *ret);
/* The text that a char array or a pointer to characters stands for. */
enum err function_text(
	const struct value *, struct value_ctx *, const char **ret);
