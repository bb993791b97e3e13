/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The walk of last resort, over this very process: through frames whose caller
 * we know, through a signal frame, from a bad call, over memory that is not
 * there.
 */
#include "crashd/safe/unwind.h"

#include "crashd/safe/peek.h"
#include "crashd/safe/symbol.h"
#include "tests/lib/tap.h"

#include <link.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static uint64_t pcs[64];
static enum crashd_how how[64];
static unsigned n;
static bool interrupted;

static void walk(const uint64_t *gregs)
{
	struct crashd_regs regs;
	struct crashd_unwind u;

	crashd_context_regs(gregs, &regs);
	crashd_unwind_init(&u, &regs, _dl_find_object);
	n = 0;
	interrupted = false;
	do {
		pcs[n] = u.frame.pc;
		how[n++] = u.frame.how;
		interrupted |= u.frame.interrupted && u.level > 0;
	} while (n < 64 && crashd_unwind_step(&u));
}

/* Is there a frame that returns to within 64 bytes after `from`? */
static bool has(const void *from)
{
	for (unsigned i = 0; i < n; i++)
		if (pcs[i] >= (uintptr_t)from && pcs[i] < (uintptr_t)from + 96)
			return true;
	return false;
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
	uint64_t gregs[CRASHD_GREGS];

	(void)sig;
	(void)info;
	(void)context;
	crashd_context_here(gregs);
	walk(gregs);
}

static void bad_call(int sig, siginfo_t *info, void *context)
{
	uint64_t gregs[CRASHD_GREGS];
	ucontext_t *uc = context;
	(void)sig;
	(void)info;

	crashd_context_gregs(uc, gregs);
	walk(gregs);
	/* Return to the caller, as if the call had come back. */
	uc->uc_mcontext.gregs[REG_RIP] =
		*(greg_t *)uc->uc_mcontext.gregs[REG_RSP];
	uc->uc_mcontext.gregs[REG_RSP] += 8;
}

static int compare(const void *a, const void *b)
{
	uint64_t gregs[CRASHD_GREGS];

	crashd_context_here(gregs);
	walk(gregs);
	return *(const int *)a - *(const int *)b;
}

__attribute__((noinline)) static void call_library(void)
{
	int v[2] = { 2, 1 };

	qsort(v, 2, sizeof v[0], compare);
	__asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) static void interrupt(void)
{
	struct sigaction action = { .sa_sigaction = on_signal,
		.sa_flags = SA_SIGINFO };

	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
	__asm__ volatile("" ::: "memory");
}

__attribute__((noinline)) static void jump_nowhere(void (*volatile f)(void))
{
	struct sigaction action = { .sa_sigaction = bad_call,
		.sa_flags = SA_SIGINFO };

	sigaction(SIGSEGV, &action, NULL);
	f();
	__asm__ volatile("" ::: "memory");
	signal(SIGSEGV, SIG_DFL);
}

static void frames(void)
{
	call_library();
	ok(has(compare), "the innermost frame");
	ok(has(call_library), "the caller, across a library without fp");
	ok(how[1] == CRASHD_HOW_CFI, "found by call frame information");
	interrupt();
	ok(has(interrupt), "the function behind a signal frame");
	ok(interrupted, "whose callee was interrupted, not called");
	jump_nowhere((void (*)(void))0x1234);
	is_int(pcs[0], 0x1234, "a call to nowhere");
	ok(how[1] == CRASHD_HOW_CALL && pcs[1] > (uintptr_t)jump_nowhere &&
			pcs[1] < (uintptr_t)jump_nowhere + 256,
		"is undone");
}

static void bad_memory(void)
{
	uint64_t gregs[CRASHD_GREGS] = { 0 };
	long page = sysconf(_SC_PAGESIZE);
	char *p = mmap(NULL, 2 * (size_t)page, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char buf[16];

	munmap(p + page, (size_t)page);
	is_int(crashd_peek((uintptr_t)p + (size_t)page - 8, buf, 16), 8,
		"a read that runs into a hole is cut there");
	is_int(crashd_peek(0, buf, 8), 0, "nothing at 0");
	is_int(crashd_peek(0x4141414141414141, buf, 8), 0, "nor beyond");
	walk(gregs);
	is_int(n, 1, "pc and sp 0: one frame, and no fault");
	gregs[19] = (uintptr_t)p + (size_t)page - 8; /* rsp */
	gregs[16] = (uintptr_t)call_library + 8;
	walk(gregs);
	ok(n >= 1, "a stack that ends in a hole");
	munmap(p, (size_t)page);
}

static void symbols(void)
{
	struct dl_find_object o;
	char name[64] = "";
	uint64_t offset = 0;

	ok(_dl_find_object((void *)qsort, &o) == 0, "libc is a module");
	ok(crashd_symbol_at((uintptr_t)o.dlfo_link_map->l_ld,
		   o.dlfo_link_map->l_addr, (uintptr_t)qsort + 1, name,
		   sizeof name, &offset) &&
			!strcmp(name, "qsort") && offset == 1,
		"its symbols have names");
}

int main(void)
{
	frames();
	bad_memory();
	symbols();
	return tap_done();
}
