/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A source file is asked for by the build-id of the module that was compiled
 * from it: the selected frame's, or the first whose line table has the file.
 * Only modules whose debug info is open already are looked into.
 */
#include "inspect/cmd/download.h"

#include "inspect/dwarf/line.h"
#include "inspect/image/find.h"

#include <string.h>

enum { MIB = 1 << 20, LINE = 200 };

static void show(struct session *s, const char *line)
{
	if (s->wait)
		s->wait(s, line);
}

/* ---- debuginfod ---- */

static void show_download(
	struct session *s, const char *what, long done, long total)
{
	char line[LINE];

	if (total > 0)
		snprintf(line, sizeof(line), "debuginfod: %s: %.1f of %.1f MiB",
			what, (double)done / MIB, (double)total / MIB);
	else if (done > 0)
		snprintf(line, sizeof(line), "debuginfod: %s: %.1f MiB", what,
			(double)done / MIB);
	else
		snprintf(line, sizeof(line),
			"debuginfod: asking for %s (^C goes on without)", what);
	show(s, line);
}

static bool go_on(void *ctx, const char *what, long done, long total)
{
	struct session *s = ctx;

	if (!what) {
		show(s, NULL);
		return true;
	}
	show_download(s, what, done, total);
	if (!s->interrupted)
		return true;
	/* It was meant for the wait: the command goes on. */
	s->interrupted = 0;
	return false;
}

static void say(void *ctx, const char *sentence)
{
	struct session *s = ctx;

	if (s->say)
		s->say(s, sentence);
}

void download_allow(struct session *s)
{
	fetch_init(&s->fetch, &s->life);
	s->fetch.go_on = go_on;
	s->fetch.say = say;
	s->fetch.ctx = s;
	s->find.fetch = &s->fetch;
}

void download_enable(struct session *s, bool on)
{
	s->find.no_debuginfod = !on;
	s->image.find.no_debuginfod = !on;
	if (on)
		s->fetch.off = false;
}

static bool has_file(struct session *s, struct module *m, const char *file)
{
	const char **files;
	size_t n;

	if (!m->dwarf || line_files(&s->image, m, &s->scratch, &files, &n))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!strcmp(files[i], file))
			return true;
	return false;
}

const char *download_source(struct session *s, const char *file)
{
	struct frame *f;

	if (!s->open || *file != '/' || !find_can_fetch(&s->image))
		return NULL;
	if (!session_frame(s, &f) && f->module && f->file &&
		!strcmp(f->file, file))
		return find_source(&s->image, f->module, file);
	for (size_t i = 0; i < s->image.nmodules; i++)
		if (has_file(s, s->image.modules[i], file))
			return find_source(
				&s->image, s->image.modules[i], file);
	return NULL;
}

/* ---- packed cores ---- */

static bool unpacking(void *ctx, uint64_t done, uint64_t total)
{
	struct session *s = ctx;
	char line[LINE];

	snprintf(line, sizeof(line), "unpacking the core: %u %% (^C gives up)",
		total ? (unsigned)(100 * done / total) : 0);
	show(s, s->interrupted || done >= total ? NULL : line);
	return !s->interrupted;
}

const struct unpack_watch *download_unpack(struct session *s)
{
	s->unpack = (struct unpack_watch){
		.go_on = unpacking,
		.ctx = s,
	};
	return &s->unpack;
}
