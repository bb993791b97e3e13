/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What TAB offers depends on where the word stands: the first word is a
 * command; after "." or "->" a member of the value in front of it; in an
 * expression a variable or function; otherwise what the command takes.  Words
 * come from inspect/cmd, this file only speaks readline.
 */
#include "inspect/ui/complete.h"

#include "inspect/cmd/candidates.h"

#include <stdlib.h>
#include <string.h>

#include <readline/readline.h>

static struct session *current;
static const struct candidates *list;
static size_t next;

static char *generate(const char *text, int state)
{
	(void)text;
	if (!state)
		next = 0;
	return next < list->n ? strdup(list->word[next++]) : NULL;
}

static char **complete(const char *text, int start, int end)
{
	char *before = strndup(rl_line_buffer, (size_t)start);
	struct candidates c;

	(void)end;
	rl_attempted_completion_over = 1;
	candidates_find(current, before, text, &c);
	free(before);
	if (c.files) {
		arena_clear(&current->scratch);
		rl_attempted_completion_over = 0;
		return NULL;
	}
	rl_completion_append_character = c.open ? '\0' : ' ';
	list = &c;
	char **matches = rl_completion_matches(text, generate);
	list = NULL;
	/* The first is what TAB types. */
	if (matches && strlen(matches[0]) > c.common)
		matches[0][c.common] = '\0';
	arena_clear(&current->scratch);
	return matches;
}

/* Where a word begins: paths go back to a blank. */
static char *break_characters(void)
{
	static char in_paths[] = " \t\n";
	char *before = strndup(rl_line_buffer, (size_t)rl_point);
	size_t n = strlen(before);

	while (n && !strchr(in_paths, before[n - 1]))
		n--;
	before[n] = '\0';
	bool paths = candidates_are_paths(current, before);
	free(before);
	arena_clear(&current->scratch);
	return paths ? in_paths : NULL;
}

void complete_install(struct session *s)
{
	current = s;
	/* A member's word begins with the value that it belongs to. */
	rl_basic_word_break_characters = " \t\n\"'`@$<=;|&{(*+/,![?";
	rl_completer_word_break_characters =
		(char *)rl_basic_word_break_characters;
	rl_completion_word_break_hook = break_characters;
	rl_attempted_completion_function = complete;
}
