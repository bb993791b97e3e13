/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * gdb's habits: the name ends at the first character that cannot belong to one
 * ("p*x", "x/8gx", "p$rip"), '!' is the shell, a leading '|' is pipe.
 */
#include "inspect/cmd/line.h"

#include <ctype.h>
#include <string.h>

char *line_trim(const char *text, size_t n, struct arena *arena)
{
	while (n && isspace((unsigned char)*text)) {
		text++;
		n--;
	}
	while (n && isspace((unsigned char)text[n - 1]))
		n--;
	return arena_strndup(arena, text, n);
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '-';
}

struct line_parts line_split(const char *line, struct arena *arena)
{
	struct line_parts p = { "", "", "" };
	const char *s = line + strspn(line, " \t\r\n");

	if (!*s || *s == '#')
		return p;
	if (*s == '!' || *s == '|') {
		p.name = *s == '!' ? "shell" : "pipe";
		p.text = line_trim(s + 1, strlen(s + 1), arena);
		return p;
	}
	size_t n = 0;
	while (is_name(s[n]))
		n++;
	if (!n) /* not a name: the whole word, for the sentence */
		n = strcspn(s, " \t\r\n");
	p.name = arena_strndup(arena, s, n);
	s += n;
	if (*s == '/') {
		for (n = 1; isalnum((unsigned char)s[n]) || s[n] == '-';)
			n++;
		p.format = arena_strndup(arena, s + 1, n - 1);
		s += n;
	}
	p.text = line_trim(s, strlen(s), arena);
	return p;
}

/* "funcs a|b" is a regular expression: a pipe has a blank at its side, an
 * exclamation mark behind it, or the command's bare name before it. */
static bool is_pipe(const char *text, const char *s)
{
	bool twice = s[1] == '|' || (s > text && s[-1] == '|');
	const char *name = text + strspn(text, " \t");

	while (is_name(*name))
		name++;
	return !twice && s > text &&
	       (s[1] == '!' || isspace((unsigned char)s[1]) ||
		       isspace((unsigned char)s[-1]) || s == name);
}

const char *line_pipe(const char *text)
{
	char quote = 0;

	for (const char *s = text; *s; s++) {
		if (*s == '\\' && s[1]) {
			s++;
		} else if (quote) {
			if (*s == quote)
				quote = 0;
		} else if (*s == '"' || *s == '\'') {
			quote = *s;
		} else if (*s == '|' && is_pipe(text, s)) {
			return s;
		}
	}
	return NULL;
}

size_t line_comma(const char *text)
{
	const char *s = text;
	int depth = 0;
	char quote = 0;

	for (; *s; s++) {
		if (quote) {
			if (*s == '\\' && s[1])
				s++;
			else if (*s == quote)
				quote = 0;
		} else if (*s == '"' || *s == '\'') {
			quote = *s;
		} else if (strchr("([{", *s)) {
			depth++;
		} else if (strchr(")]}", *s)) {
			depth--;
		} else if (*s == ',' && depth <= 0) {
			break;
		}
	}
	return (size_t)(s - text);
}
