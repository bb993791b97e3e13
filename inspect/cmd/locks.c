/* SPDX-License-Identifier: GPL-3.0-or-later */
/* locks: what the threads wait for, who has it, and circles among them. */
#include "inspect/locks/locks.h"

#include "inspect/cmd/cmd.h"
#include "inspect/cmd/thread.h"
#include "inspect/why/why.h"

enum { WAIT_FRAMES = 8 };

static const struct trace *trace_of(void *ctx, size_t thread)
{
	struct trace *t;

	return session_trace(ctx, thread, WAIT_FRAMES, &t) ? NULL : t;
}

static void wait_row(
	struct session *s, const struct lock_wait *w, struct out *o)
{
	const struct core_thread *t = &s->core.threads[w->thread];

	out_record(o, NULL);
	out_text(o, "%d", t->id);
	out_cell(o);
	out_num(o, "lwp", w->lwp);
	out_cell(o);
	const char *name = session_thread_name(s, w->thread);
	out_text(o, "%s", name ? name : "");
	out_cell(o);
	out_str(o, "kind", w->kind);
	out_cell(o);
	out_str(o, "object", w->object);
	out_addr(o, ".address", w->address);
	out_cell(o);
	if (w->owner) {
		out_num(o, "owner", w->owner);
		out_text(o, "%s", w->owner_exists ? "" : " (gone)");
	} else {
		out_null(o, "owner");
		out_text(o, "-");
	}
	out_row(o);
	out_record_end(o);
}

static void wait_table(struct session *s, const struct locks *l, struct out *o)
{
	static const char *const heads[] = { "Id", "LWP", "Name", "Waits for",
		"Object", "Held by LWP" };

	out_list(o, "waits");
	if (l->nwaits) {
		out_table(o);
		out_heading(o, heads, 6);
		for (size_t i = 0; i < l->nwaits; i++)
			wait_row(s, &l->waits[i], o);
		out_table_end(o);
	} else {
		out_text(o, "No thread waits for a lock.\n");
	}
	out_list_end(o);
}

static void cycles(const struct locks *l, struct out *o)
{
	out_list(o, ".cycles");
	for (size_t i = 0; i < l->ncycles; i++) {
		out_list(o, ".");
		for (size_t k = 0; k < l->cycles[i].n; k++)
			out_num(o, ".", l->cycles[i].lwp[k]);
		out_list_end(o);
	}
	out_list_end(o);
}

static void findings(struct session *s, const struct locks *l, struct out *o)
{
	struct why w = { 0 };

	why_deadlocks(l, &s->scratch, &w);
	out_list(o, "findings");
	for (size_t i = 0; i < w.n; i++) {
		const struct why_finding *f = &w.findings[i];

		out_record(o, NULL);
		out_styled(o, "cause", STYLE_HEADING, f->cause);
		out_text(o, " (");
		out_str(o, "confidence", why_confidence_name(f->confidence));
		out_text(o, "): ");
		out_str(o, "text", f->text);
		out_text(o, "\n");
		out_list(o, "evidence");
		for (size_t k = 0; k < f->nevidence; k++) {
			out_str(o, ".", f->evidence[k]);
			out_text(o, "  - %s\n", f->evidence[k]);
		}
		out_list_end(o);
		out_record_end(o);
	}
	out_list_end(o);
}

static enum err run_locks(struct session *s, struct args *a, struct out *o)
{
	struct locks l;

	if (a->n)
		return err_usage(a);
	TRY(locks_find(&s->image, trace_of, s, &s->scratch, &l));
	wait_table(s, &l, o);
	cycles(&l, o);
	findings(s, &l, o);
	return OK;
}

const struct cmd cmd_locks[] = {
	{
		.name = "locks",
		.usage = "",
		.summary =
			"Who waits for which lock, who has it, and deadlocks",
		.help = "From registers and memory; needs no debug info of "
			"libc.  The owner of a\n"
			"mutex and of a rwlock held for writing is known; a "
			"condition variable\n"
			"and a semaphore have none.  Only waits are listed, "
			"not locks that are\n"
			"held without anybody waiting."
			"\n    locks",
		.run = run_locks,
		.group = GROUP_THREADS,
		.needs = CMD_CORE | CMD_THREAD,
	},
	{ 0 },
};
