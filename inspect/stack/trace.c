/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A machine frame holds one real function and any number of calls that the
 * compiler has inlined into it: each becomes a frame, innermost first, and all
 * share registers.  The line of the innermost is the pc's; an outer one stands
 * at the line of the call next further in (DW_AT_call_line), as its own code
 * has no address there.
 *
 * Cycles that go through signal frames are found by Brent's method: one frame
 * is remembered, each later one compared with it, and the one remembered moves
 * on at powers of two.
 */
#include "inspect/stack/trace.h"
#include "inspect/base/limits.h"
#include "inspect/dwarf/demangle.h"
#include "inspect/dwarf/line.h"
#include "inspect/dwarf/tailcall.h"
#include "inspect/image/symbol.h"
#include "inspect/stack/unwind.h"

#include <dwarf.h>
#include <string.h>

struct tracer {
	struct image *image;
	struct arena *arena;
	struct trace *trace;
	size_t cap;
	const char *called; /* a note for the caller's frame, or NULL */
};

static struct frame *add(struct tracer *t, const struct frame *f)
{
	struct trace *trace = t->trace;

	trace->frames = arena_grow(t->arena, trace->frames, trace->n, &t->cap,
		sizeof(struct frame));
	trace->frames[trace->n] = *f;
	trace->frames[trace->n].level = (unsigned)trace->n;
	return &trace->frames[trace->n++];
}

static void name_by_line(struct image *image, struct frame *f)
{
	struct line line;

	if (!line_at(image, frame_lookup_pc(f), &line))
		return;
	f->file = line.file;
	f->file_name = line.name;
	f->line = line.line;
}

static void name_by_symbol(struct image *image, struct frame *f)
{
	struct symbol sym;

	if (!symbol_at(image, frame_lookup_pc(f), &sym))
		return;
	f->function = demangle_symbol(sym.name, image->arena);
	f->function_pc = sym.addr;
}

static void name_by_call(struct frame *f, const struct scope *callee)
{
	f->line = callee->call_line;
	f->file = f->line ? callee->call_file : NULL;
	f->file_name = f->line ? callee->call_file_name : NULL;
}

/*
 * C has no name mangling; where debug info gives a linkage name, it is the one
 * that the linker knows the function by (__GI_raise), and gdb shows that.
 */
static const char *name_of(const struct scope *s)
{
	switch (s->language) {
	case DW_LANG_C89:
	case DW_LANG_C:
	case DW_LANG_C99:
	case DW_LANG_C11:
		return s->linkage_name ? s->linkage_name : s->name;
	default:
		return s->name;
	}
}

/*
 * One machine frame becomes one frame per scope.  One that a tail call has
 * left has no place of its own where inlined calls could be told from it: it
 * is shown once, as the innermost function at the call, as gdb does.
 */
static void add_named(struct tracer *t, struct frame *f)
{
	struct scope *scopes = NULL;
	size_t n = 0;

	f->note = f->module ? module_mark(f->module) : NULL;
	if (!f->module || f->signal ||
		scope_at(t->image, frame_lookup_pc(f), &scopes, &n))
		n = 0;
	if (n == 0) {
		if (f->module && !f->signal) {
			name_by_line(t->image, f);
			name_by_symbol(t->image, f);
		}
		add(t, f);
		return;
	}
	if (f->how == HOW_TAILCALL && n > 1)
		n = 1;
	for (size_t i = 0; i < n; i++) {
		struct frame *named = add(t, f);

		if (f->how != HOW_TAILCALL && t->called) {
			named->note = named->note ? named->note : t->called;
			t->called = NULL;
		}
		named->has_debug = true;
		named->scope = &scopes[i];
		named->inlined = scopes[i].inlined && f->how != HOW_TAILCALL;
		named->function = name_of(&scopes[i]);
		named->function_pc = scopes[i].low_pc;
		if (i == 0)
			name_by_line(t->image, named);
		else
			name_by_call(named, &scopes[i - 1]);
		if (!named->function)
			name_by_symbol(t->image, named);
	}
}

/*
 * Functions that ended in a call to the next one further in.  Their frame was
 * where the callee's is now, and what registers they had is what the caller
 * gets back.
 */
static void add_tailcalls(struct tracer *t, const struct frame *caller)
{
	const struct arch *arch = t->image->arch;
	const struct frame *inner = &t->trace->frames[t->trace->n - 1];
	uint64_t sp = caller->regs.v[arch->sp];
	const uint64_t *pc;
	const char *called;
	size_t n;

	t->called = NULL;
	if (caller->how != HOW_CFI || caller->interrupted)
		return;
	if ((called = tailcall_called(
		     t->image, caller->pc, inner->function_pc)))
		t->called = arena_printf(t->arena,
			"[called %s, which ended in a jump: the calls between "
			"are not all known]",
			called);
	tailcall_chain(t->image, caller->pc, inner->function_pc, &pc, &n);
	for (size_t i = 0; i < n; i++) {
		struct frame f = {
			.regs = caller->regs,
			.pc = pc[i],
			.cfa = sp,
			.cfa_known = true,
			.how = HOW_TAILCALL,
			.module = module_at(t->image, pc[i] - 1),
		};

		regs_set(&f.regs, arch->pc, pc[i]);
		regs_set(&f.regs, arch->sp, sp - 8); /* at the jump */
		add_named(t, &f);
	}
}

/* Frames of one machine frame stand together; the last is not inlined. */
static void link_callers(struct trace *trace)
{
	for (size_t i = 0, next; i < trace->n; i = next) {
		for (next = i + 1;
			next < trace->n && trace->frames[next - 1].inlined;)
			next++;
		for (size_t k = i; k < next && next < trace->n; k++)
			trace->frames[k].caller = &trace->frames[next];
	}
}

/* Brent: has this frame been seen before? */
struct cycle {
	uint64_t pc, sp;
	size_t length, power;
};

static bool repeats(struct cycle *c, uint64_t pc, uint64_t sp)
{
	if (c->power && c->pc == pc && c->sp == sp)
		return true;
	if (c->length++ == c->power) {
		c->pc = pc;
		c->sp = sp;
		c->power = c->power ? c->power * 2 : 1;
		c->length = 0;
	}
	return false;
}

static bool is_main(const struct frame *f)
{
	return f->function && !strcmp(f->function, "main") && f->module &&
	       f->module->is_exe;
}

static bool has_main(const struct trace *trace, size_t from)
{
	for (size_t i = from; i < trace->n; i++)
		if (is_main(&trace->frames[i]))
			return true;
	return false;
}

/*
 * Is a frame that was added last one of a recursion?  What its arguments were
 * is then known as far out as that goes.
 */
static bool recurs(const struct trace *trace)
{
	uint64_t function = trace->frames[trace->n - 1].function_pc;

	for (size_t i = 1; function && i < trace->n && i <= MAX_EXPR_CALLS; i++)
		if (trace->frames[trace->n - 1 - i].function_pc == function)
			return true;
	return false;
}

static bool is_lost(struct image *image, uint64_t addr)
{
	enum absent a = mem_absent(&image->mem, addr, NULL);

	return a == ABSENT_TRUNCATED || a == ABSENT_NOT_IN_CORE;
}

/* Is what the caller would be found by missing? */
static bool is_cut(struct image *image, const struct frame *f)
{
	return is_lost(image, f->regs.v[image->arch->sp]) ||
	       (f->cfa_known && is_lost(image, f->cfa - 8));
}

/*
 * With a limit the trace is cut, but callers past it are unwound, as many as
 * ever hand a value on without having it, and to the end of a recursion: a
 * value in the last frame that is shown must not depend on how many were asked
 * for. For the same reason the callers of main are unwound, and have no names:
 * those would cost the debug info of libc, which is most of the time that a
 * small program takes.
 */
enum err trace_unwind(struct image *image, const struct regs *regs,
	const struct vregs *vregs, size_t max, bool past_main,
	struct arena *arena, struct trace *ret)
{
	struct trace trace = { .end = NULL };
	struct tracer t = { image, arena, &trace, 0, NULL };
	struct frame f = unwind_first(image, regs, vregs);
	struct cycle cycle = { 0 };
	enum unwind_result r = UNWIND_CALLER;
	size_t shown = 0, ahead = 0;
	bool hidden = false;

	if (max == 0 || max > MAX_FRAMES)
		max = MAX_FRAMES;
	for (;;) {
		struct frame caller;
		size_t first = trace.n;

		if (hidden)
			add(&t, &f);
		else
			add_named(&t, &f);
		hidden = hidden || (!past_main && has_main(&trace, first));
		if (repeats(&cycle, f.pc, f.regs.v[image->arch->sp])) {
			trace.end = arena_printf(arena,
				"frame %zu repeats an earlier one",
				trace.n - 1);
			break;
		}
		if (trace.n >= max && !shown)
			shown = max;
		ahead = shown && !recurs(&trace) ? ahead + 1 : 0;
		if (ahead > MAX_EXPR_CALLS || trace.n >= MAX_FRAMES + shown) {
			trace.frames[trace.n - 1].cut = true;
			break;
		}
		if (!regs_has(&f.regs, image->arch->pc)) {
			trace.end = "the thread's registers are not known";
			break;
		}
		r = unwind_step(image, &f, &caller, arena, &trace.end);
		if (r != UNWIND_CALLER)
			break;
		if (!hidden)
			add_tailcalls(&t, &caller);
		f = caller;
	}
	if (r == UNWIND_INTERRUPTED)
		return err_set(ERR_INTERRUPTED, "interrupted");
	link_callers(&trace);
	trace.cut = r == UNWIND_STOPPED && is_cut(image, &f);
	if (shown && shown < trace.n) {
		trace.n = shown;
		trace.cut = false;
		trace.end = arena_printf(arena, "limit of %zu frames", max);
	}
	*ret = trace;
	return OK;
}

struct trace *trace_keep(const struct trace *t, struct arena *arena)
{
	struct trace *kept = arena_new(arena, struct trace);

	size_t n = t->n; /* and callers that stand behind a limit */

	while (n && t->frames[n - 1].caller)
		n = (size_t)(t->frames[n - 1].caller - t->frames) + 1;
	kept->n = t->n;
	kept->cut = t->cut;
	kept->end = t->end ? arena_strdup(arena, t->end) : NULL;
	kept->frames = arena_memdup(arena, t->frames, n * sizeof(*t->frames));
	for (size_t i = 0; i < n; i++)
		if (t->frames[i].caller)
			kept->frames[i].caller =
				kept->frames +
				(t->frames[i].caller - t->frames);
	return kept;
}

void trace_from_walk(struct image *image, const struct trace_step *steps,
	size_t n, const struct vregs *vregs, const char *end,
	struct arena *arena, struct trace *ret)
{
	struct trace trace = { .end = end };
	struct tracer t = { image, arena, &trace, 0, NULL };

	for (size_t i = 0; i < n; i++) {
		struct frame f = {
			.regs = steps[i].regs,
			.vregs = i == 0 ? vregs : NULL,
			.how = steps[i].how,
			.interrupted = i == 0 || steps[i - 1].signal,
		};

		unwind_describe(image, &f);
		f.signal = steps[i].signal;
		if (i > 0)
			add_tailcalls(&t, &f);
		add_named(&t, &f);
	}
	link_callers(&trace);
	*ret = trace;
}

/*
 * gdb's rule: main is the outermost frame that is of interest (set backtrace
 * past-main).
 */
size_t trace_to_main(const struct trace *trace)
{
	for (size_t i = 0; i < trace->n; i++)
		if (is_main(&trace->frames[i]) && !trace->frames[i].inlined)
			return i + 1;
	return trace->n;
}
