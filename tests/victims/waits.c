/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * waits none|child: threads that wait for children of every kind (__WALL,
 * __WCLONE), as tracers do: two that sleep in it, and one that asks all the
 * time.  With no child, or with one that lives until the end.
 *
 * Prints "ready"; for a line of input how often there was no child to wait
 * for; and when the input ends how many children were found.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NONE_US = 100 };

static volatile unsigned long none, found;

static void note(pid_t got)
{
	if (got > 0)
		__atomic_fetch_add(&found, 1, __ATOMIC_RELAXED);
	if (got < 0 && errno == ECHILD)
		__atomic_fetch_add(&none, 1, __ATOMIC_RELAXED);
}

static void *sleep_in_wait4(void *unused)
{
	int status;

	for (;; usleep(NONE_US))
		note(waitpid(-1, &status, __WALL));
	return unused;
}

static void *sleep_in_waitid(void *unused)
{
	for (;; usleep(NONE_US)) {
		siginfo_t info = { 0 };

		note(waitid(P_ALL, 0, &info, WEXITED | __WCLONE) ? -1
								 : info.si_pid);
	}
	return unused;
}

static void *ask(void *unused)
{
	int status;

	for (;;)
		note(waitpid(-1, &status, __WALL | WNOHANG));
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	char line[16];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (argc > 1 && !strcmp(argv[1], "child") && fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	pthread_create(&thread, NULL, sleep_in_wait4, NULL);
	pthread_create(&thread, NULL, sleep_in_waitid, NULL);
	pthread_create(&thread, NULL, ask, NULL);
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof line, stdin)) {
		printf("%lu\n", none);
		fflush(stdout);
	}
	printf("%lu found\n", found);
	return 0;
}
