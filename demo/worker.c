/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A bounded queue under one mutex.  When it is full, the answer is 503 at
 * once: a request that would wait for a minute is better refused.
 */
#include "demo/worker.h"

#include <stdio.h>
#include <string.h>

struct worker_pool workers = {
	.lock = PTHREAD_MUTEX_INITIALIZER,
	.more = PTHREAD_COND_INITIALIZER,
	.last = &workers.first,
};

/* The next request for this worker; NULL at the end. */
static struct request *worker_next(struct worker *worker)
{
	pthread_mutex_lock(&workers.lock);
	worker->current = NULL;
	while (!workers.first && !workers.stopping)
		pthread_cond_wait(&workers.more, &workers.lock);
	struct request *req = workers.first;
	if (req) {
		workers.first = req->next;
		if (!workers.first)
			workers.last = &workers.first;
		workers.queued--;
		req->next = NULL;
		req->state = REQUEST_RUNNING;
		worker->current = req;
		clock_gettime(CLOCK_MONOTONIC, &worker->since);
		worker->served++;
	}
	pthread_mutex_unlock(&workers.lock);
	return req;
}

static void *worker_main(void *arg)
{
	struct worker *worker = arg;
	struct request *req;

	pthread_setname_np(pthread_self(), worker->name);
	while ((req = worker_next(worker)))
		workers.serve(req);
	return NULL;
}

bool worker_pool_start(unsigned count, void (*serve)(struct request *req))
{
	workers.serve = serve;
	for (unsigned i = 0; i < count && i < WORKER_MAX; i++) {
		struct worker *worker = &workers.list[i];

		worker->number = i + 1;
		snprintf(worker->name, sizeof(worker->name), "worker-%u",
			worker->number);
		int error = pthread_create(
			&worker->thread, NULL, worker_main, worker);
		if (error) {
			fprintf(stderr,
				"coworkingapp: cannot start worker %u of %u: "
				"%s\n",
				i + 1, count, strerror(error));
			return false;
		}
		workers.count = i + 1;
	}
	return true;
}

bool worker_pool_submit(struct request *req)
{
	pthread_mutex_lock(&workers.lock);
	bool room = workers.queued < WORKER_QUEUE && !workers.stopping;
	if (room) {
		req->state = REQUEST_QUEUED;
		*workers.last = req;
		workers.last = &req->next;
		workers.queued++;
		pthread_cond_signal(&workers.more);
	}
	pthread_mutex_unlock(&workers.lock);
	return room;
}

bool worker_pool_stopping(void)
{
	pthread_mutex_lock(&workers.lock);
	bool stopping = workers.stopping;
	pthread_mutex_unlock(&workers.lock);
	return stopping;
}

static double seconds_since(const struct timespec *then)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - then->tv_sec) +
	       (double)(now.tv_nsec - then->tv_nsec) / 1e9;
}

const struct worker *worker_pool_stuck(double seconds)
{
	const struct worker *stuck = NULL;

	pthread_mutex_lock(&workers.lock);
	for (unsigned i = 0; i < workers.count && !stuck; i++) {
		const struct worker *worker = &workers.list[i];

		if (worker->current && seconds_since(&worker->since) > seconds)
			stuck = worker;
	}
	pthread_mutex_unlock(&workers.lock);
	return stuck;
}

static void complain_stuck(struct worker *worker)
{
	pthread_mutex_lock(&workers.lock);
	struct request *req = worker->current;
	fprintf(stderr,
		"coworkingapp: %s is still in %s %s after %d seconds; "
		"leaving without it\n",
		worker->name, req ? http_method_name(req->method) : "no",
		req ? req->path : "request", WORKER_STOP_SECONDS);
	pthread_mutex_unlock(&workers.lock);
}

bool worker_pool_stop(void)
{
	struct timespec deadline;
	bool joined = true;

	pthread_mutex_lock(&workers.lock);
	workers.stopping = true;
	pthread_cond_broadcast(&workers.more);
	pthread_mutex_unlock(&workers.lock);
	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_sec += WORKER_STOP_SECONDS;
	for (unsigned i = 0; i < workers.count; i++)
		if (pthread_clockjoin_np(workers.list[i].thread, NULL,
			    CLOCK_MONOTONIC, &deadline)) {
			complain_stuck(&workers.list[i]);
			joined = false;
		}
	return joined;
}
