/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What bt tells of a recursion in one line. */
#include "inspect/cmd/fold.h"
#include "tests/lib/tap.h"

enum { MANY = 100 };

static struct frame frames[MANY];
static struct trace trace = { .frames = frames, .n = MANY };

/* Frames whose functions are the letters, over and over. */
static void fill(size_t from, size_t to, const char *letters)
{
	static const char *const name[] = { "a", "b", "c", "d" };
	size_t n = strlen(letters);

	for (size_t i = from; i < to; i++) {
		frames[i].level = (unsigned)i;
		frames[i].function = name[letters[(i - from) % n] - 'a'];
	}
}

static size_t folded(size_t i, size_t *ret_period)
{
	*ret_period = 0;
	return fold_at(&trace, 0, i, MANY, ret_period);
}

int main(void)
{
	size_t period;

	fill(0, 10, "d");
	fill(10, 90, "a");
	fill(90, MANY, "d");
	is_int(folded(0, &period), 0, "the first frame is shown");
	is_int(folded(1, &period), 0, "a few are read as they are");
	is_int(folded(10, &period), 0, "the innermost of many is shown");
	is_int(folded(11, &period), 78, "those between are folded");
	is_int(period, 1, "of one function");
	is_int(fold_at(&trace, 11, 11, MANY, &period), 0,
		"the first that is shown is not folded");
	is_int(fold_at(&trace, 0, 11, 20, &period), 0,
		"nor what will not be shown");
	fill(10, 90, "abc");
	is_int(folded(13, &period), 72, "whole turns of a circle");
	is_int(period, 3, "of three functions");
	frames[50].signal = true;
	is_int(folded(13, &period), 33, "a signal ends it");
	frames[50].signal = false;
	frames[50].function = NULL;
	is_int(folded(13, &period), 33, "so does what has no name");

	struct arena arena = { 0 };
	struct out *o = out_new_text(&arena, false);

	fold_print(&trace, 13, 36, 3, o);
	is_str(out_result(o), "#13–#48: 12 × (a, b, c)\n", "its line");
	return tap_done();
}
