/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How long a report takes: latency ROUNDS SIGNAL COMMAND [ARG...]
 *
 * Starts the command, waits for its line "ready", sends it the signal, and
 * reads what it writes to standard error until it is dead.  Prints medians in
 * ms since the signal was sent: of the first whole line, of the last byte, of
 * the process' end (it is reaped); the lines, and the last one's beginning,
 * by which one sees whether the report was whole.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_ROUNDS = 100, MAX_LINE = 48 };

struct report {
	double sent, first, last, end;
	long lines;
	char line[MAX_LINE]; /* the one that is being read, or the last */
	size_t used;
	char last_line[MAX_LINE];
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void take(struct report *r, const char *text, size_t n)
{
	r->last = now();
	for (size_t i = 0; i < n; i++) {
		if (text[i] != '\n') {
			if (r->used < MAX_LINE - 1)
				r->line[r->used++] = text[i];
			continue;
		}
		if (!r->lines++)
			r->first = r->last;
		r->line[r->used] = 0;
		if (r->used)
			memcpy(r->last_line, r->line, r->used + 1);
		r->used = 0;
	}
}

/* The command, with pipes for its input, output and errors. */
static pid_t start(char **command, int *in, int *out, int *err)
{
	int i[2], o[2], e[2];
	pid_t pid;

	if (pipe(i) || pipe(o) || pipe(e) || (pid = fork()) < 0) {
		perror("latency");
		exit(1);
	}
	if (pid == 0) {
		dup2(i[0], 0);
		dup2(o[1], 1);
		dup2(e[1], 2);
		for (int fd = 3; fd < 20; fd++)
			close(fd);
		execvp(command[0], command);
		_exit(127);
	}
	close(i[0]);
	close(o[1]);
	close(e[1]);
	*in = i[1];
	*out = o[0];
	*err = e[0];
	return pid;
}

static void wait_ready(int out)
{
	char c = 0;

	while (read(out, &c, 1) == 1 && c != '\n')
		;
	if (c != '\n') {
		fprintf(stderr, "latency: the command never was ready\n");
		exit(1);
	}
	usleep(100000);
}

static struct report measure(int sig, char **command)
{
	static char text[1 << 16];
	struct report r = { 0 };
	int in, out, err, status;
	pid_t pid = start(command, &in, &out, &err);

	wait_ready(out);
	r.sent = now();
	kill(pid, sig);
	for (;;) {
		ssize_t n = read(err, text, sizeof(text));

		if (n > 0)
			take(&r, text, n);
		else if (n == 0 || errno != EINTR)
			break;
	}
	waitpid(pid, &status, 0);
	r.end = now();
	close(in);
	close(out);
	close(err);
	/* Not always of the same one: Go turns SIGQUIT into SIGABRT. */
	if (!WIFSIGNALED(status)) {
		fprintf(stderr, "latency: ended with %#x, not of a signal\n",
			status);
		exit(1);
	}
	return r;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median(double *v, int n)
{
	qsort(v, n, sizeof(*v), by_size);
	return v[n / 2];
}

int main(int argc, char **argv)
{
	static double first[MAX_ROUNDS], last[MAX_ROUNDS], end[MAX_ROUNDS];
	int rounds = argc > 3 ? atoi(argv[1]) : 0;
	struct report r;

	if (rounds < 1 || rounds > MAX_ROUNDS) {
		fprintf(stderr, "usage: latency ROUNDS SIGNAL COMMAND...\n");
		return 2;
	}
	for (int i = 0; i < rounds; i++) {
		r = measure(atoi(argv[2]), argv + 3);
		first[i] = r.first - r.sent;
		last[i] = r.last - r.sent;
		end[i] = r.end - r.sent;
	}
	if (r.lines)
		printf("%9.2f %9.2f ", median(first, rounds),
			median(last, rounds));
	else
		printf("%9s %9s ", "-", "-");
	printf("%9.2f %8ld  %s\n", median(end, rounds), r.lines, r.last_line);
	return 0;
}
