/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Stop every thread of another process for a moment, read its registers, let
 * it go on as if nothing had happened.
 *
 * PTRACE_SEIZE and PTRACE_INTERRUPT only: no SIGSTOP is sent, a job-stopped
 * process stays so, system calls restart, and a signal that arrives meanwhile
 * is given back with the siginfo that it came with.  Should the caller die,
 * the kernel detaches for it.  All calls from the same thread, which must not
 * be one of the process that is stopped.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct stop_thread {
	pid_t tid;
	bool seized, stopped, gone;
	bool job;     /* it was in a job-control stop already */
	int signal;   /* arrived while stopping: given back by _resume */
	bool foreign; /* another process traces it: not ours to stop */
	bool stuck;   /* could not be stopped; see patience_ms */
	uint64_t ran; /* how often, see crashd_stop_watch */
	bool unhurt;  /* its call has not ended by the stop; see rewind.h */
};

struct stop {
	pid_t pid;
	struct stop_thread *thread; /* the main thread first, if it lives */
	size_t n, max;
	int proc;                    /* descriptor of /proc; -1: by name */
	pid_t except;                /* a thread to leave alone; 0: none */
	size_t rewound, interrupted; /* calls; see rewind.h */
	uint64_t repeats; /* signals whose handler begins a call again */
	pid_t failed;     /* the thread that an error is about */
	const volatile int *cancel; /* may be NULL; non-zero: give up */
	bool lenient;               /* note what may not be seized, and go on */
	/*
	 * 0: a thread that does not stop is an error.  Otherwise one that is in
	 * an uninterruptible wait for so long is `stuck`, and no error: it goes
	 * nowhere, and stops before it can run a step of its own.
	 */
	int patience_ms;
	bool sigchld; /* the caller blocks SIGCHLD, and can be woken by it */
};

/* table: room for max threads, the caller's.  proc = -1, except = 0. */
void crashd_stop_init(
	struct stop *, pid_t pid, struct stop_thread *table, size_t max);
/*
 * Seizes every thread while all of them run, until no new one appears.
 * deadline: CLOCK_MONOTONIC in ms.  0, or -errno: -ESRCH no such process,
 * -EPERM not allowed or traced already, -ENOSPC more than max threads,
 * -ETIMEDOUT, -ECANCELED.
 */
int crashd_stop_seize(struct stop *, int64_t deadline);
/*
 * Seized, and running: a thread that gets a signal stops for its tracer.  Gives
 * those their signals, and lets them go on.  Whoever takes time between _seize
 * and _all calls this every now and then.
 */
void crashd_stop_pass(void);
/*
 * Seized, and running: marks as `stuck` those that do not leave an
 * uninterruptible wait (the parent of a vfork child, a dead network file
 * system) while it looks, a tenth of a second; at once if there are none.  In
 * the pause nobody waits for them.
 */
void crashd_stop_watch(struct stop *);
/* One that was stuck may have come to a stop since: true. */
bool crashd_stop_collect(struct stop_thread *);
/*
 * Stops them, and those born since.  -ETIMEDOUT with failed = a thread that
 * does not stop (uninterruptible, waiting for its vfork child, frozen).  Call
 * _resume in any case.
 */
int crashd_stop_all(struct stop *, int64_t deadline);
/* Seizes and stops one thread alone.  As _stop_all. */
int crashd_stop_one(struct stop *, pid_t tid, int64_t deadline);
/*
 * Undoes what stopping did to system calls (rewind.h), and detaches from every
 * stopped thread.  How many could not be, because they have not stopped, or
 * are about to end: call it again, or exit.
 */
size_t crashd_stop_resume(struct stop *);

/*
 * Until none is left, where the caller goes on: those that were seized and run
 * are stopped for a moment, to be let go as well, and those that were killed
 * are ours until they have ended and been waited for.
 */
void crashd_stop_release(struct stop *, int64_t deadline);
/*
 * Whoever stops threads of the process, and goes on living, has this handler of
 * SIGALRM and an interval timer of some milliseconds meanwhile: without it an
 * execve in the process can make both wait for each other (see stop.c).  pid 0:
 * no process, the handler does nothing.
 */
void crashd_stop_guard(pid_t pid);
void crashd_stop_on_tick(int sig);

/* Where SIGCHLD is blocked: sleeps until one comes, a millisecond at most. */
void crashd_stop_sleep(void);

/* Bytes of the register set, or -errno (-ENODEV, -EINVAL: not on this one). */
long crashd_stop_regset(pid_t tid, unsigned type, void *buf, size_t n);
/* PTRACE_GETSIGINFO: 0 or -errno. */
int crashd_stop_siginfo(pid_t tid, void *buf);
