/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The thread is in PTRACE_EVENT_STOP, that is, in the kernel's get_signal on
 * its way back to user code.  Its registers are set to a syscall instruction
 * that it has anyway, in the vdso, and it runs from stop to stop of
 * PTRACE_SYSCALL:
 *
 *	EVENT_STOP  ->  entry of the call  ->  its exit: the result is in rax
 *
 * A breakpoint would do without the vdso, but it changes code, and a program
 * that blocks SIGTRAP loses its handler by it (force_sig_info_to_task).
 *
 * What has to be right:
 *
 * orig_rax.  It is -1 for our calls, so that the kernel sees no interrupted
 * call to restart.  At the end the thread must not go on from the exit of our
 * call: the restart of the program's own call (rax -512 to -516) happens in
 * get_signal alone.  So it is interrupted again, and the registers are those
 * of the start when it stands in EVENT_STOP once more.  Nothing that we call
 * touches the restart block.
 *
 * Signals.  clone fails while one is pending, so all are blocked meanwhile,
 * and stay queued as they are.  SIGSTOP cannot be: it is taken out and sent
 * again.  GETSIGMASK gives the mask that ppoll and kin will restore, which is
 * the right one to put back: the call begins again and sets its own.
 *
 * Restartable sequences (rseq(2)).  The kernel forgets the sequence of a thread
 * that comes back outside of it, so a thread in the middle of one is not used.
 * One that is in a system call cannot be in the middle.
 *
 * The child.  Exit signal 0: the parent gets no SIGCHLD, and only a wait with
 * __WALL or __WCLONE could see it.  CLONE_FILES: no descriptor is copied.  Its
 * stack pointer is an address where nothing is, and all its signals are
 * blocked: should its tracer die before PTRACE_O_EXITKILL is set, it faults at
 * once and is gone, rather than run the program a second time.
 */
#include "crashd/snap/inject.h"

#include "crashd/safe/procfile.h"
#include "crashd/safe/sys.h"

#include <elf.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/wait.h>
#include <sched.h>
#include <string.h>

enum {
	VDSO_MAX = 4 * CORE_PAGE,
	CALL_RETRIES = 100, /* of ERESTARTNOINTR: a signal was just coming */
	CALL_MS = 10000,    /* for one call; clone copies page tables */
	SETTLE_MS = 1000,
	NO_STACK = 8, /* in the page at 0, where nothing can be mapped */
	ERESTARTNOINTR = 513,
};

/* ---- stops ---- */

static bool is_stopped(int status)
{
	return (status & 0xff) == 0x7f;
}
static int stop_signal(int status)
{
	return status >> 8 & 0xff;
}
static int stop_event(int status)
{
	return status >> 16;
}

/* The next stop of a thread: 0 and its status, or -errno. */
static int next_stop(pid_t tid, int64_t deadline, int *ret)
{
	for (;;) {
		pid_t got = sys_wait4(tid, ret, WNOHANG | __WALL);

		if (got == tid && is_stopped(*ret))
			return 0;
		if (got == tid || got == -ECHILD)
			return -ESRCH;
		if (sys_now_ms() > deadline)
			return -ETIMEDOUT;
		crashd_stop_sleep();
	}
}

#if defined(__x86_64__)

enum { USER_CS_64 = 0x33, FLAG_TRAP = 0x100, SYSCALL_STOP = SIGTRAP | 0x80 };

static int get_registers(pid_t tid, struct user_regs_struct *ret)
{
	long n = crashd_stop_regset(tid, NT_PRSTATUS, ret, sizeof *ret);

	/* a thread in 32-bit code has a shorter set */
	return n == sizeof *ret ? 0 : n < 0 ? (int)n : -ENOEXEC;
}

static int set_registers(pid_t tid, const struct user_regs_struct *regs)
{
	struct iovec io = { (void *)(uintptr_t)regs, sizeof *regs };

	return (int)sys_ptrace(
		PTRACE_SETREGSET, tid, NT_PRSTATUS, (unsigned long)&io);
}

/* ---- where, and who ---- */

uint64_t inject_gadget(struct core_source *source)
{
	static unsigned char code[VDSO_MAX];
	const struct core_process *process = &source->process;
	const Elf64_auxv_t *aux = (const void *)process->auxv;
	uint64_t vdso = 0;

	for (size_t n = process->auxv_size / sizeof *aux; n > 0; n--, aux++)
		if (aux->a_type == AT_SYSINFO_EHDR)
			vdso = aux->a_un.a_val;

	long n = vdso ? source->read(source, vdso, code, sizeof code) : 0;

	for (long i = 0; i + 1 < n; i++)
		if (code[i] == 0x0f && code[i + 1] == 0x05)
			return vdso + (uint64_t)i;
	return 0;
}

static bool peek(pid_t tid, uint64_t addr, void *ret, size_t n)
{
	struct iovec local = { ret, n };
	struct iovec remote = { (void *)(uintptr_t)addr, n };

	return sys_process_vm_readv(tid, &local, 1, &remote, 1) == (ssize_t)n;
}

/* rseq(2), linux/rseq.h: is pc between the ends of the sequence begun last? */
static bool in_sequence(pid_t tid, uint64_t pc)
{
	struct {
		uint64_t abi;
		uint32_t size, signature, flags, pad;
	} where = { 0 };
	struct {
		uint32_t version, flags;
		uint64_t start, length, abort;
	} section;
	uint64_t at = 0;
	enum { GET_RSEQ = 0x420f, RSEQ_CS = 8 };

	if (sys_ptrace(GET_RSEQ, tid, sizeof where, (unsigned long)&where) <=
			0 ||
		!where.abi)
		return false;
	if (!peek(tid, where.abi + RSEQ_CS, &at, sizeof at))
		return true;
	if (!at)
		return false;
	return !peek(tid, at, &section, sizeof section) ||
	       pc - section.start < section.length;
}

/* prctl(PR_SET_SYSCALL_USER_DISPATCH): Wine's way to catch calls. */
static bool calls_are_redirected(pid_t tid)
{
	struct {
		uint64_t mode, selector, offset, length;
	} config = { 0 };
	enum { GET_DISPATCH = 0x4211 };

	return sys_ptrace(GET_DISPATCH, tid, sizeof config,
		       (unsigned long)&config) == 0 &&
	       config.mode != 0;
}

/*
 * Workers of io_uring and vhost are listed as threads, and stop as threads, but
 * never run user code: what is asked of one would not happen.  Their registers
 * say so on purpose (copy_thread in arch/x86/kernel/process.c).
 */
static bool is_worker(const struct user_regs_struct *regs)
{
	return !regs->rip && !regs->rsp;
}

/* clone is refused to such a thread (sched_fork: EAGAIN). */
static bool has_deadline(pid_t tid)
{
	enum { RESET_ON_FORK = 0x40000000, DEADLINE = 6 };
	int policy = sched_getscheduler(tid);

	return policy >= 0 && (policy & ~RESET_ON_FORK) == DEADLINE;
}

/* Do children of this thread get ids in its own namespace? */
static bool children_stay(pid_t pid, pid_t tid)
{
	char own[64] = "", theirs[64] = "";
	int ns = crashd_procfile_open(-1, pid, tid, "ns", O_PATH | O_DIRECTORY);

	if (ns < 0)
		return false;

	ssize_t n = sys_readlinkat(ns, "pid", own, sizeof own);
	ssize_t m =
		sys_readlinkat(ns, "pid_for_children", theirs, sizeof theirs);

	sys_close(ns);
	/* it cannot be read while nobody lives there */
	return n > 0 && n == m && !memcmp(own, theirs, (size_t)n);
}

static bool has_seccomp(pid_t pid, pid_t tid)
{
	char text[4096];

	return crashd_procfile_read(
		       -1, pid, tid, "status", text, sizeof text) <= 0 ||
	       crashd_procfile_number(text, "Seccomp", 10) != 0;
}

int inject_allowed(pid_t pid, const struct stop_thread *thread, bool clones)
{
	struct user_regs_struct regs;
	pid_t tid = thread->tid;

	if (!thread->stopped || thread->signal || thread->job)
		return -EBUSY;

	int error = get_registers(tid, &regs);

	if (error)
		return error;
	if (is_worker(&regs))
		return -EBUSY;
	if (regs.cs != USER_CS_64 || calls_are_redirected(tid))
		return -ENOEXEC;
	if (regs.eflags & FLAG_TRAP ||
		((long)regs.orig_rax < 0 && in_sequence(tid, regs.rip)))
		return -EBUSY;
	if (has_seccomp(pid, tid))
		return -EACCES;
	if (!clones)
		return 0;
	if (has_deadline(tid))
		return -ENOTSUP;
	return children_stay(pid, tid) ? 0 : -EXDEV;
}

static bool is_caught(pid_t pid, pid_t tid, int sig)
{
	char text[4096];

	return sig > 0 &&
	       crashd_procfile_read(-1, pid, tid, "status", text, sizeof text) >
		       0 &&
	       crashd_procfile_number(text, "SigCgt", 16) >> (sig - 1) & 1;
}

/*
 * The handler's frame is made, as it would have been without us, and before its
 * first instruction the thread stops again: an interruption goes before any
 * other signal that waits (get_signal in kernel/signal.c).
 */
bool inject_settle(pid_t pid, struct stop_thread *thread)
{
	int sig = thread->signal, status = 0, error;
	pid_t tid = thread->tid;

	if (!thread->stopped || !is_caught(pid, tid, sig))
		return false;
	sys_ptrace(PTRACE_INTERRUPT, tid, 0, 0);
	if (sys_ptrace(PTRACE_CONT, tid, 0, (unsigned long)sig))
		return false;
	thread->signal = 0;
	thread->stopped = false;
	error = next_stop(tid, sys_now_ms() + SETTLE_MS, &status);
	thread->gone = error == -ESRCH;
	if (error)
		return false;
	thread->stopped = true;
	if (stop_event(status) == PTRACE_EVENT_STOP)
		thread->job = stop_signal(status) != SIGTRAP;
	else
		thread->signal = stop_signal(status);
	return !thread->job && !thread->signal;
}

/* A thread in a call rather than one in its own code. */
static int pick(const struct stop *stop)
{
	struct user_regs_struct regs;
	int best = -EBUSY;

	for (size_t i = 0; i < stop->n; i++) {
		const struct stop_thread *thread = stop->thread + i;
		int error = inject_allowed(stop->pid, thread, true);

		if (error && best < 0 && error != -EBUSY)
			best = error;
		if (error || get_registers(thread->tid, &regs))
			continue;
		if ((long)regs.orig_rax >= 0)
			return (int)i;
		if (best < 0)
			best = (int)i;
	}
	return best;
}

int inject_pick(struct stop *stop)
{
	int best = pick(stop);

	for (size_t i = 0; i < stop->n && best == -EBUSY; i++)
		if (inject_settle(stop->pid, stop->thread + i))
			best = pick(stop);
	return best;
}

/* ---- calls ---- */

int inject_begin(struct inject *in, pid_t pid, pid_t tid, uint64_t gadget)
{
	uint64_t all = ~UINT64_C(0);

	*in = (struct inject){
		.pid = pid,
		.tid = tid,
		.gadget = gadget,
		.deadline = sys_now_ms() + CALL_MS,
	};

	int error = get_registers(tid, &in->regs);

	if (!error)
		error = (int)sys_ptrace(PTRACE_GETSIGMASK, tid, sizeof in->mask,
			(unsigned long)&in->mask);
	if (!error)
		error = (int)sys_ptrace(PTRACE_SETOPTIONS, tid, 0,
			PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE);
	if (error)
		return error;
	in->begun = true;
	return (int)sys_ptrace(
		PTRACE_SETSIGMASK, tid, sizeof all, (unsigned long)&all);
}

static void note_stop(struct inject *in, int status)
{
	unsigned long child = 0;

	if (stop_event(status) == PTRACE_EVENT_CLONE &&
		!sys_ptrace(
			PTRACE_GETEVENTMSG, in->tid, 0, (unsigned long)&child))
		in->child = (pid_t)child;
	/* the only signal that can still come and be survived */
	if (stop_event(status) == 0 && stop_signal(status) == SIGSTOP)
		in->job = true;
}

static int run(struct inject *in)
{
	int error = (int)sys_ptrace(PTRACE_SYSCALL, in->tid, 0, 0);

	in->gone = error == -ESRCH;
	return error;
}

static bool is_fault(int status)
{
	return stop_event(status) == 0 && stop_signal(status) != SIGSTOP;
}

/* To the stop that is about the call; notes what else comes. */
static int await_stop(struct inject *in)
{
	int status = 0, error;

	for (;;) {
		error = next_stop(in->tid, in->deadline, &status);
		in->gone = error == -ESRCH;
		if (error || stop_signal(status) == SYSCALL_STOP)
			return error;
		note_stop(in, status);
		/* all are blocked, so this is a fault of the call's own */
		error = is_fault(status) ? -EFAULT : run(in);
		if (error)
			return error;
	}
}

/* It has entered the call, and is in it. */
static int start_call(struct inject *in)
{
	int error = set_registers(in->tid, &in->call);

	if (!error)
		error = run(in);
	if (!error)
		error = await_stop(in);
	return error ? error : run(in);
}

static int start(struct inject *in, long number, const uint64_t args[6])
{
	struct user_regs_struct *call = &in->call;

	in->deadline = sys_now_ms() + CALL_MS;
	*call = in->regs;
	call->rip = in->gadget;
	call->rax = (unsigned long)number;
	call->orig_rax = (unsigned long)-1;
	call->rdi = args[0];
	call->rsi = args[1];
	call->rdx = args[2];
	call->r10 = args[3];
	call->r8 = args[4];
	call->r9 = args[5];
	return start_call(in);
}

static long await_result(struct inject *in)
{
	for (int i = 0; i < CALL_RETRIES; i++) {
		struct user_regs_struct now;
		int error = i ? start_call(in) : 0;

		if (!error)
			error = await_stop(in);
		if (!error)
			error = get_registers(in->tid, &now);
		if (error)
			return error;
		if ((long)now.rax != -ERESTARTNOINTR)
			return (long)now.rax;
	}
	return -EAGAIN;
}

long inject_call(struct inject *in, long number, const uint64_t args[6])
{
	int error = start(in, number, args);

	return error ? error : await_result(in);
}

static void kill_child(pid_t child)
{
	int status;

	sys_kill(child, SIGKILL);
	while (sys_wait4(child, &status, __WALL) == child && is_stopped(status))
		;
}

/* Whatever state it is in: to an EVENT_STOP, with all as it was. */
int inject_end(struct inject *in)
{
	pid_t known = in->child;
	int status = 0, error = 0;

	if (!in->begun || in->gone)
		return in->gone ? -ESRCH : 0;
	/*
	 * Right away, not only at the end: should we die here, the thread is
	 * where it belongs, and has a reason to go through get_signal.
	 */
	set_registers(in->tid, &in->regs);
	sys_ptrace(PTRACE_INTERRUPT, in->tid, 0, 0);
	do {
		sys_ptrace(PTRACE_CONT, in->tid, 0, 0);
		error = next_stop(in->tid, sys_now_ms() + CALL_MS, &status);
		if (!error)
			note_stop(in, status);
	} while (!error && stop_event(status) != PTRACE_EVENT_STOP);
	/* of a call that came to its end when nobody waited for it any more */
	if (in->child != known)
		kill_child(in->child);
	if (error) {
		in->gone = error == -ESRCH;
		return error;
	}
	set_registers(in->tid, &in->regs);
	sys_ptrace(PTRACE_SETSIGMASK, in->tid, sizeof in->mask,
		(unsigned long)&in->mask);
	sys_ptrace(PTRACE_SETOPTIONS, in->tid, 0, 0);
	if (in->job)
		sys_kill(in->pid, SIGSTOP);
	return 0;
}

/* ---- the child ---- */

/* To its first stop, and bound to us. */
static int bind_child(pid_t child)
{
	int status = 0;
	int error = next_stop(child, sys_now_ms() + CALL_MS, &status);

	return error ? error
		     : (int)sys_ptrace(PTRACE_SETOPTIONS, child, 0,
			       PTRACE_O_EXITKILL | PTRACE_O_TRACESYSGOOD);
}

int inject_start_child(struct inject *in)
{
	static const uint64_t args[6] = { CLONE_FILES, NO_STACK };

	return start(in, SYS_clone, args);
}

pid_t inject_child(struct inject *in)
{
	long result = await_result(in);
	int error = result < 0 ? (int)result : 0;

	if (in->child && !error)
		error = bind_child(in->child);
	if (in->child && error)
		kill_child(in->child);
	if (error)
		return error;
	in->inside = (pid_t)result;
	return in->child ? in->child : -EPROTO;
}

void inject_close_files(pid_t child, uint64_t gadget)
{
	struct inject in = {
		.pid = child,
		.tid = child,
		.gadget = gadget,
		.begun = true,
	};
	enum { CLOSE_UNSHARE = 2 };
	static const uint64_t args[6] = { 0, ~UINT32_C(0), CLOSE_UNSHARE };

	if (!get_registers(child, &in.regs))
		(void)inject_call(&in, SYS_close_range, args);
}

#else /* not built for this processor: callers choose mode direct */

uint64_t inject_gadget(struct core_source *source)
{
	(void)source;
	return 0;
}
int inject_allowed(pid_t pid, const struct stop_thread *thread, bool clones)
{
	(void)pid;
	(void)thread;
	(void)clones;
	return -ENOSYS;
}
bool inject_settle(pid_t pid, struct stop_thread *thread)
{
	(void)pid;
	(void)thread;
	return false;
}
int inject_pick(struct stop *stop)
{
	(void)stop;
	return -ENOSYS;
}
int inject_begin(struct inject *in, pid_t pid, pid_t tid, uint64_t gadget)
{
	(void)pid;
	(void)tid;
	(void)gadget;
	*in = (struct inject){ 0 };
	return -ENOSYS;
}
long inject_call(struct inject *in, long number, const uint64_t args[6])
{
	(void)in;
	(void)number;
	(void)args;
	return -ENOSYS;
}
int inject_start_child(struct inject *in)
{
	(void)in;
	return -ENOSYS;
}
pid_t inject_child(struct inject *in)
{
	(void)in;
	return -ENOSYS;
}
int inject_end(struct inject *in)
{
	(void)in;
	return 0;
}
void inject_close_files(pid_t child, uint64_t gadget)
{
	(void)child;
	(void)gadget;
}
#endif
