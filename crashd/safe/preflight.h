/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Where the kernel's core will be, or why there will be none; told before the
 * process dies, by the rules of fs/coredump.c and core(5).
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "crashd/note.h"
#include "crashd/safe/text.h"

/* What the % letters of core_pattern stand for. */
struct crashd_corename {
	pid_t pid, tid;               /* as the process sees them: %p %i */
	pid_t global_pid, global_tid; /* as the first namespace does: %P %I */
	uid_t uid;
	gid_t gid;
	int sig, dumpable, cpu;
	int64_t time;   /* seconds since 1970 */
	uint64_t limit; /* RLIMIT_CORE, soft */
	const char *host, *comm, *exe;
};

/*
 * The file name that a pattern makes (no leading '|'); uses_pid is
 * core_uses_pid.  The kernel's trap is kept: only a pattern without %p gets the
 * suffix.  Returns the length, or size if it did not fit.
 */
size_t crashd_corename_expand(const char *pattern, bool uses_pid,
	const struct crashd_corename *, char *ret, size_t size);

enum crashd_core_kind {
	CRASHD_CORE_NONE,    /* the kernel will write none: see why */
	CRASHD_CORE_UNKNOWN, /* cannot be told: see why */
	CRASHD_CORE_FILE,    /* at path */
	CRASHD_CORE_PIPE,    /* to the program at path */
	CRASHD_CORE_SOCKET,  /* to the socket at path */
	CRASHD_CORE_SYSTEMD, /* to systemd-coredump */
};

struct crashd_preflight {
	enum crashd_core_kind kind;
	char path[CRASHD_PATH_SIZE];
	char pattern[256];
	const char *why;  /* a clause: "RLIMIT_CORE is 0" */
	int error;        /* -errno that belongs to why, or 0 */
	pid_t global_pid; /* as a handler in the first namespace knows us */
	bool secret; /* none, and none of ours either: the program wants none */
};

/*
 * For the calling process, about to die of sig in thread tid.  proc: a
 * descriptor of /proc, or -1.
 */
void crashd_preflight(struct crashd_preflight *ret, int proc, pid_t tid,
	int sig, const char *exe);
