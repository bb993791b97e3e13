/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A function that calls itself, alone or around a circle of a few, leaves
 * thousands of frames.  The first and the last turn are shown in full, since
 * what they were called with tells where it began and how it went; what is
 * between is counted.  Functions are compared, not pcs: a parser calls itself
 * from many lines.
 */
#include "inspect/cmd/fold.h"

#include "inspect/base/buf.h"

#include <stdbool.h>
#include <string.h>

enum {
	MAX_PERIOD = 8,  /* functions in a circle */
	MIN_FOLDED = 16, /* frames: fewer are read as they are */
};

static bool same_function(const struct frame *a, const struct frame *b)
{
	if (!a->function || !b->function || a->signal || b->signal)
		return false;
	return a->module == b->module && a->inlined == b->inlined &&
	       !strcmp(a->function, b->function);
}

/* How far the frames from i on repeat those a period before. */
static size_t repeats_until(
	const struct trace *t, size_t i, size_t to, size_t period)
{
	while (i < to && same_function(&t->frames[i], &t->frames[i - period]))
		i++;
	return i;
}

size_t fold_at(const struct trace *t, size_t from, size_t i, size_t to,
	size_t *ret_period)
{
	for (size_t p = 1; p <= MAX_PERIOD && from + p <= i; p++) {
		size_t turns = (repeats_until(t, i, to, p) - i) / p;
		size_t n = turns ? (turns - 1) * p : 0;

		if (n < MIN_FOLDED)
			continue;
		*ret_period = p;
		return n;
	}
	return 0;
}

static const char *with_commas(size_t n, char text[32])
{
	char *p = text + 31;

	*p = '\0';
	for (unsigned digits = 0; n || !digits; digits++, n /= 10) {
		if (digits && digits % 3 == 0)
			*--p = ',';
		*--p = (char)('0' + n % 10);
	}
	return p;
}

void fold_print(
	const struct trace *t, size_t i, size_t n, size_t period, struct out *o)
{
	char text[32];

	out_text(o, "#%u–#%u: %s × ", t->frames[i].level,
		t->frames[i + n - 1].level, with_commas(n / period, text));
	out_text(o, period > 1 ? "(" : "");
	for (size_t k = 0; k < period; k++)
		out_text(o, "%s%s", k ? ", " : "", t->frames[i + k].function);
	out_text(o, period > 1 ? ")\n" : "\n");
}
