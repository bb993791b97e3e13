/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Processes that share the target's memory without being threads of it: a
 * vfork child before its exec, a child of clone(CLONE_VM).  To stop the target
 * alone would not make its memory stand still.
 */
#include "crashd/safe/stop.h"

enum {
	RELATIVES = 8, /* more than that are not stopped, and told */
	RELATIVE_THREADS = 64,
};

struct relative {
	struct stop stop;
	struct stop_thread thread[RELATIVE_THREADS];
	bool seized, stopped;
};

struct relatives {
	struct relative one[RELATIVES];
	size_t n, more; /* more: for which there is no room */
	bool unknown;   /* the kernel does not tell who shares memory */
};

/* While all run.  tid: a living thread of the target pid. */
void relatives_find(struct relatives *, pid_t pid, pid_t tid);
/* While all run; and in the pause, when the target stands. */
void relatives_seize(struct relatives *, int64_t deadline);
void relatives_stop(struct relatives *, const volatile int *cancel);
void relatives_resume(struct relatives *);
/* How many stand; how many go on. */
size_t relatives_stopped(const struct relatives *);
size_t relatives_free(const struct relatives *);
