/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The process that holds the target while it is stopped, and then its
 * copy-on-write child: the only tracer in mode fork.  It has a session of its
 * own and is the last that the OOM killer takes; it does what the pause needs
 * and nothing else.  csnap may be killed at any moment: the keeper lets the
 * target go on, and ends the child.
 */
#include "crashd/safe/stop.h"
#include "crashd/snap/phases.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What both sides see. */
struct keeper_told {
	volatile int cancel; /* by csnap: give up */
	/* by the keeper, before keeper_wait returns */
	int error;     /* -errno; 0: there is a child */
	bool stopped;  /* all threads stood: the error is of what came after */
	bool no_child; /* the error is of making one; why, see inject.h */
	pid_t child;   /* as we see it */
	pid_t inside;  /* as the target does */
	pid_t failed;  /* the thread that the error is about */
	size_t interrupted; /* calls that end with EINTR */
	size_t left;        /* threads that could not be let go */
	int64_t pause_ns;
	struct phases phases;
	bool zombie; /* see struct keeper */
};

/* What is done in the keeper, while all is stopped. */
struct keeper_job {
	struct stop *stop;
	uint64_t gadget;      /* see inject.h */
	int64_t deadline;     /* for the threads to stop, CLOCK_MONOTONIC ms */
	int64_t max_pause_ms; /* 0: any; no child is made after it */
	/* Threads are seized, and run. */
	void (*seized)(void *context);
	/*
	 * Before there is a child, of which cloner is about to be the parent;
	 * while it is made; and when it is there.  0 or -errno
	 */
	int (*maps)(void *context, struct stop_thread *cloner);
	int (*threads)(void *context);
	int (*copy)(void *context);
	/* in any case, before the threads are let go */
	void (*resume)(void *context);
	void *context;
};

struct keeper {
	pid_t pid, target;
	int fd;
	uint64_t gadget;
	struct keeper_told *told;
	bool zombie;   /* after keeper_close: the target still has the child */
	uint64_t born; /* the keeper, in ticks since boot */
};

/*
 * Starts it: threads are seized, stopped, described, and let go.  What
 * describe and copy leave for csnap they leave in shared memory.  0 or -errno.
 */
int keeper_open(struct keeper *, const struct keeper_job *);
/* The pause is over; told->error.  stop: set to non-zero to give up. */
int keeper_wait(struct keeper *, const volatile int *stop);
/* The child is not needed any more. */
void keeper_release(struct keeper *);
/* Releases, and waits until nothing is left of child and keeper. */
void keeper_close(struct keeper *);
