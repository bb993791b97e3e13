/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns that texts take on a terminal. */
#include "inspect/out/width.h"
#include "tests/lib/tap.h"

static struct arena arena;

int main(void)
{
	is_int(width_of("abc"), 3, "letters");
	is_int(width_of("\303\251t\303\251"), 3, "letters of two bytes");
	is_int(width_of("e\314\201"), 1, "an accent after its letter");
	is_int(width_of("\346\227\245\346\234\254"), 4,
		"Chinese signs are wide");
	is_int(width_of("\360\237\221\215"), 2, "and so are pictures");
	is_int(width_of("\033[33mabc\033[m"), 3, "colours take no room");
	is_int(width_of("ab\tc"), 9, "a tab goes to the next eighth");
	is_int(width_of("\377\376"), 2, "bytes that are no characters");
	is_int(width_of("\033[3"), 0, "a sequence that is cut off");
	is_int(width_after("abc", 2, 5), 7, "from another column");
	is_int(width_padding("\346\227\245", 5), 3, "what is missing to five");
	is_int(width_padding("abcdef", 5), 0, "nothing, where it is longer");
	is_str(width_wrapped("one two three", 0, 0, 0, &arena), "one two three",
		"no end of the line: as it is");
	is_str(width_wrapped("one two three", 8, 0, 0, &arena),
		"one two\nthree", "the last word goes below");
	is_str(width_wrapped("one two three", 8, 4, 2, &arena),
		"one\n  two\n  three", "where it begins later, indented");
	is_str(width_wrapped("a verylongwordindeed b", 6, 0, 0, &arena),
		"a\nverylongwordindeed\nb", "a word that fits nowhere is kept");
	is_str(width_wrapped("one\ntwo three", 6, 0, 0, &arena),
		"one\ntwo\nthree", "lines that are there stay");
	arena_clear(&arena);
	return tap_done();
}
