/* SPDX-License-Identifier: Apache-2.0 */
/*
 * At the stop the result is in the register already, and the kernel is done
 * with the call: -EINTR, with the call's number still at hand (it is -1 when
 * the thread was interrupted in its own code).  The `syscall` instruction is
 * two bytes long: pc minus two, the number back in the result register, and
 * the thread repeats it.  A signal that this thread may yet handle is a real
 * reason for EINTR; then nothing is touched.  One that asks for a report is
 * none: our handler begins the call again by itself (context.h), and a thread
 * that another one forestalls would have its EINTR for nothing.
 */
#include "crashd/safe/rewind.h"
#include "crashd/safe/procfile.h"
#include "crashd/safe/sys.h"

#include <elf.h>
#include <linux/io_uring.h>
#include <linux/ptrace.h>
#include <sys/user.h>

#if defined(__x86_64__)
enum { NOT_ENDED, ENDLESS, LIMITED };

enum { USER_CS_64 = 0x33, SYSCALL_SIZE = 2 };

/*
 * io_uring_enter(2) gives EINTR only where it has submitted nothing: to say it
 * again does nothing twice.  A time limit is behind a pointer, if at all.
 */
static int wait_of_ring(pid_t tid, const struct user_regs_struct *r)
{
	struct io_uring_getevents_arg arg = { 0 };
	struct iovec local = { &arg, sizeof arg };
	struct iovec remote = { (void *)(uintptr_t)r->r8, sizeof arg };

	if (!(r->r10 & IORING_ENTER_EXT_ARG))
		return ENDLESS;
	return sys_process_vm_readv(tid, &local, 1, &remote, 1) == sizeof arg &&
			       arg.ts == 0
		       ? ENDLESS
		       : LIMITED;
}

/* What sort of wait the call was, if it is one of those. */
static int wait_of(pid_t tid, const struct user_regs_struct *r)
{
	switch (r->orig_rax) {
	case SYS_epoll_wait:
	case SYS_epoll_pwait:
		return (int)r->r10 < 0 ? ENDLESS : LIMITED;
	case SYS_epoll_pwait2:
	case SYS_semtimedop:
		return r->r10 == 0 ? ENDLESS : LIMITED;
	case SYS_rt_sigtimedwait:
		return r->rdx == 0 ? ENDLESS : LIMITED;
	case SYS_io_getevents:
	case SYS_io_pgetevents:
		return r->r8 == 0 ? ENDLESS : LIMITED;
	case SYS_semop:
		return ENDLESS;
	case SYS_io_uring_enter:
		return wait_of_ring(tid, r);
	/* of sockets with SO_RCVTIMEO or SO_SNDTIMEO: without, they restart */
	case SYS_accept:
	case SYS_accept4:
	case SYS_connect:
	case SYS_read:
	case SYS_readv:
	case SYS_recvfrom:
	case SYS_recvmsg:
	case SYS_recvmmsg:
	case SYS_sendto:
	case SYS_sendmsg:
	case SYS_write:
	case SYS_writev:
		return LIMITED;
	default:
		return NOT_ENDED;
	}
}

static bool signal_waits(const struct stop *stop, pid_t tid)
{
	char text[4096];

	if (crashd_procfile_read(stop->proc, stop->pid, tid, "status", text,
		    sizeof text) <= 0)
		return true;

	uint64_t pending = crashd_procfile_number(text, "SigPnd", 16) |
			   crashd_procfile_number(text, "ShdPnd", 16);

	return pending & crashd_procfile_number(text, "SigCgt", 16) &
	       ~crashd_procfile_number(text, "SigBlk", 16) & ~stop->repeats;
}

static void rewind_thread(struct stop *stop, const struct stop_thread *thread)
{
	struct user_regs_struct r = { 0 }; /* 32-bit code has fewer */
	struct iovec io = { &r, sizeof r };

	if (sys_ptrace(PTRACE_GETREGSET, thread->tid, NT_PRSTATUS,
		    (unsigned long)&io) ||
		r.cs != USER_CS_64 || (long)r.rax != -EINTR)
		return;

	int wait = (long)r.orig_rax < 0 ? NOT_ENDED : wait_of(thread->tid, &r);

	if (wait == NOT_ENDED || signal_waits(stop, thread->tid))
		return;
	if (wait == LIMITED) {
		stop->interrupted++;
		return;
	}
	r.rax = r.orig_rax;
	r.orig_rax = (unsigned long)-1;
	r.rip -= SYSCALL_SIZE;
	if (sys_ptrace(PTRACE_SETREGSET, thread->tid, NT_PRSTATUS,
		    (unsigned long)&io) == 0)
		stop->rewound++;
}

void crashd_rewind_check(struct stop_thread *thread, const void *regs)
{
	const struct user_regs_struct *r = regs;

	thread->unhurt = (long)r->rax != -EINTR;
}

void crashd_rewind_calls(struct stop *stop)
{
	for (size_t i = 0; i < stop->n; i++) {
		const struct stop_thread *thread = stop->thread + i;

		if (thread->stopped && !thread->unhurt && !thread->signal &&
			!thread->job)
			rewind_thread(stop, thread);
	}
}
#else
void crashd_rewind_check(struct stop_thread *thread, const void *regs)
{
	(void)thread;
	(void)regs;
}
void crashd_rewind_calls(struct stop *stop)
{
	(void)stop;
}
#endif
