/* SPDX-License-Identifier: GPL-3.0-or-later */
/* bt, frame, up, down, and commands over many frames. */
#include "inspect/cmd/apply.h"
#include "inspect/cmd/cmd.h"
#include "inspect/cmd/fold.h"
#include "inspect/cmd/frameline.h"
#include "inspect/cmd/group.h"
#include "inspect/cmd/source.h"
#include "inspect/cmd/thread.h"
#include "inspect/cmd/variables.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- bt ---- */

struct bt_options {
	bool full, all_threads, past_main;
	bool group;   /* equal stacks once; all_threads too */
	bool outer;   /* the n outermost */
	size_t limit; /* 0: none */
};

static enum err bt_count(const char *word, struct bt_options *opt)
{
	long n;

	if (!args_number(word, &n))
		return err_set(
			ERR_USAGE, "\"%s\" is not a number of frames.", word);
	opt->outer = n < 0;
	opt->limit = (size_t)labs(n);
	return OK;
}

static enum err bt_parse(struct args *a, struct bt_options *opt)
{
	bool counted = false;

	for (size_t i = 0; i < a->n; i++) {
		const char *w = a->word[i];

		if (args_is(a, i, "full", 1) || !strcmp(w, "-full")) {
			opt->full = true;
		} else if (!strcmp(w, "-a")) {
			opt->all_threads = true;
		} else if (!strcmp(w, "-group")) {
			opt->all_threads = opt->group = true;
		} else if (!strcmp(w, "-n")) {
			if (++i >= a->n)
				return err_usage(a);
			TRY(bt_count(a->word[i], opt));
		} else if (!strcmp(w, "-past-main")) {
			const char *next = i + 1 < a->n ? a->word[i + 1] : "";

			opt->past_main = strcmp(next, "off") != 0;
			i += !strcmp(next, "on") || !strcmp(next, "off");
		} else if (!strcmp(w, "-hide") || !strcmp(w, "-no-filters") ||
			   !strcmp(w, "no-filters") || !strcmp(w, "hide")) {
			/* gdb's: there are no filters here. */
		} else if (!strncmp(w, "-frame-", 7)) {
			i++;
		} else {
			if ((w[0] == '-' && !strchr("0123456789", w[1])) ||
				counted)
				return err_usage(a);
			TRY(bt_count(w, opt));
			counted = true;
		}
	}
	return OK;
}

static const char *signal_of(struct session *s, size_t thread)
{
	int sig = s->core.signal;

	/* pr_cursig is the dump's signal in every note (kernel: fs/
	 * binfmt_elf.c, fill_prstatus); who got it stands first. */
	if (!sig || thread)
		return NULL;
	return sigabbrev_np(sig)
		       ? arena_printf(&s->scratch, "SIG%s", sigabbrev_np(sig))
		       : arena_printf(&s->scratch, "SIG%d", sig);
}

static void thread_fields(struct session *s, size_t thread, struct out *o)
{
	const struct core_thread *t = &s->core.threads[thread];

	out_num(o, ".id", t->id);
	out_num(o, ".lwp", t->lwp);
	out_str(o, ".name", session_thread_name(s, thread));
	out_bool(o, "selected", thread == s->thread);
	out_str(o, ".signal", signal_of(s, thread));
}

/* Only the sentences of a stack that was lost are worth a line of text. */
static bool ends_well(const struct trace *t)
{
	return !t->end || !strncmp(t->end, "outermost", 9) ||
	       !strncmp(t->end, "main:", 5);
}

static enum err bt_frames(struct session *s, const struct bt_options *opt,
	struct trace *t, struct out *o)
{
	unsigned flags = FRAMELINE_LEVEL | (opt->full ? FRAMELINE_LOCALS : 0);
	size_t from = 0, to = t->n;

	if (opt->limit && opt->limit < t->n) {
		from = opt->outer ? t->n - opt->limit : 0;
		to = from + opt->limit;
	}
	out_list(o, "frames");
	for (size_t i = from; i < to; i++) {
		size_t period, folded = 0;

		if (s->interrupted)
			return err_set(ERR_INTERRUPTED, "Interrupted.");
		if (!opt->limit && out_is_text(o))
			folded = fold_at(t, from, i, to, &period);
		if (folded) {
			fold_print(t, i, folded, period, o);
			i += folded - 1;
			continue;
		}
		out_record(o, NULL);
		TRY(frameline_print(s, t, i, flags, o));
		out_record_end(o);
	}
	out_list_end(o);
	if (to < t->n)
		out_text(o, "(More stack frames follow...)\n");
	else if (!ends_well(t))
		out_text(o, "Backtrace stopped: %s\n", t->end);
	out_str(o, ".end", to < t->n ? "the limit that was asked for" : t->end);
	return OK;
}

static enum err bt_thread(struct session *s, const struct bt_options *opt,
	size_t thread, struct out *o)
{
	struct trace *t;
	size_t max = opt->limit && !opt->outer ? opt->limit + 1 : 0;

	out_record(o, NULL);
	thread_fields(s, thread, o);
	TRY(opt->all_threads ? session_trace_once(s, thread, max, &t)
			     : session_trace(s, thread, max, &t));
	TRY(bt_frames(s, opt, t, o));
	out_record_end(o);
	return OK;
}

/*
 * Thousands of threads: what one took is given back before the next.  Only
 * what was written stays, and that is elsewhere, or gone already.
 */
static enum err bt_every_thread(
	struct session *s, const struct bt_options *opt, struct out *o)
{
	for (size_t i = 0; i < s->core.nthreads; i++) {
		struct arena_mark mark = arena_mark(&s->scratch);

		out_text(o, "%sThread %d (%s):\n", i ? "\n" : "",
			s->core.threads[i].id, threads_target(s, i));
		TRY(bt_thread(s, opt, i, o));
		out_flush(o);
		if (out_is_held(o))
			arena_release(&s->scratch, mark);
	}
	return OK;
}

/* "3 threads: 2-4 (LWP 11 "worker")", and the frames of the first. */
static enum err bt_group(struct session *s, const struct bt_options *opt,
	const struct group *g, struct out *o)
{
	size_t first = g->thread[0];

	if (g->n > 1)
		out_text(o, "%zu threads with this stack: %s; values are of ",
			g->n, group_ids(s, g));
	out_text(o, "Thread %d (%s):\n", s->core.threads[first].id,
		threads_target(s, first));
	out_record(o, NULL);
	group_fields(s, g, o);
	thread_fields(s, first, o);
	struct trace *t;
	TRY(session_trace_once(
		s, first, opt->limit && !opt->outer ? opt->limit + 1 : 0, &t));
	TRY(bt_frames(s, opt, t, o));
	out_record_end(o);
	return OK;
}

static enum err bt_groups(
	struct session *s, const struct bt_options *opt, struct out *o)
{
	struct group *g;
	size_t n;

	TRY(group_threads(s, opt->outer ? 0 : opt->limit, &g, &n));
	out_list(o, "groups");
	for (size_t i = 0; i < n; i++) {
		struct arena_mark mark = arena_mark(&s->scratch);

		out_text(o, "%s", i ? "\n" : "");
		TRY(bt_group(s, opt, &g[i], o));
		out_flush(o);
		if (out_is_held(o))
			arena_release(&s->scratch, mark);
	}
	out_list_end(o);
	return OK;
}

static enum err bt_threads(
	struct session *s, const struct bt_options *opt, struct out *o)
{
	if (!s->core.nthreads)
		return err_set(ERR_NOTFOUND, "The core has no threads.");
	if (opt->group)
		return bt_groups(s, opt, o);
	out_list(o, "threads");
	TRY(opt->all_threads ? bt_every_thread(s, opt, o)
			     : bt_thread(s, opt, s->thread, o));
	out_list_end(o);
	return OK;
}

static enum err run_bt(struct session *s, struct args *a, struct out *o)
{
	struct bt_options opt = { .limit = s->set.backtrace_limit };
	bool saved = s->set.past_main;

	TRY(bt_parse(a, &opt));
	if (!opt.past_main || saved)
		return bt_threads(s, &opt, o);
	session_set_past_main(s, true);
	enum err e = bt_threads(s, &opt, o);
	session_set_past_main(s, false);
	return e;
}

/* ---- frame, up, down ---- */

/* The selected frame and the source around it. */
static enum err show_frame(struct session *s, struct out *o)
{
	struct frame *f;
	struct trace *t;

	TRY(session_trace(s, s->thread, s->frame + 1, &t));
	TRY(session_frame(s, &f));
	out_num(o, ".thread", s->core.threads[s->thread].id);
	out_record(o, "frame");
	TRY(frameline_print(s, t, (size_t)(f - t->frames), FRAMELINE_LEVEL, o));
	out_record_end(o);
	if (!f->file || f->line <= 0)
		return OK;
	out_record(o, "source");
	if (source_print_around(s, f->file, f->line, o)) {
		/* A missing source file does not make frame fail. */
		out_str(o, ".missing", err_msg());
		out_text(o, "%d\tin %s\n", f->line,
			f->file_name ? f->file_name : f->file);
	}
	out_record_end(o);
	s->list_file = NULL; /* list starts at this line, not after it */
	return OK;
}

static enum err select_level(struct session *s, size_t level)
{
	struct trace *t;

	TRY(session_trace(s, s->thread, level + 1, &t));
	if (level >= t->n)
		return err_set(ERR_NOTFOUND,
			"No frame at level %zu: the thread has %zu frames.",
			level, t->n);
	session_select(s, s->thread, level);
	return OK;
}

static enum err select_function(struct session *s, const char *name)
{
	struct trace *t;

	TRY(session_trace(s, s->thread, 0, &t));
	for (size_t i = 0; i < t->n; i++)
		if (t->frames[i].function &&
			!strcmp(t->frames[i].function, name)) {
			session_select(s, s->thread, i);
			return OK;
		}
	return err_set(ERR_NOTFOUND,
		"No frame for function \"%s\" in this thread.", name);
}

static enum err select_address(struct session *s, const char *text)
{
	struct trace *t;
	uint64_t addr;

	TRY(session_eval_int(s, text, &addr));
	TRY(session_trace(s, s->thread, 0, &t));
	for (size_t i = 0; i < t->n; i++)
		if (t->frames[i].cfa_known && t->frames[i].cfa == addr) {
			session_select(s, s->thread, i);
			return OK;
		}
	return err_set(ERR_NOTFOUND, "No frame at address %s.", text);
}

/* frame N CMD, as delve has it: runs there and comes back. */
static enum err frame_command(
	struct session *s, size_t level, const char *line, struct out *o)
{
	size_t thread = s->thread, frame = s->frame;

	TRY(select_level(s, level));
	enum err e = cmd_run_to(s, line, o);
	session_select(s, thread, frame);
	return e;
}

static enum err frame_heading(
	struct session *s, size_t i, bool quiet, struct out *o)
{
	struct trace *t;

	TRY(session_trace(s, s->thread, 0, &t));
	if (!quiet)
		return frameline_print(s, t, i, FRAMELINE_LEVEL, o);
	out_num(o, ".level", t->frames[i].level);
	return OK;
}

static enum err over_frames(struct session *s, size_t from, size_t to,
	const char *line, const struct apply_flags *flags, struct out *o)
{
	size_t thread = s->thread, frame = s->frame;
	struct trace *t;
	enum err e = OK;

	TRY(session_trace(s, s->thread, 0, &t));
	out_list(o, "frames");
	for (size_t i = from; i < to && i < t->n && !e; i++) {
		session_select(s, thread, i);
		e = apply_one(s, flags, line, frame_heading, i, o);
	}
	out_list_end(o);
	session_select(s, thread, frame);
	return e;
}

/* frame apply all|COUNT|-COUNT|level L [-q -c -s] CMD */
static enum err frame_apply(
	struct session *s, struct args *a, size_t i, struct out *o)
{
	size_t from = 0, to = SIZE_MAX;
	struct apply_flags flags = { 0 };
	struct trace *t;
	long n;

	TRY(session_trace(s, s->thread, 0, &t));
	if (args_is(a, i, "level", 1)) {
		char *end;

		if (++i >= a->n)
			return err_usage(a);
		from = strtoul(a->word[i], &end, 10);
		to = *end == '-' ? strtoul(end + 1, NULL, 10) + 1 : from + 1;
		i++;
	} else if (i < a->n && args_number(a->word[i], &n)) {
		if (n >= 0)
			to = (size_t)n;
		else
			from = (size_t)-n < t->n ? t->n - (size_t)-n : 0;
		i++;
	} else if (args_is(a, i, "all", 1)) {
		i++;
	} else {
		return err_usage(a);
	}
	i = apply_flags(a, i, &flags);
	if (i >= a->n)
		return err_usage(a);
	return over_frames(s, from, to, args_from(a, i), &flags, o);
}

static enum err run_faas(struct session *s, struct args *a, struct out *o)
{
	struct apply_flags flags = { .silent = true };
	size_t i = apply_flags(a, 0, &flags);

	if (i >= a->n)
		return err_usage(a);
	return over_frames(s, 0, SIZE_MAX, args_from(a, i), &flags, o);
}

static enum err run_frame(struct session *s, struct args *a, struct out *o)
{
	long n;

	if (!a->n)
		return show_frame(s, o);
	if (args_is(a, 0, "apply", 2))
		return frame_apply(s, a, 1, o);
	if (args_is(a, 0, "function", 1) && a->n == 2) {
		TRY(select_function(s, a->word[1]));
		return show_frame(s, o);
	}
	if (args_is(a, 0, "address", 2) && a->n >= 2) {
		TRY(select_address(s, args_from(a, 1)));
		return show_frame(s, o);
	}
	size_t i = args_is(a, 0, "level", 1) && a->n > 1;
	if (args_number(a->word[i], &n) && n < 0)
		return err_set(ERR_NOTFOUND, "No frame at level %ld.", n);
	if (!args_number(a->word[i], &n)) {
		uint64_t level;

		if (i || a->n > 1 || session_eval_int(s, a->text, &level))
			return err_usage(a);
		n = (long)level;
	}
	if (a->n > i + 1)
		return frame_command(s, (size_t)n, args_from(a, i + 1), o);
	TRY(select_level(s, (size_t)n));
	return show_frame(s, o);
}

static enum err move(
	struct session *s, struct args *a, long sign, struct out *o)
{
	long n = 1;
	struct trace *t;

	if (a->n && !args_number(a->word[0], &n))
		return err_usage(a);
	TRY(session_trace(s, s->thread, 0, &t));
	long last = t->n ? (long)t->n - 1 : 0;
	long here = (long)s->frame;
	if (n < -last - 1)
		n = -last - 1;
	if (n > last + 1)
		n = last + 1;
	long to = here + sign * n;
	if (to > last && here == last)
		return err_set(ERR_NOTFOUND,
			"Initial frame selected; you can't go up.");
	if (to < 0 && here == 0)
		return err_set(ERR_NOTFOUND, "Bottom (innermost) frame "
					     "selected; you can't go down.");
	to = to > last ? last : to < 0 ? 0 : to;
	if (a->n > 1)
		return frame_command(s, (size_t)to, args_from(a, 1), o);
	session_select(s, s->thread, (size_t)to);
	return show_frame(s, o);
}

static enum err run_up(struct session *s, struct args *a, struct out *o)
{
	return move(s, a, 1, o);
}

static enum err run_down(struct session *s, struct args *a, struct out *o)
{
	return move(s, a, -1, o);
}

const struct cmd cmd_stack[] = {
	{
		.name = "backtrace",
		.alias = "bt where stack",
		.usage = "[N|-N] [full] [-full] [-a] [-group] [-n N]",
		.summary = "Print the stack of the selected thread",
		.help = "N: the innermost N frames; -N: the outermost N.\n"
			"full, -full: with the locals of every frame.\n"
			"-a: of every thread.  -n N: as N.  -group: of every "
			"thread, but equal\n"
			"stacks once, with how many threads have it and "
			"which.\n"
			"A frame that was not found by call frame information "
			"says how,\n"
			"for instance [fp].  Without a count, a recursion is "
			"told in one line:\n"
			"#5–#10234: 10,230 × parse_expr.\n"
			"    bt 5\n"
			"    bt -a -full\n"
			"    bt -a -group",
		.run = run_bt,
		.group = GROUP_STACK,
		.needs = CMD_CORE | CMD_THREAD,
	},
	{
		.name = "frame",
		.alias = "f",
		.usage = "[N [CMD] | function NAME | address CFA | apply "
			 "all|N|-N|level L [-q] [-c] [-s] CMD]",
		.summary = "Select a frame and show the source around it",
		.help = "Frame 0 is the innermost.  With a command after N, "
			"runs it in that\n"
			"frame and comes back.  apply runs it in many frames "
			"until it fails\n"
			"(-c: goes on and prints why, -s: goes on and is "
			"silent; -q: without\n"
			"headings).\n"
			"    frame 2\n"
			"    frame 2 locals\n"
			"    frame function handle_request\n"
			"    frame apply all info locals",
		.run = run_frame,
		.group = GROUP_STACK,
		.needs = CMD_CORE | CMD_THREAD | CMD_WRAPS,
	},
	{
		.name = "up",
		.usage = "[N [CMD]]",
		.summary = "Select the frame that called this one",
		.help = "N: that many frames up."
			"\n    up\n    up 2\n    up 1 locals",
		.run = run_up,
		.group = GROUP_STACK,
		.needs = CMD_CORE | CMD_THREAD | CMD_WRAPS,
	},
	{
		.name = "down",
		.alias = "dow",
		.usage = "[N [CMD]]",
		.summary = "Select the frame that this one called",
		.help = "N: that many frames down."
			"\n    down",
		.run = run_down,
		.group = GROUP_STACK,
		.needs = CMD_CORE | CMD_THREAD | CMD_WRAPS,
	},
	{
		.name = "faas",
		.usage = "CMD",
		.summary = "Run a command in every frame, failures in silence",
		.help = "Short for frame apply all -s."
			"\n    faas info locals",
		.run = run_faas,
		.group = GROUP_STACK,
		.needs = CMD_CORE | CMD_THREAD | CMD_WRAPS,
	},
	{ 0 },
};
