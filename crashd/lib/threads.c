/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An alternate stack for every thread: pthread_create and thrd_create go
 * through here, thinly, in libcrashd.so alone (for a static program see
 * wrap.c).  Threads that libc makes for itself (SIGEV_THREAD, aio,
 * getaddrinfo_a) and raw clone() are not seen.
 */
#include <dlfcn.h>
#include <errno.h>

#include "crashd/crashd.h"
#include "crashd/lib/start.h"

static crashd_pthread_create_fn *real_pthread_create;
static crashd_thrd_create_fn *real_thrd_create;

/* At load, so that dlsym's locks are not taken later; others' constructors may
 * come first, hence the test in each function too. */
__attribute__((constructor)) static void resolve(void)
{
	real_pthread_create = dlsym(RTLD_NEXT, "pthread_create");
	real_thrd_create = dlsym(RTLD_NEXT, "thrd_create");
}

CRASHD_API int pthread_create(pthread_t *thread, const pthread_attr_t *attr,
	void *(*run)(void *), void *arg)
{
	if (!real_pthread_create)
		resolve();
	if (!real_pthread_create)
		return EAGAIN;
	return crashd_start_posix(real_pthread_create, thread, attr, run, arg);
}

CRASHD_API int thrd_create(thrd_t *thread, thrd_start_t run, void *arg)
{
	if (!real_thrd_create)
		resolve();
	if (!real_thrd_create)
		return thrd_error;
	return crashd_start_c11(real_thrd_create, thread, run, arg);
}
