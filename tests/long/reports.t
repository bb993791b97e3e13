#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A thousand reports of a process that lives on, in the middle of a storm of malloc, dlopen, fork and threads: nothing is
# left behind, nothing hangs, every report is whole.
. tests/lib/tap.sh

cat >"$T/storm.c" <<'C'
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
static volatile int stop;
static int count(const char *folder)
{
	DIR *dir = opendir(folder);
	int n = 0;
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}
static long rss(void)
{
	long pages = 0, shared;
	FILE *f = fopen("/proc/self/statm", "r");
	fscanf(f, "%*d %ld %ld", &pages, &shared);
	fclose(f);
	return (pages - shared) * 4;
}
/* Whole ones, in what was added to the file since the last look. */
static int reports(const char *file)
{
	static FILE *f;
	static char line[65536];
	int n = 0;
	if (!f && !(f = fopen(file, "r")))
		return 0;
	clearerr(f);
	for (long at = ftell(f); fgets(line, sizeof line, f); at = ftell(f)) {
		if (!strchr(line, '\n')) {
			fseek(f, at, SEEK_SET);
			break;
		}
		n += !strncmp(line, "--- end of crashd report", 24);
	}
	return n;
}
static void *allocates(void *a)
{
	while (!stop) {
		void *p[32];
		for (int i = 0; i < 32; i++)
			p[i] = malloc((size_t)i * 100 + 1);
		for (int i = 0; i < 32; i++)
			free(p[i]);
	}
	return a;
}
static void *opens(void *a)
{
	while (!stop) {
		void *h = dlopen("libm.so.6", RTLD_NOW);
		if (h)
			dlclose(h);
	}
	return a;
}
static void *forks(void *a)
{
	while (!stop) {
		pid_t p = fork();
		if (!p)
			_exit(0);
		while (waitpid(p, NULL, 0) < 0 && errno == EINTR)
			;
		usleep(5000);
	}
	return a;
}
static void *ends(void *a) { return a; }
static void *breeds(void *a)
{
	while (!stop) {
		pthread_t t;
		if (!pthread_create(&t, NULL, ends, NULL))
			pthread_join(t, NULL);
		usleep(1000);
	}
	return a;
}
int main(int argc, char **argv)
{
	void *(*run[])(void *) = { allocates, opens, forks, breeds };
	pthread_t t[4];
	int n = atoi(argv[1]), done = 0, fds = 0;
	long before = 0;
	raise(SIGUSR1);
	done = reports(argv[2]);
	fds = count("/proc/self/fd");
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, run[i], NULL);
	/* Signals that come while one is being made are one report with it. */
	for (int i = 0; done < n; i++) {
		if (!before && done >= 50)
			before = rss();
		if (i % 2)
			pthread_kill(t[i / 2 % 4], SIGUSR1);
		else
			raise(SIGUSR1);
		usleep(1000);
		done += reports(argv[2]);
	}
	stop = 1;
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	usleep(200000);
	printf("fds %d threads %d rss %s child %s\n", count("/proc/self/fd") - fds, count("/proc/self/task") - 3,
	       rss() - before < 4096 ? "steady" : "grows", waitpid(-1, NULL, __WALL | WNOHANG) < 0 ? "none" : "one");
	return 0;
}
C
gcc -g -O1 -w -D_GNU_SOURCE -o "$T/storm" "$T/storm.c" -lpthread || skip_all "no compiler"
mkdir "$T/alone"
cp "$BUILD/libcrashd.so" "$T/alone"
for lib in "$BUILD/libcrashd.so" "$T/alone/libcrashd.so"; do
	n=${lib#"$T/"}
	n=${n#"$BUILD/"}
	rm -f "$T/reports"
	out=$(LD_PRELOAD=$lib TRACEBACK="all,signal=USR1,file=$T/reports" timeout 1200 "$T/storm" 1000 "$T/reports")
	is "$out" "fds 0 threads 0 rss steady child none" "$n: nothing is left behind"
	first=$(grep -c '^SIGUSR1: ' "$T/reports")
	ok "$n: a thousand reports ($first)" test "$first" -ge 1000
	is "$(grep -c '^--- end of crashd report' "$T/reports")" "$first" "$n: all of them whole"
	is "$(grep -c ' failed: SIG' "$T/reports")" 0 "$n: no section failed"
done
done_testing
