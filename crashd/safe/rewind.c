/* SPDX-License-Identifier: Apache-2.0 */
/*
 * At the stop the result is in the register already, and the kernel is done
 * with the call: -EINTR, with the call's number still at hand (it is -1 when
 * the thread was interrupted in its own code).  The `syscall` instruction is
 * two bytes long: pc minus two, the number back in the result register, and
 * the thread repeats it.  A signal that can be delivered is a real reason for
 * EINTR; then nothing is touched.
 */
#include "crashd/safe/rewind.h"
#include "crashd/safe/procfile.h"
#include "crashd/safe/sys.h"

#include <elf.h>
#include <linux/ptrace.h>
#include <sys/user.h>

#if defined(__x86_64__)
enum { NOT_ENDED, ENDLESS, LIMITED };

enum { USER_CS_64 = 0x33, SYSCALL_SIZE = 2 };

/* What sort of wait the call was, if it is one of those. */
static int wait_of(const struct user_regs_struct *r)
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

	return pending & ~crashd_procfile_number(text, "SigBlk", 16);
}

static void rewind_thread(struct stop *stop, const struct stop_thread *thread)
{
	struct user_regs_struct r;
	struct iovec io = { &r, sizeof r };

	if (sys_ptrace(PTRACE_GETREGSET, thread->tid, NT_PRSTATUS,
		    (unsigned long)&io) ||
		r.cs != USER_CS_64 || (long)r.rax != -EINTR)
		return;

	int wait = (long)r.orig_rax < 0 ? NOT_ENDED : wait_of(&r);

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

void crashd_rewind_calls(struct stop *stop)
{
	for (size_t i = 0; i < stop->n; i++) {
		const struct stop_thread *thread = stop->thread + i;

		if (thread->stopped && !thread->signal && !thread->job)
			rewind_thread(stop, thread);
	}
}
#else
void crashd_rewind_calls(struct stop *stop)
{
	(void)stop;
}
#endif
