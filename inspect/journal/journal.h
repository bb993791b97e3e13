/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Crashes that the journal knows: records of systemd-coredump, and those of
 * libcrashd's reporter (TRACEBACK=...,journal).
 */
#include "inspect/base/arena.h"
#include "inspect/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum journal_core {
	JOURNAL_CORE_NONE, /* none was stored */
	JOURNAL_CORE_PRESENT,
	JOURNAL_CORE_TRUNCATED, /* there, but cut off by ProcessSizeMax */
	JOURNAL_CORE_MISSING,   /* it was stored, and has been removed since */
};

struct journal_crash {
	int64_t time_us;   /* CLOCK_REALTIME of the crash */
	int pid, uid, gid; /* -1: not recorded */
	int signal;
	const char *signal_name;                 /* "SIGSEGV", or NULL */
	const char *comm, *exe, *cmdline, *unit; /* each may be NULL */
	enum journal_core core;
	const char *path;   /* of the core file, packed or not, or NULL */
	const char *cursor; /* where the record is */
	bool inline_core;   /* the core is in the journal itself */
};

/*
 * The newest first, at most max of them.  match: digits are a PID, FIELD=VALUE
 * any field of the journal, a path an executable, anything else a command's
 * name; "" or NULL is all.  dir: a folder with journal files instead of the
 * machine's and what its systemd-coredump stored, or NULL.  No match is no
 * error: *ret_n is 0.
 */
enum err journal_list(struct arena *, const char *dir, const char *match,
	size_t max, struct journal_crash **ret, size_t *ret_n);
/*
 * A path to open the crash's core by: the stored file, or what was in the
 * journal, in memory.  Fails with a sentence that says why there is none.
 */
enum err journal_core_path(struct arena *, const char *dir,
	const struct journal_crash *, const char **ret);
/* The word of --list: "present", "truncated", "missing", "none". */
const char *journal_core_name(enum journal_core);
