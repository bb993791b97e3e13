/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The background job: expires bookings, keeps the cache of rooms fresh, and
 * gives a service's sign of life.
 */
#include <pthread.h>
#include <stdbool.h>
#include <time.h>

enum janitor_periods {
	JANITOR_TICK = 1, /* seconds */
	JANITOR_REFRESH = 30,
};

struct janitor {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool running, stopping;
	const struct worker *stuck; /* and named, so that it is said once */
	struct {
		unsigned long rounds, expired, refreshed;
		time_t last;
	} done;
};

extern struct janitor janitor;

bool janitor_start(void);
void janitor_stop(void); /* nothing, when it was not started */
