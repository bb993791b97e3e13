/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * status and why, and the first screen: what happened, to whom, where, and
 * what about the files must be known before anything is believed.
 */
#include "inspect/cmd/status.h"
#include "inspect/cmd/about.h"
#include "inspect/cmd/cmd.h"
#include "inspect/cmd/frameline.h"
#include "inspect/cmd/source.h"
#include "inspect/cmd/thread.h"
#include "inspect/image/phdr.h"
#include "inspect/image/timeline.h"
#include "inspect/out/width.h"
#include "inspect/why/expression.h"
#include "inspect/why/signals.h"
#include "inspect/why/traceid.h"
#include "inspect/why/why.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

/* ---- why ---- */

static enum err faulting_trace(struct session *s, struct trace **ret)
{
	static struct trace none;

	*ret = &none;
	return s->core.nthreads ? session_trace(s, 0, 0, ret) : OK;
}

/* expression.h asks what a name of the source has in the frame. */
static enum expression_truth check_expression(
	void *ctx, size_t frame, const char *text, uint64_t bad)
{
	struct session *s = ctx;
	size_t thread = s->thread, selected = s->frame;
	enum absent absent;
	struct value v;
	uint64_t word;

	s->thread = 0;
	s->frame = frame;
	enum err e = session_eval(s, text, &v);
	s->thread = thread;
	s->frame = selected;
	if (e == ERR_ABSENT)
		return EXPRESSION_ABSENT;
	if (e || type_strip(v.type)->kind != TYPE_POINTER)
		return EXPRESSION_WRONG;
	if (value_load(&v, session_values(s), &word, sizeof(word), &absent))
		return absent == ABSENT_OPTIMIZED_OUT ||
				       absent == ABSENT_NOT_SAVED
			       ? EXPRESSION_ABSENT
			       : EXPRESSION_WRONG;
	return word == bad ? EXPRESSION_RIGHT : EXPRESSION_WRONG;
}

static enum err find_why(
	struct session *s, const struct trace *t, struct why *ret)
{
	const struct expression_check check = { check_expression, s };

	TRY(why_find(&s->image, t, &s->scratch, ret));
	expression_find(&s->image, t, &s->scratch, &check, ret);
	return OK;
}

static void finding_record(
	struct session *s, const struct why_finding *f, struct out *o)
{
	const char *confidence = why_confidence_name(f->confidence);
	const struct frame *at = f->frame;
	size_t width = s->set.width;

	out_record(o, NULL);
	out_styled(o, "cause", STYLE_HEADING, f->cause);
	out_text(o, " (");
	out_str(o, "confidence", confidence);
	out_text(o, "): ");
	out_str_as(o, "text", f->text,
		width_wrapped(f->text, width,
			strlen(f->cause) + strlen(confidence) + 5, 2,
			&s->scratch));
	out_text(o, "\n");
	out_str(o, ".function", at ? at->function : NULL);
	out_str(o, ".file",
		at ? at->file_name ? at->file_name : at->file : NULL);
	if (at && at->line)
		out_num(o, ".line", at->line);
	else
		out_null(o, "line");
	if (f->expression)
		out_str(o, ".expression", f->expression);
	if (at && at->function) {
		out_text(o, "  in frame %u, ", at->level);
		out_style(o, STYLE_FUNCTION, at->function);
		if (at->file)
			out_text(o, " at %s:%d",
				at->file_name ? at->file_name : at->file,
				at->line);
		out_text(o, "\n");
	}
	out_list(o, "evidence");
	for (size_t i = 0; i < f->nevidence; i++) {
		out_str(o, ".", f->evidence[i]);
		out_text(o, "  - %s\n",
			width_wrapped(
				f->evidence[i], width, 4, 4, &s->scratch));
	}
	out_list_end(o);
	out_record_end(o);
}

/* An id of less than it promises is marked. */
static void id_print(struct session *s, struct out *o, const char *key,
	const char *id, bool partial)
{
	static const char note[] =
		"the crash id is of fewer functions than count, because the "
		"stack is not in the core: the same crash has another one "
		"elsewhere";

	out_str(o, key, id);
	if (!partial)
		return;
	out_bool(o, ".id_partial", true);
	for (size_t i = 0; i < s->image.nnotes; i++)
		if (!strcmp(s->image.notes[i], note))
			return;
	image_note(&s->image, "%s", note);
}

static enum err run_why(struct session *s, struct args *a, struct out *o)
{
	struct trace *t;
	struct why w;

	if (a->n)
		return err_usage(a);
	TRY(faulting_trace(s, &t));
	TRY(find_why(s, t, &w));
	out_str(o, ".signal", w.signal);
	id_print(s, o, ".id", w.id, w.id_partial);
	out_num(o, ".thread", w.lwp);
	out_list(o, "findings");
	for (size_t i = 0; i < w.n; i++)
		finding_record(s, &w.findings[i], o);
	out_list_end(o);
	out_text(o, "crash id %s\n", w.id);
	return OK;
}

/* ---- status ---- */

static void row(
	struct out *o, const char *key, const char *label, const char *value)
{
	out_str(o, key, value); /* the key begins with a dot */
	if (!value || !*value)
		return;
	out_text(o, "%-11s ", label);
	out_line(o, NULL, value);
	out_text(o, "\n");
}

/* "Segmentation fault" and so on as one sentence. */
static const char *signal_sentence(struct session *s)
{
	const siginfo_t *info = s->core.siginfo;
	int sig = s->core.signal;
	struct buf b = { .arena = &s->scratch };

	if (s->core.no_notes)
		return "not known: the core has lost its notes";
	if (!sig)
		return "none: a snapshot of a process that was alive";
	buf_printf(&b, "%s, %s", signals_name(sig, &s->scratch),
		signals_words(sig));
	if (!info)
		return buf_str(&b);
	const char *code = signals_code_words(info->si_signo, info->si_code);
	if (code)
		buf_printf(&b, ": %s", code);
	else
		buf_printf(&b, ": si_code %d", info->si_code);
	if (signals_has_address(info->si_signo, info->si_code))
		buf_printf(&b, " at 0x%" PRIx64,
			(uint64_t)(uintptr_t)info->si_addr);
	else if (info->si_code <= 0 && info->si_code != SI_TIMER)
		buf_printf(&b,
			info->si_pid == s->core.pid
				? " (by the process itself)"
				: " (by process %d of user %u)",
			info->si_pid, info->si_uid);
	return buf_str(&b);
}

static const char *fault_place(struct session *s, uint64_t addr)
{
	const struct segment *seg = mem_at(&s->image.mem, addr);
	const struct module *m = module_at(&s->image, addr);
	const char *symbol = session_symbol(s, addr);

	if (addr < 65536)
		return "in the first 64 KiB, where nothing is ever mapped: a "
		       "NULL pointer, or an offset from one";
	if (addr >> 47 && addr >> 47 != 0x1ffff)
		return "not canonical: no address of this processor";
	if (m)
		return arena_printf(&s->scratch, "in %s%s%s", module_name(m),
			symbol ? ", " : "", symbol ? symbol : "");
	if (!seg)
		return "not mapped";
	return seg->read ? "in anonymous memory"
			 : "mapped, but not in the core";
}

static void signal_fields(struct session *s, struct out *o)
{
	const siginfo_t *info = s->core.siginfo;

	out_str(o, ".signal",
		s->core.signal ? signals_name(s->core.signal, &s->scratch)
			       : NULL);
	row(o, ".what", "signal", signal_sentence(s));
	if (info) {
		out_num(o, ".si_code", info->si_code);
		out_str(o, ".si_code_words",
			signals_code_words(info->si_signo, info->si_code));
	}
	if (info && signals_has_address(info->si_signo, info->si_code) &&
		(s->core.signal == SIGSEGV || s->core.signal == SIGBUS)) {
		uint64_t addr = (uint64_t)(uintptr_t)info->si_addr;

		out_addr(o, ".fault_address", addr);
		row(o, ".fault_place", "address", fault_place(s, addr));
	}
}

static void files_fields(struct session *s, struct out *o)
{
	size_t good = 0, unknown = 0, bad = 0;

	for (size_t i = 0; i < s->image.nmodules; i++) {
		enum module_state st = s->image.modules[i]->state;

		good += st == MODULE_OK || st == MODULE_IN_CORE;
		unknown += st == MODULE_UNVERIFIED;
		bad += st == MODULE_WRONG || st == MODULE_MISSING ||
		       st == MODULE_FORCED;
	}
	out_text(o, "%-11s %zu of %zu files verified by build-id", "modules",
		good, s->image.nmodules);
	if (unknown)
		out_text(o, ", %zu without one", unknown);
	if (bad)
		out_text(o, ", %zu wrong or missing", bad);
	out_text(o, "\n");
	out_record(o, ".modules");
	out_unum(o, "total", s->image.nmodules);
	out_unum(o, "verified", good);
	out_unum(o, "unverified", unknown);
	out_unum(o, "wrong_or_missing", bad);
	out_record_end(o);
}

/* The key begins with a dot; in JSON its source follows. */
static void fact_row(struct session *s, const char *key, const char *label,
	struct about_fact f, struct out *o)
{
	row(o, key, label, f.text);
	if (f.text)
		out_str(o, arena_printf(&s->scratch, "%s_source", key),
			about_source_name(f.source));
}

/* A core out of the record itself is in a file that only we have. */
static const char *core_place(struct session *s)
{
	static const char ours[] = "/proc/self/fd/";

	return s->cursor && !strncmp(s->core.path, ours, sizeof(ours) - 1)
		       ? "in the journal"
		       : s->core.path;
}

/* Where it ran: known to systemd-coredump, some of it to csnap. */
static void surroundings(struct session *s, struct out *o)
{
	static const struct {
		const char *key, *label, *field;
	} rows[] = {
		{ ".unit", "unit", "COREDUMP_UNIT" },
		{ ".user_unit", "user unit", "COREDUMP_USER_UNIT" },
		{ ".container", "container", "COREDUMP_CONTAINER_CMDLINE" },
		{ ".package", "package", "COREDUMP_PACKAGE_NAME" },
		{ ".package_version", "version", "COREDUMP_PACKAGE_VERSION" },
		{ ".cwd", "folder", "COREDUMP_CWD" },
		{ ".host", "host", "COREDUMP_HOSTNAME" },
		{ ".boot", "boot", "_BOOT_ID" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		fact_row(s, rows[i].key, rows[i].label,
			about_field(s, rows[i].field), o);
	fact_row(s, ".cgroup", "cgroup", about_cgroup(s), o);
	if (s->core.npartial)
		out_text(o, "%-11s %zu\n", "not stopped", s->core.npartial);
	out_list(o, ".not_stopped");
	for (size_t i = 0; i < s->core.npartial; i++)
		out_num(o, ".", s->core.partial[i]);
	out_list_end(o);
}

/* Of each package that a mapped file says it is from, once. */
static void packages(struct session *s, struct out *o)
{
	const char **known =
		arena_array(&s->scratch, const char *, s->image.nmodules + 1);
	size_t n = 0;

	out_list(o, "packages");
	for (size_t i = 0; i < s->image.nmodules; i++) {
		const struct module *m = s->image.modules[i];
		const char *package =
			m->headers ? phdrs_package(m->headers, &s->image.mem,
					     m->bias, &s->scratch)
				   : NULL;
		size_t k = 0;

		if (!package)
			continue;
		out_record(o, NULL);
		out_str(o, ".module", module_name(m));
		out_str(o, ".package", package);
		out_record_end(o);
		while (k < n && strcmp(known[k], package))
			k++;
		if (k < n)
			continue;
		known[n++] = package;
		out_text(o, "%-11s %s\n", n > 1 ? "" : "packages", package);
	}
	out_list_end(o);
}

static void events(struct session *s, struct out *o)
{
	struct timeline t;

	if (timeline_read(&s->image, &s->scratch, &t)) {
		out_null(o, ".events");
		return;
	}
	out_unum(o, ".events", t.n);
	out_text(o, "%-11s %zu, in \"events\"\n", "events", t.n);
}

static void notes(struct session *s, struct out *o)
{
	out_list(o, "warnings");
	s->image.notes_told = s->image.nnotes;
	for (size_t i = 0; i < s->image.nnotes; i++) {
		out_str(o, ".", s->image.notes[i]);
		out_style(o, STYLE_ERROR, "warning: ");
		out_text(o, "%s\n", s->image.notes[i]);
	}
	out_list_end(o);
}

static void annotations(struct session *s, struct out *o)
{
	out_list(o, "annotations");
	for (size_t i = 0; i < s->core.nannotations; i++) {
		const struct core_annotation *a = &s->core.annotations[i];

		out_record(o, NULL);
		out_text(o, "%-11s ", i ? "" : "annotations");
		out_str(o, "key", a->key);
		out_text(o, " = ");
		out_str(o, "value", a->value);
		out_text(o, "\n");
		out_record_end(o);
	}
	out_list_end(o);
}

static enum err top_frame(struct session *s, struct out *o)
{
	struct trace *t;

	TRY(faulting_trace(s, &t));
	const struct frame *f = why_blame(&s->image, t);
	if (!f)
		return OK;
	out_record(o, "frame");
	out_text(o, "%-11s ", "where");
	TRY(frameline_print(s, t, (size_t)(f - t->frames), FRAMELINE_LEVEL, o));
	out_record_end(o);
	return OK;
}

static enum err id_fields(struct session *s, struct out *o, const char *key)
{
	struct trace *t;
	char id[CRASH_ID_SIZE];

	TRY(faulting_trace(s, &t));
	bool whole = traceid_of(&s->image, t, s->core.signal, id);
	id_print(s, o, key, id, !whole);
	if (key[0] == '.' && s->core.signal)
		out_text(o, "%-11s %s\n", "crash id", id);
	return OK;
}

static enum err run_id(struct session *s, struct args *a, struct out *o)
{
	struct trace *t;

	if (a->n)
		return err_usage(a);
	TRY(faulting_trace(s, &t));
	if (!t->n)
		return err_set(ERR_NOTFOUND,
			"The core has no stack to make a crash id of: its "
			"threads are missing.");
	TRY(id_fields(s, o, "id"));
	out_text(o, "\n");
	return OK;
}

static enum err run_status(struct session *s, struct args *a, struct out *o)
{
	const struct core_thread *t =
		s->core.nthreads ? &s->core.threads[0] : NULL;

	if (a->n)
		return err_usage(a);
	out_num(o, ".pid", s->core.pid);
	out_text(o, "%-11s %d, ", "process", s->core.pid);
	out_line(o, NULL, s->core.fname ? s->core.fname : "?");
	out_text(o, "\n");
	row(o, ".executable", "executable",
		s->image.exe ? s->image.exe->path : NULL);
	fact_row(s, ".args", "command", about_command(s), o);
	out_num(o, ".uid", s->core.uid);
	signal_fields(s, o);
	if (t) {
		out_text(o, "%-11s %d (%s)\n", "thread", t->id,
			threads_target(s, 0));
		out_num(o, ".thread", t->lwp);
	}
	TRY(top_frame(s, o));
	TRY(id_fields(s, o, ".id"));
	out_text(o, "%-11s ", "threads");
	out_unum(o, "threads", s->core.nthreads);
	out_text(o, "\n");
	row(o, ".snapshot", "snapshot", s->core.snapshot);
	row(o, ".core", "core", core_place(s));
	row(o, ".compression", "packed by", s->core.compression);
	out_unum(o, ".core_bytes", s->core.size);
	out_bool(o, "truncated", s->core.missing != 0);
	out_unum(o, ".missing_bytes", s->core.missing);
	files_fields(s, o);
	packages(s, o);
	surroundings(s, o);
	annotations(s, o);
	events(s, o);
	notes(s, o);
	return OK;
}

/* ---- the first screen ---- */

enum { FIRST_FRAMES = 6 };

enum err first_screen(struct session *s, struct out *o)
{
	struct trace *t;
	struct why w;

	TRY(faulting_trace(s, &t));
	out_style(o, STYLE_HEADING, s->core.fname ? s->core.fname : "process");
	out_text(o, " (PID %d)  %s\n", s->core.pid, signal_sentence(s));
	if (!find_why(s, t, &w))
		for (size_t i = 0; i < w.n; i++)
			out_text(o, "%s\n",
				width_wrapped(w.findings[i].text, s->set.width,
					0, 0, &s->scratch));
	if (s->core.snapshot)
		out_text(o, "%s\n",
			width_wrapped(s->core.snapshot, s->set.width, 0, 0,
				&s->scratch));
	notes(s, o);
	if (!s->core.nthreads)
		return OK;
	out_text(o, "\nThread %d (%s) of %zu:\n", s->core.threads[0].id,
		threads_target(s, 0), s->core.nthreads);
	for (size_t i = 0; i < t->n && i < FIRST_FRAMES; i++)
		TRY(frameline_print(s, t, i, FRAMELINE_LEVEL, o));
	if (t->n > FIRST_FRAMES)
		out_text(o, "(More stack frames follow...)\n");
	const struct frame *f = why_blame(&s->image, t);
	struct source *src;
	if (f && f->file && !source_get(s, f->file, &src) && f->line > 0 &&
		(size_t)f->line <= src->n) {
		out_text(o, "%d\t", f->line);
		source_print_one(s, src, f->line, o);
		out_text(o, "\n");
	}
	out_text(o, "\n\"help\" lists the commands.\n");
	return OK;
}

const struct cmd cmd_status[] = {
	{
		.name = "status",
		.usage = "",
		.summary =
			"What this core is: process, signal, files, warnings",
		.help = "Also whether the core is whole, and whether the files "
			"found here are\n"
			"those that the process ran."
			"\n    status",
		.run = run_status,
		.group = GROUP_STATUS,
		.needs = CMD_CORE,
	},
	{
		.name = "why",
		.usage = "",
		.summary = "Why the process died, as far as the core tells",
		.help = "Each finding says how sure it is and what it was seen "
			"from.  The crash\n"
			"id is the same for crashes in the same place.  Where "
			"it is certain, the finding\n"
			"names the expression whose value is bad: \"room->next "
			"is NULL\"."
			"\n    why",
		.run = run_why,
		.group = GROUP_STATUS,
		.needs = CMD_CORE,
	},
	{
		.name = "id",
		.usage = "",
		.summary = "The crash id: the same for the same crash",
		.help = "Made of the signal and the innermost functions of the "
			"program with their\n"
			"modules, so that it is the same in another process, "
			"on "
			"another machine, and\n"
			"in a build of another layout.  crashd's reports and "
			"records have it, too;\n"
			"cinspect --id prints it for scripts, cinspect --list "
			"--group counts by it."
			"\n    id",
		.run = run_id,
		.group = GROUP_STATUS,
		.needs = CMD_CORE,
	},
	{ 0 },
};
