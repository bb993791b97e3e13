/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Without root or the group systemd-journal a user sees the crashes of his own
 * processes alone: an empty list says so.
 */
#include "inspect/cmd/crashes.h"

#include "inspect/base/cleanup.h"
#include "inspect/journal/journal.h"
#include "inspect/journal/record.h"
#include "inspect/journal/store.h"
#include "inspect/out/out.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MAX_CRASHES = 10000 }; /* systemd keeps three days of them */

static const char *time_text(
	struct arena *a, const struct journal_crash *c, bool utc)
{
	time_t seconds = (time_t)(c->time_us / 1000000);
	struct tm tm = { 0 };
	char text[64];

	if (utc)
		gmtime_r(&seconds, &tm);
	else
		localtime_r(&seconds, &tm);
	strftime(text, sizeof(text),
		utc ? "%Y-%m-%dT%H:%M:%SZ" : "%Y-%m-%d %H:%M:%S", &tm);
	return arena_strdup(a, text);
}

static const char *signal_text(struct arena *a, const struct journal_crash *c)
{
	const char *name = sigabbrev_np(c->signal);

	if (c->signal_name)
		return c->signal_name;
	return name ? arena_printf(a, "SIG%s", name)
		    : arena_printf(a, "%d", c->signal);
}

static void number(struct out *o, const char *key, int value)
{
	if (value < 0)
		out_null(o, key);
	else
		out_num(o, key, value);
	out_cell(o);
}

static void cell(struct out *o, const char *key, const char *value)
{
	out_str(o, key, value);
	out_cell(o);
}

static void print_crash(
	struct session *s, struct out *o, const struct journal_crash *c)
{
	struct arena *a = &s->scratch;

	out_record(o, NULL);
	out_str_as(o, "time", time_text(a, c, true), time_text(a, c, false));
	out_cell(o);
	number(o, "pid", c->pid);
	number(o, "uid", c->uid);
	cell(o, "signal", signal_text(a, c));
	cell(o, "core", journal_core_name(c->core));
	cell(o, "exe", c->exe ? c->exe : c->comm);
	cell(o, "unit", c->unit);
	out_str(o, ".path", c->path);
	out_null(o, "id");
	out_record_end(o);
	out_row(o);
}

static const char *without_access(void)
{
	return geteuid() ? " (or none that you may see: root and the group "
			   "systemd-journal see all)"
			 : "";
}

static void print_heading(struct out *o)
{
	static const char *const titles[] = { "Time", "PID", "UID", "Signal",
		"Core", "Executable", "Unit" };

	for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++) {
		out_style(o, STYLE_HEADING, titles[i]);
		out_cell(o);
	}
	out_row(o);
}

enum err crashes_list(struct session *s, const char *match, const char **ret)
{
	struct arena *a = &s->scratch;
	struct out *o = s->set.json ? out_new_json(a) : out_new_text(a, false);
	struct journal_crash *list = NULL;
	size_t n = 0;

	TRY(journal_list(a, NULL, match, MAX_CRASHES, &list, &n));
	if (!n && !s->set.json)
		return err_set(ERR_NOTFOUND,
			"The journal has no record of a crash%s%s%s",
			match && *match ? " that matches " : "",
			match ? match : "", without_access());
	out_list(o, "crashes");
	out_table(o);
	print_heading(o);
	for (size_t i = n; i--;) /* the newest at the end, by the prompt */
		print_crash(s, o, &list[i]);
	out_table_end(o);
	out_list_end(o);
	*ret = out_result(o);
	return OK;
}

enum err crashes_core(struct session *s, const char *match, const char **ret)
{
	struct arena *a = &s->life; /* the core is mapped from that path */
	struct journal_crash *list = NULL;
	size_t n = 0;

	TRY(journal_list(a, NULL, match, 1, &list, &n));
	if (!n)
		return err_set(ERR_NOTFOUND,
			"The journal has no record of a crash%s%s%s",
			match && *match ? " that matches " : "",
			match ? match : "", without_access());
	return journal_core_path(a, NULL, list, ret);
}

/* ---- the record of what is open ---- */

static enum err find_record(struct session *s, struct record **ret)
{
	_cleanup_(free) char *path = realpath(s->core_path, NULL);

	*ret = NULL;
	if (s->cursor)
		return record_load(&s->arena, &s->journals, s->cursor, ret);
	if (!path || strncmp(path, STORE_DIR "/", sizeof(STORE_DIR)))
		return OK;
	return record_find(&s->arena, &s->journals,
		arena_printf(&s->scratch, "COREDUMP_FILENAME=%s", path), ret);
}

const struct record *crashes_record(struct session *s)
{
	struct record *r;

	if (!s->record_known && s->core_path && !find_record(s, &r))
		s->record = r;
	s->record_known = true;
	return s->record;
}
