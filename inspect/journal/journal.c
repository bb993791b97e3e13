/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The journal is read from one end to the other.  Two records may be of one
 * crash, libcrashd's reporter's and systemd-coredump's, which comes when the
 * core is stored: so what was read waits in a ring until the journal is a
 * minute further, or the ring is full, and the one with the core stays.  Cores
 * whose records are gone, or are still to come, are put in where they belong:
 * store.c.
 *
 * Strings of the ring lie in two arenas by turns: when the one has got as many
 * crashes as the ring holds, nobody can be left in the other.
 *
 * libsystemd keeps what it has seen of the journal files mapped, so that a
 * long list would make us as large as the journal: every few hundred records
 * the journal is closed, and opened again some records before the same place,
 * which several journals that have records of one time do not find again
 * exactly.  What was read is known by its cursor.
 */
#include "inspect/journal/journal.h"

#include "inspect/base/cleanup.h"
#include "inspect/base/hash.h"
#include "inspect/journal/crash.h"
#include "inspect/journal/machine.h"
#include "inspect/journal/record.h"
#include "inspect/journal/store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

enum {
	SAME_CRASH_US = 60 * 1000 * 1000, /* packing a large core takes long */
	CLOCK_SLACK_US = 60 * 60 * 1000 * 1000L, /* crash, and its record */
	RING = 256,
	REOPEN = 500,
	GO_BACK = 64,
	RECENT = 4 * GO_BACK,
	CURSOR_SIZE = 256,
};

struct held {
	struct journal_crash crash;
	bool gone; /* told as part of another one */
};

struct reader {
	const struct journal_query *want;
	const struct journal_visit *visit;
	bool newest_first, enough;
	struct arena arena; /* the query, the stored cores */
	struct query query;
	sd_journal *journal;
	struct arena scratch; /* the record that is read */
	struct arena turn[2];
	uint64_t turns; /* of the arenas */
	struct held ring[RING];
	uint64_t first, next;    /* numbers of what waits */
	uint64_t recent[RECENT]; /* hashes of the last cursors */
	size_t nread;
	char back[CURSOR_SIZE]; /* where to go on from when opened again */
	struct journal_crash *stored;
	bool *known; /* of stored: there is a record */
	size_t nstored, next_stored;
	sd_journal *lookup; /* for those whose record was not met; or NULL */
};

/* ---- what waits ---- */

static struct held *held(struct reader *r, uint64_t number)
{
	return &r->ring[number % RING];
}

static bool same_crash(
	const struct journal_crash *a, const struct journal_crash *b)
{
	return a->pid == b->pid &&
	       llabs(a->time_us - b->time_us) < SAME_CRASH_US &&
	       (!a->boot || !b->boot || !strcmp(a->boot, b->boot));
}

static const char *keep(struct arena *a, const char *s)
{
	return s ? arena_strdup(a, s) : NULL;
}

struct journal_crash journal_keep(
	struct arena *a, const struct journal_crash *crash)
{
	struct journal_crash c = *crash;

	c.signal_name = keep(a, c.signal_name);
	c.comm = keep(a, c.comm);
	c.exe = keep(a, c.exe);
	c.cmdline = keep(a, c.cmdline);
	c.unit = keep(a, c.unit);
	c.host = keep(a, c.host);
	c.boot = keep(a, c.boot);
	c.machine = keep(a, c.machine);
	c.id = keep(a, c.id);
	c.path = keep(a, c.path);
	c.cursor = keep(a, c.cursor);
	return c;
}

/* The record of `other` is not systemd-coredump's. */
static void unite(struct arena *a, struct journal_crash *to,
	const struct journal_crash *other)
{
	if (other->id)
		to->id = keep(a, other->id);
	if (to->core == JOURNAL_CORE_NONE && other->core != JOURNAL_CORE_NONE) {
		to->core = other->core;
		to->path = keep(a, other->path);
		to->inline_core = other->inline_core;
		to->cursor = keep(a, other->cursor);
	}
}

/* Whether c is told already, by one that waits. */
static bool joins(struct reader *r, struct arena *a, struct journal_crash *c)
{
	for (uint64_t i = r->next; i-- > r->first;) {
		struct held *h = held(r, i);

		if (h->gone || h->crash.stored == c->stored ||
			!same_crash(&h->crash, c))
			continue;
		if (h->crash.stored) {
			unite(a, &h->crash, c);
			return true;
		}
		unite(a, c, &h->crash);
		h->gone = true;
		return false;
	}
	return false;
}

static bool in_time(const struct reader *r, const struct journal_crash *c)
{
	return c->time_us >= r->want->since &&
	       (!r->want->until || c->time_us <= r->want->until);
}

static void tell(struct reader *r, const struct journal_crash *c)
{
	if (!r->enough && in_time(r, c))
		r->enough = !r->visit->crash(r->visit->ctx, c);
}

/* ---- cores that lie in the store ---- */

static struct journal_crash *stored_at(struct reader *r, size_t i)
{
	return &r->stored[r->newest_first ? r->nstored - 1 - i : i];
}

static void list_stored(struct reader *r)
{
	const struct journal_place *p = r->want->place;
	const char *dir = STORE_DIR;

	if (p->root)
		dir = arena_printf(&r->arena, "%s%s", p->root, STORE_DIR);
	else if (p->dir || p->nfiles)
		return;
	store_list(&r->arena, dir, &r->stored, &r->nstored);
	r->known = arena_array(&r->arena, bool, r->nstored + 1);
}

/* The first that is not older than that. */
static size_t stored_since(const struct reader *r, int64_t time)
{
	size_t low = 0, high = r->nstored;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (r->stored[middle].time_us < time)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static void mark_stored(struct reader *r, const struct journal_crash *c)
{
	for (size_t i = stored_since(r, c->time_us - SAME_CRASH_US);
		i < r->nstored &&
		r->stored[i].time_us <= c->time_us + SAME_CRASH_US;
		i++)
		if (same_crash(&r->stored[i], c))
			r->known[i] = true;
}

static bool is_before(const struct reader *r, const struct journal_crash *a,
	const struct journal_crash *b)
{
	return r->newest_first ? a->time_us > b->time_us
			       : a->time_us < b->time_us;
}

/*
 * A core whose name has another time than its record was not found by it: a
 * file that somebody made by hand, or a clock that was set.
 */
static bool has_record(struct reader *r, const struct journal_crash *s)
{
	const struct journal_place *p = r->want->place;
	const char *path = s->path + (p->root ? strlen(p->root) : 0);

	if (!r->lookup && place_open(p, &r->lookup))
		return false;
	return record_is_of(r->lookup, path);
}

/* The journal hides records from those who may not read the core either; the
 * folder would tell them. */
static bool is_to_tell(struct reader *r, const struct journal_crash *s)
{
	return !r->known[s - r->stored] && !access(s->path, R_OK) &&
	       !has_record(r, s);
}

/* Those that come before c; all that are left for NULL. */
static void tell_stored(struct reader *r, const struct journal_crash *c)
{
	for (; r->next_stored < r->nstored; r->next_stored++) {
		struct journal_crash *s = stored_at(r, r->next_stored);

		if (c && !is_before(r, s, c))
			return;
		if (!is_to_tell(r, s))
			continue;
		store_details(&r->arena, s);
		if (query_allows(r->want, &r->query, s))
			tell(r, s);
	}
}

/* ---- the ring ---- */

static void tell_first(struct reader *r)
{
	struct held *h = held(r, r->first++);

	if (h->gone)
		return;
	tell_stored(r, &h->crash);
	tell(r, &h->crash);
}

static struct arena *next_arena(struct reader *r)
{
	uint64_t turn = r->next / RING;
	struct arena *a = &r->turn[turn % 2];

	if (turn != r->turns)
		arena_clear(a);
	r->turns = turn;
	return a;
}

static void hold(struct reader *r, const struct journal_crash *c)
{
	while (r->first < r->next &&
		(r->next - r->first == RING ||
			llabs(held(r, r->first)->crash.time_us - c->time_us) >
				SAME_CRASH_US))
		tell_first(r);
	*held(r, r->next++) = (struct held){ .crash = *c };
}

/* ---- the journal ---- */

/* Whether the record was read before the journal was opened again. */
static bool was_read(struct reader *r, const char *cursor)
{
	uint64_t hash = hash64_on(HASH64_START, cursor, strlen(cursor));

	for (size_t i = 0; i < RECENT && i < r->nread; i++)
		if (r->recent[i] == hash)
			return true;
	r->recent[r->nread++ % RECENT] = hash;
	if (r->nread % REOPEN == REOPEN - GO_BACK)
		snprintf(r->back, sizeof(r->back), "%s", cursor);
	return false;
}

static enum err read_record(
	struct reader *r, const char *cursor, struct journal_crash *ret)
{
	const struct journal_visit *v = r->visit;
	const char *message;

	if (cursor && v->known && v->known(v->ctx, &r->scratch, cursor, ret))
		return OK;
	TRY(crash_read(&r->scratch, r->journal, ret, &message));
	ret->cursor = cursor;
	if (!ret->id && v->id)
		ret->id = v->id(v->ctx, &r->scratch, ret, message);
	if (cursor && v->learn)
		v->learn(v->ctx, ret);
	return OK;
}

static enum err read_one(struct reader *r)
{
	struct arena_mark mark = arena_mark(&r->scratch);
	const char *cursor = crash_cursor(&r->scratch, r->journal);
	struct arena *a = next_arena(r);
	struct journal_crash c;

	if (cursor && was_read(r, cursor))
		return OK;
	TRY(read_record(r, cursor, &c));
	crash_find_core(&r->scratch, r->want->place, &c);
	mark_stored(r, &c);
	c = journal_keep(a, &c);
	if (!joins(r, a, &c))
		hold(r, &c);
	arena_release(&r->scratch, mark);
	return OK;
}

static enum err open_again(struct reader *r)
{
	cleanup_journal(&r->journal);
	r->journal = NULL;
	TRY(place_open(r->want->place, &r->journal));
	return query_apply(&r->query, r->journal);
}

static int step(struct reader *r)
{
	return r->newest_first ? sd_journal_previous(r->journal)
			       : sd_journal_next(r->journal);
}

/* Closed and opened; the next step leads to what was read shortly before. */
static enum err refresh(struct reader *r)
{
	TRY(open_again(r));
	int e = sd_journal_seek_cursor(r->journal, r->back);
	return e < 0 ? place_failed(e) : OK;
}

/* No record can be older than its crash. */
static bool is_over(struct reader *r)
{
	uint64_t written;

	if (sd_journal_get_realtime_usec(r->journal, &written) < 0)
		return false;
	if (r->newest_first)
		return (int64_t)written < r->want->since - CLOCK_SLACK_US;
	return r->want->until &&
	       (int64_t)written > r->want->until + 24 * CLOCK_SLACK_US;
}

static int seek(struct reader *r)
{
	uint64_t since = (uint64_t)r->want->since;

	if (r->newest_first)
		return sd_journal_seek_tail(r->journal);
	if (since <= CLOCK_SLACK_US)
		return sd_journal_seek_head(r->journal);
	return sd_journal_seek_realtime_usec(
		r->journal, since - CLOCK_SLACK_US);
}

static enum err read_all(struct reader *r)
{
	size_t opened = 0;
	int e = seek(r);

	while (e >= 0 && !r->enough) {
		e = step(r);
		if (e <= 0 || is_over(r))
			break;
		TRY(read_one(r));
		if (r->nread - opened < REOPEN)
			continue;
		TRY(refresh(r));
		opened = r->nread;
	}
	while (r->first < r->next)
		tell_first(r);
	tell_stored(r, NULL);
	return e < 0 ? place_failed(e) : OK;
}

static enum err start(struct reader *r)
{
	TRY(place_open(r->want->place, &r->journal));
	TRY(query_make(&r->arena, r->journal, r->want, &r->query));
	TRY(open_again(r)); /* what was looked up left its traces */
	list_stored(r);
	arena_alloc(&r->scratch, 1); /* its block stays from record to record */
	return read_all(r);
}

enum err journal_each(const struct journal_query *want, bool newest_first,
	const struct journal_visit *visit)
{
	struct arena own = { 0 };
	struct reader *r = arena_new(&own, struct reader);

	r->want = want;
	r->visit = visit;
	r->newest_first = newest_first;
	enum err e = start(r);
	cleanup_journal(&r->journal);
	cleanup_journal(&r->lookup);
	arena_clear(&r->arena);
	arena_clear(&r->scratch);
	arena_clear(&r->turn[0]);
	arena_clear(&r->turn[1]);
	arena_clear(&own);
	return e;
}

/* ---- the core ---- */

/* The descriptor stays open with the core: its path leads to it. */
static enum err keep_in_memory(
	struct arena *a, const void *data, size_t n, const char **ret)
{
	_cleanup_(close) int fd = memfd_create("core", MFD_CLOEXEC);

	if (fd < 0)
		return err_sys("The core cannot be taken out of the journal");
	while (n) {
		ssize_t k = write(fd, data, n);

		if (k < 0)
			return err_sys(
				"The core cannot be taken out of the journal");
		data = (const char *)data + k;
		n -= (size_t)k;
	}
	*ret = arena_printf(a, "/proc/self/fd/%d", take_fd(&fd));
	return OK;
}

static enum err take_inline(struct arena *a, const struct journal_place *place,
	const struct journal_crash *c, const char **ret)
{
	_cleanup_(journal) sd_journal *j = NULL;
	const void *data;
	size_t n, skip = strlen("COREDUMP=");

	TRY(place_open(place, &j));
	sd_journal_set_data_threshold(j, 0);
	int r = sd_journal_seek_cursor(j, c->cursor);
	if (r >= 0)
		r = sd_journal_next(j);
	if (r > 0)
		r = sd_journal_test_cursor(j, c->cursor);
	if (r > 0)
		r = sd_journal_get_data(j, "COREDUMP", &data, &n);
	else if (!r)
		r = -ENODATA;
	if (r < 0 || n < skip)
		return place_failed(r < 0 ? r : -ENODATA);
	return keep_in_memory(a, (const char *)data + skip, n - skip, ret);
}

static const char *elsewhere(struct arena *a, const struct journal_place *place,
	const struct journal_crash *c)
{
	if (place_is_here(place))
		return "has been removed since (systemd keeps cores for three "
		       "days unless told otherwise: coredump.conf, "
		       "tmpfiles.d)";
	return arena_printf(a, "is not here: copy it from %s%s",
		c->host ? c->host : "where it crashed",
		place->dir ? ", into the journals' folder" : "");
}

enum err journal_core_path(struct arena *a, const struct journal_place *place,
	const struct journal_crash *c, const char **ret)
{
	const char *name = c->comm ? c->comm : "the process";

	switch (c->core) {
	case JOURNAL_CORE_PRESENT:
	case JOURNAL_CORE_TRUNCATED:
		break;
	case JOURNAL_CORE_MISSING:
		return err_set(ERR_NOTFOUND,
			"The core of %s (PID %d) was stored as %s%s and %s",
			name, c->pid, c->path,
			machine_is_of(place, c) ? "" : " on another machine",
			elsewhere(a, place, c));
	case JOURNAL_CORE_NONE:
		return err_set(ERR_NOTFOUND,
			"The journal has a record of %s (PID %d), but no core "
			"is stored with it: not yet, or never (Storage=, "
			"ProcessSizeMax= or ExternalSizeMax= in coredump.conf, "
			"or RLIMIT_CORE)",
			name, c->pid);
	}
	if (c->inline_core)
		return take_inline(a, place, c, ret);
	*ret = c->path;
	return OK;
}

const char *journal_core_name(enum journal_core core)
{
	static const char *const name[] = {
		[JOURNAL_CORE_NONE] = "none",
		[JOURNAL_CORE_PRESENT] = "present",
		[JOURNAL_CORE_TRUNCATED] = "truncated",
		[JOURNAL_CORE_MISSING] = "missing",
	};

	return name[core];
}
