/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The process that a snapshot is wanted of: what /proc says of it, and whether
 * it can be taken at all, found out before it is touched.
 */
#include "crashd/snap/problem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct target {
	pid_t pid;
	pid_t tid; /* a thread that lives: the main one, if it does */
	uid_t uid;
	char name[64];  /* of the main thread, unprintable characters as ? */
	char exe[4096]; /* path, without " (deleted)"; "" when not known */
	bool exe_deleted;
	size_t threads;
};

/*
 * Fills in and refuses what cannot work: no such process, a thread's id, a
 * kernel thread, a zombie, csnap itself, one that is traced already or that we
 * may not trace.  0, or -1 with the sentence.
 */
int target_get(pid_t, struct target *ret, struct problem *);
/* The same of a process that need not be ours to trace. */
int target_find(pid_t, struct target *ret, struct problem *);
/* Is libcrashd in it, as a library or linked in?  Needs the right to trace. */
bool target_has_crashd(const struct target *);

/* The value of a line "Key:\tvalue" of /proc/PID/task/TID/status. */
bool target_status(pid_t, pid_t tid, const char *key, char *ret, size_t size);
/* Why ptrace said EPERM for this thread: traced already, or not allowed. */
int target_denied(const struct target *, pid_t tid, struct problem *);
