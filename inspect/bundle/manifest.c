/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Written for people and for scripts; cinspect itself finds the files by their
 * names in the archive, and asks the manifest for the reason why something is
 * missing, and for what a cut archive has lost.
 */
#include "inspect/bundle/manifest.h"

#include "inspect/base/cleanup.h"
#include "inspect/base/limits.h"

#include <jansson.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>

static const char format[] = "cinspect bundle";
enum { VERSION = 1 };

/* jansson takes UTF-8 alone: file names may be anything. */
static json_t *text_of(const char *s)
{
	json_t *j = s ? json_string(s) : json_null();

	return j ? j : json_string("(not UTF-8)");
}

static void put(json_t *o, const char *key, const char *s)
{
	if (s)
		json_object_set_new(o, key, text_of(s));
}

static json_t *file_object(const struct bundle_file *f)
{
	json_t *o = json_object();

	put(o, "file", f->name);
	put(o, "role", f->role);
	put(o, "path", f->path);
	put(o, "build_id", f->build_id);
	put(o, "verified", f->checked);
	json_object_set_new(o, "size", json_integer((json_int_t)f->size));
	return o;
}

static json_t *gap_object(const struct find_gap *g)
{
	json_t *o = json_object();

	put(o, "role", g->role);
	put(o, "path", g->path);
	put(o, "build_id", g->build_id);
	put(o, "why", g->why);
	return o;
}

static void put_core(json_t *o, const struct core *c)
{
	json_t *j = json_object();

	json_object_set_new(j, "pid", json_integer(c->pid));
	json_object_set_new(j, "signal", json_integer(c->signal));
	put(j, "command", c->psargs);
	json_object_set_new(
		j, "threads", json_integer((json_int_t)c->nthreads));
	json_object_set_new(j, "truncated", json_boolean(c->cut || c->missing));
	json_object_set_new(o, "core", j);
}

static void put_origin(json_t *o, const char *version)
{
	struct utsname u;
	time_t now = time(NULL);
	struct tm tm;
	char text[64];

	json_object_set_new(o, "format", json_string(format));
	json_object_set_new(o, "version", json_integer(VERSION));
	put(o, "cinspect", version);
	if (gmtime_r(&now, &tm) &&
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		put(o, "created", text);
	if (!uname(&u))
		put(o, "host", u.nodename);
}

const char *manifest_write(const struct contents *c, const char *version)
{
	json_t *o = json_object(), *files = json_array(), *gaps = json_array();

	put_origin(o, version);
	for (size_t i = 0; i < c->n; i++) {
		if (c->file[i].core)
			put_core(o, c->file[i].core);
		json_array_append_new(files, file_object(&c->file[i]));
	}
	for (size_t i = 0; i < c->ngaps; i++)
		json_array_append_new(gaps, gap_object(&c->gap[i]));
	json_object_set_new(o, "files", files);
	json_object_set_new(o, "missing", gaps);
	_cleanup_(free) char *text = json_dumps(o, JSON_INDENT(1));
	json_decref(o);
	const char *kept = arena_printf(c->arena, "%s\n", text ? text : "{}");
	return kept;
}

static const char *get(struct arena *a, const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? arena_strdup(a, s) : NULL;
}

static void read_files(struct manifest *m, struct arena *a, const json_t *list)
{
	size_t cap = 0, i;
	json_t *o;

	json_array_foreach(list, i, o)
	{
		struct bundle_file f = {
			.name = get(a, o, "file"),
			.role = get(a, o, "role"),
			.path = get(a, o, "path"),
			.build_id = get(a, o, "build_id"),
			.size = (uint64_t)json_integer_value(
				json_object_get(o, "size")),
		};

		if (!f.name || !f.role)
			continue;
		if (!strcmp(f.role, "core") && !m->core)
			m->core = f.name;
		m->file = arena_grow(a, m->file, m->n, &cap, sizeof(f));
		m->file[m->n++] = f;
	}
}

static void read_gaps(struct manifest *m, struct arena *a, const json_t *list)
{
	size_t cap = 0, i;
	json_t *o;

	json_array_foreach(list, i, o)
	{
		struct find_gap g = { get(a, o, "role"), get(a, o, "path"),
			get(a, o, "build_id"), get(a, o, "why") };

		if (!g.role || !g.path || !g.why)
			continue;
		m->gap = arena_grow(a, m->gap, m->ngaps, &cap, sizeof(g));
		m->gap[m->ngaps++] = g;
	}
}

bool manifest_read(
	struct manifest *m, struct arena *a, const char *text, size_t n)
{
	json_t *o = n <= MAX_BUNDLE_TEXT ? json_loadb(text, n, 0, NULL) : NULL;
	const char *is = json_string_value(json_object_get(o, "format"));

	*m = (struct manifest){ 0 };
	bool good = is && !strcmp(is, format);
	if (good) {
		m->created = get(a, o, "created");
		m->host = get(a, o, "host");
		read_files(m, a, json_object_get(o, "files"));
		read_gaps(m, a, json_object_get(o, "missing"));
	}
	json_decref(o);
	return good;
}
