/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crashd/snap/guard.h"

#include "crashd/safe/stop.h"

#include <signal.h>
#include <sys/time.h>

enum { TICK_US = 20000 };

static void tick(long us)
{
	struct itimerval every = { { 0, us }, { 0, us } };

	setitimer(ITIMER_REAL, &every, NULL);
}

void guard_begin(pid_t pid)
{
	struct sigaction action = { .sa_handler = crashd_stop_on_tick,
		.sa_flags = SA_RESTART };
	sigset_t set;

	sigaction(SIGALRM, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	crashd_stop_guard(pid);
	tick(TICK_US);
}

void guard_end(void)
{
	tick(0);
	crashd_stop_guard(0);
}
