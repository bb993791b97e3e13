/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A command line into its parts, and where a pipe begins. */
#include "inspect/cmd/line.h"
#include "tests/lib/tap.h"

static struct arena arena;

static void splits(const char *line, const char *name, const char *format,
	const char *text, const char *what)
{
	struct line_parts p = line_split(line, &arena);

	is_str(p.name, name, what);
	is_str(p.format, format, line);
	is_str(p.text, text, line);
}

/* The text from the pipe on; "" when there is none. */
static const char *piped(const char *line)
{
	const char *pipe = line_pipe(line);

	return pipe ? pipe : "";
}

int main(void)
{
	splits("", "", "", "", "an empty line has no name");
	splits("  # why", "", "", "", "a comment has no name");
	splits("bt", "bt", "", "", "a word alone");
	splits("  bt   5  ", "bt", "", "5", "blanks around");
	splits("p/x a", "p", "x", "a", "a format");
	splits("x/8gx &buf", "x", "8gx", "&buf", "a format with a count");
	splits("x/-3xw $sp", "x", "-3xw", "$sp", "a count that goes back");
	splits("p*q", "p", "", "*q", "the name ends at an operator");
	splits("p$rip", "p", "", "$rip", "or at a dollar");
	splits("core-file a", "core-file", "", "a", "a name with a dash");
	splits("!ls -l", "shell", "", "ls -l", "an exclamation mark");
	splits("| bt | wc", "pipe", "", "bt | wc", "a pipe in front");
	splits("...", "...", "", "", "what is no name is kept whole");

	is_str(piped("bt | grep x"), "| grep x", "a pipe");
	is_str(piped("bt |! wc"), "|! wc", "a pipe to the shell");
	is_str(piped("bt |grep x"), "|grep x", "a blank on one side");
	is_str(piped("funcs ^(a|b)$"), "", "a regular expression");
	is_str(piped("info line a || b"), "", "an operator of C");
	is_str(piped("echo \"a | b\""), "", "inside quotes");
	is_str(piped("echo a \\| b"), "", "behind a backslash");
	is_str(piped("| x"), "", "nothing in front");
	return tap_done();
}
