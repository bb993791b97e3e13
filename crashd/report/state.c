/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A thread's state is the system call in its registers and their arguments.
 * What a futex belongs to and who has it is inspect/locks' part, all other
 * calls are call.c's.
 *
 * The thread that got a signal from outside was interrupted in its call: the
 * kernel has put into rax either the number, for the call to be made again
 * when the handler returns, or EINTR (arch/x86/kernel/signal.c); then the
 * number stands in the code before the syscall instruction.
 */
#include "crashd/report/state.h"
#include "crashd/report/call.h"
#include "inspect/image/symbol.h"
#include "inspect/locks/futex.h"
#include "inspect/locks/syscall.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/user.h>

enum {
	IDLE_SHOWN_MS = 100, /* less is noise */
	MAX_CALL = 1024,     /* numbers of system calls are below */
};

struct words {
	const struct target *target;
	const struct target_thread *thread;
	struct image *image;
	const struct trace *trace;
	struct arena *arena;
};

static const struct target_thread *thread_of(const struct target *t, int tid)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->thread[i].tid == tid)
			return &t->thread[i];
	return NULL;
}

static bool is_thread(const void *ctx, int tid)
{
	return thread_of(ctx, tid) != NULL;
}

static const char *word_text(struct words *w, uint64_t addr)
{
	struct symbol sym;

	if (!w->image || !symbol_at(w->image, addr, &sym))
		return arena_printf(
			w->arena, "0x%llx", (unsigned long long)addr);
	if (addr == sym.addr)
		return arena_printf(w->arena, "0x%llx <%s>",
			(unsigned long long)addr, sym.name);
	return arena_printf(w->arena, "0x%llx <%s+%llu>",
		(unsigned long long)addr, sym.name,
		(unsigned long long)(addr - sym.addr));
}

static const char *owner_text(struct words *w, int owner)
{
	const struct target_thread *th = thread_of(w->target, owner);

	if (owner == w->thread->tid)
		return arena_printf(w->arena, "thread %d, itself", owner);
	return arena_printf(
		w->arena, "thread %d \"%s\"", owner, th ? th->name : "?");
}

static const char *futex_text(struct words *w)
{
	const struct target_thread *th = w->thread;
	struct futex_process process = {
		.mem = &w->image->mem,
		.is_thread = is_thread,
		.ctx = w->target,
	};
	int owner = 0;
	enum futex_kind kind =
		w->image ? futex_of(&process, th->arg, w->trace, &owner)
			 : FUTEX_OTHER;
	const char *what = futex_words(kind), *at = word_text(w, th->arg[0]);
	const char *limit = th->arg[3] ? ", with a time limit" : "";

	if (kind == FUTEX_NONE)
		return "futex";
	if (kind == FUTEX_JOIN && owner)
		return arena_printf(w->arena, "wait for %s to end%s",
			owner_text(w, owner), limit);
	if (owner)
		return arena_printf(w->arena,
			"futex wait on a %s held by %s, %s%s",
			what ? what : "mutex", owner_text(w, owner), at, limit);
	if (what)
		return arena_printf(w->arena, "futex wait on a %s at %s%s",
			what, at, limit);
	return arena_printf(w->arena, "futex wait at %s%s", at, limit);
}

static long named_call(const struct words *w, long number)
{
	return (long)syscall_restarted((uint64_t)number,
		w->trace->n ? w->trace->frames[0].function : NULL);
}

/* The call that it was in, by the code around its pc; -1: none. */
static long interrupted_call(const struct words *w)
{
	static const uint8_t insn[2] = { 0x0f, 0x05 }; /* syscall */
	static const uint8_t zero[4] = { 0x31, 0xc0, 0x0f, 0x05 };
	const struct user_regs_struct *r = (const void *)w->thread->gregs;
	uint8_t code[9] = { 0 }; /* mov $imm32,%eax; syscall; pc: syscall */
	int32_t number;

	if (target_read(w->target, r->rip - 7, code, sizeof code) !=
		sizeof code)
		return -1;
	if (!memcmp(code + 7, insn, 2) && r->rax < MAX_CALL)
		return (long)r->rax;
	if (memcmp(code + 5, insn, 2) || (int64_t)r->rax != -EINTR)
		return -1;
	if (!memcmp(code + 3, zero, sizeof zero))
		return 0;
	memcpy(&number, code + 1, sizeof number);
	if (code[0] == 0xb8 && number >= 0 && number < MAX_CALL)
		return number;
	/* by the function's name, if that tells */
	number = (int32_t)named_call(w, SYS_restart_syscall);
	return number == SYS_restart_syscall ? -1 : number;
}

static const char *call_words_of(struct words *w, long number)
{
	number = named_call(w, number);
	return number == SYS_futex
		       ? futex_text(w)
		       : call_text(w->target, number, w->thread->arg, w->arena);
}

/* Of the thread of the record: a signal that was sent found it in a call. */
static const char *recorded_text(struct words *w)
{
	const struct target *t = w->target;
	const siginfo_t *info = (const void *)t->record.siginfo;
	bool sent = !t->record.signo || info->si_code <= 0;
	long number = sent && w->thread->has_gregs ? interrupted_call(w) : -1;
	const char *got = t->record.signo ? "got the signal" : "asked for this";

	if (number < 0)
		return got;

	struct target_thread th = *w->thread;
	struct words in = *w;

	target_call_arguments(&th);
	in.thread = &th;
	return arena_printf(
		w->arena, "%s in %s", got, call_words_of(&in, number));
}

/*
 * The kernel does not tell since when a thread waits, but when it was last on
 * a processor.
 */
static const char *with_idle(struct words *w, const char *what)
{
	double idle = w->thread->idle_ms;

	if (idle < IDLE_SHOWN_MS)
		return what;
	return arena_printf(w->arena, "%s, last ran %s ago", what,
		call_duration(idle / 1e3, w->arena));
}

const char *state_text(const struct target *t, const struct target_thread *th,
	struct image *image, const struct trace *trace, struct arena *arena)
{
	struct words w = { t, th, image, trace, arena };
	const char *what = th->call >= 0 ? call_words_of(&w, th->call) : NULL;

	switch (th->access) {
	case THREAD_RECORDED:
		return recorded_text(&w);
	case THREAD_ENDED:
		return "has ended";
	case THREAD_STUCK:
		return with_idle(&w, arena_printf(arena, "%s, uninterruptible",
					     what ? what : "in the kernel"));
	case THREAD_STOPPED:
	case THREAD_FOREIGN:
		break;
	}
	if (!what && th->before != 'T' && th->state != 'T')
		what = "running";
	if (th->before == 'T' || th->state == 'T')
		what = arena_printf(arena, "stopped by a signal%s%s",
			what ? ", in " : "", what ? what : "");
	return with_idle(&w, what);
}
