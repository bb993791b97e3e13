/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rows go out in pieces of some hundred, so that a long list takes no more
 * memory than a short one.
 *
 * Without root or the group systemd-journal a user sees the crashes of his own
 * processes alone: an empty list says so.
 */
#include "inspect/cmd/crashes.h"

#include "inspect/base/cleanup.h"
#include "inspect/cmd/crashcache.h"
#include "inspect/cmd/crashgroup.h"
#include "inspect/journal/damage.h"
#include "inspect/journal/record.h"
#include "inspect/journal/store.h"
#include "inspect/journal/when.h"
#include "inspect/why/id.h"

#include <elf.h>
#include <glob.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum {
	ROWS = 256,       /* laid out at once */
	MAX_OTHERS = 100, /* older crashes that are counted */
	COMPARED = 16,    /* mapped files, to know a process again */
};

static const char any_root[] = "/";

/* ---- what is wanted ---- */

void crashes_add_word(
	struct session *s, struct crashes_wanted *w, const char *word)
{
	if (!*word)
		return;
	w->word = arena_grow(
		&s->life, w->word, w->nwords, &w->words_cap, sizeof(*w->word));
	w->word[w->nwords++] = word;
}

void crashes_add_unit(
	struct session *s, struct crashes_wanted *w, const char *unit)
{
	w->unit = arena_grow(
		&s->life, w->unit, w->nunits, &w->units_cap, sizeof(*w->unit));
	w->unit[w->nunits++] = unit;
}

enum err crashes_add_files(struct session *s, const char *pattern)
{
	struct journal_place *p = &s->journals;
	glob_t g = { 0 };

	if (glob(pattern, GLOB_NOCHECK, NULL, &g))
		return err_set(ERR_NOTFOUND,
			"%s: no journal files can be found", pattern);
	const char **all =
		arena_array(&s->life, const char *, p->nfiles + g.gl_pathc);
	for (size_t i = 0; i < p->nfiles; i++)
		all[i] = p->file[i];
	for (size_t i = 0; i < g.gl_pathc; i++)
		all[p->nfiles + i] = arena_strdup(&s->life, g.gl_pathv[i]);
	p->file = all;
	p->nfiles += g.gl_pathc;
	globfree(&g);
	return OK;
}

static enum err make_query(struct session *s, const struct crashes_wanted *w,
	struct journal_query *ret)
{
	struct timespec now;
	struct journal_query q = {
		.place = &s->journals,
		.word = w->word,
		.nwords = w->nwords,
		.unit = w->unit,
		.nunits = w->nunits,
		.boot = w->boot,
	};

	clock_gettime(CLOCK_REALTIME, &now);
	int64_t us = (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
	if (w->since)
		TRY(when_parse(w->since, us, &q.since));
	if (w->until)
		TRY(when_parse(w->until, us, &q.until));
	if (w->since && w->until && q.since > q.until)
		return err_set(ERR_USAGE, "--since %s is later than --until %s",
			w->since, w->until);
	*ret = q;
	return OK;
}

static void describe(struct buf *b, const char *before, const char *what)
{
	if (what)
		buf_printf(b, "%s%s", before, what);
}

/* " that matches sleep of unit a.service since yesterday" */
static const char *description(
	struct session *s, const struct crashes_wanted *w)
{
	struct buf b = { .arena = &s->scratch };

	for (size_t i = 0; i < w->nwords; i++)
		describe(&b, i ? " " : " that matches ", w->word[i]);
	for (size_t i = 0; i < w->nunits; i++)
		describe(&b, i ? ", " : " of unit ", w->unit[i]);
	describe(&b, " of boot ", w->boot);
	describe(&b, " since ", w->since);
	describe(&b, " until ", w->until);
	return buf_str(&b);
}

static enum err none_found(struct session *s, const struct crashes_wanted *w)
{
	bool all = !geteuid() || !place_is_here(&s->journals);

	return err_set(ERR_NOTFOUND, "The journal has no record of a crash%s%s",
		description(s, w),
		all ? ""
		    : " (or none that you may see: root and the group "
		      "systemd-journal see all)");
}

/* ---- one crash ---- */

const char *crashes_time(struct arena *a, int64_t time_us, bool utc)
{
	time_t seconds = (time_t)(time_us / 1000000);
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

const char *crashes_signal(struct arena *a, const struct journal_crash *c)
{
	const char *name = sigabbrev_np(c->signal);

	if (!c->signal) /* a record may call that SIG0 */
		return NULL;
	if (c->signal_name)
		return c->signal_name;
	return name ? arena_printf(a, "SIG%s", name)
		    : arena_printf(a, "%d", c->signal);
}

static void number(struct out *o, const char *key, int value)
{
	if (value < 0) {
		out_null(o, key);
		out_text(o, "-");
	} else {
		out_num(o, key, value);
	}
	out_cell(o);
}

static void cell(struct out *o, const char *key, const char *value)
{
	out_line(o, key, value);
	if (!value || !*value)
		out_text(o, "-");
	out_cell(o);
}

static void print_crash(struct session *s, struct out *o, bool host,
	const struct journal_crash *c)
{
	struct arena *a = &s->scratch;

	out_record(o, NULL);
	out_str_as(o, "time", crashes_time(a, c->time_us, true),
		crashes_time(a, c->time_us, false));
	out_cell(o);
	if (host)
		cell(o, "host", c->host);
	number(o, "pid", c->pid);
	number(o, "uid", c->uid);
	cell(o, "signal", crashes_signal(a, c));
	cell(o, "core", journal_core_name(c->core));
	cell(o, "exe", c->exe ? c->exe : c->comm);
	cell(o, "unit", c->unit);
	cell(o, "id", c->id);
	out_str(o, ".path", c->path);
	if (!host)
		out_str(o, ".host", c->host);
	out_str(o, ".comm", c->comm);
	out_str(o, ".boot", c->boot);
	out_str(o, ".cursor", c->cursor);
	out_record_end(o);
	out_row(o);
}

/* ---- the list ---- */

struct listing {
	struct session *session;
	struct out *out;
	struct crashcache *cache;
	struct crashgroups *groups; /* NULL: one by one */
	struct arena_mark mark;
	size_t n;
	bool hosts;
};

static void print_heading(const struct listing *l)
{
	static const char *const titles[] = { "Time", "Host", "PID", "UID",
		"Signal", "Core", "Executable", "Unit", "Id" };

	for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++) {
		if (i == 1 && !l->hosts)
			continue;
		out_style(l->out, STYLE_HEADING, titles[i]);
		out_cell(l->out);
	}
	out_row(l->out);
}

/* A piece goes out; what it was made in is used for the next one. */
static void next_piece(struct listing *l)
{
	out_table_pause(l->out);
	out_drain(l->out);
	arena_release(&l->session->scratch, l->mark);
}

static bool list_crash(void *ctx, const struct journal_crash *c)
{
	struct listing *l = ctx;

	if (l->groups) {
		crashgroups_add(l->groups, c);
		l->n++;
		return true;
	}
	if (!l->n)
		print_heading(l);
	print_crash(l->session, l->out, l->hosts, c);
	if (++l->n % ROWS == 0)
		next_piece(l);
	return true;
}

static const char *make_id(void *ctx, struct arena *a,
	const struct journal_crash *c, const char *message)
{
	char id[CRASH_ID_SIZE];

	(void)ctx;
	if (!message || !crash_id_of_stack(c->signal, message, id))
		return NULL;
	return arena_strdup(a, id);
}

static bool is_known(void *ctx, struct arena *a, const char *cursor,
	struct journal_crash *ret)
{
	const struct listing *l = ctx;

	return crashcache_find(l->cache, a, cursor, ret);
}

static void learn(void *ctx, const struct journal_crash *c)
{
	const struct listing *l = ctx;

	crashcache_add(l->cache, c);
}

enum err crashes_list(struct session *s, const struct crashes_wanted *w,
	void (*sink)(void *, const char *), void *ctx)
{
	struct out *o = s->set.json ? out_new_json(&s->scratch)
				    : out_new_text(&s->scratch, s->set.color);
	struct listing l = {
		.session = s,
		.out = o,
		.cache = crashcache_open(&s->life, session_cache(s)),
		.groups = w->group ? crashgroups_new(&s->output) : NULL,
		.hosts = !place_is_here(&s->journals),
	};
	struct journal_visit visit = {
		.known = is_known,
		.learn = learn,
		.id = make_id,
		.crash = list_crash,
		.ctx = &l,
	};
	struct journal_query q;

	TRY(make_query(s, w, &q));
	out_hold(o, &s->output);
	out_stream(o, sink, ctx);
	out_list(o, w->group ? "groups" : "crashes");
	out_table(o);
	l.mark = arena_mark(&s->scratch);
	enum err e = journal_each(&q, w->reverse || w->group, &visit);
	if (l.groups)
		crashgroups_print(l.groups, o, l.hosts);
	out_table_end(o);
	out_list_end(o);
	crashcache_close(l.cache);
	if (e)
		return e;
	if (!l.n && !s->set.json)
		return none_found(s, w);
	sink(ctx, out_result(o));
	return OK;
}

/* ---- the newest ---- */

struct search {
	struct session *session;
	struct journal_crash newest, with_core;
	bool has_core; /* with_core is set */
	size_t n;
};

static bool note_crash(void *ctx, const struct journal_crash *c)
{
	struct search *f = ctx;
	bool core = c->core == JOURNAL_CORE_PRESENT ||
		    c->core == JOURNAL_CORE_TRUNCATED;

	if (!f->n++)
		f->newest = journal_keep(&f->session->life, c);
	else if (core && !f->has_core)
		f->with_core = journal_keep(&f->session->life, c);
	f->has_core |= core;
	return f->n <= MAX_OTHERS;
}

/* "2 older ones match too: the last is of PID 12, 2026-11-20 18:00:01" */
static const char *others(struct session *s, const struct search *f)
{
	size_t n = f->n - 1;

	if (!n)
		return NULL;
	return arena_printf(&s->life,
		"the newest of %s%zu crashes that match: PID %d, %s; --list "
		"with the same words lists them",
		n >= MAX_OTHERS ? "more than " : "",
		n >= MAX_OTHERS ? (size_t)MAX_OTHERS : f->n, f->newest.pid,
		crashes_time(&s->scratch, f->newest.time_us, false));
}

static enum err with_hint(struct session *s, enum err e, const struct search *f)
{
	if (!f->with_core.cursor && !f->with_core.path)
		return e;
	return err_set(e,
		"%s; the newest that has a core is of PID %d, %s: --journal=%d",
		err_msg(), f->with_core.pid,
		crashes_time(&s->scratch, f->with_core.time_us, false),
		f->with_core.pid);
}

/* A process that had another root (chroot, some containers) has its files
 * below it, where that is still here. */
static const char *process_root(struct session *s, const char *cursor)
{
	struct record *r;
	struct stat st;

	if (!cursor || s->find.sysroot || !place_is_here(&s->journals) ||
		record_load(&s->scratch, &s->journals, cursor, &r))
		return NULL;
	const char *root = record_text(r, "COREDUMP_ROOT");
	if (!root || *root != '/' || !strcmp(root, any_root) ||
		stat(root, &st) || !S_ISDIR(st.st_mode))
		return NULL;
	return arena_strdup(&s->life, root);
}

enum err crashes_core(struct session *s, const struct crashes_wanted *w,
	struct crashes_found *ret)
{
	struct search f = { .session = s };
	struct journal_visit visit = { .crash = note_crash, .ctx = &f };
	struct journal_query q;
	const char *path;

	TRY(make_query(s, w, &q));
	TRY(journal_each(&q, true, &visit));
	q.snapshots = true;
	if (!f.n)
		TRY(journal_each(&q, true, &visit));
	if (!f.n)
		return none_found(s, w);
	enum err e =
		journal_core_path(&s->life, &s->journals, &f.newest, &path);
	if (e)
		return with_hint(s, e, &f);
	*ret = (struct crashes_found){
		.path = path,
		.cursor = f.newest.cursor,
		.pid = f.newest.stored ? -1 : f.newest.pid,
		.root = process_root(s, f.newest.cursor),
		.others = w->nwords || w->nunits ? others(s, &f) : NULL,
	};
	return OK;
}

static bool take_id(void *ctx, const struct journal_crash *c)
{
	struct search *f = ctx;

	f->newest = journal_keep(&f->session->life, c);
	f->n++;
	return false;
}

enum err crashes_id(
	struct session *s, const struct crashes_wanted *w, const char **ret)
{
	struct search f = { .session = s };
	struct journal_visit visit = {
		.id = make_id, .crash = take_id, .ctx = &f
	};
	struct journal_query q;

	TRY(make_query(s, w, &q));
	TRY(journal_each(&q, true, &visit));
	if (!f.n)
		return none_found(s, w);
	if (!f.newest.id)
		return err_set(ERR_NOTFOUND,
			"The record of PID %d has no stack to make a crash id "
			"of.",
			f.newest.pid);
	*ret = f.newest.id;
	return OK;
}

const char **crashes_left_out(struct session *s)
{
	return damage_find(&s->life, &s->journals);
}

/* ---- the record of what is open ---- */

/* coredumpctl unpacks a core into a file of this name, which tells nothing. */
static bool is_of_coredumpctl(const char *path)
{
	static const char begins[] = "coredump-";
	const char *name = strrchr(path, '/');

	name = name ? name + 1 : path;
	return !strncmp(name, begins, sizeof(begins) - 1) &&
	       strlen(name) == sizeof(begins) - 1 + strlen("XXXXXX");
}

/* Does a line of /proc/PID/maps begin with that address? */
static bool is_mapped(struct arena *a, const char *maps, uint64_t start)
{
	const char *text = arena_printf(a, "%llx-", (unsigned long long)start);
	size_t n = strlen(text);

	for (const char *at = maps; (at = strstr(at, text)); at += n)
		if (at == maps || at[-1] == '\n')
			return true;
	return false;
}

/*
 * A number is used again, by the same program even.  Where the kernel has put
 * its own page and the files is chance, process by process.
 */
static bool is_of_core(void *ctx, const struct record *r)
{
	struct session *s = ctx;
	const char *maps = record_text(r, "COREDUMP_PROC_MAPS");
	int64_t signal = 0, uid = 0;
	uint64_t vdso;

	if (!maps || !record_number(r, "COREDUMP_SIGNAL", &signal) ||
		signal != s->core.signal ||
		!record_number(r, "COREDUMP_UID", &uid) || uid != s->core.uid ||
		!image_auxv(&s->image, AT_SYSINFO_EHDR, &vdso) ||
		!is_mapped(&s->scratch, maps, vdso))
		return false;
	for (size_t i = 0; i < s->core.nfiles && i < COMPARED; i++)
		if (!is_mapped(&s->scratch, maps, s->core.files[i].start))
			return false;
	return true;
}

static enum err find_record(struct session *s, struct record **ret)
{
	_cleanup_(free) char *path = realpath(s->core_path, NULL);

	*ret = NULL;
	if (s->cursor)
		return record_load(&s->arena, &s->journals, s->cursor, ret);
	if (is_of_coredumpctl(s->core_path) && s->core.pid > 0)
		return record_find_process(&s->arena, &s->journals, s->core.pid,
			is_of_core, s, ret);
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
