/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A write into a full pipe lasts until somebody reads.  A signal ends it, but
 * one that comes just before the call is lost on it; so there is a signal ten
 * times a second, and what to do is decided between the calls.
 */
#include "crashd/snap/drain.h"

#include "crashd/safe/sys.h"
#include "crashd/snap/progress.h"

#include <errno.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

enum { TICK_US = 100000 };

static void on_tick(int sig)
{
	(void)sig;
}

static void tick(long us)
{
	struct itimerval every = { { 0, us }, { 0, us } };

	setitimer(ITIMER_REAL, &every, NULL);
}

void drain_open(
	struct drain *drain, int fd, const volatile int *stop, int64_t deadline)
{
	struct sigaction action = { .sa_handler = on_tick };

	*drain = (struct drain){ .fd = fd, .stop = stop, .deadline = deadline };
	sigaction(SIGALRM, &action, NULL);
	tick(TICK_US);
}

int drain_write(struct drain *drain, const void *from, size_t n)
{
	const char *at = from;

	while (n) {
		progress_tick();
		if (*drain->stop)
			return -ECANCELED;
		if (drain->deadline && sys_now_ms() > drain->deadline)
			return -ETIMEDOUT;

		ssize_t got = write(drain->fd, at, n);

		if (got < 0 && errno != EINTR)
			return -errno;
		if (got > 0) {
			at += got;
			n -= (size_t)got;
			drain->written += (uint64_t)got;
		}
	}
	return 0;
}

void drain_close(struct drain *drain)
{
	tick(0);
	drain->fd = -1;
}
