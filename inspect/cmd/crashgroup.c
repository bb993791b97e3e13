/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Crashes of one id are one fault of one program, on however many machines.
 * What has no id (a record without a stack) is counted by program and signal.
 * A group keeps what its newest crash tells, and the newest core of all.
 */
#include "inspect/cmd/crashgroup.h"

#include "inspect/base/hash.h"
#include "inspect/cmd/crashes.h"

#include <stdlib.h>
#include <string.h>

enum {
	BUCKETS = 1024,
	MAX_HOSTS = 1000, /* told apart in one group */
};

struct host {
	struct host *next;
	const char *name;
};

struct crashgroup {
	struct crashgroup *next; /* in the bucket */
	const char *key;
	size_t n, nhosts;
	int64_t first_us, last_us;
	struct journal_crash newest;
	int64_t core_us; /* of the newest with a core; 0: none has */
	int core_pid;
	const char *core_path;
	struct host *hosts;
};

struct crashgroups {
	struct arena *arena, scratch;
	struct crashgroup *bucket[BUCKETS];
	size_t n;
};

struct crashgroups *crashgroups_new(struct arena *a)
{
	struct crashgroups *g = arena_new(a, struct crashgroups);

	g->arena = a;
	return g;
}

static const char *key_of(struct arena *a, const struct journal_crash *c)
{
	const char *program = c->exe ? c->exe : c->comm;

	if (c->id)
		return c->id;
	return arena_printf(a, "%d %s", c->signal, program ? program : "");
}

static struct crashgroup *group_of(
	struct crashgroups *all, const struct journal_crash *c)
{
	struct arena_mark mark = arena_mark(&all->scratch);
	const char *key = key_of(&all->scratch, c);
	uint64_t hash = hash64_on(HASH64_START, key, strlen(key));
	struct crashgroup **at = &all->bucket[hash % BUCKETS];

	while (*at && strcmp((*at)->key, key))
		at = &(*at)->next;
	if (!*at) {
		*at = arena_new(all->arena, struct crashgroup);
		(*at)->key = arena_strdup(all->arena, key);
		all->n++;
	}
	arena_release(&all->scratch, mark);
	return *at;
}

static void add_host(
	struct crashgroups *all, struct crashgroup *g, const char *name)
{
	struct host **at = &g->hosts;

	if (!name || g->nhosts >= MAX_HOSTS)
		return;
	while (*at && strcmp((*at)->name, name))
		at = &(*at)->next;
	if (*at)
		return;
	*at = arena_new(all->arena, struct host);
	(*at)->name = arena_strdup(all->arena, name);
	g->nhosts++;
}

/* Longer strings are few: the same text is not kept again. */
static const char *keep_text(
	struct arena *a, const char *kept, const char *text)
{
	if (!text || (kept && !strcmp(kept, text)))
		return text ? kept : NULL;
	return arena_strdup(a, text);
}

static void keep_newest(
	struct arena *a, struct crashgroup *g, const struct journal_crash *c)
{
	struct journal_crash *to = &g->newest;

	to->pid = c->pid;
	to->signal = c->signal;
	to->signal_name = keep_text(a, to->signal_name, c->signal_name);
	to->exe = keep_text(a, to->exe, c->exe ? c->exe : c->comm);
	to->unit = keep_text(a, to->unit, c->unit);
	to->id = keep_text(a, to->id, c->id);
	g->last_us = c->time_us;
}

void crashgroups_add(struct crashgroups *all, const struct journal_crash *c)
{
	struct crashgroup *g = group_of(all, c);
	bool core = c->core == JOURNAL_CORE_PRESENT ||
		    c->core == JOURNAL_CORE_TRUNCATED;

	if (!g->n || c->time_us >= g->last_us)
		keep_newest(all->arena, g, c);
	if (!g->n || c->time_us < g->first_us)
		g->first_us = c->time_us;
	if (core && c->time_us > g->core_us) {
		g->core_us = c->time_us;
		g->core_pid = c->pid;
		g->core_path = keep_text(all->arena, g->core_path, c->path);
	}
	add_host(all, g, c->host);
	g->n++;
}

/* ---- the table ---- */

static int newest_first(const void *a, const void *b)
{
	const struct crashgroup *x = *(struct crashgroup *const *)a;
	const struct crashgroup *y = *(struct crashgroup *const *)b;

	if (x->last_us != y->last_us)
		return x->last_us > y->last_us ? -1 : 1;
	return strcmp(x->key, y->key);
}

static void print_time(
	struct arena *a, struct out *o, const char *key, int64_t t)
{
	out_str_as(o, key, crashes_time(a, t, true), crashes_time(a, t, false));
	out_cell(o);
}

static void cell(struct out *o, const char *key, const char *value)
{
	out_line(o, key, value);
	if (!value || !*value)
		out_text(o, "-");
	out_cell(o);
}

/* The newest core of the group, to be opened; or none. */
static void print_core(struct out *o, const struct crashgroup *g)
{
	if (g->core_us)
		out_num(o, "core_pid", g->core_pid);
	else
		out_null(o, "core_pid");
	if (!g->core_us)
		out_text(o, "-");
	out_cell(o);
	out_str(o, ".core_path", g->core_us ? g->core_path : NULL);
}

static void print_group(struct crashgroups *all, struct out *o, bool hosts,
	const struct crashgroup *g)
{
	struct arena *a = all->arena;

	out_record(o, NULL);
	out_unum(o, "count", g->n);
	out_cell(o);
	print_time(a, o, "last", g->last_us);
	print_time(a, o, "first", g->first_us);
	cell(o, "signal", crashes_signal(a, &g->newest));
	cell(o, "exe", g->newest.exe);
	cell(o, "unit", g->newest.unit);
	cell(o, "id", g->newest.id);
	out_num(o, ".pid", g->newest.pid);
	print_core(o, g);
	if (hosts) {
		out_text(o, "%zu", g->nhosts);
		out_cell(o);
	}
	out_list(o, ".hosts");
	for (const struct host *h = g->hosts; h; h = h->next)
		out_str(o, ".", h->name);
	out_list_end(o);
	out_record_end(o);
	out_row(o);
}

static void print_heading(struct out *o, bool hosts)
{
	static const char *const titles[] = { "Count", "Last", "First",
		"Signal", "Executable", "Unit", "Id", "Core of", "Hosts" };

	out_heading(o, titles, sizeof(titles) / sizeof(*titles) - !hosts);
}

void crashgroups_print(struct crashgroups *all, struct out *o, bool hosts)
{
	struct crashgroup **v =
		arena_array(all->arena, struct crashgroup *, all->n + 1);
	size_t n = 0;

	for (size_t i = 0; i < BUCKETS; i++)
		for (struct crashgroup *g = all->bucket[i]; g; g = g->next)
			v[n++] = g;
	if (!n)
		return;
	qsort(v, n, sizeof(struct crashgroup *), newest_first);
	print_heading(o, hosts);
	for (size_t i = 0; i < n; i++)
		print_group(all, o, hosts, v[i]);
	arena_clear(&all->scratch);
}
