/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Which crashes are wanted. */
#include "inspect/base/arena.h"
#include "inspect/base/err.h"
#include "inspect/journal/place.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A word is a PID, a program's name, a unit ("a.service"), a path of an
 * executable or of a stored core, FIELD=VALUE of any field, or "+".  As
 * journalctl has it: alternatives where they are of one kind or one field,
 * all must hold otherwise, and "+" stands between groups of which one must
 * hold.
 */
struct journal_query {
	const struct journal_place *place;
	const char *const *word;
	size_t nwords;
	const char *const *unit; /* --unit: one of them; may be patterns */
	size_t nunits;
	const char *boot;     /* an id, or an offset as journalctl's; NULL */
	int64_t since, until; /* of the crash, microseconds; until 0: none */
	bool snapshots;       /* csnap's records too: no crashes */
};

struct sd_journal;
struct journal_crash;

/* What libsystemd is told, in order: kept, to be told again. */
struct query_step {
	enum { QUERY_MATCH, QUERY_OR, QUERY_AND } what;
	const char *match;
};

struct query {
	struct query_step *step;
	size_t n, cap;
	const char *boot; /* the id, or NULL */
};

/* Looks into the journal for what a name, a pattern, a boot's number mean. */
enum err query_make(struct arena *, struct sd_journal *,
	const struct journal_query *, struct query *ret);
enum err query_apply(const struct query *, struct sd_journal *);
/* The same of a core without a record, as far as it tells. */
bool query_allows(const struct journal_query *, const struct query *,
	const struct journal_crash *);
/* Whether a word is FIELD=VALUE, or "+", which no file's name need be. */
bool query_is_field(const char *word);
