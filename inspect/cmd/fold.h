/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Runs of frames that a recursion left, told in one line of text. */
#include "inspect/out/out.h"
#include "inspect/stack/trace.h"

/*
 * How many frames from i on, before frame `to`, repeat what is shown before
 * them and again behind them; 0: none, or too few to be worth it.
 */
size_t fold_at(const struct trace *, size_t from, size_t i, size_t to,
	size_t *ret_period);
/* "#5–#10234: 10,230 × parse_expr" */
void fold_print(
	const struct trace *, size_t i, size_t n, size_t period, struct out *);
