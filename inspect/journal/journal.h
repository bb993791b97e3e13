/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Crashes that the journal knows: records of systemd-coredump, and those of
 * libcrashd's reporter and of csnap.  They are read one after the other, and
 * nothing is kept of those that were read: ten thousand take no more memory
 * than a thousand.
 */
#include "inspect/base/arena.h"
#include "inspect/base/err.h"
#include "inspect/journal/query.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum journal_core {
	JOURNAL_CORE_NONE, /* none was stored */
	JOURNAL_CORE_PRESENT,
	JOURNAL_CORE_TRUNCATED, /* there, but cut off by ProcessSizeMax */
	JOURNAL_CORE_MISSING,   /* it was stored, and is not here (any more) */
};

struct journal_crash {
	int64_t time_us;         /* CLOCK_REALTIME of the crash */
	int pid, uid, gid;       /* -1: not recorded */
	int signal;              /* 0: not recorded, or none: a snapshot */
	const char *signal_name; /* "SIGSEGV", or NULL */
	const char *comm, *exe, *cmdline, *unit; /* each may be NULL */
	const char *host, *boot, *machine;       /* each may be NULL */
	const char *id;                          /* of the crash, or NULL */
	enum journal_core core;
	const char *path;   /* of the core file, packed or not, or NULL */
	const char *cursor; /* where the record is; NULL: there is none */
	bool inline_core;   /* the core is in the journal itself */
	bool truncated;     /* as recorded, whatever became of it since */
	bool stored;        /* the record is systemd-coredump's */
};

struct journal_visit {
	/* What is known of the record at that cursor, as learned before, in
	 * that arena; false: it is to be read.  The function may be NULL. */
	bool (*known)(void *ctx, struct arena *, const char *cursor,
		struct journal_crash *ret);
	/* A record that was read, with its id: its core was not looked for
	 * yet, path is what was recorded.  The function may be NULL. */
	void (*learn)(void *ctx, const struct journal_crash *);
	/* The id of a crash whose record has none, from the text of its stack
	 * traces (may be NULL); in that arena.  NULL: there is none.  The
	 * function may be NULL. */
	const char *(*id)(void *ctx, struct arena *,
		const struct journal_crash *, const char *message);
	/* What it is given goes when it returns; false: it has seen enough. */
	bool (*crash)(void *ctx, const struct journal_crash *);
	void *ctx;
};

/* Each crash once, the oldest first or the newest.  No match is no error. */
enum err journal_each(const struct journal_query *, bool newest_first,
	const struct journal_visit *);
/* A copy that outlives the visit. */
struct journal_crash journal_keep(struct arena *, const struct journal_crash *);
/*
 * A path to open the crash's core by: the stored file, or what was in the
 * journal, in memory.  Fails with a sentence that says why there is none.
 */
enum err journal_core_path(struct arena *, const struct journal_place *,
	const struct journal_crash *, const char **ret);
/* The word of --list: "present", "truncated", "missing", "none". */
const char *journal_core_name(enum journal_core);
