/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A thread stands in a system call when the two bytes before its pc are the
 * syscall instruction and orig_rax holds a number: the kernel puts -1 there
 * for interrupts and faults (kernel: arch/x86/entry/entry_64.S).
 *
 * glibc's mutex has its word at 0, the owner's thread id at 8 and its kind at
 * 16 (struct __pthread_mutex_s); 0, 1 and 2 mean free, locked, and locked with
 * waiters.  pthread_join waits on the tid field of the other's struct pthread,
 * whose address is that thread's fs_base: an address a little above some
 * thread's fs_base, whose word is that thread's id, is a join.
 */
#include "inspect/locks/wait.h"

#include "inspect/locks/syscall.h"

#include <inttypes.h>

enum {
	SYS_FUTEX = 202,
	FUTEX_OP_MASK = 127, /* without FUTEX_PRIVATE and CLOCK_REALTIME */
	FUTEX_OP_WAIT = 0,
	FUTEX_OP_LOCK_PI = 6,
	FUTEX_OP_WAIT_BITSET = 9,
	FUTEX_OP_WAIT_REQUEUE_PI = 11,
	MAX_PTHREAD_SIZE = 4096, /* struct pthread: 2368 in glibc 2.36 */
};

static uint64_t reg_named(
	const struct image *image, const struct regs *r, const char *name)
{
	int i = arch_find_reg(image->arch, name);

	return i >= 0 && regs_has(r, (unsigned)i) ? r->v[i] : 0;
}

static bool is_thread(const struct image *image, int tid)
{
	for (size_t i = 0; image->core && i < image->core->nthreads; i++)
		if (image->core->threads[i].lwp == tid)
			return true;
	return false;
}

static bool in_syscall(struct image *image, const struct regs *r)
{
	static const uint64_t SYSCALL_INSN = 0x050f; /* 0f 05 */
	const struct arch *arch = image->arch;
	uint64_t insn;

	if (!regs_has(r, arch->orig_rax) || !regs_has(r, arch->pc) ||
		(int64_t)r->v[arch->orig_rax] < 0)
		return false;
	return !mem_read_uint(&image->mem, r->v[arch->pc] - 2, 2, &insn) &&
	       insn == SYSCALL_INSN;
}

static bool is_join(struct image *image, struct wait *w)
{
	const struct core *core = image->core;
	uint64_t word;

	if (!core || mem_read_uint(&image->mem, w->address, 4, &word) || !word)
		return false;
	for (size_t i = 0; i < core->nthreads; i++) {
		const struct core_thread *t = &core->threads[i];
		uint64_t tcb = t->regs.v[image->arch->fs_base];

		if (t->lwp != (int)word || w->address < tcb ||
			w->address - tcb > MAX_PTHREAD_SIZE)
			continue;
		w->owner = t->lwp;
		w->owner_exists = true;
		return true;
	}
	return false;
}

static bool is_mutex(struct image *image, struct wait *w)
{
	static const uint64_t KIND_BITS = 0x3ff; /* nptl/pthreadP.h */
	uint64_t word, owner, kind;

	if (mem_read_uint(&image->mem, w->address, 4, &word) ||
		mem_read_uint(&image->mem, w->address + 8, 4, &owner) ||
		mem_read_uint(&image->mem, w->address + 16, 4, &kind))
		return false;
	if ((word != 1 && word != 2) || !owner || kind & ~KIND_BITS)
		return false;
	w->owner = (int)owner;
	w->owner_exists = is_thread(image, (int)owner);
	return w->owner_exists;
}

struct wait wait_of(struct image *image, const struct core_thread *t)
{
	static const char *const arg_names[] = { "rdi", "rsi", "rdx", "r10",
		"r8", "r9" };
	struct wait w = { .kind = WAIT_RUNNING };

	if (!in_syscall(image, &t->regs))
		return w;
	w.kind = WAIT_SYSCALL;
	w.number = t->regs.v[image->arch->orig_rax];
	for (size_t i = 0; i < 6; i++)
		w.arg[i] = reg_named(image, &t->regs, arg_names[i]);
	if (w.number != SYS_FUTEX)
		return w;
	switch (w.arg[1] & FUTEX_OP_MASK) {
	case FUTEX_OP_WAIT:
	case FUTEX_OP_LOCK_PI:
	case FUTEX_OP_WAIT_BITSET:
	case FUTEX_OP_WAIT_REQUEUE_PI:
		break;
	default:
		return w;
	}
	w.address = w.arg[0];
	w.kind = is_join(image, &w)    ? WAIT_JOIN
		 : is_mutex(image, &w) ? WAIT_MUTEX
				       : WAIT_FUTEX;
	return w;
}

const char *wait_text(const struct wait *w, struct arena *arena)
{
	const char *name = syscall_name(w->number);

	switch (w->kind) {
	case WAIT_RUNNING:
		return "running";
	case WAIT_MUTEX:
		return arena_printf(arena,
			"futex wait on mutex 0x%" PRIx64 ", held by LWP %d",
			w->address, w->owner);
	case WAIT_JOIN:
		return arena_printf(
			arena, "futex wait, joining LWP %d", w->owner);
	case WAIT_FUTEX:
		return arena_printf(
			arena, "futex wait on 0x%" PRIx64, w->address);
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
