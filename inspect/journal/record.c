/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The fields are read once, in one pass: asking the journal for one by name
 * unpacks all that lie before it, each time.
 */
#include "inspect/journal/record.h"

#include "inspect/base/cleanup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-journal.h>

enum {
	MAX_FIELD = 16 << 20, /* /proc/PID/maps of 100,000 mappings */
	MAX_SAME_PID = 8,     /* records that are looked at */
	MAX_FIELDS = 1024,    /* journald's own bound (ENTRY_FIELD_COUNT_MAX) */
};

static void add_field(
	struct arena *a, struct record *r, size_t *cap, const char *s, size_t n)
{
	const char *eq = memchr(s, '=', n);
	struct record_field f;

	if (!eq || (eq - s == 8 && !memcmp(s, "COREDUMP", 8)))
		return;
	f.name = arena_strndup(a, s, (size_t)(eq - s));
	f.n = n - (size_t)(eq - s) - 1;
	f.cut = n >= MAX_FIELD;
	char *value = arena_alloc(a, f.n + 1);
	memcpy(value, eq + 1, f.n);
	f.value = value;
	r->field = arena_grow(a, r->field, r->n, cap, sizeof(f));
	r->field[r->n++] = f;
}

static enum err read_fields(struct arena *a, sd_journal *j, struct record **ret)
{
	_cleanup_(free) char *cursor = NULL;
	struct record *record = arena_new(a, struct record);
	size_t cap = 0, n;
	const void *data;
	int r;

	sd_journal_restart_data(j);
	while ((r = sd_journal_enumerate_available_data(j, &data, &n)) > 0 &&
		record->n < MAX_FIELDS)
		add_field(a, record, &cap, data, n);
	if (r < 0)
		return place_failed(r);
	r = sd_journal_get_cursor(j, &cursor);
	if (r < 0)
		return place_failed(r);
	record->cursor = arena_strdup(a, cursor);
	*ret = record;
	return OK;
}

enum err record_load(struct arena *a, const struct journal_place *place,
	const char *cursor, struct record **ret)
{
	_cleanup_(journal) sd_journal *j = NULL;

	TRY(place_open(place, &j));
	sd_journal_set_data_threshold(j, MAX_FIELD);
	int r = sd_journal_seek_cursor(j, cursor);
	if (r >= 0)
		r = sd_journal_next(j);
	if (r > 0)
		r = sd_journal_test_cursor(j, cursor);
	if (r < 0)
		return place_failed(r);
	if (!r)
		return err_set(ERR_NOTFOUND,
			"The journal has no record at %s any more", cursor);
	return read_fields(a, j, ret);
}

enum err record_find(struct arena *a, const struct journal_place *place,
	const char *match, struct record **ret)
{
	_cleanup_(journal) sd_journal *j = NULL;

	*ret = NULL;
	TRY(place_open(place, &j));
	sd_journal_set_data_threshold(j, MAX_FIELD);
	int r = sd_journal_add_match(j, match, strlen(match));
	if (r >= 0)
		r = sd_journal_seek_tail(j);
	if (r >= 0)
		r = sd_journal_previous(j);
	if (r < 0)
		return place_failed(r);
	return r ? read_fields(a, j, ret) : OK;
}

enum err record_find_process(struct arena *a, const struct journal_place *place,
	int pid, bool (*is_it)(void *ctx, const struct record *), void *ctx,
	struct record **ret)
{
	static const char stored[] =
		"MESSAGE_ID=fc2e22bc6ee647b6b90729ab34a250b1";
	_cleanup_(journal) sd_journal *j = NULL;
	const char *match = arena_printf(a, "COREDUMP_PID=%d", pid);
	struct record *found = NULL;

	*ret = NULL;
	TRY(place_open(place, &j));
	sd_journal_set_data_threshold(j, MAX_FIELD);
	int r = sd_journal_add_match(j, stored, strlen(stored));
	if (r >= 0)
		r = sd_journal_add_match(j, match, strlen(match));
	if (r >= 0)
		r = sd_journal_seek_tail(j);
	for (int i = 0; i < MAX_SAME_PID && r >= 0; i++) {
		struct record *one;

		r = sd_journal_previous(j);
		if (r <= 0)
			break;
		TRY(read_fields(a, j, &one));
		if (!is_it(ctx, one))
			continue;
		if (found)
			return OK;
		found = one;
	}
	if (r < 0)
		return place_failed(r);
	*ret = found;
	return OK;
}

bool record_is_of(sd_journal *j, const char *path)
{
	_cleanup_(free) char *match = NULL;

	if (asprintf(&match, "COREDUMP_FILENAME=%s", path) < 0)
		return false;
	sd_journal_flush_matches(j);
	return sd_journal_add_match(j, match, strlen(match)) >= 0 &&
	       sd_journal_seek_head(j) >= 0 && sd_journal_next(j) > 0;
}

const struct record_field *record_field(
	const struct record *r, const char *name)
{
	for (size_t i = 0; r && i < r->n; i++)
		if (!strcmp(r->field[i].name, name))
			return &r->field[i];
	return NULL;
}

const char *record_text(const struct record *r, const char *name)
{
	const struct record_field *f = record_field(r, name);

	return f ? f->value : NULL;
}

bool record_number(const struct record *r, const char *name, int64_t *ret)
{
	const char *text = record_text(r, name);
	char *end;

	if (!text || !*text)
		return false;
	errno = 0;
	int64_t v = strtoll(text, &end, 10);
	if (errno || *end)
		return false;
	*ret = v;
	return true;
}
