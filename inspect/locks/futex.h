/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What a thread in futex(2) waits for, and who has it: of a thread in a core
 * and of one that crashd-report has stopped.
 */
#include "inspect/image/mem.h"
#include "inspect/stack/trace.h"

#include <stdbool.h>
#include <stdint.h>

enum futex_kind {
	FUTEX_NONE, /* the call is no wait */
	FUTEX_OTHER,
	FUTEX_MUTEX,
	FUTEX_JOIN, /* the end of a thread, which is the owner */
	FUTEX_COND,
	FUTEX_RWLOCK,
	FUTEX_BARRIER,
	FUTEX_ONCE,
	FUTEX_SEM,
	FUTEX_LOADER,
	FUTEX_MALLOC,
};

/* The process of the thread that waits. */
struct futex_process {
	struct mem *mem;
	bool (*is_thread)(const void *ctx, int tid);
	const void *ctx;
};

/*
 * arg are the arguments of the call.  trace, the thread's innermost frames, may
 * be NULL or short: then the kind is what memory alone tells.  The owner is a
 * thread of the process, or 0: not known.
 */
enum futex_kind futex_of(const struct futex_process *, const uint64_t arg[6],
	const struct trace *trace, int *ret_owner);
/* "mutex", "condition variable"; NULL: it has no name. */
const char *futex_words(enum futex_kind);
