/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * One record of the journal, with every field that it has: what
 * systemd-coredump and libcrashd's reporter knew of a process that no core
 * holds (open files, limits, control group, unit, container).
 */
#include "inspect/base/arena.h"
#include "inspect/base/err.h"
#include "inspect/journal/place.h"

#include <stdbool.h>
#include <stdint.h>

struct record_field {
	const char *name;  /* "COREDUMP_CGROUP" */
	const char *value; /* a NUL follows; more may be inside */
	size_t n;
	bool cut; /* longer than what is read of one */
};

struct record {
	const char *cursor;
	struct record_field *field; /* in the order of the journal */
	size_t n;
};

/* All but the bytes of a core (COREDUMP=). */
enum err record_load(struct arena *, const struct journal_place *,
	const char *cursor, struct record **ret);
/* The newest record with that FIELD=VALUE; *ret is NULL where there is none. */
enum err record_find(struct arena *, const struct journal_place *,
	const char *match, struct record **ret);
/*
 * systemd-coredump's record of a process with that number whose core it stored,
 * if is_it says so of one among the newest of them, and of no other; else *ret
 * is NULL.
 */
enum err record_find_process(struct arena *, const struct journal_place *,
	int pid, bool (*is_it)(void *ctx, const struct record *), void *ctx,
	struct record **ret);
/* Whether the journal has a record of a core that was stored there. */
bool record_is_of(struct sd_journal *, const char *path);
/* The first of that name; NULL: not recorded, as always for a record of NULL.*/
const struct record_field *record_field(
	const struct record *, const char *name);
/* Its value; NULL: not recorded. */
const char *record_text(const struct record *, const char *name);
/* false: not recorded, or no number. */
bool record_number(const struct record *, const char *name, int64_t *ret);
