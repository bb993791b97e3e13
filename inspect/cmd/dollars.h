/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What $1, $$, $foo, $rip and $_siginfo are, and the ones that can be set. */
#include "inspect/cmd/session.h"
#include "inspect/lang/eval.h"

/* The name comes without its dollar; one that was never set is void. */
enum err dollars_value(struct eval_env *, const char *name, struct value *ret);
/* ERR_UNSUPPORTED for a register. */
enum err dollars_assign(
	struct eval_env *, const char *name, const struct value *);
