/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Who waits for whom: the waits of all threads, and the circles among them.
 */
#include "inspect/base/arena.h"
#include "inspect/base/err.h"
#include "inspect/image/image.h"
#include "inspect/stack/trace.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lock_wait {
	size_t thread; /* index into core->threads */
	int lwp;
	const char *kind;   /* mutex rwlock cond join sem once loader malloc
			       futex */
	const char *object; /* "queue+40", or the address as text */
	uint64_t address;
	int owner;         /* 0: not known */
	bool owner_exists; /* it is a thread of this core */
	bool timed;        /* the wait ends by itself */
};

struct lock_cycle {
	int *lwp; /* each waits for the next, the last for the first */
	size_t n;
};

struct locks {
	struct lock_wait *waits;
	struct lock_cycle *cycles;
	size_t nwaits, waits_cap, ncycles, cycles_cap;
};

/* A thread's frames, for the kind of a wait; NULL: not known. */
typedef const struct trace *locks_trace_fn(void *ctx, size_t thread);

/* trace may be NULL: kinds are then what memory alone tells. */
enum err locks_find(struct image *, locks_trace_fn *trace, void *ctx,
	struct arena *, struct locks *ret);
/* The wait of a thread by its kernel id, or NULL. */
const struct lock_wait *locks_wait(const struct locks *, int lwp);
