/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * execs SECONDS: one of its threads executes the program anew, at once, all the
 * time, while the others wait; prints its process id, and in the end how often.
 * A snapshot that leaves a signal blocked or a thread stopped is seen here.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 6, MEMORY = 30 << 20 };

static char **words;

static void *wait_or_execute(void *executes)
{
	char count[32];

	while (!executes)
		pause();
	snprintf(count, sizeof count, "%ld", atol(words[2]) + 1);
	execv("/proc/self/exe", (char *[]){ words[0], words[1], count, NULL });
	_exit(3);
}

static int report(const char *count)
{
	sigset_t set;

	sigprocmask(SIG_SETMASK, NULL, &set);
	for (int sig = 1; sig < 32; sig++)
		if (sigismember(&set, sig)) {
			printf("signal %d is blocked\n", sig);
			return 1;
		}
	printf("executed %s times\n", count);
	return 0;
}

/* words: the program, when to end, how often. */
int main(int argc, char **argv)
{
	pthread_t thread;
	char end[32];

	if (argc == 2) {
		printf("%d\n", getpid());
		fflush(stdout);
		snprintf(end, sizeof end, "%ld",
			(long)time(NULL) + atol(argv[1]));
		words = (char *[]){ argv[0], end, "0" };
		wait_or_execute("at once");
	}
	words = argv;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (time(NULL) >= atol(argv[1]))
		return report(argv[2]);
	memset(malloc(MEMORY), 1, MEMORY);
	for (int i = 0; i < THREADS; i++)
		pthread_create(&thread, NULL, wait_or_execute,
			i == THREADS - 2 ? "executes" : NULL);
	wait_or_execute(NULL);
}
