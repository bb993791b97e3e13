/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * again: another snapshot of the process that -p opened, and which threads
 * have moved since the last one.  A thread has moved when any of its registers
 * differs; one that waits in the same call with the same arguments has not, or
 * has come around to it, which two moments cannot tell apart.
 */
#include "inspect/cmd/opening.h"

#include "inspect/cmd/cmd.h"

#include <stdlib.h>
#include <string.h>

struct was {
	int lwp;
	const char *function;
	struct regs regs;
	bool met;
};

struct before {
	struct was *v;
	size_t n, moved, born, gone;
	int selected;
};

/* "f" of the thread's innermost frame, kept until the command ends. */
static const char *function_of(struct session *s, size_t thread)
{
	struct trace *t;

	if (session_trace_once(s, thread, 1, &t) || !t->n ||
		!t->frames[0].function)
		return "??";
	return arena_strdup(&s->output, t->frames[0].function);
}

static int by_lwp(const void *a, const void *b)
{
	const struct was *x = a, *y = b;

	return (x->lwp > y->lwp) - (x->lwp < y->lwp);
}

static struct before note(struct session *s)
{
	const struct core_thread *selected = session_thread(s);
	struct before b = {
		.n = s->core.nthreads,
		.v = arena_array(&s->output, struct was, s->core.nthreads + 1),
		.selected = selected ? selected->lwp : 0,
	};

	for (size_t i = 0; i < b.n; i++) {
		b.v[i].lwp = s->core.threads[i].lwp;
		b.v[i].regs = s->core.threads[i].regs;
		b.v[i].function = function_of(s, i);
	}
	if (b.n)
		qsort(b.v, b.n, sizeof(*b.v), by_lwp);
	return b;
}

static bool has_moved(
	const struct session *s, const struct regs *a, const struct regs *b)
{
	for (unsigned i = 0; i < s->image.arch->nregs; i++)
		if (regs_has(a, i) != regs_has(b, i) ||
			(regs_has(a, i) && a->v[i] != b->v[i]))
			return true;
	return false;
}

static void print_thread(
	struct session *s, struct before *b, size_t i, struct out *o)
{
	const struct core_thread *t = &s->core.threads[i];
	struct was key = { .lwp = t->lwp };
	struct was *w =
		b->n ? bsearch(&key, b->v, b->n, sizeof(key), by_lwp) : NULL;
	const char *now = function_of(s, i);
	const char *state = !w                                 ? "new"
			    : has_moved(s, &w->regs, &t->regs) ? "moved"
							       : "same";

	if (w)
		w->met = true;
	b->moved += w && state[0] == 'm';
	b->born += !w;
	out_record(o, NULL);
	out_text(o, state[0] == 's' ? "  " : "* ");
	out_num(o, "id", t->id);
	out_cell(o);
	out_num(o, "lwp", t->lwp);
	out_cell(o);
	out_str(o, "name", session_thread_name(s, i));
	out_cell(o);
	out_str(o, "state", state);
	out_cell(o);
	out_str(o, ".was", w ? w->function : NULL);
	out_styled(o, "function", STYLE_FUNCTION, now);
	if (w && strcmp(w->function, now))
		out_text(o, ", was in %s", w->function);
	out_row(o);
	out_record_end(o);
}

static void print_gone(struct before *b, struct out *o)
{
	for (size_t i = 0; i < b->n; i++) {
		if (b->v[i].met)
			continue;
		b->gone++;
		out_record(o, NULL);
		out_text(o, "* ");
		out_null(o, "id");
		out_cell(o);
		out_num(o, "lwp", b->v[i].lwp);
		out_cell(o);
		out_null(o, "name");
		out_cell(o);
		out_str(o, "state", "gone");
		out_cell(o);
		out_str(o, ".was", b->v[i].function);
		out_text(o, "was in %s", b->v[i].function);
		out_row(o);
		out_record_end(o);
	}
}

static enum err run_again(struct session *s, struct args *a, struct out *o)
{
	if (a->n)
		return err_usage(a);
	if (!s->opening)
		return err_set(ERR_UNSUPPORTED,
			"This core does not go on: again is for a process that "
			"was opened with cinspect -p PID.");
	struct before b = note(s);

	TRY(opening_again(s, s->opening));
	for (size_t i = 0; i < s->core.nthreads; i++)
		if (s->core.threads[i].lwp == b.selected)
			session_select(s, i, 0);
	out_table(o);
	out_list(o, "threads");
	for (size_t i = 0; i < s->core.nthreads; i++)
		print_thread(s, &b, i, o);
	print_gone(&b, o);
	out_list_end(o);
	out_table_end(o);
	out_unum(o, "moved", b.moved);
	out_text(o, " of ");
	out_unum(o, "threads_now", s->core.nthreads);
	out_text(o, " threads moved, ");
	out_unum(o, "new", b.born);
	out_text(o, " new, ");
	out_unum(o, "gone", b.gone);
	out_text(o, " gone\n");
	out_str(o, ".snapshot", s->core.snapshot);
	if (s->core.snapshot)
		out_text(o, "%s\n", s->core.snapshot);
	return OK;
}

const struct cmd cmd_again[] = {
	{
		.name = "again",
		.usage = "",
		.summary = "Another snapshot of the process that -p opened",
		.help = "Takes the place of the one that is open: the process "
			"is paused once more, for\n"
			"milliseconds.  Marks the threads that have moved "
			"since, with where they were\n"
			"and are; a thread whose registers are all the same "
			"has not moved, or has come\n"
			"around to the same place.\n"
			"    again",
		.run = run_again,
		.group = GROUP_STATUS,
		.needs = CMD_CORE | CMD_ONCE,
	},
	{ 0 },
};
