/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What the program's source calls the value that a finding is about. */
#include "inspect/why/why.h"

enum expression_truth {
	EXPRESSION_WRONG,  /* it is no pointer, or another one now */
	EXPRESSION_ABSENT, /* a pointer whose value is not known any more */
	EXPRESSION_RIGHT,  /* it has that value */
};

/* Evaluates an expression in a frame, by its index in the trace. */
struct expression_check {
	enum expression_truth (*fn)(
		void *ctx, size_t frame, const char *text, uint64_t value);
	void *ctx;
};

/* After why_find(), of the same trace: fills expression, and says it in the
 * text, where it is certain. */
void expression_find(struct image *, const struct trace *, struct arena *,
	const struct expression_check *, struct why *);
