/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stack overflow leaves no stack to run a handler on; so each thread gets
 * one beside.  Its size follows AT_MINSIGSTKSZ, which is what the kernel needs
 * for the signal frame alone: 3.6 KiB with AVX-512, 11 KiB with AMX.  Below it
 * is a guard page, so that an overflow of this one too ends in a fault.
 *
 * Another runtime's stack is left in place when it is large enough: it may
 * count on its own (ART and Go do).  One that is too small would kill the
 * process without a word at the first signal, and is replaced.
 */
#include "crashd/lib/stack.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifndef AT_MINSIGSTKSZ
#define AT_MINSIGSTKSZ 51
#endif
#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif

enum {
	OWN_USE = 65536, /* what the handler uses at most, with room */
	LEAST = 24576,   /* of a stack that somebody else installed */
};

static size_t frame_size(void)
{
	size_t n = getauxval(AT_MINSIGSTKSZ);

	return n ? n : 2048;
}

size_t crashd_stack_size(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t n = OWN_USE + 4 * frame_size(); /* nested faults need frames */

	return (n + page - 1) / page * page;
}

void *crashd_stack_map(size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *p = mmap(NULL, n + page, PROT_NONE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	if (mprotect(p + page, n, PROT_READ | PROT_WRITE) < 0) {
		munmap(p, n + page);
		return NULL;
	}
	prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, p, n + page, "crashd:stack");
	return p + page + n;
}

void crashd_stack_unmap(void *top, size_t n)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	if (top)
		munmap((char *)top - n - page, n + page);
}

static bool is_enough(const stack_t *s)
{
	return !(s->ss_flags & SS_DISABLE) &&
	       s->ss_size >= LEAST + frame_size();
}

/*
 * Whose value is the top of the stack that a thread got from us; the destructor
 * gives it back when the thread ends, however it does.
 */
static pthread_key_t key;
static bool have_key;

static void give_back(void *top)
{
	stack_t off = { .ss_flags = SS_DISABLE }, now;
	size_t n = crashd_stack_size();

	if (sigaltstack(NULL, &now) == 0 && !(now.ss_flags & SS_DISABLE) &&
		(char *)now.ss_sp + now.ss_size == top &&
		sigaltstack(&off, NULL) < 0)
		return; /* we run on it */
	crashd_stack_unmap(top, n);
}

void crashd_stack_prepare(void)
{
	have_key = pthread_key_create(&key, give_back) == 0;
}

int crashd_stack_install(void)
{
	size_t n = crashd_stack_size();
	stack_t old, new = { .ss_size = n };
	void *top;

	if (sigaltstack(NULL, &old) < 0)
		return -errno;
	if (is_enough(&old))
		return 0;
	top = crashd_stack_map(n);
	if (!top)
		return -ENOMEM;
	new.ss_sp = (char *)top - n;
	if (sigaltstack(&new, NULL) < 0) {
		int error = -errno; /* EPERM: this thread runs on one now */

		crashd_stack_unmap(top, n);
		return error;
	}
	if (have_key)
		pthread_setspecific(key, top);
	return 0;
}
