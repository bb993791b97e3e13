/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Threads in many kinds of waiting, one of which crashes. */
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER;
static sem_t sem, ready;
static int pipes[2];
static pthread_t sleeper;

static void *in_mutex(void *arg)
{
	sem_post(&ready);
	pthread_mutex_lock(&lock);
	return arg;
}

static void *in_cond(void *arg)
{
	static pthread_mutex_t own = PTHREAD_MUTEX_INITIALIZER;

	pthread_mutex_lock(&own);
	sem_post(&ready);
	for (;;)
		pthread_cond_wait(&cond, &own);
	return arg;
}

static void *in_rwlock(void *arg)
{
	sem_post(&ready);
	pthread_rwlock_rdlock(&rw);
	return arg;
}

static void *in_sem(void *arg)
{
	sem_post(&ready);
	sem_wait(&sem);
	return arg;
}

static void *in_read(void *arg)
{
	char c;

	sem_post(&ready);
	(void)!read(pipes[0], &c, 1);
	return arg;
}

static void *in_poll(void *arg)
{
	struct pollfd p = { .fd = pipes[0], .events = POLLIN };

	sem_post(&ready);
	poll(&p, 1, -1);
	return arg;
}

static void *in_epoll(void *arg)
{
	struct epoll_event e;
	int fd = epoll_create1(0);

	sem_post(&ready);
	epoll_wait(fd, &e, 1, -1);
	return arg;
}

static void *in_sleep(void *arg)
{
	struct timespec ts = { 1000, 0 };

	sem_post(&ready);
	nanosleep(&ts, NULL);
	return arg;
}

static void *in_join(void *arg)
{
	sem_post(&ready);
	pthread_join(sleeper, NULL);
	return arg;
}

static int compare(const void *a, const void *b)
{
	sem_post(&ready);
	for (;;)
		pause();
	return *(const int *)a - *(const int *)b;
}

static void *in_callback(void *arg)
{
	int v[] = { 2, 1 };

	qsort(v, 2, sizeof v[0], compare);
	return arg;
}

__attribute__((noinline)) static int deep(int n)
{
	if (n == 0)
		return *(volatile int *)16;
	return deep(n - 1) + n;
}

static void *crashes(void *arg)
{
	struct timespec ts = { 0, 200000000 };

	nanosleep(&ts, NULL);
	deep(7);
	return arg;
}

int main(void)
{
	void *(*const start[])(void *) = { in_mutex, in_cond, in_rwlock, in_sem,
		in_read, in_poll, in_epoll, in_sleep, in_join, in_callback };
	enum { N = sizeof start / sizeof *start };
	pthread_t t;

	sem_init(&sem, 0, 0);
	sem_init(&ready, 0, 0);
	(void)!pipe(pipes);
	pthread_mutex_lock(&lock);
	pthread_rwlock_wrlock(&rw);
	pthread_create(&sleeper, NULL, in_sleep, NULL);
	for (int i = 0; i < N; i++)
		pthread_create(&t, NULL, start[i], NULL);
	for (int i = 0; i < N + 1; i++)
		sem_wait(&ready);
	pthread_create(&t, NULL, crashes, NULL);
	pthread_join(t, NULL);
	return 0;
}
