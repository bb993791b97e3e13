/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A program may install an alternate stack of a few kilobytes, enough for its
 * own handler.  Ours would run over its end, into what lies below.  So one
 * stack is kept for whoever comes first; the thread's alternate stack becomes
 * that one for the time, so that a fault in a section has its frame further
 * down there and not on top of the first one.  Returning from the signal puts
 * the old one back (sigaltstack(2); kernel: restore_altstack).
 *
 * What is too small for the kernel's frame is beyond help: the kernel kills.
 */
#include "crashd/safe/room.h"

#include <stdbool.h>

#include "crashd/safe/handler.h"
#include "crashd/safe/sys.h"

enum { LEAST = 24576 }; /* as crashd/lib/stack.c leaves in place */

struct call {
	void (*run)(int, siginfo_t *, void *);
	int sig;
	siginfo_t *info;
	void *uc;
};

static uint32_t taken;

static bool is_small(const stack_t *s)
{
	uintptr_t used = (uintptr_t)__builtin_frame_address(0),
		  end = (uintptr_t)s->ss_sp;

	return !(s->ss_flags & SS_DISABLE) && used - end < s->ss_size &&
	       used - end < LEAST;
}

__attribute__((used)) static void in_room(struct call *call)
{
	stack_t room = {
		.ss_sp = crashd_config.room - crashd_config.room_size,
		.ss_size = crashd_config.room_size,
	};

	sys_sigaltstack(&room, NULL);
	call->run(call->sig, call->info, call->uc);
}

static void switch_to(char *top, struct call *call)
{
#if defined(__x86_64__)
	__asm__ volatile("mov %%rsp, %%rbx\n\t"
			 "mov %[top], %%rsp\n\t"
			 "call *%[fn]\n\t"
			 "mov %%rbx, %%rsp"
			 : "+D"(call)
			 : [top] "r"(top), [fn] "r"(in_room)
			 : "rax", "rbx", "rcx", "rdx", "rsi", "r8", "r9", "r10",
			 "r11", "memory", "cc");
#else
	(void)top;
	call->run(call->sig, call->info, call->uc);
#endif
}

void crashd_room_run(void (*run)(int, siginfo_t *, void *), int sig,
	siginfo_t *info, void *uc)
{
	struct call call = { run, sig, info, uc };

	if (!crashd_config.room || !is_small(&((ucontext_t *)uc)->uc_stack) ||
		__atomic_exchange_n(&taken, 1, __ATOMIC_SEQ_CST)) {
		run(sig, info, uc);
		return;
	}
	switch_to(crashd_config.room, &call);
	__atomic_store_n(&taken, 0, __ATOMIC_SEQ_CST);
}
