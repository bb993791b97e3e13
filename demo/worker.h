/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The threads that run handlers, worker-1 and on, and the queue that feeds
 * them.
 */
#include "demo/request.h"

#include <pthread.h>

enum worker_limits {
	WORKER_MAX = 64,
	WORKER_QUEUE = 512,      /* requests that may wait */
	WORKER_STOP_SECONDS = 5, /* how long to wait for a handler at the end */
};

struct worker {
	char name[16];
	unsigned number;
	pthread_t thread;
	struct request *current; /* in its handler; NULL: waits for one */
	struct timespec since;   /* of CLOCK_MONOTONIC: it has been there */
	uint64_t served;
};

struct worker_pool {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct request *first, **last; /* the queue */
	size_t queued;
	bool stopping;
	unsigned count;
	_Atomic unsigned in_flight; /* requests in handlers */
	void (*serve)(struct request *req);
	struct worker list[WORKER_MAX];
};

extern struct worker_pool workers;

/* Starts the threads; serve is called in them, once for each request. */
bool worker_pool_start(unsigned count, void (*serve)(struct request *req));

/* Gives a request to the workers; false when there is no room for it. */
bool worker_pool_submit(struct request *req);

bool worker_pool_stopping(void);

/*
 * A worker that has been in one handler for longer than seconds; NULL: each of
 * them gets on.
 */
const struct worker *worker_pool_stuck(double seconds);

/*
 * Lets the workers finish what is queued and joins them; false when a handler
 * did not end in time, which stderr then names.
 */
bool worker_pool_stop(void);
