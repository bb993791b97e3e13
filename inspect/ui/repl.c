/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * readline keeps the terminal in raw mode, so it is started for a terminal
 * only; a pipe is read line by line, and each answer is flushed before the
 * next line is read: a program that drives us waits for it.
 *
 * ^C at the prompt drops the line; in a command it sets a flag that memory
 * reads and loops look at.
 */
#include "inspect/ui/repl.h"

#include "inspect/base/cleanup.h"
#include "inspect/cmd/cmd.h"
#include "inspect/ui/complete.h"
#include "inspect/ui/pager.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include <readline/history.h>
#include <readline/readline.h>

enum { HISTORY_LINES = 10000 };

static struct session *current;

static void on_interrupt(int sig)
{
	(void)sig;
	if (current)
		current->interrupted = 1;
}

void repl_catch_interrupt(struct session *s)
{
	struct sigaction sa = { .sa_handler = on_interrupt };

	current = s;
	sigaction(SIGINT, &sa, NULL);
}

/* $XDG_STATE_HOME/cinspect/history, its folders made; NULL: nowhere. */
static const char *history_file(struct session *s)
{
	const char *state = getenv("XDG_STATE_HOME");
	const char *home = getenv("HOME");
	char *path;

	if (state && state[0] == '/')
		path = arena_printf(&s->life, "%s/cinspect", state);
	else if (home && home[0] == '/')
		path = arena_printf(&s->life, "%s/.local/state/cinspect", home);
	else
		return NULL;
	for (char *p = path + 1; *p; p++)
		if (*p == '/') {
			*p = '\0';
			mkdir(path, 0755);
			*p = '/';
		}
	mkdir(path, 0700);
	return arena_printf(&s->life, "%s/history", path);
}

/* readline calls it while it waits: a line under ^C starts over. */
static int drop_line(void)
{
	if (current && current->interrupted) {
		current->interrupted = 0;
		rl_free_line_state();
		rl_cleanup_after_signal();
		fputs("^C\n", rl_outstream);
		rl_replace_line("", 0);
		rl_on_new_line();
		rl_reset_after_signal();
		rl_redisplay();
	}
	return 0;
}

static void run_typed(struct session *s, const char *line)
{
	if (!line[strspn(line, " \t")] && !s->defining) {
		if (s->repeat)
			(void)!cmd_run(s, s->repeat);
		return;
	}
	if (!history_length ||
		strcmp(history_get(history_base + history_length - 1)->line,
			line))
		add_history(line);
	/* The dispatcher has told. */
	(void)!cmd_run(s, line);
}

static void run_terminal(struct session *s)
{
	const char *history = history_file(s);

	rl_readline_name = "cinspect";
	rl_catch_signals = 0;
	rl_signal_event_hook = drop_line;
	complete_install(s);
	s->page = pager_show;
	using_history();
	stifle_history(HISTORY_LINES);
	if (history)
		read_history(history);
	while (!s->quit) {
		_cleanup_(free) char *line =
			readline(s->defining ? ">" : "(cinspect) ");

		if (!line) {
			putchar('\n');
			break;
		}
		run_typed(s, line);
	}
	if (history)
		write_history(history);
}

static void run_pipe(struct session *s)
{
	_cleanup_(free) char *line = NULL;
	size_t cap = 0;

	while (!s->quit) {
		if (getline(&line, &cap, stdin) < 0) {
			/* An interrupt that came when nothing ran. */
			if (!s->interrupted || feof(stdin))
				break;
			s->interrupted = 0;
			clearerr(stdin);
			continue;
		}
		line[strcspn(line, "\r\n")] = '\0';
		if (cmd_run(s, line))
			s->failed = true;
	}
}

/* No answer is none. */
bool repl_ask(struct session *s, const char *question)
{
	_cleanup_(free) char *line = NULL;
	size_t cap = 0;

	(void)s;
	for (int times = 0; times < 3; times++) {
		fputs(question, stdout);
		fflush(stdout);
		if (getline(&line, &cap, stdin) < 0)
			break;
		if (line[0] == 'y' || line[0] == 'Y')
			return true;
		if (line[0] == 'n' || line[0] == 'N')
			return false;
	}
	return false;
}

void repl_run(struct session *s)
{
	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && !s->set.json)
		run_terminal(s);
	else
		run_pipe(s);
}
