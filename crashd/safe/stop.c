/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stopping is done in two steps, so that the pause does not begin before it
 * must: first every thread is seized, which it does not notice; then all are
 * interrupted, and waited for.  A thread that is not stopped yet may start
 * another, so after each step the list of threads is read again, until it has
 * nothing new.  That ends, because only a running thread can start one.
 *
 * A tracee may stop for another reason before our interruption reaches it.  A
 * signal is being delivered: its number is kept and given back when detaching;
 * the kernel still has the siginfo.  The process is job-stopped: the stop event
 * has the stopping signal instead of SIGTRAP, and the kernel puts the thread
 * back into that stop when it is detached.  It has ended: it is forgotten; a
 * zombie main thread never stops.
 *
 * (ptrace(2), "Group-stop", and ptrace_stop, __ptrace_unlink in the kernel.)
 * An interruption that is still pending is dropped by detaching.  Waiting is
 * polling, one thread at a time: there is no alarm to be had here that would
 * end a wait4, and waiting for any child costs the kernel a walk over all.  A
 * caller that blocks SIGCHLD is woken by each stop: on a busy machine a thread
 * that yields instead waits for everybody else's turn.
 *
 * A thread that executes another program ends all others, and waits until they
 * are gone.  One that we have seized is gone when we have waited for it, so
 * that is done for those that end, too.  But meanwhile that thread holds
 * cred_guard_mutex, on which PTRACE_SEIZE of any other waits (de_thread and
 * ptrace_attach in the kernel): process and tracer would stand for good.  A
 * signal interrupts this wait, which then begins again (ERESTARTNOINTR); its
 * handler waits for whatever has ended.  So it does where we wait for another
 * thread, one that cannot go on before those are gone.
 */
#include "crashd/safe/stop.h"
#include "crashd/safe/procfile.h"
#include "crashd/safe/rewind.h"
#include "crashd/safe/sys.h"

#include <elf.h>
#include <linux/ptrace.h>
#include <linux/wait.h>
#include <signal.h>

enum {
	POLLS_BEFORE_SLEEP = 200,
	SLEEP_MAX_US = 1000,
	POLLS_BEFORE_LOOKING = 4,
	WATCHES = 5, /* crashd_stop_watch: so many times */
	WATCH_MS = 20,
	PASS_MAX = 64, /* crashd_stop_pass: signals */
};

/* Of what wait4 says; sys/wait.h has them, and libc with them. */
static bool status_stopped(int status)
{
	return (status & 0xff) == 0x7f;
}

void crashd_stop_init(
	struct stop *stop, pid_t pid, struct stop_thread *table, size_t max)
{
	*stop = (struct stop){
		.pid = pid, .thread = table, .max = max, .proc = -1
	};
}

/*
 * The kernel lists threads in order of birth, as the table has them: at is
 * where the one after the last found should be.
 */
static bool known(const struct stop *stop, pid_t tid, size_t *at)
{
	for (size_t i = 0; i < stop->n; i++) {
		size_t k = (*at + i) % stop->n;

		if (stop->thread[k].tid == tid) {
			*at = k + 1;
			return true;
		}
	}
	return false;
}

/* Whose threads that have ended are waited for: see crashd_stop_guard. */
static volatile pid_t guarded, seizing;

void crashd_stop_guard(pid_t pid)
{
	guarded = pid;
}

/* Seized already, under the id that it had before it executed a program. */
static bool is_ours(const struct stop *stop, pid_t tid)
{
	char text[512];
	long n = crashd_procfile_read(
		stop->proc, stop->pid, tid, "status", text, sizeof text);

	return n > 0 && crashd_procfile_number(text, "TracerPid", 10) ==
				(uint64_t)sys_getpid();
}

/*
 * Of one whose stop may have been waited for under that id: PTRACE_GETSIGINFO
 * is for stopped threads alone, and not for job control's stops (ptrace(2)).
 * What is ptrace's own has its event in si_code, with SIGTRAP below.
 */
static void note_state(struct stop_thread *thread)
{
	siginfo_t info = { 0 };
	int error = crashd_stop_siginfo(thread->tid, &info);

	thread->stopped = error == 0 || error == -EINVAL;
	thread->job = error == -EINVAL;
	if (!error &&
		(info.si_signo != SIGTRAP || (info.si_code & 0x7f) != SIGTRAP))
		thread->signal = info.si_signo;
}

/* 0: seized; -ESRCH: it has ended or is about to. */
static int seize(struct stop *stop, pid_t tid)
{
	long error;

	if (stop->n == stop->max)
		return -ENOSPC;
	seizing = stop->pid;
	error = sys_ptrace(PTRACE_SEIZE, tid, 0, 0);
	seizing = 0;
	if (error && (error != -EPERM || !is_ours(stop, tid)))
		return (int)error;
	stop->thread[stop->n] =
		(struct stop_thread){ .tid = tid, .seized = true };
	if (error)
		note_state(stop->thread + stop->n);
	stop->n++;
	return 0;
}

/* -EPERM: traced by another, or by a rule of the machine. */
static bool is_refused(int error)
{
	return error == -EPERM || error == -EACCES || error == -ENOSYS;
}

static int add_foreign(struct stop *stop, pid_t tid)
{
	if (stop->n == stop->max)
		return -ENOSPC;
	stop->thread[stop->n++] = (struct stop_thread){
		.tid = tid, .gone = true, .foreign = true
	};
	return 0;
}

/* The letter after "(comm) " in its stat; 0: it is not there any more. */
static char task_state(const struct stop *stop, pid_t tid)
{
	char text[256];
	long n = crashd_procfile_read(
		stop->proc, stop->pid, tid, "stat", text, sizeof text);

	while (n-- > 2)
		if (text[n - 2] == ')' && text[n - 1] == ' ')
			return text[n];
	return 0;
}

static bool has_ended(const struct stop *stop, pid_t tid)
{
	char state = task_state(stop, tid);

	/* no answer: it is gone, or /proc may not be read (Landlock) */
	return state == 'Z' || state == 'X' ||
	       (!state && sys_tgkill(stop->pid, tid, 0) == -ESRCH);
}

/* What a stop has to say is left alone (WNOWAIT). */
static void wait_for_ended(pid_t tid)
{
	siginfo_t info = { 0 };
	int status;

	if (sys_5(SYS_waitid, P_PID, tid, &info,
		    WEXITED | WNOHANG | WNOWAIT | __WALL, NULL) == 0 &&
		info.si_pid == tid &&
		(info.si_code == CLD_EXITED || info.si_code == CLD_KILLED ||
			info.si_code == CLD_DUMPED))
		sys_wait4(tid, &status, WNOHANG | __WALL);
}

/* Nobody waits for the main thread; the others are listed until they are gone.
 */
static void wait_for_all_ended(pid_t pid)
{
	struct procfile_tasks tasks;
	pid_t tid;

	if (!pid || crashd_procfile_tasks(&tasks, -1, pid))
		return;
	while ((tid = crashd_procfile_next_task(&tasks)) > 0)
		if (tid != pid)
			wait_for_ended(tid);
	crashd_procfile_end_tasks(&tasks);
}

void crashd_stop_on_tick(int sig)
{
	(void)sig;
	wait_for_all_ended(guarded);
	if (seizing != guarded)
		wait_for_all_ended(seizing);
}

/* One that was not known, with what the kernel's refusals mean. */
static int seize_new(struct stop *stop, pid_t tid)
{
	int error = seize(stop, tid);

	/* the kernel's answer for one that has ended, too */
	if (error == -EPERM && has_ended(stop, tid))
		error = -ESRCH;
	/* or for one whose id another has since an execve */
	if (error == -EPERM)
		error = seize(stop, tid);
	if (stop->lenient && is_refused(error))
		error = add_foreign(stop, tid);
	if (error && error != -ESRCH)
		stop->failed = tid;
	return error;
}

/* How many new threads were seized, or -errno. */
static int seize_listed(struct stop *stop, struct procfile_tasks *tasks)
{
	size_t cursor = 0;
	int new = 0, error;
	pid_t tid;

	while ((tid = crashd_procfile_next_task(tasks)) > 0) {
		if (tid == stop->except || known(stop, tid, &cursor))
			continue;
		error = seize_new(stop, tid);
		if (error && error != -ESRCH)
			return error;
		new += error == 0;
	}
	return tid < 0 ? tid : new;
}

static int seize_all(struct stop *stop, int64_t deadline)
{
	struct procfile_tasks tasks;
	int new = crashd_procfile_tasks(&tasks, stop->proc, stop->pid);

	if (new)
		return new == -ENOENT ? -ESRCH : new;
	do {
		new = seize_listed(stop, &tasks);
		if (stop->cancel && *stop->cancel)
			new = -ECANCELED;
		if (new > 0 && sys_now_ms() > deadline) {
			stop->failed = stop->pid;
			new = -ETIMEDOUT;
		}
	} while (new > 0);
	crashd_procfile_end_tasks(&tasks);
	return new == -ENOENT ? -ESRCH : new;
}

int crashd_stop_seize(struct stop *stop, int64_t deadline)
{
	int error = seize_all(stop, deadline);

	return error ? error : stop->n ? 0 : -ESRCH;
}

/* How often it got a processor: the third number of its schedstat. */
static uint64_t times_run(const struct stop *stop, pid_t tid)
{
	char text[96];
	const char *at = text;
	long n = crashd_procfile_read(
		stop->proc, stop->pid, tid, "schedstat", text, sizeof text);

	if (n <= 0)
		return 0;
	for (int spaces = 0; *at && spaces < 2; at++)
		spaces += *at == ' ';
	return crashd_procfile_parse(at, 10);
}

/* How many are in a wait that cannot be interrupted, the same as before. */
static size_t look(struct stop *stop, bool first)
{
	size_t n = 0;

	for (size_t i = 0; i < stop->n; i++) {
		struct stop_thread *thread = stop->thread + i;

		if (!first && !thread->stuck)
			continue;
		thread->stuck = task_state(stop, thread->tid) == 'D';
		if (!thread->stuck)
			continue;

		uint64_t ran = times_run(stop, thread->tid);

		thread->stuck = first || ran == thread->ran;
		thread->ran = ran;
		n += thread->stuck;
	}
	return n;
}

/* Of one that stands and has not been waited for; it still has not been. */
static bool info_of_stopped(siginfo_t *ret)
{
	*ret = (siginfo_t){ 0 };
	return sys_5(SYS_waitid, P_ALL, 0, ret,
		       WSTOPPED | WNOHANG | WNOWAIT | __WALL, NULL) == 0 &&
	       ret->si_pid;
}

/* ptrace(2): si_status of a stop is its signal, and its event above that. */
void crashd_stop_pass(void)
{
	siginfo_t info;
	int status;

	/* some get signals faster than anybody can pass them on */
	for (int i = 0; i < PASS_MAX && info_of_stopped(&info); i++) {
		pid_t tid = info.si_pid;
		int sig = info.si_status;

		/* not a signal's: collected when it is stopped for good */
		if (info.si_code != CLD_TRAPPED || sig > 0x7f ||
			sys_wait4(tid, &status, WNOHANG | __WALL) != tid ||
			sys_ptrace(PTRACE_CONT, tid, 0, (unsigned long)sig))
			return;
	}
}

void crashd_stop_watch(struct stop *stop)
{
	size_t n = look(stop, true);

	for (int i = 0; i < WATCHES && n; i++) {
		for (int ms = 0; ms < WATCH_MS; ms++) {
			sys_sleep_ms(1);
			crashd_stop_pass();
		}
		n = look(stop, false);
	}
}

static void note_stop(struct stop_thread *thread, int status)
{
	int sig = status >> 8 & 0xff, event = status >> 16;

	thread->stopped = true;
	thread->stuck = false;
	if (event == PTRACE_EVENT_STOP)
		thread->job = sig != SIGTRAP;
	else if (event == 0)
		thread->signal = sig;
}

static void pause_us(unsigned us)
{
	struct timespec ts = { 0, us * 1000L };

	sys_2(SYS_nanosleep, &ts, NULL);
}

void crashd_stop_sleep(void)
{
	uint64_t set = UINT64_C(1) << (SIGCHLD - 1);
	struct timespec ts = { 0, 1000000 };

	sys_4(SYS_rt_sigtimedwait, &set, NULL, &ts, sizeof set);
}

/* since: when it was first seen so, CLOCK_MONOTONIC ms. */
static bool is_stuck(const struct stop *stop, const struct stop_thread *thread,
	int64_t *since)
{
	if (!stop->patience_ms || task_state(stop, thread->tid) != 'D') {
		*since = 0;
		return false;
	}
	if (!*since)
		*since = sys_now_ms();
	return thread->stuck || sys_now_ms() - *since >= stop->patience_ms;
}

/* It has been waited for, or has ended under another's eyes. */
static void note_end(struct stop_thread *thread)
{
	thread->gone = true;
	thread->stopped = thread->seized = false;
}

bool crashd_stop_collect(struct stop_thread *thread)
{
	int status = 0;
	pid_t got = sys_wait4(thread->tid, &status, WNOHANG | __WALL);

	if (got == thread->tid && status_stopped(status))
		note_stop(thread, status);
	else if (got == thread->tid || got == -ECHILD)
		note_end(thread);
	return thread->stopped;
}

static int wait_stop(
	struct stop *stop, struct stop_thread *thread, int64_t deadline)
{
	unsigned polls = 0, us = 20;
	int64_t since = 0;

	for (;;) {
		int status = 0;
		pid_t got = sys_wait4(thread->tid, &status, WNOHANG | __WALL);

		if (got == thread->tid && status_stopped(status)) {
			note_stop(thread, status);
			return 0;
		}
		if (got == thread->tid || got == -ECHILD) {
			note_end(thread);
			return 0;
		}
		if (stop->cancel && *stop->cancel)
			return -ECANCELED;
		if ((thread->stuck || polls > POLLS_BEFORE_LOOKING) &&
			is_stuck(stop, thread, &since)) {
			thread->stuck = true;
			return 0;
		}
		thread->stuck = false;
		if (polls++ < POLLS_BEFORE_SLEEP) {
			if (stop->sigchld)
				crashd_stop_sleep();
			else
				sys_0(SYS_sched_yield);
			continue;
		}
		/* a main thread that has ended is listed, but never stops */
		if (has_ended(stop, thread->tid)) {
			thread->gone = true;
			return 0;
		}
		if (sys_now_ms() > deadline) {
			stop->failed = thread->tid;
			return -ETIMEDOUT;
		}
		pause_us(us);
		us = us < SLEEP_MAX_US ? us * 2 : us;
	}
}

/* One that does not stop in time does not keep the others from being awaited.
 */
static int stop_known(struct stop *stop, int64_t deadline)
{
	int result = 0;

	for (size_t i = 0; i < stop->n; i++) {
		struct stop_thread *thread = stop->thread + i;

		if (!thread->stopped && !thread->gone)
			sys_ptrace(PTRACE_INTERRUPT, thread->tid, 0, 0);
	}
	for (size_t i = 0; i < stop->n; i++) {
		struct stop_thread *thread = stop->thread + i;

		if (thread->stopped || thread->gone)
			continue;

		int error = wait_stop(stop, thread, deadline);

		if (error && error != -ETIMEDOUT)
			return error;
		if (error)
			result = error;
	}
	return result;
}

/* The main thread to the front, if it is there. */
static void main_first(struct stop *stop)
{
	size_t at = 0;

	if (!known(stop, stop->pid, &at))
		return;

	struct stop_thread leader = stop->thread[--at];

	for (; at > 0; at--)
		stop->thread[at] = stop->thread[at - 1];
	stop->thread[0] = leader;
}

int crashd_stop_all(struct stop *stop, int64_t deadline)
{
	size_t before;
	int error;

	do {
		before = stop->n;
		error = stop_known(stop, deadline);
		if (!error)
			error = seize_all(stop, deadline);
	} while (!error && stop->n > before);
	main_first(stop);
	if (error)
		return error;
	for (size_t i = 0; i < stop->n; i++)
		if (stop->thread[i].stopped || stop->thread[i].stuck)
			return 0;
	return -ESRCH;
}

int crashd_stop_one(struct stop *stop, pid_t tid, int64_t deadline)
{
	int error = seize(stop, tid);

	if (!error)
		error = stop_known(stop, deadline);
	return error ? error : stop->thread[0].stopped ? 0 : -ESRCH;
}

/* True: it is none of ours any more. */
static bool let_go(const struct stop *stop, struct stop_thread *thread)
{
	/* it may have stopped since we gave up waiting */
	if (!thread->stopped)
		crashd_stop_collect(thread);
	if (thread->stopped && sys_ptrace(PTRACE_DETACH, thread->tid, 0,
				       (unsigned long)thread->signal) == 0)
		thread->stopped = thread->seized = false;
	if (thread->stopped) {
		/* killed while it was stopped: it will be a zombie of ours */
		thread->stopped = false;
		thread->gone = true;
		crashd_stop_collect(thread);
	}
	/* a main thread that has ended cannot be waited for before the rest */
	return !thread->seized || (thread->gone && thread->tid == stop->pid);
}

/*
 * A thread that executes a program has the main thread's id afterwards, and may
 * be ours under another that is no more.  True: it is not.
 */
static bool let_renamed_go(const struct stop *stop)
{
	struct stop_thread thread = { .tid = stop->pid, .seized = true };

	if (has_ended(stop, stop->pid) || !is_ours(stop, stop->pid))
		return true;
	note_state(&thread);
	/* the caller comes again */
	if (!thread.stopped)
		sys_ptrace(PTRACE_INTERRUPT, thread.tid, 0, 0);
	return let_go(stop, &thread);
}

size_t crashd_stop_resume(struct stop *stop)
{
	size_t left = 0;
	bool ended = false;

	crashd_rewind_calls(stop);

	for (size_t i = 0; i < stop->n; i++) {
		struct stop_thread *thread = stop->thread + i;

		if (thread->seized)
			left += !let_go(stop, thread);
		ended |= thread->gone;
	}
	if (ended)
		left += !let_renamed_go(stop);
	return left;
}

void crashd_stop_release(struct stop *stop, int64_t deadline)
{
	while (crashd_stop_resume(stop) && sys_now_ms() < deadline) {
		for (size_t i = 0; i < stop->n; i++)
			if (stop->thread[i].seized && !stop->thread[i].stopped)
				sys_ptrace(PTRACE_INTERRUPT,
					stop->thread[i].tid, 0, 0);
		pause_us(SLEEP_MAX_US);
	}
}

long crashd_stop_regset(pid_t tid, unsigned type, void *buf, size_t n)
{
	struct iovec io = { buf, n };
	long error =
		sys_ptrace(PTRACE_GETREGSET, tid, type, (unsigned long)&io);

	return error ? error : (long)io.iov_len;
}

int crashd_stop_siginfo(pid_t tid, void *buf)
{
	return (int)sys_ptrace(PTRACE_GETSIGINFO, tid, 0, (unsigned long)buf);
}
