/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The process that is reported: its threads, stopped, with their registers.
 * The thread that got the signal is never touched: it runs the handler that
 * waits for us, and its registers at the signal are in the record.
 */
#include "crashd/note.h"
#include "crashd/safe/spawn.h"
#include "crashd/safe/stop.h"
#include "inspect/arch/arch.h"
#include "inspect/base/arena.h"
#include "inspect/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum thread_access {
	THREAD_RECORDED, /* registers from the handler's record */
	THREAD_STOPPED,  /* ptrace-stopped: all registers */
	THREAD_STUCK,    /* does not stop: sp and pc from /proc, or nothing */
	THREAD_FOREIGN,  /* not ours to stop: the same, or what it answers */
	THREAD_ENDED,    /* a main thread that has exited */
};

struct target_thread {
	pid_t tid;
	enum thread_access access;
	char state;     /* the letter in /proc/PID/task/TID/stat */
	char before;    /* the same before it was stopped; 0: not known */
	char name[64];  /* comm */
	bool has_gregs; /* all of them; else at most sp and pc */
	uint64_t gregs[CRASHD_GREGS]; /* struct user_regs_struct */
	struct regs regs;
	const struct vregs *vregs; /* NULL: not known */
	/* The system call that it is in: -1 none.  From gregs, or /proc. */
	long call;
	uint64_t arg[6];
	double idle_ms; /* since it last ran; 0: not known */
};

/* What is lost when a thread is stopped: when it was last put on a processor,
 * and what it did before. */
struct last_run {
	pid_t tid;
	double idle_ms;
	char state;
};

struct target {
	struct arena *arena;
	pid_t pid;
	int proc;    /* descriptor of /proc */
	pid_t alive; /* one of its threads that has memory: PID, mostly */
	int mem;     /* of /proc/ALIVE/mem */
	uint64_t record_addr; /* 0: a live traceback, nobody has crashed */
	uint64_t ask_addr;    /* of a struct crashd_ask, or 0 */
	struct crashd_record record;
	int64_t deadline; /* CLOCK_MONOTONIC ms: all is printed by then */
	struct stop stop;
	struct last_run *runs; /* before the first stop, by tid */
	size_t nruns, runs_cap;
	size_t *stuck; /* indexes of threads given up while stopping */
	size_t nstuck, stuck_cap;
	struct target_thread *thread; /* the one of the record first */
	size_t n;
};

/* proc < 0: opens /proc.  Reads the record, if there is one. */
enum err target_open(struct target *, struct arena *, pid_t pid, int proc,
	uint64_t record_addr);
/* Stops every thread but the record's, and reads registers. */
enum err target_stop(struct target *);
/* Why there are threads that could not be stopped, or NULL. */
const char *target_foreign(const struct target *);
/*
 * Has the handler ask a thread whose registers are unknown; until
 * target_release() it is held where it is.
 */
void target_ask(struct target *, struct target_thread *);
void target_release(struct target *);
/* Lets the threads go. */
void target_resume(struct target *);
void target_close(struct target *);
/* Writes one of the record's fields behind `state`; all of size 4 or 8. */
void target_set_state(struct target *, uint32_t state);
void target_set_record(struct target *, size_t offset, const void *, size_t n);
/* The text of /proc/PID/task/TID/NAME (tid 0: /proc/PID/NAME), ended with NUL;
 * how much, or -1. */
ssize_t target_text(const struct target *, pid_t tid, const char *name,
	char *buf, size_t n);
/* Into the process; what cannot be written is not. */
void target_write(
	const struct target *, uint64_t addr, const void *buf, size_t n);
ssize_t target_read(const struct target *, uint64_t addr, void *buf, size_t n);
/* Waits until the recorded thread is dead, or the deadline. */
void target_hold(struct target *);
/*
 * Is it being killed, by SIGKILL, above all for want of memory?  What was read
 * of it before this was asked is then worth nothing.
 */
bool target_is_dying(const struct target *);
int64_t target_now(void);
/* Fills arg from gregs. */
void target_call_arguments(struct target_thread *);
/* A process' name as ` "bash"`, or "". */
const char *target_process_name(const struct target *, pid_t, struct arena *);
