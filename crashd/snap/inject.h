/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * System calls that a stopped thread of another process makes for us, by
 * registers alone: not one byte of its memory is written, and afterwards it
 * stands where it stood, in the same stop, with the registers and the signal
 * mask that it had.
 */
#include "crashd/safe/elfcore.h"
#include "crashd/safe/stop.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/user.h>

struct inject {
	pid_t pid, tid;
	uint64_t gadget;  /* a syscall instruction in the vdso */
	int64_t deadline; /* CLOCK_MONOTONIC ms */
	pid_t child;      /* made by the last call; traced by us, stopped */
	pid_t inside;     /* its id in the thread's own namespace */
	bool job;         /* SIGSTOP came, and is sent again at the end */
	bool begun, gone;
	struct user_regs_struct regs; /* as they were */
	struct user_regs_struct call; /* at the start of the call */
	uint64_t mask;
};

/* A syscall instruction in the vdso of this process; 0: there is none. */
uint64_t inject_gadget(struct core_source *);
/*
 * May this thread, stopped by PTRACE_INTERRUPT, make calls?  0, or why not:
 * -EACCES seccomp, -EXDEV its children live in another namespace, -ENOEXEC it
 * runs 32-bit code or has its calls redirected, -ENOTSUP it is scheduled by
 * deadlines, -EBUSY it is in the middle of something (a restartable sequence, a
 * signal, a job-control stop) or a worker of the kernel's.
 */
int inject_allowed(pid_t pid, const struct stop_thread *, bool clones);
/*
 * A thread that stands because a signal is about to be handled gets it, and
 * stands at the first instruction of the handler: it may make calls now.  True
 * if that was so.
 */
bool inject_settle(pid_t pid, struct stop_thread *);
/*
 * The best of them: its place in the table, or the answer for the last one.
 * Where all are about to handle signals one is settled.
 */
int inject_pick(struct stop *);

/* 0 or -errno; then any number of calls; then inject_end in any case. */
int inject_begin(struct inject *, pid_t pid, pid_t tid, uint64_t gadget);
/* Its result, or -errno: the call's own, or -ESRCH, -ETIMEDOUT of ours. */
long inject_call(struct inject *, long number, const uint64_t args[6]);
/*
 * A copy-on-write child: the thread is set to making one, which takes a while,
 * then waited for.  The child is stopped and dies with its tracer.  0, then the
 * child; or -errno.
 */
int inject_start_child(struct inject *);
pid_t inject_child(struct inject *);
/* The thread is as it was before.  0, or -ESRCH: it is no more. */
int inject_end(struct inject *);

/*
 * Of a child so made: it drops the descriptors that it shares with its parent,
 * so that none is held should the parent end.
 */
void inject_close_files(pid_t child, uint64_t gadget);
