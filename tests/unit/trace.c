/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A program that traces its own stack: real CFI, real DWARF, memory through
 * /proc/self/mem.
 */
#include "inspect/stack/trace.h"
#include "inspect/dwarf/cfi.h"
#include "inspect/stack/unwind.h"
#include "tests/lib/tap.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

static struct arena arena;
static struct image image;
static struct trace trace;
static volatile int sink;
static uint64_t saved_at, saved_ra; /* of inner, while it lasts */

/* gregs' order (sys/ucontext.h) in DWARF numbers. */
static const uint8_t gregs_dwarf[17] = { 8, 9, 10, 11, 12, 13, 14, 15, 5, 4, 6,
	3, 1, 0, 2, 7, 16 };

static void trace_from(const ucontext_t *uc, size_t max)
{
	struct regs r = { 0 };

	for (int i = 0; i < 17; i++)
		regs_set(
			&r, gregs_dwarf[i], (uint64_t)uc->uc_mcontext.gregs[i]);
	if (trace_unwind(&image, &r, NULL, max, true, &arena, &trace))
		printf("# %s\n", err_msg());
}

static const struct frame *find(const char *function)
{
	for (size_t i = 0; i < trace.n; i++)
		if (trace.frames[i].function &&
			!strcmp(trace.frames[i].function, function))
			return &trace.frames[i];
	return NULL;
}

__attribute__((noinline)) static void capture(size_t max)
{
	ucontext_t uc;

	getcontext(&uc);
	trace_from(&uc, max);
	saved_at = saved_ra = 0;
	if (find("inner") &&
		unwind_saved(&image, find("inner"), image.arch->pc, &saved_at))
		(void)!mem_read_uint(&image.mem, saved_at, 8, &saved_ra);
}

static inline __attribute__((always_inline)) void here(size_t max)
{
	capture(max);
	sink = (int)max;
}

__attribute__((noinline)) static void inner(int n)
{
	here(0);
	sink = n;
}

__attribute__((noinline)) static void outer(int n)
{
	inner(n + 1);
	sink = n;
}

static void calls(void)
{
	outer(1);

	const struct frame *h = find("here"), *i = find("inner"),
			   *o = find("outer"), *m = find("main");

	ok(h && i && o && m, "a function, its callers and main are found");
	if (!h || !i || !o || !m)
		return;
	ok(h->inlined && !i->inlined, "an inlined call is told from a call");
	is_int(h->regs.v[7], i->regs.v[7], "it shares registers");
	ok(i->line > 0 && o->line > i->line && m->line > o->line,
		"lines are those of the calls");
	ok(strstr(i->file, "trace.c"), "in this file");
	is_str(frame_how_name(o->how), "cfi", "by call frame information");
	is_int(o->cfa, m->regs.v[7], "a CFA is the caller's stack pointer");
	ok(i->caller == o && h->caller == o,
		"both know the next machine frame");
	is_str(trace.end, "outermost frame", "the walk reaches _start");
	is_int(trace_to_main(&trace), (long long)m->level + 1,
		"what follows main is start-up code");
}

static void saved(void)
{
	outer(2);

	const struct frame *i = find("inner"), *o = find("outer");

	is_int(saved_at, i ? (long long)i->cfa - 8 : 0,
		"the return address was saved below the CFA");
	is_int(saved_ra, o ? (long long)o->pc : 0, "and is the caller's pc");
}

static void handler(int sig)
{
	here(0);
	sink = sig;
}

__attribute__((noinline)) static void raises(void)
{
	raise(SIGUSR1);
	sink = 1;
}

static void signals(void)
{
	size_t at = 0;

	signal(SIGUSR1, handler);
	raises();
	for (size_t i = 0; i < trace.n; i++)
		if (trace.frames[i].signal)
			at = i;
	ok(at > 0, "a signal trampoline is recognised");
	ok(at + 1 < trace.n && trace.frames[at + 1].interrupted,
		"whom it interrupted stands at its very pc");
	ok(find("handler") && find("raises") && find("main"),
		"frames on both sides of it are found");
	ok(at + 1 < trace.n &&
			(trace.frames[at + 1].regs.known & 0x1ffff) == 0x1ffff,
		"below it every register is known");
	ok(find("handler") && !regs_has(&find("raises")->regs, 0),
		"in a caller rax is not");
}

static void limits(void)
{
	here(3);
	is_int(trace.n, 3, "a limit is kept");
	ok(strstr(trace.end, "limit"), "and said");
}

int main(void)
{
	int fd = open("/proc/self/mem", O_RDONLY);
	struct find_options find_nothing = { .no_debuginfod = true };

	ok(image_open_live(&image, &arena, getpid(), fd, &find_nothing) == OK,
		"a process looks at itself");
	calls();
	saved();
	signals();
	limits();
	return tap_done();
}
