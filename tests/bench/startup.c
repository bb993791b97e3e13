/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What libcrashd costs a program to which nothing happens: startup ROUNDS LIB
 *
 * Starts itself, with and without the library preloaded, in turn; prints for
 * each the median time from fork to the end (the child does nothing), and what
 * one such child sees of itself in main: private memory, written to, in kB;
 * threads; open descriptors.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_ROUNDS = 5000 };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static int entries(const char *folder)
{
	DIR *dir = opendir(folder);
	int n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n - 2;
}

static void look(void)
{
	FILE *f = fopen("/proc/self/smaps_rollup", "r");
	char line[256];
	long kb = 0;

	while (f && fgets(line, sizeof line, f))
		sscanf(line, "Private_Dirty: %ld", &kb);
	if (f)
		fclose(f);
	printf("%9ld %9d %9d\n", kb, entries("/proc/self/task"),
		entries("/proc/self/fd") - 1);
}

static double run(const char *lib, char *mode)
{
	char *argv[] = { "startup", mode, NULL };
	double start = now();
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (lib) {
			setenv("LD_PRELOAD", lib, 1);
			setenv("TRACEBACK", "all", 1);
		}
		execv("/proc/self/exe", argv);
		_exit(127);
	}
	waitpid(pid, &status, 0);
	if (status) {
		fprintf(stderr, "startup: ended with %#x\n", status);
		exit(1);
	}
	return now() - start;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	static double with[MAX_ROUNDS], without[MAX_ROUNDS];
	int n = argc == 3 ? atoi(argv[1]) : 0;

	if (argc == 2 && !strcmp(argv[1], "look"))
		look();
	if (argc == 2)
		return 0;
	if (n < 1 || n > MAX_ROUNDS) {
		fprintf(stderr, "usage: startup ROUNDS LIB\n");
		return 2;
	}
	for (int i = 0; i < n; i++) {
		without[i] = run(NULL, "nothing");
		with[i] = run(argv[2], "nothing");
	}
	qsort(with, n, sizeof *with, by_size);
	qsort(without, n, sizeof *without, by_size);
	printf("  %-30s%9s %9s %9s %9s\n", "", "ms", "kB", "threads", "files");
	printf("  %-30s%9.2f ", "without", without[n / 2]);
	fflush(stdout);
	run(NULL, "look");
	printf("  %-30s%9.2f ", "with libcrashd.so", with[n / 2]);
	fflush(stdout);
	run(argv[2], "look");
	return 0;
}
