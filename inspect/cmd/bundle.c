/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A core is of no use elsewhere without the very files that ran, and those are
 * replaced by the next upgrade.  A bundle keeps them together: what the session
 * reads the core with, and the reasons for what it has not got.
 */
#include "inspect/cmd/bundle.h"

#include "inspect/bundle/bundle.h"
#include "inspect/bundle/recordtext.h"
#include "inspect/bundle/save.h"
#include "inspect/cmd/cmd.h"
#include "inspect/cmd/crashes.h"
#include "inspect/cmd/source.h"

#include <string.h>

enum {
	SHOWN_GAPS = 10, /* in text; the manifest has all */
	MIB = 1 << 20,
};

/* ---- what goes in ---- */

static void add_source(struct session *s, struct contents *c, const char *file)
{
	struct source *src;

	for (size_t i = 0; i < c->n; i++)
		if (!strcmp(c->file[i].role, "source") &&
			!strcmp(c->file[i].path, file))
			return;
	for (size_t i = 0; i < c->ngaps; i++)
		if (!strcmp(c->gap[i].path, file))
			return;
	bool found = !source_get(s, file, &src);
	contents_add_source(c, arena_strdup(c->arena, file),
		found ? src->path : NULL,
		found ? NULL : arena_strdup(c->arena, err_msg()));
}

/* The files that frames name, of all threads. */
static enum err add_sources(struct session *s, struct contents *c)
{
	for (size_t i = 0; i < s->core.nthreads && !s->interrupted; i++) {
		struct arena_mark mark = arena_mark(&s->scratch);
		const char *last = NULL;
		struct trace *t;

		TRY(session_trace_once(s, i, 0, &t));
		for (size_t k = 0; k < t->n; k++) {
			const char *file = t->frames[k].file;

			if (file && file != last)
				add_source(s, c, file);
			last = file;
		}
		arena_release(&s->scratch, mark);
	}
	return OK;
}

static enum err collect(
	struct session *s, const struct bundle_wish *wish, struct contents *c)
{
	if (s->wait)
		s->wait(s, "bundle: looking for files (^C gives up)");
	const struct record *record = crashes_record(s);
	if (record)
		contents_add_text(c, BUNDLE_RECORD, "record",
			recordtext_write(c->arena, record));
	contents_add_modules(c, &s->image);
	if (wish->sources)
		TRY(add_sources(s, c));
	if (!wish->without_core)
		contents_add_core(c, &s->core);
	if (s->interrupted)
		return err_set(ERR_INTERRUPTED, "interrupted: %s was not saved",
			wish->path);
	return OK;
}

/* ---- saying it ---- */

static const char *size_text(struct arena *a, uint64_t n)
{
	return n < MIB   ? arena_printf(a, "%.1f KiB", (double)n / 1024)
	       : n >> 30 ? arena_printf(a, "%.1f GiB", (double)n / MIB / 1024)
			 : arena_printf(a, "%.1f MiB", (double)n / MIB);
}

static void print_files(
	struct session *s, const struct contents *c, struct out *o)
{
	static const struct {
		const char *role, *one, *more;
	} kinds[] = {
		{ "core", "core", "cores" },
		{ "executable", "executable", "executables" },
		{ "library", "library", "libraries" },
		{ "debug", "debug file", "debug files" },
		{ "dwz", "dwz file", "dwz files" },
		{ "dwp", "dwp file", "dwp files" },
		{ "dwo", "dwo file", "dwo files" },
		{ "source", "source file", "source files" },
		{ "record", "record of the journal", "records" },
	};
	const char *separator = "";

	for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++) {
		uint64_t bytes = 0;
		size_t n = 0;

		for (size_t i = 0; i < c->n; i++) {
			if (strcmp(c->file[i].role, kinds[k].role))
				continue;
			bytes += c->file[i].size;
			n++;
		}
		if (!n)
			continue;
		out_text(o, "%s", separator);
		if (n > 1)
			out_text(o, "%zu ", n);
		out_text(o, "%s (%s)", n > 1 ? kinds[k].more : kinds[k].one,
			size_text(&s->scratch, bytes));
		separator = ", ";
	}
	out_text(o, "\n");
	out_list(o, ".files");
	for (size_t i = 0; i < c->n; i++) {
		const struct bundle_file *f = &c->file[i];

		out_record(o, NULL);
		out_str(o, ".file", f->name);
		out_str(o, ".role", f->role);
		out_str(o, ".path", f->path);
		out_str(o, ".build_id", f->build_id);
		out_unum(o, ".size", f->size);
		out_record_end(o);
	}
	out_list_end(o);
}

static void print_gaps(const struct contents *c, struct out *o)
{
	out_list(o, "missing");
	for (size_t i = 0; i < c->ngaps; i++) {
		const struct find_gap *g = &c->gap[i];

		if (i == SHOWN_GAPS)
			out_text(o,
				"and %zu more: " BUNDLE_MANIFEST
				" in it names them\n",
				c->ngaps - i);
		out_record(o, NULL);
		if (i < SHOWN_GAPS)
			out_text(o, "missing: %s%s: %s\n",
				strcmp(g->role, "debug") ? ""
							 : "debug info of ",
				g->path, g->why);
		out_str(o, ".role", g->role);
		out_str(o, ".path", g->path);
		out_str(o, ".build_id", g->build_id);
		out_str(o, ".why", g->why);
		out_record_end(o);
	}
	out_list_end(o);
}

static void print_saved(struct session *s, const struct contents *c,
	const struct saved *saved, struct out *o)
{
	print_files(s, c, o);
	print_gaps(c, o);
	out_text(o, "Whoever has it can read the memory of the process.\n"
		    "Saved bundle ");
	out_str(o, "path", saved->path);
	out_text(o, " (%s)", size_text(&s->scratch, saved->bytes));
	out_unum(o, ".bytes", saved->bytes);
	if (strcmp(saved->path, "-"))
		out_text(o, "; open it with: cinspect %s", saved->path);
	out_text(o, "\n");
}

/* ---- the command ---- */

static bool go_on(void *ctx, uint64_t done, uint64_t total)
{
	struct session *s = ctx;
	char line[96];

	snprintf(line, sizeof(line), "bundle: %.0f of %.0f MiB (^C gives up)",
		(double)done / MIB, (double)total / MIB);
	if (s->wait)
		s->wait(s, line);
	return !s->interrupted;
}

enum err bundle_write(
	struct session *s, const struct bundle_wish *wish, struct out *o)
{
	const struct save_watch watch = { go_on, s };
	struct arena arena = { 0 };
	struct contents c = { .arena = &arena };
	struct saved saved;

	enum err e = collect(s, wish, &c);
	if (!e)
		e = save_bundle(&c, wish->path, cmd_version, &watch, &saved);
	if (s->wait)
		s->wait(s, NULL);
	if (!e)
		print_saved(s, &c, &saved, o);
	arena_clear(&arena);
	return e;
}

/* A name in quotes may have blanks in it. */
static const char *unquoted(struct session *s, const char *word)
{
	size_t n = strlen(word);

	if (n > 1 && (*word == '"' || *word == '\'') && word[n - 1] == *word)
		return arena_strndup(&s->scratch, word + 1, n - 2);
	return word;
}

static enum err run_bundle(struct session *s, struct args *a, struct out *o)
{
	struct bundle_wish wish = { 0 };

	for (size_t i = 0; i < a->n; i++) {
		if (!strcmp(a->word[i], "-sources"))
			wish.sources = true;
		else if (!strcmp(a->word[i], "-without-core"))
			wish.without_core = true;
		else if (wish.path || a->word[i][0] == '-')
			return err_usage(a);
		else
			wish.path = unquoted(s, a->word[i]);
	}
	if (!wish.path)
		return err_usage(a);
	return bundle_write(s, &wish, o);
}

const struct cmd cmd_bundle[] = {
	{
		.name = "bundle",
		.usage = "[-sources] [-without-core] FILE",
		.summary = "Save the core with all files it is read with",
		.help = "FILE becomes an archive (.tar.zst, or .tar by its "
			"name) of the core, the executable, every library that "
			"was verified, debug info and the journal's record.  "
			"\"cinspect FILE\" opens it on any machine.  "
			"manifest.json in it says what is missing and why.  "
			"-sources adds the source files that frames name; "
			"-without-core leaves the core out."
			"\n    bundle /tmp/crash.tar.zst",
		.run = run_bundle,
		.group = GROUP_STATUS,
		.needs = CMD_CORE | CMD_ONCE,
	},
	{ 0 },
};
