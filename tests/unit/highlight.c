/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Source text in colours: nothing of it is lost, and the colours are right. */
#include "inspect/cmd/highlight.h"
#include "tests/lib/tap.h"

#include <stdlib.h>

static struct arena arena;

/* Escape sequences as "<33>" and "<>". */
static const char *shown(struct highlight *h, const char *line)
{
	struct out *o = out_new_text(&arena, true);
	struct buf b = { .arena = &arena };

	highlight_line(h, line, o);
	for (const char *s = out_result(o); *s; s++) {
		if (*s != '\033') {
			buf_putc(&b, *s);
			continue;
		}
		buf_putc(&b, '<');
		for (s += 2; *s != 'm'; s++)
			buf_putc(&b, *s);
		buf_putc(&b, '>');
	}
	return buf_str(&b);
}

static void words(void)
{
	struct highlight h = { 0 };

	is_str(shown(&h, "int x = 1;"), "<36>int<> x = 1;", "a keyword");
	is_str(shown(&h, "printf(x);"), "printf(x);", "not inside of a word");
	is_str(shown(&h, "f(\"a \\\" b\", 'c');"),
		"f(<32>\"a \\\" b\"<>, <32>'c'<>);", "strings, characters");
	is_str(shown(&h, "#include <x.h>"), "<34>#include<> <x.h>",
		"a directive");
	is_str(shown(&h, "a / b; // int"), "a / b; <2>// int<>",
		"a comment to the end of the line");
	is_str(shown(&h, "\"/* no\" x"), "<32>\"/* no\"<> x",
		"none inside of a string");
	is_str(shown(&h, "&'a str"), "&<32>'<>a str", "a lifetime of Rust's");
	is_str(shown(&h, ""), "", "an empty line");
}

static void comments(void)
{
	struct highlight h = { 0 };

	is_str(shown(&h, "x; /* int"), "x; <2>/* int<>", "a comment begins");
	ok(h.comment, "and goes on");
	is_str(shown(&h, "if \"x"), "<2>if \"x<>", "in the next line");
	is_str(shown(&h, "# */ int"), "<2># */<> <36>int<>", "and ends");
	ok(!h.comment, "for good");
	highlight_line(&h, "/* one */ /* two", NULL);
	ok(h.comment, "the last one counts, when lines are only followed");
}

/* Every byte of our own source, in its order. */
static void all(void)
{
	FILE *f = fopen(__FILE__, "re");
	struct highlight h = { 0 };
	size_t cap = 0, lines = 0, same = 0;
	char *line = NULL;

	while (f && getline(&line, &cap, f) >= 0) {
		struct buf b = { .arena = &arena };
		struct out *o = out_new_text(&arena, true);

		line[strcspn(line, "\n")] = '\0';
		highlight_line(&h, line, o);
		for (const char *s = out_result(o); *s; s++)
			if (*s == '\033')
				s += strcspn(s, "m");
			else
				buf_putc(&b, *s);
		lines++;
		same += !strcmp(buf_str(&b), line);
	}
	ok(lines > 50, "this file is here");
	is_int(same, lines, "its lines are themselves without the colours");
	free(line);
	if (f)
		fclose(f);
}

int main(void)
{
	words();
	comments();
	all();
	arena_clear(&arena);
	return tap_done();
}
