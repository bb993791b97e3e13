/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Children of a dying process.
 *
 * fork() copies page tables (33 ms for each GiB) and runs atfork handlers;
 * clone(CLONE_VM) does neither.  A child that only calls execveat suspends us
 * with CLONE_VFORK until it has; one that stays in our memory does not.  Ours
 * have exit signal 0, so that neither SIGCHLD nor a wait of the program's own
 * shows them.  But exec makes the exit signal SIGCHLD (kernel: de_thread, in
 * fs/exec.c); so the reporter is the child of a keeper, a child in our memory
 * that only waits for it.
 *
 * execveat takes the descriptor that was opened at install: chroot, a changed
 * folder or an exhausted descriptor table do not matter.  The child's own table
 * is a copy: descriptors are put where the protocol wants them by dup3 onto
 * fixed numbers, which needs no free one.
 *
 * The deadline is ours to keep: the reporter never stops this thread.
 */
#include "crashd/safe/spawn.h"

#include "crashd/safe/handler.h"
#include "crashd/safe/relay.h"
#include "crashd/safe/sys.h"
#include "crashd/safe/word.h"

#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/wait.h>

enum {
	ARG_SIZE = 40,
	NARGS = 9,
	POLL_MS = 1,
	KILL_MS = 1000,
	KEEPER_STACK = 16384, /* of the child stack; the rest is its child's */
	CORE_MS = 300000,     /* for a core of ours: 30 GB at 100 MB/s */
};

#ifndef PR_SET_PTRACER
#define PR_SET_PTRACER 0x59616d61
#endif

/*
 * x86-64: rdi flags, rsi stack, rdx run, rcx arg.  The child finds run and arg
 * on its stack.
 */
__asm__(".text\n"
	".globl crashd_clone\n"
	".hidden crashd_clone\n"
	".type crashd_clone, @function\n"
	"crashd_clone:\n"
	".cfi_startproc\n"
	"	andq $-16, %rsi\n"
	"	subq $16, %rsi\n"
	"	movq %rdx, (%rsi)\n"
	"	movq %rcx, 8(%rsi)\n"
	"	xorl %edx, %edx\n"
	"	xorl %r10d, %r10d\n"
	"	xorl %r8d, %r8d\n"
	"	movl $56, %eax\n"
	"	syscall\n"
	"	testq %rax, %rax\n"
	"	jnz 1f\n"
	".cfi_endproc\n"
	".cfi_startproc\n"
	".cfi_undefined rip\n"
	"	xorl %ebp, %ebp\n"
	"	popq %rax\n"
	"	popq %rdi\n"
	"	call *%rax\n"
	"	movl %eax, %edi\n"
	"	movl $60, %eax\n"
	"	syscall\n"
	"	hlt\n"
	".cfi_endproc\n"
	".cfi_startproc\n"
	"1:	ret\n"
	".cfi_endproc\n"
	".size crashd_clone, . - crashd_clone\n");

/* ---- in the child ---- */

/*
 * The parent's handlers are copied, not shared; its faults are not ours.  What
 * is sent to the whole process group, as with a second Ctrl+\, must not end us.
 */
static void default_signals(void)
{
	static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP,
		SIGSYS, SIGABRT };
	struct sys_sigaction dfl = { .handler = NULL };
	uint64_t blocked = ~0ULL;

	for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
		blocked &= ~(1ULL << (faults[i] - 1));
	for (int sig = 1; sig < CRASHD_NSIG; sig++)
		sys_rt_sigaction(sig, &dfl, NULL);
	sys_rt_sigprocmask(SIG_SETMASK, &blocked, NULL);
}

/* A reporter that crashes must not overwrite the core it reports on. */
static void child_limits(void)
{
	struct rlimit limit = { 0, 0 };

	sys_prlimit(0, RLIMIT_CORE, &limit, NULL);
	/* Neither does the program's limit bind it, as far as we may lift it.
	 */
	limit.rlim_cur = limit.rlim_max = RLIM_INFINITY;
	if (sys_prlimit(0, RLIMIT_AS, &limit, NULL) < 0 &&
		sys_prlimit(0, RLIMIT_AS, NULL, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		sys_prlimit(0, RLIMIT_AS, &limit, NULL);
	}
}

/* What a keeper and its child tell us, in our memory. */
struct kept {
	volatile pid_t pid;  /* of the keeper's child; 0: none yet */
	volatile int status; /* as wait4 gave it */
	volatile bool ended;
};

struct reporter {
	int exec_fd, out_fd, proc_fd;
	int argc;
	char *argv[NARGS];
	char args[NARGS][ARG_SIZE];
	volatile int exec_error;
	struct kept kept;
};

static struct reporter reporter;

static void arrange_fds(const struct reporter *r)
{
	/* Without an output, 1 must still be taken, by what cannot be written
	 */
	int out = r->out_fd >= 0 ? r->out_fd : r->proc_fd;

	if (out >= 0 && out != 1)
		sys_dup3(out, 1, 0);
	else if (out == 1)
		sys_fcntl(1, F_SETFD, 0);
	sys_dup3(1, 0, 0);
	sys_dup3(1, 2, 0);
	if (r->proc_fd >= 0)
		sys_dup3(r->proc_fd, 3, 0);
	if (r->exec_fd > 4)
		sys_close_range(4, (unsigned)r->exec_fd - 1, 0);
	sys_close_range((unsigned)r->exec_fd + 1, ~0U, 0);
}

/*
 * In a cgroup whose memory is used up the kernel kills, and it should be the
 * reporter: without it the handler reports, without the program nobody.  Of
 * processes that share memory only one that its parent waits for (CLONE_VFORK)
 * may have a score of its own (kernel: __set_oom_adj).
 */
static void go_first(int proc)
{
	int fd = proc < 0 ? -EBADF
			  : sys_openat(proc, "self/oom_score_adj",
				    O_WRONLY | O_CLOEXEC, 0);

	if (fd < 0)
		return;
	sys_write(fd, "1000", 4);
	sys_close(fd);
}

static int exec_reporter(void *arg)
{
	struct reporter *r = arg;
	char *envp[] = { NULL };

	r->kept.pid = sys_getpid();
	default_signals();
	child_limits();
	arrange_fds(r);
	r->exec_error =
		sys_execveat(r->exec_fd, "", r->argv, envp, AT_EMPTY_PATH);
	return r->exec_error == -ENOENT ? 127 : 126;
}

static int exec_kept(void *arg)
{
	go_first(((struct reporter *)arg)->proc_fd);
	return exec_reporter(arg);
}

/*
 * Without room for a second process the keeper becomes the reporter, and the
 * program may see it end.
 */
static int keep_reporter(void *arg)
{
	struct reporter *r = arg;
	int status = 0;
	long pid;

	default_signals();
	pid = crashd_clone(CLONE_VM | CLONE_VFORK | CLONE_UNTRACED,
		crashd_config.child_stack - KEEPER_STACK, exec_kept, r);
	if (pid < 0)
		return exec_reporter(r);
	while (sys_wait4((pid_t)pid, &status, __WALL) == -EINTR)
		;
	r->kept.status = status;
	r->kept.ended = true;
	return 0;
}

/* ---- in the parent ---- */

static void add_arg(
	struct reporter *r, const char *name, uint64_t value, unsigned base)
{
	char *at = r->args[r->argc], *end = at + ARG_SIZE - 1;

	r->argv[r->argc++] = at;
	r->argv[r->argc] = NULL;
	at = crashd_word_put(at, end, name);
	if (base)
		crashd_word_number(at, end, value, base);
}

static void build_argv(struct reporter *r, const struct crashd_crash *crash)
{
	const struct crashd_record *rec = &crash->record;

	r->argc = 0;
	add_arg(r, "crashd-report", 0, 0);
	add_arg(r, "--pid=", (uint64_t)rec->pid, 10);
	add_arg(r, "--tid=", (uint64_t)rec->tid, 10);
	add_arg(r, "--level=", (uint64_t)rec->level, 10);
	add_arg(r, "--fd=1", 0, 0);
	add_arg(r, "--record=0x", (uintptr_t)rec, 16);
	add_arg(r, "--ask=0x", (uintptr_t)&crash->ask, 16);
	if (r->proc_fd >= 0)
		add_arg(r, "--proc=3", 0, 0);
}

/* The descriptor may have been closed by the program, or its number reused. */
static bool is_program(int fd)
{
	struct stat st;

	return fd >= 0 && sys_fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	       st.st_mode & 0111 && st.st_dev == crashd_config.reporter_dev &&
	       st.st_ino == crashd_config.reporter_ino;
}

static const char *killed_by(int sig)
{
	static char why[40];
	const char *name = crashd_signal_name(sig);

	char *end = why + sizeof why - 1;

	crashd_word_put(crashd_word_put(why, end, "it was killed by "), end,
		name ? name : "a signal");
	return why;
}

/* Does pid, a child of ours, end within KILL_MS? */
static bool ends(pid_t pid)
{
	int64_t deadline = sys_now_ms() + KILL_MS;
	int status;

	while (sys_wait4(pid, &status, WNOHANG | __WALL) == 0) {
		if (sys_now_ms() >= deadline)
			return false;
		sys_sleep_ms(POLL_MS);
	}
	return true;
}

/* A keeper ends by itself when its child has; its stack is needed again. */
static void kill_child(pid_t pid, const struct kept *kept)
{
	if (kept && kept->pid) {
		sys_kill(kept->pid, SIGKILL);
		if (ends(pid))
			return;
	}
	sys_kill(pid, SIGKILL);
	ends(pid);
}

static const char *judge(int status)
{
	if ((status & 0x7f) != 0)
		return killed_by(status & 0x7f);
	switch (status >> 8 & 0xff) {
	case 0:
		return "it ended without a report";
	case 126:
	case 127:
		return "it could not be executed";
	default:
		return "it failed";
	}
}

/* What the reporter asks us for; held: a thread waits for our release. */
static void answer(struct crashd_crash *crash, bool *held)
{
	struct crashd_ask *ask = &crash->ask;
	uint32_t state = __atomic_load_n(&ask->state, __ATOMIC_SEQ_CST);

	if (*held && state != CRASHD_ASK_ANSWERED) {
		crashd_relay_release();
		*held = false;
	}
	if (state != CRASHD_ASK_WANTED)
		return;
	*held = crashd_relay_registers(ask->tid, ask->gregs);
	__atomic_store_n(&ask->state,
		*held ? CRASHD_ASK_ANSWERED : CRASHD_ASK_REFUSED,
		__ATOMIC_SEQ_CST);
}

/*
 * The child is not waited for in a system call that could last: state and
 * zombie are polled, so that a reporter that is stopped, or hangs, or dies
 * without a word, is noticed by the deadline.
 */
static const char *supervise(struct crashd_crash *crash, pid_t pid,
	const struct kept *kept, int64_t deadline)
{
	volatile uint32_t *state = &crash->record.state;
	bool writes_core = false, held = false;
	int status = 0;

	for (;;) {
		pid_t r = sys_wait4(pid, &status, WNOHANG | __WALL);

		answer(crash, &held);

		if (*state == CRASHD_STATE_DONE)
			return NULL;
		if (*state == CRASHD_STATE_CORE && !writes_core) {
			writes_core = true;
			deadline = sys_now_ms() + CORE_MS;
		}
		if (r == pid)
			break;
		if (r < 0 && r != -EINTR)
			return "it cannot be waited for";
		if (sys_now_ms() >= deadline) {
			kill_child(pid, kept);
			return "it did not finish in time and was killed";
		}
		sys_sleep_ms(POLL_MS);
	}
	return judge(kept && kept->ended ? kept->status : status);
}

/* After DONE a child that does not hold threads ends; a living parent reaps. */
static void reap(struct crashd_crash *crash, pid_t pid, const struct kept *kept)
{
	if (!(crash->record.flags & CRASHD_RECORD_HOLD) && !ends(pid))
		kill_child(pid, kept);
}

static const char *run_child(struct crashd_crash *crash, int (*run)(void *),
	void *arg, const struct kept *kept)
{
	const char *why;
	long pid;

	if (!crashd_config.child_stack)
		return "there is no memory for it";
	crash->record.state = CRASHD_STATE_STARTED;
	crash->ask.state = CRASHD_ASK_NONE;
	/* Yama: a child may trace us only if we say so. */
	sys_prctl(PR_SET_PTRACER, (unsigned long)-1, 0, 0);
	pid = crashd_clone(
		CLONE_VM | CLONE_UNTRACED, crashd_config.child_stack, run, arg);
	if (pid < 0)
		return "no process could be started for it";
	why = supervise(crash, (pid_t)pid, kept, crash->record.deadline_ms);
	if (crash->ask.state == CRASHD_ASK_ANSWERED)
		crashd_relay_release();
	if (!why)
		reap(crash, (pid_t)pid, kept);
	if (!(crash->record.flags & CRASHD_RECORD_HOLD))
		sys_prctl(PR_SET_PTRACER, 0, 0, 0);
	return why;
}

const char *crashd_spawn_reporter(struct crashd_crash *crash)
{
	struct reporter *r = &reporter;
	const char *why;
	bool opened = false;

	r->exec_fd = crashd_config.reporter_fd;
	r->out_fd = crash->output.fd;
	r->proc_fd = crashd_now.proc_fd;
	r->exec_error = 0;
	if (!crashd_config.reporter[0])
		return "crashd-report was not found";
	if (!is_program(r->exec_fd)) {
		r->exec_fd = sys_open(
			crashd_config.reporter, O_RDONLY | O_CLOEXEC, 0);
		opened = r->exec_fd >= 0;
		if (!opened)
			return "crashd-report is not where it was";
	}
	build_argv(r, crash);
	r->kept = (struct kept){ 0 };
	why = run_child(crash, keep_reporter, r, &r->kept);
	if (opened)
		sys_close(r->exec_fd);
	return why;
}

struct tracer {
	struct crashd_crash *crash;
	int (*run)(void *);
};

/*
 * Room for what it opens, should the program have used up its descriptors: the
 * child's table is a copy.
 */
static void close_all_but(int a, int b)
{
	unsigned low = a < b ? (unsigned)a : (unsigned)b;
	unsigned high = a < b ? (unsigned)b : (unsigned)a;

	if (a < 0 || b < 0)
		return;
	if (low > 0)
		sys_close_range(0, low - 1, 0);
	if (high > low + 1)
		sys_close_range(low + 1, high - 1, 0);
	sys_close_range(high + 1, ~0U, 0);
}

static int run_tracer(void *arg)
{
	struct tracer *t = arg;

	close_all_but(t->crash->output.fd, crashd_now.proc_fd);
	default_signals();
	child_limits();
	return t->run(t->crash);
}

const char *crashd_spawn_tracer(
	struct crashd_crash *crash, int (*run)(void *crash))
{
	static struct tracer tracer;

	tracer.crash = crash;
	tracer.run = run;
	return run_child(crash, run_tracer, &tracer, NULL);
}
