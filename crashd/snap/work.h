/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * One core in the making: what both ways to it need, and the sentences for what
 * fails on either.
 */
#include "crashd/snap/copy.h"
#include "crashd/snap/describe.h"
#include "crashd/snap/keeper.h"
#include "crashd/snap/output.h"
#include "crashd/snap/relatives.h"
#include "crashd/snap/remote.h"
#include "crashd/snap/snapshot.h"

#include <signal.h>

struct work {
	const struct snapshot_options *options;
	const volatile int *interrupted;
	struct snapshot *result;
	struct problem *problem;
	struct output output;
	struct stop stop;
	struct remote *remote;
	struct relatives relatives;
	struct choice choice;
	struct copy copy;
	struct description *core;
	struct keeper keeper;
	struct process *child;
	/* the child is read while the core passes through, and not before */
	bool lingers;
	bool stale; /* it changed while we looked: try again */
	bool last_try;
	int64_t deadline; /* --timeout, CLOCK_MONOTONIC ms; 0: none */
	int64_t started_ns;
	int64_t paused_ns; /* in all: a second try is a second stop */
	int64_t resumed_ns, lingered_ns; /* the child's time; see lingers */
	size_t stuck;                    /* threads, before the pause */
	size_t left;   /* threads that were stuck, and stay seized */
	sigset_t mask; /* outside of the pause */
	int nice;
};

__attribute__((format(printf, 2, 3))) void work_warn(
	struct snapshot *, const char *format, ...);
void work_warn_of_calls(struct work *, size_t interrupted);
/* -errno of stopping, or of all that comes after it: -1 with the sentence. */
int work_stop_failed(struct work *, int error);
int work_copy_failed(struct work *, int error);
/* For -ESRCH and -ENOENT of reading the child.  -1 */
int work_child_gone(struct work *);
/* Is what was read of the child all there was?  -ESRCH: it was killed. */
int work_check_child(const struct work *);

/* For threads to come to a stop, CLOCK_MONOTONIC ms. */
int64_t work_stop_deadline(const struct work *);
/* One more stop of the process, however it ended. */
void work_note_pause(struct work *, int64_t ns);
/* Gets ready to copy; stage: by way of memory, where there is room. */
void work_open_copy(struct work *, bool stage);

/* Threads are seized, and run. */
void work_get_ready(void *work);
/* The process runs again, and what is left of the copy is not urgent. */
void work_be_polite(struct work *);
/* They stand; who shares their memory? */
void work_stop_relatives(struct work *);
void work_resume_relatives(void *work);
