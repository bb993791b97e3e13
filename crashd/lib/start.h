/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Threads that begin with an alternate stack, made by libc's own functions. */
#include <pthread.h>
#include <threads.h>

typedef int crashd_pthread_create_fn(
	pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
typedef int crashd_thrd_create_fn(thrd_t *, thrd_start_t, void *);

int crashd_start_posix(crashd_pthread_create_fn *create, pthread_t *thread,
	const pthread_attr_t *attr, void *(*run)(void *), void *arg);
int crashd_start_c11(crashd_thrd_create_fn *create, thrd_t *thread,
	thrd_start_t run, void *arg);
