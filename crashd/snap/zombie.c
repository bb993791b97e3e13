/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The child's exit signal is 0, so nobody is told of its end, and wait() and
 * waitpid() pass it over.  While it is traced by us a wait with __WALL or
 * __WCLONE (those of debuggers: strace, gdb, rr) does not get it either; but
 * from the moment that we have waited for it the process itself may take it
 * (kernel/exit.c, wait_consider_task), and whoever sleeps in such a wait is
 * woken to do so.  So what could take it is stopped first:
 *
 *	threads that run or sleep, if they are few
 *	threads that are in such a wait
 *	another thread, if there were none
 *	we wait for the child: now it is theirs
 *	one thread waits for it: it is no more
 *	all are let go
 *
 * Left alone are threads in calls that would not be begun again as they were:
 * such a one would have to come back and wait in these few microseconds.
 */
#include "crashd/snap/zombie.h"

#include "crashd/safe/procfile.h"
#include "crashd/safe/stop.h"
#include "crashd/safe/sys.h"
#include "crashd/snap/guard.h"
#include "crashd/snap/inject.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum {
	CLEAR_MS = 5000, /* for a thread that can be used to appear */
	STOP_MS = 200,   /* for one to stop */
	PATIENCE_MS = 5, /* with one that waits where nothing reaches it */
	AGAIN_MS = 5,
	MAX_ASKED = 256,
	MAX_WAITING = 64,
	/* more would wait for each other's turn, stopped */
	MAX_RUNNING = 4,
	MAX_RESTARTING = 16,
	MAX_HELD = MAX_WAITING + MAX_RUNNING + MAX_RESTARTING,
};

/* ---- what a thread does ---- */

enum habit {
	WAITS,     /* for children of every kind */
	RESTARTS,  /* in a call that is begun again, with its time kept */
	RUNS,      /* its own code */
	SOMETHING, /* another call */
	HABITS
};

/* wait4(pid, status, options), waitid(type, id, info, options) */
static bool waits_for_all(long number, const uint64_t args[4])
{
	if (number == SYS_wait4)
		return (int)args[0] <= 0 && args[2] & (__WALL | __WCLONE);
	return number == SYS_waitid &&
	       (args[0] == P_ALL || args[0] == P_PGID) &&
	       args[3] & (__WALL | __WCLONE);
}

static enum habit habit_of(pid_t pid, pid_t tid)
{
	static const int again[] = { SYS_futex, SYS_nanosleep,
		SYS_clock_nanosleep, SYS_poll, SYS_ppoll, SYS_select,
		SYS_pselect6, SYS_pause, SYS_wait4, SYS_waitid,
		SYS_rt_sigsuspend };
	uint64_t args[4] = { 0 };
	char text[256];
	long number, n = crashd_procfile_read(
			     -1, pid, tid, "syscall", text, sizeof text);

	if (n <= 0 || *text < '0' || *text > '9')
		return RUNS;
	if (sscanf(text, "%ld %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64,
		    &number, args, args + 1, args + 2, args + 3) < 5)
		return SOMETHING;
	if (waits_for_all(number, args))
		return WAITS;
	for (size_t i = 0; i < sizeof again / sizeof *again; i++)
		if (number == again[i])
			return RESTARTS;
	return SOMETHING;
}

/* Up to max threads of a habit; how many there are. */
static size_t find(pid_t pid, enum habit habit, pid_t *ret, size_t max)
{
	char path[64];
	size_t n = 0;

	snprintf(path, sizeof path, "/proc/%d/task", pid);

	DIR *dir = opendir(path);

	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		pid_t tid = atoi(entry->d_name);

		if (tid <= 0 || habit_of(pid, tid) != habit)
			continue;
		if (n < max)
			ret[n] = tid;
		n++;
	}
	if (dir)
		closedir(dir);
	return n;
}

/* ---- one try ---- */

struct held {
	struct stop stop;
	struct stop_thread thread[MAX_HELD];
};

static void hold(struct held *held, enum habit habit, size_t max)
{
	int64_t deadline = sys_now_ms() + STOP_MS;
	pid_t tid[MAX_HELD];
	size_t n = find(held->stop.pid, habit, tid, MAX_HELD);

	for (size_t i = 0; n <= max && i < n; i++)
		(void)!crashd_stop_one(&held->stop, tid[i], deadline);
}

/* What is left is the process' from now on. */
static void let_see(struct zombie *zombie)
{
	int status = 0;
	pid_t got;

	if (!zombie->ours)
		return;
	do
		got = waitpid(zombie->ours, &status, __WALL);
	while (got < 0 ? errno == EINTR : WIFSTOPPED(status));
	zombie->ours = 0;
}

/* Has one stopped thread wait for it. */
static bool clear_by(struct zombie *zombie, struct stop_thread *thread)
{
	const uint64_t args[6] = { (uint64_t)zombie->inside, 0,
		(uint64_t)__WALL | WNOHANG };
	struct inject in = { 0 };
	long result;

	if (thread->signal)
		inject_settle(zombie->pid, thread);
	if (inject_allowed(zombie->pid, thread, false))
		return false;
	result = inject_begin(&in, zombie->pid, thread->tid, zombie->gadget);
	if (!result) {
		let_see(zombie);
		result = inject_call(&in, SYS_wait4, args);
	}
	if (inject_end(&in) == -ESRCH)
		thread->gone = true;
	/* ECHILD: it has been waited for, or has another parent by now */
	return result == zombie->inside || result == -ECHILD;
}

static bool clear_by_one(struct zombie *zombie, pid_t tid)
{
	struct stop_thread thread = { .tid = tid };
	struct stop one;
	bool done;

	crashd_stop_init(&one, zombie->pid, &thread, 1);
	one.sigchld = true;
	done = !crashd_stop_one(&one, tid, sys_now_ms() + STOP_MS) &&
	       clear_by(zombie, &thread);
	crashd_stop_release(&one, sys_now_ms() + STOP_MS);
	return done;
}

/* By one that is not held, the least disturbed first. */
static bool clear_by_another(struct zombie *zombie)
{
	pid_t tid[MAX_ASKED];

	for (int habit = RESTARTS; habit < HABITS; habit++) {
		size_t n = find(zombie->pid, habit, tid, MAX_ASKED);

		for (size_t i = 0; i < n && i < MAX_ASKED; i++)
			if (clear_by_one(zombie, tid[i]))
				return true;
	}
	return false;
}

static bool clear_once(struct zombie *zombie)
{
	struct held held;
	bool done = false;

	crashd_stop_init(&held.stop, zombie->pid, held.thread, MAX_HELD);
	held.stop.sigchld = true;
	held.stop.patience_ms = PATIENCE_MS;
	hold(&held, RUNS, MAX_RUNNING);
	hold(&held, RESTARTS, MAX_RESTARTING);
	hold(&held, WAITS, MAX_WAITING);
	for (size_t i = 0; i < held.stop.n && !done; i++)
		done = clear_by(zombie, held.thread + i);
	if (!done)
		done = clear_by_another(zombie);
	crashd_stop_release(&held.stop, sys_now_ms() + STOP_MS);
	return done;
}

/* ---- until it is done ---- */

static bool is_gone(pid_t pid)
{
	char text[512];
	long n = crashd_procfile_read(-1, pid, 0, "stat", text, sizeof text);
	const char *end = n > 0 ? strrchr(text, ')') : NULL;

	return !end || end[1] != ' ' || end[2] == 'Z' || end[2] == 'X';
}

static bool clear(struct zombie *zombie)
{
	int64_t deadline = sys_now_ms() + CLEAR_MS;

	for (;;) {
		/* a process that has ended leaves its children to init */
		if (clear_once(zombie) || is_gone(zombie->pid))
			return true;
		if (sys_now_ms() > deadline)
			return false;
		sys_sleep_ms(AGAIN_MS);
	}
}

bool zombie_clear(struct zombie *zombie)
{
	bool done;

	guard_begin(zombie->pid);
	done = clear(zombie);
	guard_end();
	return done;
}
