/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two things can change while a thread sleeps: its pending signals, of which
 * ptrace knows, and its signal mask, when the call that it sleeps in has set
 * one for as long as it lasts: GETSIGMASK tells the one to come back to, /proc
 * the one in force, and a core has the latter.  For those calls, for a signal
 * that waits, and for a thread in its own code, whose times go on, /proc is
 * read in the pause.
 */
#include "crashd/snap/known.h"

#include "crashd/safe/sys.h"
#include "crashd/snap/narrow.h"

#include <linux/ptrace.h>
#include <stdlib.h>
#include <string.h>
#include <sys/user.h>

enum { PASS_EVERY = 16 }; /* threads: a millisecond */

void known_read(
	struct known *known, struct process *process, const struct stop *stop)
{
	known->n = known->next = 0;
	known->thread = calloc(stop->n, sizeof *known->thread);
	if (!known->thread)
		return;
	for (; known->n < stop->n; known->n++) {
		struct known_thread *thread = known->thread + known->n;
		pid_t tid = stop->thread[known->n].tid;

		if (known->n % PASS_EVERY == 0)
			crashd_stop_pass();
		/* one that has ended has tid 0, and is never looked for */
		if (crashd_process_thread(process, tid, &thread->prstatus))
			continue;
		thread->tid = tid;
		memcpy(thread->name, process->name, sizeof thread->name);
	}
}

static const struct known_thread *find(struct known *known, pid_t tid)
{
	for (size_t i = 0; i < known->n; i++) {
		size_t at = (known->next + i) % known->n;

		if (known->thread[at].tid == tid) {
			known->next = at + 1;
			return known->thread + at;
		}
	}
	return NULL;
}

#if defined(__x86_64__)
/* Of 32-bit code: arch/x86/entry/syscalls/syscall_32.tbl. */
static bool sleeps_narrow(int number)
{
	enum {
		SIGSUSPEND = 72,
		RT_SIGSUSPEND = 179,
		PSELECT6 = 308,
		PPOLL = 309,
		EPOLL_PWAIT = 319,
		IO_PGETEVENTS = 385,
		PSELECT6_TIME64 = 413,
		PPOLL_TIME64 = 414,
		IO_PGETEVENTS_TIME64 = 416,
		IO_URING_ENTER = 426,
		EPOLL_PWAIT2 = 441,
	};

	switch (number) {
	case SIGSUSPEND:
	case RT_SIGSUSPEND:
	case PSELECT6:
	case PPOLL:
	case EPOLL_PWAIT:
	case IO_PGETEVENTS:
	case PSELECT6_TIME64:
	case PPOLL_TIME64:
	case IO_PGETEVENTS_TIME64:
	case IO_URING_ENTER:
	case EPOLL_PWAIT2:
		return false;
	default:
		return number >= 0;
	}
}

/* In a call, and not in one that changes the mask while it lasts. */
static bool sleeps(const struct elf_prstatus *prstatus)
{
	struct user_regs_struct regs;
	struct narrow_regs narrow;

	memcpy(&regs, &prstatus->pr_reg, sizeof regs);
	memcpy(&narrow, &prstatus->pr_reg, sizeof narrow);
	if (!regs.cs) /* it is behind those of a 32-bit program */
		return sleeps_narrow((int)narrow.orig_eax);
	if (regs.cs == NARROW_CS)
		return sleeps_narrow((int)regs.orig_rax);
	switch ((long)regs.orig_rax) {
	case SYS_ppoll:
	case SYS_pselect6:
	case SYS_epoll_pwait:
	case SYS_epoll_pwait2:
	case SYS_io_pgetevents:
	case SYS_io_uring_enter:
	case SYS_rt_sigsuspend:
		return false;
	default:
		return (long)regs.orig_rax >= 0;
	}
}
#else
static bool sleeps(const struct elf_prstatus *prstatus)
{
	(void)prstatus;
	return false;
}
#endif

static bool has_signal(pid_t tid)
{
	struct ptrace_peeksiginfo_args first = { .nr = 1 };
	char info[CORE_SIGINFO];

	return sys_ptrace(PTRACE_PEEKSIGINFO, tid, (unsigned long)&first,
		       (unsigned long)info) != 0;
}

bool known_fill(struct known *known, struct process *process,
	const struct stop_thread *stopped, struct elf_prstatus *ret)
{
	const struct known_thread *thread = find(known, stopped->tid);
	elf_gregset_t regs;
	unsigned long mask;

	/* the main thread has the times of all together */
	if (!thread || stopped->tid == process->pid || stopped->signal ||
		!sleeps(ret) || has_signal(stopped->tid) ||
		sys_ptrace(PTRACE_GETSIGMASK, stopped->tid, sizeof mask,
			(unsigned long)&mask))
		return false;
	memcpy(&regs, &ret->pr_reg, sizeof regs);
	*ret = thread->prstatus;
	memcpy(&ret->pr_reg, &regs, sizeof regs);
	ret->pr_sigpend = 0;
	ret->pr_sighold = mask;
	memcpy(process->name, thread->name, sizeof process->name);
	return true;
}

void known_close(struct known *known)
{
	free(known->thread);
	*known = (struct known){ 0 };
}
