/* SPDX-License-Identifier: GPL-3.0-or-later */
/* events: what crashd_event() noted in all threads, as one timeline. */
#include "inspect/image/timeline.h"

#include "inspect/cmd/cmd.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

enum { NS = 1000000000 };

/* The thread's name, if it was alive: a number may be used again. */
static const char *thread_name(
	struct session *s, const struct timeline_event *e)
{
	for (size_t i = 0; i < s->core.nthreads && !e->ended; i++)
		if (s->core.threads[i].lwp == e->lwp)
			return session_thread_name(s, i);
	return NULL;
}

/* The day is in JSON only: text has the zone of whoever reads it. */
static void clock_time(int64_t ns, struct out *o, struct arena *a)
{
	time_t seconds = ns / NS;
	struct tm tm = { 0 };

	gmtime_r(&seconds, &tm);
	out_str(o, ".time",
		arena_printf(a, "%04d-%02d-%02dT%02d:%02d:%02d.%06" PRId64 "Z",
			tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
			tm.tm_hour, tm.tm_min, tm.tm_sec, ns % NS / 1000));
	localtime_r(&seconds, &tm);
	out_text(o, "%02d:%02d:%02d.%06" PRId64, tm.tm_hour, tm.tm_min,
		tm.tm_sec, ns % NS / 1000);
}

static void row(struct session *s, const struct timeline *t,
	const struct timeline_event *e, int64_t zero, struct out *o)
{
	const char *name = thread_name(s, e);

	out_record(o, NULL);
	clock_time(e->time_ns + t->real_offset_ns, o, &s->scratch);
	out_cell(o);
	out_real(o, "seconds", (double)(e->time_ns - zero) / NS, 6);
	out_cell(o);
	out_num(o, "lwp", e->lwp);
	out_bool(o, "ended", e->ended);
	out_cell(o);
	out_str_as(o, "name", name, name ? name : e->ended ? "(ended)" : "");
	out_cell(o);
	out_str(o, "event", e->text);
	out_cell(o);
	out_unum(o, "value", e->value);
	out_row(o);
	out_record_end(o);
}

static void table(struct session *s, const struct timeline *t, size_t first,
	struct out *o)
{
	static const char *const heads[] = { "Time", "Seconds", "LWP", "Name",
		"Event", "Value" };
	int64_t zero = t->has_crash ? t->crash_ns
		       : t->n       ? t->event[t->n - 1].time_ns
				    : 0;

	out_list(o, "events");
	out_table(o);
	out_heading(o, heads, 6);
	for (size_t i = first; i < t->n; i++)
		row(s, t, &t->event[i], zero, o);
	out_table_end(o);
	out_list_end(o);
}

static enum err run_events(struct session *s, struct args *a, struct out *o)
{
	struct timeline t;
	long most = 0;

	if (a->n > 1 || (a->n && (!args_number(a->word[0], &most) || most < 1)))
		return err_usage(a);
	TRY(timeline_read(&s->image, &s->scratch, &t));
	if (!t.n)
		out_text(o, "No events were noted.\n");
	else if (t.has_crash)
		out_text(o, "Seconds are counted from the signal.\n");
	else
		out_text(o, "Seconds are counted from the last event.\n");
	out_str(o, ".zero", t.has_crash ? "signal" : "last event");
	table(s, &t, most && (size_t)most < t.n ? t.n - (size_t)most : 0, o);
	out_unum(o, ".dropped", t.dropped);
	if (t.dropped)
		out_text(o,
			"%" PRIu64 " more were lost: too many threads noted "
			"events.\n",
			t.dropped);
	return OK;
}

const struct cmd cmd_events[] = {
	{
		.name = "events",
		.usage = "[COUNT]",
		.summary = "What the program noted with crashd_event()",
		.help = "The flight recorder of libcrashd: the last 64 events "
			"of each thread, also\n"
			"of threads that have ended, in order of time.  With "
			"COUNT the last so many.\n"
			"\n"
			"    events 20\n"
			"    events | grep booking",
		.run = run_events,
		.group = GROUP_THREADS,
		.needs = CMD_CORE,
	},
	{ 0 },
};
