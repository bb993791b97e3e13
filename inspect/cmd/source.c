/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A path from debug info is where the compiler saw the file; here it may lie
 * elsewhere.  Tried in order: a bundle that is open, the path after each
 * substitution, the path itself, and for each source directory every tail of
 * the path, longest first
 * ("src/http.c" before "http.c").  What is nowhere is asked of debuginfod.
 */
#include "inspect/cmd/source.h"

#include "inspect/base/cleanup.h"
#include "inspect/bundle/bundle.h"
#include "inspect/cmd/download.h"
#include "inspect/cmd/highlight.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_SOURCE_BYTES = 64 << 20 }; /* generated files of 30 MB exist */

static bool is_file(const char *path)
{
	struct stat st;

	return !stat(path, &st) && S_ISREG(st.st_mode);
}

static const char *substituted(struct session *s, const char *file)
{
	for (size_t i = 0; i < s->set.nsubstitute; i++) {
		const struct substitute *r = &s->set.substitute[i];
		size_t n = strlen(r->from);

		/* Whole components only: /usr/src is not /usr/srcfoo. */
		if (strncmp(file, r->from, n) ||
			(file[n] && file[n] != '/' && n &&
				r->from[n - 1] != '/'))
			continue;
		const char *path =
			arena_printf(&s->scratch, "%s%s", r->to, file + n);
		if (is_file(path))
			return path;
	}
	return is_file(file) ? file : NULL;
}

static const char *in_directory(
	struct session *s, const char *dir, const char *file)
{
	for (const char *tail = file; tail;) {
		tail += strspn(tail, "/");
		const char *path =
			arena_printf(&s->scratch, "%s/%s", dir, tail);
		if (is_file(path))
			return path;
		tail = strchr(tail, '/');
	}
	return NULL;
}

/* The file of that name here may be another one. */
static const char *in_bundle(struct session *s, const char *file)
{
	if (!s->bundle)
		return NULL;
	const char *path = arena_printf(&s->scratch, "%s/" BUNDLE_SOURCES "/%s",
		s->bundle->folder.path, file + strspn(file, "/"));
	return is_file(path) ? path : NULL;
}

static const char *find_file(struct session *s, const char *file)
{
	const char *path = in_bundle(s, file);

	if (!path)
		path = substituted(s, file);

	for (size_t i = 0; !path && i < s->set.nsource_dirs; i++)
		path = in_directory(s, s->set.source_dirs[i], file);
	return path ? path : download_source(s, file);
}

static enum err read_lines(struct session *s, struct source *src)
{
	_cleanup_(fclose) FILE *f = fopen(src->path, "re");
	_cleanup_(free) char *text = NULL;
	size_t cap = 0, total = 0;
	ssize_t n;

	if (!f)
		return err_sys("cannot read %s", src->path);
	while ((n = getline(&text, &cap, f)) >= 0) {
		total += (size_t)n;
		if (total > MAX_SOURCE_BYTES)
			return err_set(ERR_LIMIT, "%s is larger than %d MiB.",
				src->path, MAX_SOURCE_BYTES >> 20);
		while (n && (text[n - 1] == '\n' || text[n - 1] == '\r'))
			n--;
		src->line = arena_grow(&s->arena, src->line, src->n, &src->cap,
			sizeof(*src->line));
		src->line[src->n++] = arena_strndup(&s->arena, text, (size_t)n);
	}
	return OK;
}

enum err source_get(struct session *s, const char *file, struct source **ret)
{
	struct source *src = s->sources;

	while (src && strcmp(src->wanted, file))
		src = src->next;
	if (!src || !src->path) {
		const char *path = find_file(s, file);

		if (!path)
			return err_set(ERR_NOTFOUND,
				"%s: no such source file here; \"directory "
				"DIR\" or \"set substitute-path FROM TO\" says "
				"where it is.",
				file);
		src = arena_new(&s->arena, struct source);
		src->wanted = arena_strdup(&s->arena, file);
		src->path = arena_strdup(&s->arena, path);
		TRY(read_lines(s, src));
		src->next = s->sources;
		s->sources = src;
	}
	*ret = src;
	return OK;
}

/* colours: what the lines before it have left open; NULL: none are wanted. */
static void print_line(const struct source *src, int line, int current,
	struct highlight *colours, struct out *o)
{
	const char *text = src->line[line - 1];

	out_record(o, NULL);
	if (line == current)
		out_style(o, STYLE_HEADING, "=> ");
	else
		out_text(o, "   ");
	out_num(o, "line", line);
	out_text(o, "\t");
	if (colours) {
		out_str(o, ".text", text);
		highlight_line(colours, text, o);
	} else {
		out_str(o, "text", text);
	}
	out_text(o, "\n");
	if (line == current)
		out_bool(o, "current", true);
	out_record_end(o);
}

/* What the lines before this one leave open; false: no colours are wanted. */
static bool colours_at(struct session *s, const struct source *src, int line,
	struct out *o, struct highlight *ret)
{
	*ret = (struct highlight){ 0 };
	if (!s->set.color || !out_is_text(o))
		return false;
	for (int i = 1; i < line; i++)
		highlight_line(ret, src->line[i - 1], NULL);
	return true;
}

void source_print_one(
	struct session *s, const struct source *src, int line, struct out *o)
{
	struct highlight colours;

	if (line < 1 || (size_t)line > src->n)
		return;
	if (colours_at(s, src, line, o, &colours))
		highlight_line(&colours, src->line[line - 1], o);
	else
		out_text(o, "%s", src->line[line - 1]);
}

enum err source_print(struct session *s, const char *file, int first, int last,
	int current, struct out *o)
{
	struct source *src;

	TRY(source_get(s, file, &src));
	if (first < 1)
		first = 1;
	if ((size_t)first > src->n)
		return err_set(ERR_NOTFOUND,
			"Line number %d out of range; \"%s\" has %zu lines.",
			first, file, src->n);
	if ((size_t)last > src->n)
		last = (int)src->n;
	out_str(o, ".file", file);
	out_str(o, ".path", src->path);
	struct highlight colours;
	bool coloured = colours_at(s, src, first, o, &colours);
	out_list(o, "lines");
	for (int i = first; i <= last; i++)
		print_line(src, i, current, coloured ? &colours : NULL, o);
	out_list_end(o);
	s->list_file = arena_strdup(&s->arena, file);
	s->list_first = first;
	s->list_last = last;
	return OK;
}

enum err source_print_around(
	struct session *s, const char *file, int line, struct out *o)
{
	int n = s->set.list_lines ? (int)s->set.list_lines : 10;
	int first = line - n / 2;

	if (first < 1)
		first = 1;
	return source_print(s, file, first, first + n - 1, line, o);
}
