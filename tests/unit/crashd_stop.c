/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A thread that is seized and gets a signal stops for its tracer; it must have
 * the signal and go on without waiting for the pause.
 */
#include "crashd/safe/stop.h"
#include "tests/lib/tap.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000, SIGNALS = 5 };

static int out;

static void on_signal(int sig, siginfo_t *info, void *context)
{
	char c = (char)info->si_value.sival_int;

	(void)sig;
	(void)context;
	(void)!write(out, &c, 1);
}

/* What the process writes within the time, while signals are passed on. */
static int answer(int from)
{
	struct pollfd fd = { .fd = from, .events = POLLIN };
	char c = -1;

	for (int ms = 0; ms < PATIENCE_MS && poll(&fd, 1, 1) == 0; ms++)
		crashd_stop_pass();
	return poll(&fd, 1, 0) == 1 && read(from, &c, 1) == 1 ? c : -1;
}

static int64_t deadline(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + PATIENCE_MS;
}

static pid_t start(int from[2])
{
	struct sigaction action = { .sa_sigaction = on_signal,
		.sa_flags = SA_SIGINFO };
	pid_t child;

	if (pipe(from) || (child = fork()) < 0)
		return -1;
	if (child)
		return child;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	out = from[1];
	sigaction(SIGUSR1, &action, NULL);
	(void)!write(out, "", 1);
	for (;;)
		pause();
}

int main(void)
{
	struct stop_thread table[4];
	struct stop stop;
	int from[2], status, passed = 0;
	pid_t child = start(from);

	if (child < 0 || answer(from[0]))
		return 1;
	crashd_stop_init(&stop, child, table, 4);
	if (crashd_stop_seize(&stop, deadline()) == -EPERM) {
		puts("1..0 # SKIP it may not be traced here");
		kill(child, SIGKILL);
		return 0;
	}
	for (int i = 1; i <= SIGNALS; i++) {
		sigqueue(child, SIGUSR1, (union sigval){ .sival_int = i });
		passed += answer(from[0]) == i;
	}
	is_int(passed, SIGNALS,
		"seized and not stopped, it gets its signals, with their "
		"values");
	is_int(crashd_stop_all(&stop, deadline()), 0, "then it is stopped");
	sigqueue(child, SIGUSR1, (union sigval){ .sival_int = 9 });
	crashd_stop_pass();
	is_int(poll(&(struct pollfd){ .fd = from[0], .events = POLLIN }, 1, 50),
		0, "and has no more of them");
	is_int((long long)crashd_stop_resume(&stop), 0, "it is let go");
	is_int(answer(from[0]), 9, "and gets what waited");
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return tap_done();
}
