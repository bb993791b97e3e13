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

#include <linux/io_uring.h>
#include <linux/ptrace.h>
#include <sys/user.h>

#if defined(__x86_64__)
enum { NOT_ENDED, ENDLESS, LIMITED };

/* int $0x80 is as long: where a call of the vdso goes on is behind one, too. */
enum { USER_CS_32 = 0x23, USER_CS_64 = 0x33, SYSCALL_SIZE = 2 };

struct call {
	uint64_t number, arg[6];
};

/* The numbers of 32-bit code: arch/x86/entry/syscalls/syscall_32.tbl. */
enum {
	SOCKETCALL = 102,
	IPC = 117,
	IPC_SEMOP = 1,
	IPC_SEMTIMEDOP = 4,
};
static const struct {
	uint16_t narrow, wide;
} numbers[] = {
	{ 3, SYS_read },
	{ 4, SYS_write },
	{ SOCKETCALL, SYS_recvmsg }, /* or another that is as that */
	{ 145, SYS_readv },
	{ 146, SYS_writev },
	{ 177, SYS_rt_sigtimedwait },
	{ 247, SYS_io_getevents },
	{ 256, SYS_epoll_wait },
	{ 319, SYS_epoll_pwait },
	{ 337, SYS_recvmmsg },
	{ 362, SYS_connect },
	{ 364, SYS_accept4 },
	{ 369, SYS_sendto },
	{ 370, SYS_sendmsg },
	{ 371, SYS_recvfrom },
	{ 372, SYS_recvmsg },
	{ 385, SYS_io_pgetevents },
	{ 416, SYS_io_pgetevents }, /* these: with times of 64 bits */
	{ 417, SYS_recvmmsg },
	{ 420, SYS_semtimedop },
	{ 421, SYS_rt_sigtimedwait },
	{ 426, SYS_io_uring_enter },
	{ 441, SYS_epoll_pwait2 },
};

/* As the call of 64-bit code that it is; a number of -1 where it is none. */
static struct call call_of_narrow(const struct user_regs_struct *r)
{
	struct call call = { .number = UINT64_MAX,
		.arg = { (uint32_t)r->rbx, (uint32_t)r->rcx, (uint32_t)r->rdx,
			(uint32_t)r->rsi, (uint32_t)r->rdi,
			(uint32_t)r->rbp } };
	uint32_t number = (uint32_t)r->orig_rax;

	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
		if (numbers[i].narrow == number)
			call.number = numbers[i].wide;
	/* which one, and its arguments: ipc(2) */
	if (number == IPC && call.arg[0] == IPC_SEMOP)
		call.number = SYS_semop;
	if (number == IPC && call.arg[0] == IPC_SEMTIMEDOP) {
		call.number = SYS_semtimedop;
		call.arg[3] = call.arg[5];
	}
	return call;
}

static struct call call_of(const struct user_regs_struct *r)
{
	if (r->cs == USER_CS_32)
		return call_of_narrow(r);
	return (struct call){ r->orig_rax,
		{ r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9 } };
}

/*
 * io_uring_enter(2) gives EINTR only where it has submitted nothing: to say it
 * again does nothing twice.  A time limit is behind a pointer, if at all.
 */
static int wait_of_ring(pid_t tid, const struct call *call)
{
	struct io_uring_getevents_arg arg = { 0 };
	struct iovec local = { &arg, sizeof arg };
	struct iovec remote = { (void *)(uintptr_t)call->arg[4], sizeof arg };

	if (!(call->arg[3] & IORING_ENTER_EXT_ARG))
		return ENDLESS;
	return sys_process_vm_readv(tid, &local, 1, &remote, 1) == sizeof arg &&
			       arg.ts == 0
		       ? ENDLESS
		       : LIMITED;
}

/* What sort of wait the call was, if it is one of those. */
static int wait_of(pid_t tid, const struct call *call)
{
	switch (call->number) {
	case SYS_epoll_wait:
	case SYS_epoll_pwait:
		return (int)call->arg[3] < 0 ? ENDLESS : LIMITED;
	case SYS_epoll_pwait2:
	case SYS_semtimedop:
		return call->arg[3] == 0 ? ENDLESS : LIMITED;
	case SYS_rt_sigtimedwait:
		return call->arg[2] == 0 ? ENDLESS : LIMITED;
	case SYS_io_getevents:
	case SYS_io_pgetevents:
		return call->arg[4] == 0 ? ENDLESS : LIMITED;
	case SYS_semop:
		return ENDLESS;
	case SYS_io_uring_enter:
		return wait_of_ring(tid, call);
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
	struct user_regs_struct r;

	/* not GETREGSET: of 32-bit code that has other registers */
	if (sys_ptrace(PTRACE_GETREGS, thread->tid, 0, (unsigned long)&r) ||
		(r.cs != USER_CS_64 && r.cs != USER_CS_32) ||
		(long)r.rax != -EINTR)
		return;

	struct call call = call_of(&r);
	int wait =
		(long)r.orig_rax < 0 ? NOT_ENDED : wait_of(thread->tid, &call);

	if (wait == NOT_ENDED || signal_waits(stop, thread->tid))
		return;
	if (wait == LIMITED) {
		stop->interrupted++;
		return;
	}
	r.rax = r.orig_rax;
	r.orig_rax = (unsigned long)-1;
	r.rip -= SYSCALL_SIZE;
	if (sys_ptrace(PTRACE_SETREGS, thread->tid, 0, (unsigned long)&r) == 0)
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
