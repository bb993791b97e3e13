/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The signal and its code narrow the causes down; segv.c and abort.c look
 * closer.  Each rule adds one finding with what it saw.  A rule that would have
 * to guess says "likely".
 */
#include "inspect/why/why.h"

#include "inspect/base/buf.h"
#include "inspect/why/abort.h"
#include "inspect/why/block.h"
#include "inspect/why/protection.h"
#include "inspect/why/rule.h"
#include "inspect/why/segv.h"
#include "inspect/why/signals.h"
#include "inspect/why/traceid.h"
#include "inspect/why/watchdog.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

const char *why_confidence_name(enum why_confidence c)
{
	static const char *const names[] = { "certain", "likely", "unknown" };

	return names[c];
}

const struct frame *why_blame(const struct image *image, const struct trace *t)
{
	for (size_t i = 0; i < t->n; i++) {
		const struct frame *f = &t->frames[i];

		if (f->file && f->module && f->module == image->exe)
			return f;
	}
	for (size_t i = 0; i < t->n; i++)
		if (t->frames[i].module == image->exe && image->exe)
			return &t->frames[i];
	return t->n ? &t->frames[0] : NULL;
}

static void bus(struct rule *r)
{
	const struct core_file *file = rule_file_at(r, r->addr);
	struct why_finding *f;

	/* An address that cannot exist, by the stack pointer or rbp: a stack
	 * fault (Intel SDM volume 3, 6.15, #SS). */
	if (r->code == SI_KERNEL) {
		protection_explain(r);
		return;
	}
	if (r->code == BUS_ADRALN)
		f = rule_add(r, "misaligned", WHY_CERTAIN,
			"The program accessed 0x%" PRIx64
			", which is not aligned as the instruction demands.",
			r->addr);
	else if (r->code == BUS_ADRERR && file)
		f = rule_add(r, "bus-truncated-file", WHY_LIKELY,
			"The program accessed 0x%" PRIx64
			", which is mapped from %s, beyond the file's end: the "
			"file became shorter.",
			r->addr, file->path);
	else
		f = rule_add(r, "unknown", WHY_UNKNOWN,
			"There is no memory behind the address that the "
			"program accessed.");
	rule_signal_evidence(r, f);
}

static void fpe(struct rule *r)
{
	struct why_finding *f;

	if (r->code == FPE_INTDIV)
		f = rule_add(r, "div-by-zero", WHY_CERTAIN,
			"The program divided an integer by zero (or the "
			"smallest integer by -1).");
	else if (r->code == FPE_INTOVF)
		f = rule_add(r, "overflow-trap", WHY_CERTAIN,
			"An integer operation overflowed and trapped.");
	else if (r->code == FPE_FLTDIV)
		f = rule_add(r, "div-by-zero", WHY_CERTAIN,
			"The program divided a floating-point number by zero, "
			"with that exception enabled.");
	else
		f = rule_add(r, "unknown", WHY_UNKNOWN,
			"An arithmetic operation trapped.");
	rule_signal_evidence(r, f);
	rule_insn_evidence(r, f);
}

static void ill(struct rule *r)
{
	static const uint64_t UD2 = 0x0b0f; /* 0f 0b */
	struct why_finding *f;
	uint64_t insn;

	if (segv_bad_call(r))
		return;
	if (!mem_read_uint(&r->image->mem, r->pc, 2, &insn) && insn == UD2)
		f = rule_add(r, "illegal-instruction", WHY_CERTAIN,
			"The program executed ud2, which compilers place where "
			"code must not be reached (__builtin_trap, undefined "
			"behaviour).");
	else
		f = rule_add(r, "illegal-instruction", WHY_CERTAIN,
			"The program executed an instruction that the "
			"processor does not have.");
	rule_signal_evidence(r, f);
}

static void sent(struct rule *r)
{
	struct why_finding *f;
	int self = r->image->pid;

	if (!r->info) {
		f = rule_add(r, "unknown", WHY_UNKNOWN,
			"The core does not tell where the signal came from.");
	} else if (r->code == SI_KERNEL) {
		f = rule_add(r, "killed-by", WHY_LIKELY,
			"The kernel sent %s: a key on the terminal, a limit, "
			"or the like.",
			r->why->signal);
	} else if (r->info->si_pid == self) {
		f = rule_add(r, "killed-by", WHY_CERTAIN,
			"The process sent %s to itself.", r->why->signal);
	} else if (watchdog_explain(r)) {
		return;
	} else {
		f = rule_add(r, "killed-by", WHY_CERTAIN,
			"Process %d of user %u sent %s.", r->info->si_pid,
			r->info->si_uid, r->why->signal);
	}
	rule_signal_evidence(r, f);
}

static bool is_sent(const struct rule *r)
{
	return r->code <= 0 || (r->code == SI_KERNEL && r->sig != SIGSEGV &&
				       r->sig != SIGBUS && r->sig != SIGTRAP);
}

static void by_signal(struct rule *r)
{
	struct why_finding *f;

	if (r->sig == SIGABRT &&
		(!r->info || r->info->si_pid == r->image->pid ||
			rule_has_function(r, "abort"))) {
		abort_explain(r);
		return;
	}
	if (r->trace->n && r->trace->frames[0].function &&
		!strncmp(
			r->trace->frames[0].function, "__stack_chk_fail", 16) &&
		abort_smashed(r))
		return;
	if (!r->info || is_sent(r)) {
		if (!r->info && (r->sig == SIGSEGV || r->sig == SIGILL) &&
			segv_bad_call(r))
			return;
		sent(r);
		return;
	}
	switch (r->sig) {
	case SIGSEGV:
		segv_explain(r);
		return;
	case SIGBUS:
		bus(r);
		return;
	case SIGFPE:
		fpe(r);
		return;
	case SIGILL:
		ill(r);
		return;
	case SIGSYS:
		f = rule_add(r, "bad-syscall", WHY_CERTAIN,
			"A seccomp filter forbids system call %d.",
			r->info->si_syscall);
		break;
	case SIGTRAP:
		abort_trap(r);
		return;
	default:
		f = rule_add(r, "unknown", WHY_UNKNOWN, "The process got %s.",
			r->why->signal);
		break;
	}
	rule_signal_evidence(r, f);
}

/* ---- deadlocks ---- */

static struct why_finding *add_wait_finding(
	struct arena *arena, struct why *w, const char *text)
{
	w->findings = arena_grow(
		arena, w->findings, w->n, &w->cap, sizeof(*w->findings));
	w->findings[w->n] = (struct why_finding){
		.cause = "deadlock",
		.confidence = WHY_CERTAIN,
		.text = text,
	};
	return &w->findings[w->n++];
}

static void cycle_finding(const struct locks *l, const struct lock_cycle *c,
	struct arena *arena, struct why *w)
{
	struct rule r = { .arena = arena, .why = w };
	struct buf b = { .arena = arena };

	if (c->n == 1)
		buf_printf(&b, "LWP %d waits for a lock that it holds itself.",
			c->lwp[0]);
	else
		buf_printf(&b,
			"%zu threads wait for each other in a circle:", c->n);
	for (size_t i = 0; c->n > 1 && i < c->n; i++)
		buf_printf(&b, "%s LWP %d for LWP %d", i ? "," : "", c->lwp[i],
			c->lwp[(i + 1) % c->n]);
	if (c->n > 1)
		buf_putc(&b, '.');
	struct why_finding *f = add_wait_finding(arena, w, buf_str(&b));
	for (size_t i = 0; i < c->n; i++) {
		const struct lock_wait *wait = locks_wait(l, c->lwp[i]);

		if (wait->timed) /* pthread_mutex_timedlock gives up */
			f->confidence = WHY_LIKELY;

		rule_evidence(&r, f,
			"LWP %d waits for %s %s (0x%" PRIx64
			"), which LWP %d has",
			wait->lwp, wait->kind, wait->object, wait->address,
			wait->owner);
	}
}

void why_deadlocks(const struct locks *l, struct arena *arena, struct why *w)
{
	for (size_t i = 0; i < l->ncycles; i++)
		cycle_finding(l, &l->cycles[i], arena, w);
}

/* No signal: a process that was alive, unless the notes were lost with it. */
static void no_signal(struct rule *r)
{
	const struct core *core = r->image->core;
	struct why_finding *f;

	if (core->no_notes) {
		rule_add(r, "unknown", WHY_UNKNOWN,
			"The core has lost its notes: neither the signal nor "
			"the threads are known.");
		return;
	}
	f = rule_add(r, "snapshot", WHY_CERTAIN,
		"The core is a snapshot of a process that was alive: "
		"no signal%s.",
		r->why->n ? "" : ", nothing wrong is known");
	if (core->snapshot)
		rule_evidence(r, f, "%s", core->snapshot);
}

enum err why_find(struct image *image, const struct trace *t,
	struct arena *arena, struct why *ret)
{
	struct rule r;
	struct locks locks;

	*ret = (struct why){ 0 };
	if (!image->core)
		return err_set(ERR_UNSUPPORTED, "why needs a core.");
	rule_open(&r, image, t, arena, ret);
	if (image->core->nthreads)
		ret->lwp = image->core->threads[0].lwp;
	TRY(locks_find(image, NULL, NULL, arena, &locks));
	if (!r.sig) {
		why_deadlocks(&locks, arena, ret);
		no_signal(&r);
		ret->id_partial = !traceid_of(image, t, r.sig, ret->id);
		return OK;
	}
	ret->signal = signals_name(r.sig, arena);
	/* Who kills a process that hangs did not make it hang. */
	if (is_sent(&r))
		why_deadlocks(&locks, arena, ret);
	by_signal(&r);
	block_explain(&r);
	ret->id_partial = !traceid_of(image, t, r.sig, ret->id);
	return OK;
}
