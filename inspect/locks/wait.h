/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What a thread was doing when the core was taken: on the processor, or in
 * which system call; and for a futex, on what and who has it.  Needs registers
 * and memory only, no debug info.
 */
#include "inspect/image/image.h"
#include "inspect/locks/futex.h"

enum wait_kind {
	WAIT_RUNNING, /* not in a system call */
	WAIT_SYSCALL, /* in one that is no futex wait */
	WAIT_FUTEX,   /* in one that is */
};

struct wait {
	enum wait_kind kind;
	uint64_t number; /* of the system call */
	uint64_t arg[6]; /* its arguments */
	enum futex_kind futex;
	uint64_t address; /* futex word */
	int owner;        /* thread id, 0: not known */
};

/* trace, the thread's innermost frames, may be NULL: names tell more. */
struct wait wait_of(
	struct image *, const struct core_thread *, const struct trace *trace);
/* "running", "in read(fd 5)", "futex wait on mutex 0x…, held by LWP 7". */
const char *wait_text(const struct wait *, struct arena *);
