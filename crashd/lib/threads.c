/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An alternate stack for every thread: pthread_create and thrd_create go
 * through here, thinly, in libcrashd.so alone (a static program calls
 * crashd_thread_init).  The thread's start is a tail call, so that no frame of
 * ours is on its stack.  Threads that libc makes for itself (SIGEV_THREAD,
 * aio, getaddrinfo_a) and raw clone() are not seen.
 */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <threads.h>

#include "crashd/crashd.h"
#include "crashd/lib/stack.h"

typedef int pthread_create_fn(
	pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
typedef int thrd_create_fn(thrd_t *, thrd_start_t, void *);

static pthread_create_fn *real_pthread_create;
static thrd_create_fn *real_thrd_create;

/* At load, so that dlsym's locks are not taken later; others' constructors may
 * come first, hence the test in each function too. */
__attribute__((constructor)) static void resolve(void)
{
	real_pthread_create = dlsym(RTLD_NEXT, "pthread_create");
	real_thrd_create = dlsym(RTLD_NEXT, "thrd_create");
}

struct start {
	union {
		void *(*posix)(void *);
		thrd_start_t c11;
	};
	void *arg;
};

static struct start take(void *box)
{
	struct start start = *(struct start *)box;

	free(box);
	crashd_stack_install(); /* without one it runs all the same */
	return start;
}

static void *start_posix(void *box)
{
	struct start start = take(box);

	return start.posix(start.arg);
}

static int start_c11(void *box)
{
	struct start start = take(box);

	return start.c11(start.arg);
}

CRASHD_API int pthread_create(pthread_t *thread, const pthread_attr_t *attr,
	void *(*run)(void *), void *arg)
{
	struct start *box;
	int r;

	if (!real_pthread_create)
		resolve();
	if (!real_pthread_create)
		return EAGAIN;
	box = malloc(sizeof *box);
	if (!box)
		return real_pthread_create(thread, attr, run, arg);
	box->posix = run;
	box->arg = arg;
	r = real_pthread_create(thread, attr, start_posix, box);
	if (r)
		free(box);
	return r;
}

CRASHD_API int thrd_create(thrd_t *thread, thrd_start_t run, void *arg)
{
	struct start *box;
	int r;

	if (!real_thrd_create)
		resolve();
	if (!real_thrd_create)
		return thrd_error;
	box = malloc(sizeof *box);
	if (!box)
		return real_thrd_create(thread, run, arg);
	box->c11 = run;
	box->arg = arg;
	r = real_thrd_create(thread, start_c11, box);
	if (r != thrd_success)
		free(box);
	return r;
}
