/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The crashes that the journal knows: --list, and the core of --journal. */
#include "inspect/cmd/session.h"
#include "inspect/journal/journal.h"
#include "inspect/out/out.h"

/* What the command line asks for: --list, --journal and what goes with them. */
struct crashes_wanted {
	const char **word, **unit; /* MATCH, --unit */
	size_t nwords, words_cap, nunits, units_cap;
	const char *boot, *since, *until;
	bool group, reverse;
};

/* "2026-11-20 18:17:00" here, "2026-11-20T18:17:00Z" in UTC. */
const char *crashes_time(struct arena *, int64_t time_us, bool utc);
/* "SIGSEGV"; NULL: none is known. */
const char *crashes_signal(struct arena *, const struct journal_crash *);

void crashes_add_word(struct session *, struct crashes_wanted *, const char *);
void crashes_add_unit(struct session *, struct crashes_wanted *, const char *);
/* --file: a file, or a pattern.  Fails if there is none. */
enum err crashes_add_files(struct session *, const char *pattern);

/* The table, or {"crashes":[...]} with --json; with group, {"groups":[...]}.
 * Goes to the sink piece by piece. */
enum err crashes_list(struct session *, const struct crashes_wanted *,
	void (*sink)(void *, const char *), void *);
struct crashes_found {
	const char *path;   /* of the core */
	const char *cursor; /* of the record, or NULL */
	int pid;            /* the core's must be this one; -1: it may differ */
	const char *root;   /* the process's root, where it was not ours */
	const char *others; /* a sentence about older ones, or NULL */
};
/* The newest crash that matches. */
enum err crashes_core(struct session *, const struct crashes_wanted *,
	struct crashes_found *ret);
/* The crash id of the same crash, from its record: where its core is gone. */
enum err crashes_id(
	struct session *, const struct crashes_wanted *, const char **ret);
/* Sentences about journal files that are left out; the last is NULL. */
const char **crashes_left_out(struct session *);
/*
 * What the journal recorded of the process whose core is open: of what
 * --journal opened, or of a core that lies where systemd-coredump stored it.
 * NULL: nothing.  Lives as long as the core is open.
 */
const struct record *crashes_record(struct session *);
