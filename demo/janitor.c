/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One thread that wakes every second.  It also keeps the breadcrumb of how
 * many requests there were, which a crash report shows: once a second is
 * often enough, and costs the requests nothing.
 *
 * And it feeds the watchdog of the service manager.  It does so when its own
 * round is done, which takes the locks of the rooms, and while no handler has
 * been running for longer than the manager would wait: a service of which a
 * part hangs shall be ended, and its report show where.
 */
#include "demo/janitor.h"
#include "crashd/crashd.h"
#include "demo/http.h"
#include "demo/notify.h"
#include "demo/rooms.h"
#include "demo/worker.h"

#include <stdio.h>
#include <string.h>

enum { NANOSECONDS = 1000 * 1000 * 1000 };

struct janitor janitor = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
};

static void janitor_round(time_t now)
{
	char requests[24];

	janitor.done.rounds++;
	janitor.done.expired += rooms_expire(now);
	if (now - janitor.done.last >= JANITOR_REFRESH) {
		rooms_refresh(now);
		janitor.done.refreshed++;
		janitor.done.last = now;
	}
	snprintf(requests, sizeof(requests), "%llu",
		(unsigned long long)http.served);
	crashd_annotate("requests", requests);
}

static void janitor_feed(void)
{
	const struct worker *stuck = worker_pool_stuck(notify_patience());

	if (!stuck)
		notify_send("WATCHDOG=1\nSTATUS=%llu requests served, port %u",
			(unsigned long long)http.served, http.port);
	else if (stuck != janitor.stuck)
		fprintf(stderr,
			"coworkingapp: %s does not get on: the watchdog is not "
			"fed\n",
			stuck->name);
	janitor.stuck = stuck;
}

/* Nanoseconds; a watchdog is to be fed twice as often as it asks for. */
static long janitor_tick(void)
{
	double tick = JANITOR_TICK, half = notify_patience() / 2;

	if (half > 0 && half < tick)
		tick = half;
	return (long)(tick * NANOSECONDS);
}

/* Waits for the next tick; false at the end. */
static bool janitor_wait(void)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += janitor_tick();
	until.tv_sec += until.tv_nsec / NANOSECONDS;
	until.tv_nsec %= NANOSECONDS;
	pthread_mutex_lock(&janitor.lock);
	while (!janitor.stopping &&
		!pthread_cond_timedwait(&janitor.wake, &janitor.lock, &until))
		continue;
	bool stopping = janitor.stopping;
	pthread_mutex_unlock(&janitor.lock);
	return !stopping;
}

static void *janitor_main(void *arg)
{
	pthread_setname_np(pthread_self(), "janitor");
	while (janitor_wait()) {
		janitor_round(time(NULL));
		if (notify_patience() > 0)
			janitor_feed();
	}
	return arg;
}

bool janitor_start(void)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&janitor.wake, &attr);
	pthread_condattr_destroy(&attr);
	janitor.done.last = time(NULL);
	int error = pthread_create(&janitor.thread, NULL, janitor_main, NULL);
	janitor.running = !error;
	if (!error)
		return true;
	pthread_cond_destroy(&janitor.wake);
	fprintf(stderr, "coworkingapp: cannot start the janitor: %s\n",
		strerror(error));
	return false;
}

void janitor_stop(void)
{
	if (!janitor.running)
		return;
	pthread_mutex_lock(&janitor.lock);
	janitor.stopping = true;
	pthread_cond_signal(&janitor.wake);
	pthread_mutex_unlock(&janitor.lock);
	pthread_join(janitor.thread, NULL);
	janitor.running = false;
	pthread_cond_destroy(&janitor.wake);
}
