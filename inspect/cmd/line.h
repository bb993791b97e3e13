/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A command line into its parts: name, /format, arguments; and where a pipe
 * begins.
 */
#include "inspect/base/arena.h"

#include <stdbool.h>
#include <stddef.h>

struct line_parts {
	const char *name;   /* "" for an empty line or a comment */
	const char *format; /* after the slash, "" */
	const char *text;   /* the rest, trimmed */
};

struct line_parts line_split(const char *line, struct arena *);
/* The first '|' outside of quotes that is a pipe; NULL: none. */
const char *line_pipe(const char *text);
/* Up to the first comma outside of brackets and quotes, or to the end. */
size_t line_comma(const char *text);
/* Without blanks at both ends. */
char *line_trim(const char *text, size_t n, struct arena *);
