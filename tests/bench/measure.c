/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What commands cost: measure ROUNDS NAME=COMMAND...
 *
 * Runs the commands in turn, ROUNDS times over, so that what else the machine
 * does falls on all of them alike.  Prints a row each: the median, the best
 * and the worst wall time, processor time, the largest resident set of any
 * process it waited for (wait4's ru_maxrss), the lines it printed, and its
 * median time, its best time and its memory as multiples of the first one's.
 * A command that fails is a row that says so, never a fast one.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_ROUNDS = 100, MAX_COMMANDS = 16 };

struct cost {
	const char *name, *command;
	double wall[MAX_ROUNDS]; /* milliseconds */
	double cpu;
	long rss; /* KiB */
	long lines;
	int failed; /* wait status of a run that failed */
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static double milliseconds(struct timeval t)
{
	return t.tv_sec * 1e3 + t.tv_usec / 1e3;
}

static long count_lines(FILE *f)
{
	long n = 0;
	int c;

	rewind(f);
	while ((c = getc(f)) != EOF)
		n += c == '\n';
	return n;
}

/* The command's standard output goes to a file, its errors nowhere. */
static void execute(const char *command, int out)
{
	int null = open("/dev/null", O_RDWR);

	dup2(null, 0);
	dup2(out, 1);
	dup2(null, 2);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

static void run(struct cost *c, int round)
{
	struct rusage use;
	int status;
	FILE *out = tmpfile();
	double start = now();
	pid_t pid = fork();

	if (!out || pid < 0) {
		perror("measure");
		exit(1);
	}
	if (pid == 0)
		execute(c->command, fileno(out));
	wait4(pid, &status, 0, &use);
	c->wall[round] = now() - start;
	c->cpu += milliseconds(use.ru_utime) + milliseconds(use.ru_stime);
	if (use.ru_maxrss > c->rss)
		c->rss = use.ru_maxrss;
	if (status)
		c->failed = status;
	c->lines = count_lines(out);
	fclose(out);
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void print(struct cost *c, int rounds, const struct cost *first)
{
	double median;

	qsort(c->wall, rounds, sizeof(*c->wall), by_size);
	median = c->wall[rounds / 2];
	printf("  %-26s %9.1f %9.1f %9.1f %9.1f %8.1f %8ld ", c->name, median,
		c->wall[0], c->wall[rounds - 1], c->cpu / rounds,
		c->rss / 1024.0, c->lines);
	if (c->failed)
		printf("  failed (status %#x)\n", c->failed);
	else
		printf(" %7.2fx %7.2fx %7.2fx\n",
			median / first->wall[rounds / 2],
			c->wall[0] / first->wall[0],
			(double)c->rss / (double)first->rss);
}

int main(int argc, char **argv)
{
	static struct cost cost[MAX_COMMANDS];
	int rounds = argc > 2 ? atoi(argv[1]) : 0, n = argc - 2;

	if (rounds < 1 || rounds > MAX_ROUNDS || n > MAX_COMMANDS) {
		fprintf(stderr, "usage: measure ROUNDS NAME=COMMAND...\n");
		return 2;
	}
	for (int i = 0; i < n; i++) {
		cost[i].name = strtok(argv[i + 2], "=");
		cost[i].command = strtok(NULL, "");
	}
	for (int round = 0; round < rounds; round++)
		for (int i = 0; i < n; i++)
			run(&cost[i], round);
	printf("  %-26s %9s %9s %9s %9s %8s %8s %8s %8s %8s\n", "", "median ms",
		"best", "worst", "cpu ms", "RSS MiB", "lines", "time", "best",
		"memory");
	for (int i = 0; i < n; i++)
		print(&cost[i], rounds, &cost[0]);
	return 0;
}
