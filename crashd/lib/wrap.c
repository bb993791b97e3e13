/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same as threads.c for a program that links libcrashd.a: its
 * pthread_create stays its own, unless it is linked with
 * -Wl,--wrap=pthread_create,--wrap=thrd_create.  Then ld(1) sends its calls
 * here; only then is this member of the archive needed, and is there a __real_
 * for each function that is wrapped.
 */
#include "crashd/lib/start.h"

crashd_pthread_create_fn __real_pthread_create __attribute__((weak));
crashd_pthread_create_fn __wrap_pthread_create;
crashd_thrd_create_fn __real_thrd_create __attribute__((weak));
crashd_thrd_create_fn __wrap_thrd_create;

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attr,
	void *(*run)(void *), void *arg)
{
	return crashd_start_posix(
		__real_pthread_create, thread, attr, run, arg);
}

int __wrap_thrd_create(thrd_t *thread, thrd_start_t run, void *arg)
{
	return crashd_start_c11(__real_thrd_create, thread, run, arg);
}
