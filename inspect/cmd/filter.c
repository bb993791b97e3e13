/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Filters work on lines of text.  The shell gets the text through an unlinked
 * file and not a pipe, so that neither side can block the other.
 */
#include "inspect/cmd/filter.h"

#include "inspect/base/cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct lines {
	const char **line;
	size_t n, cap;
};

static struct lines lines_of(const char *text, struct arena *arena)
{
	struct lines l = { 0 };

	while (*text) {
		size_t n = strcspn(text, "\n");

		l.line =
			arena_grow(arena, l.line, l.n, &l.cap, sizeof(*l.line));
		l.line[l.n++] = arena_strndup(arena, text, n);
		text += n + (text[n] == '\n');
	}
	return l;
}

static const char *lines_text(
	const struct lines *l, size_t from, size_t to, struct arena *arena)
{
	struct buf b = { .arena = arena };

	for (size_t i = from; i < to && i < l->n; i++)
		buf_printf(&b, "%s\n", l->line[i]);
	return buf_str(&b);
}

static enum err run_grep(struct session *s, const char *arg, struct lines *l)
{
	int flags = REG_EXTENDED | REG_NOSUB;
	bool invert = false;
	regex_t re;
	size_t n = 0;

	while (arg[0] == '-' && (arg[1] == 'v' || arg[1] == 'i')) {
		if (arg[1] == 'v')
			invert = true;
		else
			flags |= REG_ICASE;
		arg += 2;
		arg += strspn(arg, " \t");
	}
	if (!*arg)
		return err_set(ERR_USAGE, "grep needs a regular expression.");
	size_t len = strlen(arg);
	if (len > 1 && (arg[0] == '"' || arg[0] == '\'') &&
		arg[len - 1] == arg[0])
		arg = arena_strndup(&s->scratch, arg + 1, len - 2);
	int rc = regcomp(&re, arg, flags);
	if (rc) {
		char why[128];

		regerror(rc, &re, why, sizeof(why));
		return err_set(ERR_SYNTAX, "Bad regular expression \"%s\": %s.",
			arg, why);
	}
	for (size_t i = 0; i < l->n; i++)
		if ((regexec(&re, l->line[i], 0, NULL, 0) == 0) != invert)
			l->line[n++] = l->line[i];
	l->n = n;
	regfree(&re);
	return OK;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Lines that are equal become one, with their number in front. */
static void run_uniq(struct session *s, struct lines *l)
{
	size_t n = 0;

	qsort(l->line, l->n, sizeof(*l->line), by_text);
	for (size_t i = 0; i < l->n;) {
		size_t same = 1;

		while (i + same < l->n &&
			!strcmp(l->line[i], l->line[i + same]))
			same++;
		const char *line = l->line[i];
		i += same;
		l->line[n++] = arena_printf(&s->scratch, "%7zu %s", same, line);
	}
	l->n = n;
}

/* "5", "-5", "-n 5", "-n5" */
static enum err line_count(const char *name, const char *arg, size_t *ret)
{
	char *end;

	if (!*arg)
		return OK;
	const char *number = arg + (*arg == '-');
	if (*arg == '-' && *number == 'n')
		number += 1 + strspn(number + 1, " \t");
	*ret = strtoul(number, &end, 10);
	if (*number < '0' || *number > '9' || end[strspn(end, " \t")])
		return err_set(ERR_USAGE,
			"%s takes a number of lines, not \"%s\".", name, arg);
	return OK;
}

const char *const filter_names[] = { "grep", "head", "tail", "count", "sort",
	"uniq", NULL };

enum err filter_run(struct session *s, const char *filter, const char *text,
	const char **ret)
{
	struct lines l = lines_of(text, &s->scratch);
	size_t word = strcspn(filter, " \t");
	const char *name = arena_strndup(&s->scratch, filter, word);
	const char *arg = filter + word + strspn(filter + word, " \t");
	size_t count = 10;

	if (!strcmp(name, "head") || !strcmp(name, "tail"))
		TRY(line_count(name, arg, &count));
	if (!strcmp(name, "grep")) {
		TRY(run_grep(s, arg, &l));
	} else if (!strcmp(name, "head")) {
		l.n = count < l.n ? count : l.n;
	} else if (!strcmp(name, "tail")) {
		size_t skip = count < l.n ? l.n - count : 0;
		l.line += skip;
		l.n -= skip;
	} else if (!strcmp(name, "count")) {
		*ret = arena_printf(&s->scratch, "%zu\n", l.n);
		return OK;
	} else if (!strcmp(name, "sort")) {
		qsort(l.line, l.n, sizeof(*l.line), by_text);
	} else if (!strcmp(name, "uniq")) {
		run_uniq(s, &l);
	} else {
		return err_set(ERR_NOTFOUND,
			"No filter \"%s\": there are grep, head, tail, count, "
			"sort, uniq; '|!' feeds a shell command.",
			name);
	}
	*ret = lines_text(&l, 0, l.n, &s->scratch);
	return OK;
}

static enum err read_all(int fd, struct arena *arena, const char **ret)
{
	struct buf b = { .arena = arena };
	char chunk[8192];
	ssize_t n;

	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_sys("cannot read the shell's output");
		buf_add(&b, chunk, (size_t)n);
	}
	*ret = buf_str(&b);
	return OK;
}

/* The terminal is the command's: it may be an editor, or less. */
static bool has_terminal(const struct session *s)
{
	return s->page && s->depth == 1 && !s->transcript && !s->set.json;
}

static pid_t start_shell(const char *command, int in, int out)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	signal(SIGINT, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	if (in >= 0)
		dup2(in, 0);
	if (out >= 0)
		dup2(out, 1);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

static void wait_shell(struct session *s, pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return;
	s->shell_ran = true;
	s->shell_status = WIFEXITED(status) ? WEXITSTATUS(status)
					    : 128 + WTERMSIG(status);
}

/* ^C and ^\ are for the command alone while it has the terminal. */
static enum err run_on_terminal(struct session *s, const char *command, int in)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old_int, old_quit;

	fflush(stdout);
	sigaction(SIGINT, &ignore, &old_int);
	sigaction(SIGQUIT, &ignore, &old_quit);
	pid_t pid = start_shell(command, in, -1);
	if (pid > 0)
		wait_shell(s, pid);
	sigaction(SIGINT, &old_int, NULL);
	sigaction(SIGQUIT, &old_quit, NULL);
	return pid < 0 ? err_sys("cannot start a shell") : OK;
}

static enum err run_captured(
	struct session *s, const char *command, int in, const char **ret)
{
	int out[2];

	if (pipe2(out, O_CLOEXEC))
		return err_sys("pipe");
	_cleanup_(close) int from = out[0];
	pid_t pid = start_shell(command, in, out[1]);
	close(out[1]);
	if (pid < 0)
		return err_sys("cannot start a shell");
	enum err e = read_all(from, &s->scratch, ret);
	wait_shell(s, pid);
	return e;
}

enum err filter_shell(struct session *s, const char *command, const char *text,
	const char **ret)
{
	_cleanup_(fclose) FILE *in = NULL;

	*ret = "";
	if (text) {
		size_t n = strlen(text);

		in = tmpfile();
		if (!in || fwrite(text, 1, n, in) != n || fflush(in))
			return err_sys("cannot write a temporary file");
		rewind(in);
		lseek(fileno(in), 0, SEEK_SET);
	}
	int fd = in ? fileno(in) : -1;
	return has_terminal(s) ? run_on_terminal(s, command, fd)
			       : run_captured(s, command, fd, ret);
}
