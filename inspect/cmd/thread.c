/* SPDX-License-Identifier: GPL-3.0-or-later */
/* threads, thread N, thread apply, thread find. */
#include "inspect/cmd/thread.h"
#include "inspect/cmd/apply.h"
#include "inspect/cmd/cmd.h"
#include "inspect/cmd/frameline.h"
#include "inspect/cmd/group.h"
#include "inspect/locks/wait.h"
#include "inspect/out/width.h"

#include <inttypes.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

const char *threads_target(struct session *s, size_t thread)
{
	const struct core_thread *t = &s->core.threads[thread];
	const char *name = session_thread_name(s, thread);
	unsigned fs = s->image.arch->fs_base;

	return arena_printf(&s->scratch, "Thread 0x%" PRIx64 " (LWP %d)%s%s%s",
		regs_has(&t->regs, fs) ? t->regs.v[fs] : 0, t->lwp,
		name ? " \"" : "", name ? name : "", name ? "\"" : "");
}

static bool find_id(struct session *s, long id, size_t *ret)
{
	for (size_t i = 0; i < s->core.nthreads; i++)
		if (s->core.threads[i].id == id ||
			/* A thread id of the kernel cannot be mistaken for a
			 * number of ours as long as there are fewer threads. */
			(id > (long)s->core.nthreads &&
				s->core.threads[i].lwp == id)) {
			*ret = i;
			return true;
		}
	return false;
}

static enum err no_thread(struct session *s, const char *word)
{
	return err_set(ERR_NOTFOUND,
		"Unknown thread %s: the core has threads 1 to %zu.", word,
		s->core.nthreads);
}

/* The threads of a range, each once: whether all of them are there. */
static bool add_range(struct session *s, long from, long to, size_t *list,
	size_t *n, bool *seen)
{
	bool kernels = from > (long)s->core.nthreads; /* as in find_id */
	long found = 0;

	for (size_t i = 0; i < s->core.nthreads; i++) {
		const struct core_thread *t = &s->core.threads[i];
		long id = kernels ? t->lwp : t->id;

		if (id < from || id > to)
			continue;
		found++;
		if (!seen[i])
			list[(*n)++] = i;
		seen[i] = true;
	}
	return found == to - from + 1;
}

/* "3" or "1-3" */
static bool parse_range(const char *word, long *ret_from, long *ret_to)
{
	char *end;
	long from = strtol(word, &end, 10);
	long to = from;

	if (end == word || from < 1)
		return false;
	if (*end == '-') {
		const char *second = end + 1;

		to = strtol(second, &end, 10);
		if (end == second)
			return false;
	}
	*ret_from = from;
	*ret_to = to;
	return !*end;
}

enum err threads_list(struct session *s, const char *text, size_t **ret,
	size_t *ret_n, const char **ret_rest)
{
	size_t *list = arena_array(&s->scratch, size_t, s->core.nthreads + 1);
	bool *seen = arena_array(&s->scratch, bool, s->core.nthreads + 1);
	const char *missing = NULL;
	struct args a = { 0 };
	size_t n = 0, i = 0;

	args_split(&a, text, &s->scratch);
	if (args_is(&a, i, "all", 1)) {
		i++;
		/* gdb's order: the last one first, unless -ascending. */
		bool up = i < a.n && args_is(&a, i, "-ascending", 2);
		i += up;
		for (size_t k = 0; k < s->core.nthreads; k++)
			list[n++] = up ? k : s->core.nthreads - 1 - k;
	}
	for (bool all = n; !all && i < a.n; i++) {
		long from, to;
		uint64_t number;

		if (a.word[i][0] == '$') { /* $_thread, or one of the user's */
			TRY(session_eval_int(s, a.word[i], &number));
			from = to = (long)number;
		} else if (!parse_range(a.word[i], &from, &to)) {
			break;
		}
		if (to < from)
			return err_set(
				ERR_USAGE, "Inverted range \"%s\".", a.word[i]);
		if (!add_range(s, from, to, list, &n, seen) && !missing)
			missing = a.word[i];
	}
	if (!n && missing)
		return no_thread(s, missing);
	if (!n)
		return err_set(ERR_USAGE,
			"Which threads?  A list like \"1-3 5\", or \"all\".");
	if (missing && s->say) {
		(void)!no_thread(s, missing);
		s->say(s, err_msg());
	}
	*ret = list;
	*ret_n = n;
	*ret_rest = args_from(&a, i);
	return OK;
}

/* ---- the table ---- */

enum { WAIT_FRAMES = 8 }; /* the functions that name what is waited for */

/* frames may be NULL: they are not known. */
static const char *state_in(
	struct session *s, size_t thread, struct trace *frames)
{
	const struct core_thread *t = &s->core.threads[thread];

	if (thread == 0 && s->core.signal) {
		const char *name = sigabbrev_np(s->core.signal);

		return name ? arena_printf(&s->scratch, "got SIG%s", name)
			    : arena_printf(&s->scratch, "got signal %d",
				      s->core.signal);
	}
	struct wait w = wait_of(&s->image, t, frames);
	return wait_text(&w, &s->scratch);
}

static const char *state_of(struct session *s, size_t thread)
{
	struct trace *t;

	return state_in(s, thread,
		session_trace_once(s, thread, WAIT_FRAMES, &t) ? NULL : t);
}

static enum err thread_row(
	struct session *s, size_t i, int width, struct out *o)
{
	const struct core_thread *t = &s->core.threads[i];
	struct trace *trace;

	TRY(session_trace_once(s, i, WAIT_FRAMES, &trace));
	const char *state = state_in(s, i, trace);
	const struct frame *f = trace->n ? &trace->frames[0] : NULL;
	out_record(o, NULL);
	const char *target = threads_target(s, i);
	out_text(o, "%s %-4d %s%*s ", i == s->thread ? "*" : " ", t->id, target,
		width_padding(target, (size_t)width), "");
	out_num(o, ".id", t->id);
	out_num(o, ".lwp", t->lwp);
	out_str(o, ".name", session_thread_name(s, i));
	out_str(o, ".state", state);
	out_bool(o, "selected", i == s->thread);
	out_str(o, ".function", f ? f->function : NULL);
	out_str(o, ".file", f ? f->file_name ? f->file_name : f->file : NULL);
	if (f && f->line)
		out_num(o, ".line", f->line);
	else
		out_null(o, "line");
	if (t->utime_us || t->stime_us)
		out_real(o, ".cpu_seconds",
			(double)(t->utime_us + t->stime_us) / 1e6, 3);
	if (f) {
		struct out *line = out_new_text(&s->scratch, s->set.color);

		TRY(frameline_print(s, trace, 0, 0, line));
		const char *text = out_result(line);
		out_style(o, STYLE_NONE,
			arena_strndup(&s->scratch, text, strcspn(text, "\n")));
	}
	out_text(o, "  [");
	out_style(o, STYLE_DIM, state);
	out_text(o, "]\n");
	out_record_end(o);
	return OK;
}

/* The first frame of the program's own: libc's name how it waits, this one
 * what for. */
static const struct frame *own_frame(
	const struct session *s, const struct trace *t)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->frames[i].module == s->image.exe &&
			t->frames[i].function)
			return &t->frames[i];
	return NULL;
}

static void put_own_frame(const struct frame *f, bool first, struct out *o)
{
	const char *file = f ? f->file_name ? f->file_name : f->file : NULL;

	out_str(o, ".own_function", f ? f->function : NULL);
	out_str(o, ".own_file", file);
	if (f && f->line > 0)
		out_num(o, ".own_line", f->line);
	if (!f || first)
		return;
	out_text(o, "  <- ");
	out_style(o, STYLE_FUNCTION, f->function);
	if (file && f->line > 0)
		out_text(o, " at %s:%d", file, f->line);
}

/* The frame that a thread stands in, and what it does there. */
static enum err group_row(
	struct session *s, const struct group *g, struct out *o)
{
	struct out *line = out_new_text(&s->scratch, s->set.color);
	struct trace *trace;

	TRY(session_trace_once(s, g->thread[0], 0, &trace));
	const char *state = state_in(s, g->thread[0], trace);
	const struct frame *own = own_frame(s, trace);
	out_record(o, NULL);
	group_fields(s, g, o);
	out_str(o, ".state", state);
	out_str(o, ".function", trace->n ? trace->frames[0].function : NULL);
	out_text(o, "%zu", g->n);
	out_cell(o);
	out_text(o, "%s", group_ids(s, g));
	out_cell(o);
	if (trace->n)
		TRY(frameline_print(s, trace, 0, 0, line));
	const char *text = out_result(line);
	out_style(o, STYLE_NONE,
		arena_strndup(&s->scratch, text, strcspn(text, "\n")));
	put_own_frame(own, own == trace->frames, o);
	out_text(o, "  [");
	out_style(o, STYLE_DIM, state);
	out_text(o, "]");
	out_row(o);
	out_record_end(o);
	return OK;
}

static enum err list_groups(struct session *s, struct out *o)
{
	struct group *g;
	size_t n;

	TRY(group_threads(s, 0, &g, &n));
	out_table(o);
	out_text(o, "Count");
	out_cell(o);
	out_text(o, "Ids");
	out_cell(o);
	out_text(o, "Frame");
	out_row(o);
	out_list(o, "groups");
	for (size_t i = 0; i < n; i++)
		TRY(group_row(s, &g[i], o));
	out_list_end(o);
	out_table_end(o);
	return OK;
}

static enum err run_threads(struct session *s, struct args *a, struct out *o)
{
	size_t *list, n = s->core.nthreads;
	const char *rest;
	int width = 9;

	if (a->n == 1 && !strcmp(a->word[0], "-group"))
		return list_groups(s, o);
	list = arena_array(&s->scratch, size_t, n + 1);
	for (size_t i = 0; i < n; i++)
		list[i] = i;
	if (a->n)
		TRY(threads_list(s, a->text, &list, &n, &rest));
	for (size_t i = 0; i < n; i++) {
		int w = (int)width_of(threads_target(s, list[i]));

		width = w > width ? w : width;
	}
	out_text(o, "  %-4s %-*s Frame \n", "Id", width, "Target Id");
	out_list(o, "threads");
	for (size_t i = 0; i < n; i++) {
		struct arena_mark mark = arena_mark(&s->scratch);

		if (s->interrupted)
			return err_set(ERR_INTERRUPTED, "Interrupted.");
		TRY(thread_row(s, list[i], width, o));
		out_flush(o);
		if (out_is_held(o))
			arena_release(&s->scratch, mark);
	}
	out_list_end(o);
	return OK;
}

/* ---- thread ---- */

static enum err show_thread(struct session *s, const char *what, struct out *o)
{
	struct trace *t;
	const struct core_thread *ct = session_thread(s);

	out_text(o, "[%s %d (%s)]\n", what, ct->id,
		threads_target(s, s->thread));
	out_num(o, ".id", ct->id);
	out_num(o, ".lwp", ct->lwp);
	out_str(o, ".name", session_thread_name(s, s->thread));
	out_str(o, ".state", state_of(s, s->thread));
	TRY(session_trace(s, s->thread, s->frame + 1, &t));
	out_record(o, "frame");
	if (t->n)
		TRY(frameline_print(s, t, s->frame, FRAMELINE_LEVEL, o));
	out_record_end(o);
	return OK;
}

static enum err thread_heading(
	struct session *s, size_t i, bool quiet, struct out *o)
{
	out_num(o, ".id", s->core.threads[i].id);
	out_num(o, ".lwp", s->core.threads[i].lwp);
	if (!quiet)
		out_text(o, "\nThread %d (%s):\n", s->core.threads[i].id,
			threads_target(s, i));
	return OK;
}

static enum err apply(struct session *s, const char *text, struct out *o)
{
	size_t thread = s->thread, frame = s->frame;
	struct apply_flags flags = { 0 };
	struct args a = { 0 };
	const char *line;
	size_t *list, n;
	enum err e = OK;

	TRY(threads_list(s, text, &list, &n, &line));
	args_split(&a, line, &s->scratch);
	size_t first = apply_flags(&a, 0, &flags);
	if (first >= a.n)
		return err_set(ERR_USAGE, "Please specify a command at the end "
					  "of \"thread apply\".");
	line = args_from(&a, first);
	out_list(o, "threads");
	for (size_t i = 0; i < n && !e; i++) {
		struct arena_mark mark = arena_mark(&s->scratch);

		session_select(s, list[i], 0);
		e = apply_one(s, &flags, line, thread_heading, list[i], o);
		out_flush(o);
		if (out_is_held(o))
			arena_release(&s->scratch, mark);
	}
	out_list_end(o);
	session_select(s, thread, frame);
	return e;
}

static enum err run_taas(struct session *s, struct args *a, struct out *o)
{
	if (!a->n)
		return err_usage(a);
	return apply(s, arena_printf(&s->scratch, "all -s %s", a->text), o);
}

static enum err run_tfaas(struct session *s, struct args *a, struct out *o)
{
	if (!a->n)
		return err_usage(a);
	return apply(s,
		arena_printf(
			&s->scratch, "all -s frame apply all -s %s", a->text),
		o);
}

static enum err find(struct session *s, const char *text, struct out *o)
{
	size_t found = 0;
	regex_t re;

	if (!*text || regcomp(&re, text, REG_EXTENDED | REG_NOSUB))
		return err_set(ERR_USAGE, "Usage: thread find REGEXP");
	out_list(o, "threads");
	for (size_t i = 0; i < s->core.nthreads; i++) {
		const char *target = threads_target(s, i);
		const char *state = state_of(s, i);

		if (regexec(&re, target, 0, NULL, 0) &&
			regexec(&re, state, 0, NULL, 0))
			continue;
		found++;
		out_record(o, NULL);
		out_text(o, "Thread ");
		out_num(o, "id", s->core.threads[i].id);
		out_text(o, " is '%s', %s\n", target, state);
		out_num(o, ".lwp", s->core.threads[i].lwp);
		out_str(o, ".name", session_thread_name(s, i));
		out_str(o, ".state", state);
		out_record_end(o);
	}
	out_list_end(o);
	regfree(&re);
	if (!found)
		out_text(o, "No threads match '%s'\n", text);
	return OK;
}

static enum err run_thread(struct session *s, struct args *a, struct out *o)
{
	size_t thread = s->thread, frame = s->frame, k;
	long id;

	if (!a->n)
		return show_thread(s, "Current thread is", o);
	if (args_is(a, 0, "apply", 1)) /* gdb's habit: t a a bt */
		return apply(s, args_from(a, 1), o);
	if (args_is(a, 0, "find", 1))
		return find(s, args_from(a, 1), o);
	if (!args_number(a->word[0], &id))
		return err_usage(a);
	if (!find_id(s, id, &k))
		return no_thread(s, a->word[0]);
	session_select(s, k, 0);
	if (a->n == 1)
		return show_thread(s, "Switching to thread", o);
	enum err e = cmd_run_to(s, args_from(a, 1), o);
	session_select(s, thread, frame);
	return e;
}

const struct cmd cmd_thread[] = {
	{
		.name = "threads",
		.alias = "grs goroutines",
		.usage = "[LIST | -group]",
		.summary = "List the threads, where they are and what they "
			   "wait for",
		.help = "LIST: for instance 1-3 5.  The state is what the "
			"registers tell:\n"
			"running, in which system call, or on which futex.  "
			"-group: threads\n"
			"with equal stacks in one line, with how many and "
			"which (bt -group\n"
			"shows the stacks).\n"
			"    threads\n"
			"    threads -group\n"
			"    threads | grep futex",
		.run = run_threads,
		.group = GROUP_THREADS,
		.needs = CMD_CORE | CMD_THREAD,
	},
	{
		.name = "thread",
		.alias = "t th thr gr goroutine tr",
		.usage = "[N [CMD] | apply LIST|all [-q] [-c] [-s] CMD | find "
			 "REGEXP]",
		.summary = "Select a thread, or run a command in many",
		.help = "N is a number of `threads`, or a kernel thread id.  "
			"With a command,\n"
			"runs it in that thread and comes back; apply runs it "
			"in many until it\n"
			"fails (-c: goes on and prints why, -s: goes on and is "
			"silent; -q: without\n"
			"headings).\n"
			"    thread 2\n"
			"    thread apply all bt\n"
			"    thread apply 1-3 print counter\n"
			"    thread find worker",
		.run = run_thread,
		.group = GROUP_THREADS,
		.needs = CMD_CORE | CMD_THREAD | CMD_WRAPS,
	},
	{
		.name = "taas",
		.usage = "CMD",
		.summary = "Run a command in every thread, failures in silence",
		.help = "Short for thread apply all -s."
			"\n    taas print errno",
		.run = run_taas,
		.group = GROUP_THREADS,
		.needs = CMD_CORE | CMD_THREAD | CMD_WRAPS,
	},
	{
		.name = "tfaas",
		.usage = "CMD",
		.summary = "Run a command in every frame of every thread",
		.help = "Short for thread apply all -s frame apply all -s."
			"\n    tfaas print conn",
		.run = run_tfaas,
		.group = GROUP_THREADS,
		.needs = CMD_CORE | CMD_THREAD | CMD_WRAPS,
	},
	{ 0 },
};
