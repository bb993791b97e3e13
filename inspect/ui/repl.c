/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * readline keeps the terminal in raw mode, so it is started for a terminal
 * only; a pipe is read line by line, and each answer is flushed before the
 * next line is read: a program that drives us waits for it.
 *
 * ^C at the prompt drops the line; in a command it sets a flag that memory
 * reads and loops look at.
 *
 * readline looks at signals now and then while it waits for a key, and tells us
 * of those alone that end the wait itself: one that comes a moment before it
 * would leave the line as it was.  So we wait for it, with all signals blocked
 * but in the wait.  readline 8.2 also leaves SIGTTOU blocked after ^C
 * (signals.c), which every command that is started would inherit: the mask is
 * ours again after each line.
 */
#include "inspect/ui/repl.h"

#include "inspect/base/cleanup.h"
#include "inspect/cmd/cmd.h"
#include "inspect/cmd/script.h"
#include "inspect/ui/complete.h"
#include "inspect/ui/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <readline/history.h>
#include <readline/readline.h>

enum { HISTORY_LINES = 10000 };

#define PROMPT "(cinspect) "
#define MORE ">" /* of what goes on */

static struct session *current;
static volatile sig_atomic_t resumed;
static bool dropped;  /* a line, by ^C: what it went on from is, too */
static sigset_t mask; /* of signals, as it was when we were started */

static void on_interrupt(int sig)
{
	(void)sig;
	if (current)
		current->interrupted = 1;
}

static void on_resume(int sig)
{
	(void)sig;
	resumed = 1;
}

void repl_catch_interrupt(struct session *s)
{
	struct sigaction sa = { .sa_handler = on_interrupt };

	current = s;
	sigaction(SIGINT, &sa, NULL);
	sigprocmask(SIG_BLOCK, NULL, &mask);
	sigdelset(&mask, SIGINT); /* whoever starts us may have blocked it */
	sigprocmask(SIG_SETMASK, &mask, NULL);
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

/* Each line is kept at once: a session may be killed, and of two at the same
 * time neither overwrites what the other has added. */
static void keep_line(const char *history, const char *line)
{
	int fd = history ? open(history,
				   O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
				   0600)
			 : -1;

	add_history(line);
	if (fd < 0)
		return;
	close(fd);
	append_history(1, history);
}

/* A line under ^C starts over, and after ^Z and fg the prompt is shown again.
 */
static void take_signals(void)
{
	sigprocmask(SIG_SETMASK, &mask, NULL);
	rl_check_signals();
	sigprocmask(SIG_SETMASK, &mask, NULL);
	if (resumed) {
		resumed = 0;
		rl_forced_update_display();
	}
	if (current->interrupted) {
		current->interrupted = 0;
		dropped = true;
		script_abandon(current);
		rl_set_prompt(PROMPT);
		rl_free_line_state();
		fputs("\n", rl_outstream);
		rl_replace_line("", 0);
		rl_on_new_line();
		rl_redisplay();
	}
}

/* readline's way to read a key. */
static int read_key(FILE *from)
{
	struct pollfd key = { .fd = fileno(from), .events = POLLIN };
	sigset_t all;
	int n = -1;

	sigfillset(&all);
	while (n < 0) {
		sigprocmask(SIG_SETMASK, &all, NULL);
		if (!rl_pending_signal() && !resumed && !current->interrupted)
			n = ppoll(&key, 1, NULL, &mask);
		if (n < 0)
			take_signals();
	}
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return rl_getc(from);
}

/* The window may have another size than a command ago. */
static void note_width(struct session *s)
{
	struct winsize ws;

	if (!s->set.width_set && !ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws))
		s->set.width = ws.ws_col;
}

static void run_typed(struct session *s, const char *history, const char *line)
{
	if (!line[strspn(line, " \t")] && !s->defining) {
		if (s->repeat)
			(void)!cmd_run(s, s->repeat);
		return;
	}
	if (!history_length ||
		strcmp(history_get(history_base + history_length - 1)->line,
			line))
		keep_line(history, line);
	note_width(s);
	/* The dispatcher has told. */
	(void)!cmd_run(s, line);
}

/* What a terminal pastes comes as one line with all its newlines. */
static void run_pasted(struct session *s, const char *history, const char *text,
	struct arena *arena)
{
	while (*text && !s->quit) {
		struct buf line = { .arena = arena };
		bool goes_on = true;

		while (goes_on && *text) {
			size_t n = strcspn(text, "\r\n");

			goes_on = n && text[n - 1] == '\\' && text[n];
			buf_add(&line, text, n - goes_on);
			text += n;
			text += strspn(text, "\r");
			text += *text == '\n';
		}
		if (line.n)
			run_typed(s, history, buf_str(&line));
		if (s->interrupted) /* ^C is meant for all of it */
			break;
	}
}

/* readline asks the locale what a character is; where it is the one without
 * any, names of programs are UTF-8 all the same. */
static void use_characters(void)
{
	const char *locale = setlocale(LC_CTYPE, "");

	if (!locale || !strcmp(locale, "C") || !strcmp(locale, "POSIX"))
		setlocale(LC_CTYPE, "C.UTF-8");
}

/* A backslash at the end of a line asks for more of it.  NULL: ^D. */
static const char *typed_line(struct session *s, struct arena *arena)
{
	struct buf whole = { .arena = arena };
	const char *prompt = s->defining ? MORE : PROMPT;

	for (;; prompt = MORE) {
		s->interrupted = 0; /* meant for what has ended */
		_cleanup_(free) char *line = readline(prompt);
		sigprocmask(SIG_SETMASK, &mask, NULL);
		size_t n = line ? strlen(line) : 0;

		if (!line && !whole.n)
			return NULL;
		if (dropped)
			whole.n = 0;
		dropped = false;
		if (!n || line[n - 1] != '\\') {
			buf_add(&whole, n ? line : "", n);
			return buf_str(&whole);
		}
		buf_add(&whole, line, n - 1);
	}
}

static void run_terminal(struct session *s)
{
	const char *history = history_file(s);
	struct sigaction sa = { .sa_handler = on_resume };

	use_characters();
	rl_readline_name = "cinspect";
	rl_catch_signals = 1;
	rl_getc_function = read_key;
	sigaction(SIGCONT, &sa, NULL);
	complete_install(s);
	s->page = pager_show;
	using_history();
	stifle_history(HISTORY_LINES);
	if (history)
		read_history(history);
	s->repeat = NULL; /* what -ex did was not typed */
	while (!s->quit) {
		struct arena words = { 0 };
		const char *line = typed_line(s, &words);

		if (line && strpbrk(line, "\r\n"))
			run_pasted(s, history, line, &words);
		else if (line)
			run_typed(s, history, line);
		else
			putchar('\n');
		arena_clear(&words);
		if (!line)
			break;
	}
	if (history)
		history_truncate_file(history, HISTORY_LINES);
}

static void run_pipe(struct session *s)
{
	const char *line;
	unsigned number = 0;

	while (!s->quit) {
		line = script_read_line(stdin, &s->scratch, &number);
		if (!line) {
			/* An interrupt that came when nothing ran. */
			if (!s->interrupted || feof(stdin))
				break;
			s->interrupted = 0;
			clearerr(stdin);
			continue;
		}
		if (cmd_run(s, line))
			s->failed = true;
	}
	if (script_finish(s, "standard input")) {
		fprintf(stderr, "%s\n", err_msg());
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
