/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The start of a thread is ours for a moment, then tail-calls the program's,
 * so that no frame of ours is on its stack.
 */
#include "crashd/lib/start.h"

#include <stdlib.h>

#include "crashd/lib/stack.h"

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

int crashd_start_posix(crashd_pthread_create_fn *create, pthread_t *thread,
	const pthread_attr_t *attr, void *(*run)(void *), void *arg)
{
	struct start *box = malloc(sizeof *box);
	int r;

	if (!box)
		return create(thread, attr, run, arg);
	box->posix = run;
	box->arg = arg;
	r = create(thread, attr, start_posix, box);
	if (r)
		free(box);
	return r;
}

int crashd_start_c11(crashd_thrd_create_fn *create, thrd_t *thread,
	thrd_start_t run, void *arg)
{
	struct start *box = malloc(sizeof *box);
	int r;

	if (!box)
		return create(thread, run, arg);
	box->c11 = run;
	box->arg = arg;
	r = create(thread, start_c11, box);
	if (r != thrd_success)
		free(box);
	return r;
}
