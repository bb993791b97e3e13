/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* $_caller_is, $_caller_matches, $_any_caller_is, $_any_caller_matches. */
#include "inspect/lang/eval.h"

/* eval_env.call of a session's environment. */
enum err caller_call(struct eval_env *, const char *name,
	const struct value *args, size_t n, struct value *ret);
