/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A thread stands in a system call when the two bytes before its pc are the
 * syscall instruction and orig_rax holds a number: the kernel puts -1 there
 * for interrupts and faults (kernel: arch/x86/entry/entry_64.S).
 *
 * One that a handler has interrupted stands at the instruction again, with the
 * number back in rax and -1 in orig_rax, to repeat the call when the handler
 * returns (handle_signal in arch/x86/kernel/signal.c).  So does a process that
 * died of the signal that libcrashd reported.
 */
#include "inspect/locks/wait.h"

#include "inspect/locks/syscall.h"

#include <inttypes.h>

enum { SYS_FUTEX = 202 };

static uint64_t reg_named(
	const struct image *image, const struct regs *r, const char *name)
{
	int i = arch_find_reg(image->arch, name);

	return i >= 0 && regs_has(r, (unsigned)i) ? r->v[i] : 0;
}

static bool is_thread(const void *ctx, int tid)
{
	const struct core *core = ctx;

	for (size_t i = 0; core && i < core->nthreads; i++)
		if (core->threads[i].lwp == tid)
			return true;
	return false;
}

static bool is_syscall_insn(struct image *image, uint64_t addr)
{
	static const uint64_t SYSCALL_INSN = 0x050f; /* 0f 05 */
	uint64_t insn;

	return !mem_read_uint(&image->mem, addr, 2, &insn) &&
	       insn == SYSCALL_INSN;
}

/* The number of the call, or -1. */
static int64_t call_of(struct image *image, const struct regs *r)
{
	const struct arch *arch = image->arch;
	int64_t number;

	if (!regs_has(r, arch->orig_rax) || !regs_has(r, arch->pc))
		return -1;
	number = (int64_t)r->v[arch->orig_rax];
	if (number >= 0)
		return is_syscall_insn(image, r->v[arch->pc] - 2) ? number : -1;
	number = (int64_t)reg_named(image, r, "rax");
	return syscall_name((uint64_t)number) &&
			       is_syscall_insn(image, r->v[arch->pc])
		       ? number
		       : -1;
}

struct wait wait_of(struct image *image, const struct core_thread *t,
	const struct trace *trace)
{
	static const char *const arg_names[] = { "rdi", "rsi", "rdx", "r10",
		"r8", "r9" };
	struct futex_process process = {
		.mem = &image->mem,
		.is_thread = is_thread,
		.ctx = image->core,
	};
	struct wait w = { .kind = WAIT_RUNNING };
	int64_t call = call_of(image, &t->regs);

	if (call < 0)
		return w;
	w.kind = WAIT_SYSCALL;
	w.number = syscall_restarted((uint64_t)call,
		trace && trace->n ? trace->frames[0].function : NULL);
	for (size_t i = 0; i < 6; i++)
		w.arg[i] = reg_named(image, &t->regs, arg_names[i]);
	if (w.number != SYS_FUTEX)
		return w;
	w.futex = futex_of(&process, w.arg, trace, &w.owner);
	if (w.futex == FUTEX_NONE)
		return w;
	w.kind = WAIT_FUTEX;
	w.address = w.arg[0];
	return w;
}

static const char *futex_text(const struct wait *w, struct arena *arena)
{
	const char *what = futex_words(w->futex);

	if (w->futex == FUTEX_JOIN && w->owner)
		return arena_printf(
			arena, "futex wait, joining LWP %d", w->owner);
	if (w->owner)
		return arena_printf(arena,
			"futex wait on %s 0x%" PRIx64 ", held by LWP %d",
			what ? what : "mutex", w->address, w->owner);
	return arena_printf(arena, "futex wait on %s%s0x%" PRIx64,
		what ? what : "", what ? " " : "", w->address);
}

const char *wait_text(const struct wait *w, struct arena *arena)
{
	const char *name = syscall_name(w->number);

	switch (w->kind) {
	case WAIT_RUNNING:
		return "running";
	case WAIT_FUTEX:
		return futex_text(w, arena);
	case WAIT_SYSCALL:
		break;
	}
	if (!name)
		return arena_printf(
			arena, "in system call %" PRIu64, w->number);
	if (syscall_takes_fd(w->number))
		return arena_printf(
			arena, "in %s(fd %d)", name, (int)w->arg[0]);
	return arena_printf(arena, "in %s()", name);
}
