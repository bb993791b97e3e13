/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * SIGSEGV: from the fault address, the mappings around it, the stack pointer
 * and the instruction.  The order matters: a bad pc explains everything else,
 * and an address below the stack looks like a wild pointer.
 */
#include "inspect/why/segv.h"

#include "inspect/why/protection.h"

#include <elf.h>
#include <inttypes.h>

enum {
	NULL_PAGES = 65536,    /* vm.mmap_min_addr: nothing is mapped below */
	STACK_REACH = 1 << 20, /* a frame larger than this is rare */
	DEEP_STACK = 1000,     /* frames: a recursion */
};

/* -4095 to -1: what system calls return for errors. */
static const uint64_t ERRORS = (uint64_t)-4095;
/* Bytes: more than this, and it is the stack pointer that was overwritten. */
static const uint64_t HUGE_FRAME = UINT64_C(1) << 32;
static const uint64_t WILD_FRAME = UINT64_C(1) << 42;

/* The processor jumped to where there is no code. */
bool segv_bad_call(struct rule *r)
{
	const struct core_load *l = rule_load_at(r, r->pc);
	struct why_finding *f;

	if (l && l->flags & PF_X)
		return false;
	if (!l && module_at(r->image, r->pc))
		return false;
	if (l) {
		f = rule_add(r, "no-exec", WHY_CERTAIN,
			"The program jumped to 0x%" PRIx64
			", which is data and not code.",
			r->pc);
	} else if (r->pc == 0) {
		f = rule_add(r, "bad-call", WHY_CERTAIN,
			"The program called a function through a NULL "
			"pointer.");
	} else {
		f = rule_add(r, "bad-call", WHY_CERTAIN,
			"The program jumped to 0x%" PRIx64
			", where nothing is mapped.",
			r->pc);
	}
	rule_evidence(r, f, "pc is 0x%" PRIx64, r->pc);
	rule_signal_evidence(r, f);
	return true;
}

/* The load that the stack pointer is in, or the one just above it. */
static const struct core_load *stack_of(const struct rule *r)
{
	const struct core *core = r->image->core;

	for (size_t i = 0; core && i < core->nloads; i++) {
		const struct core_load *l = &core->loads[i];

		if (r->sp + STACK_REACH >= l->addr &&
			r->sp < l->addr + l->memsz && l->flags & PF_W)
			return l;
	}
	return NULL;
}

/*
 * The fault lies just below the mapping that holds the stack, within reach of
 * the stack pointer: the stack grew into its guard, or to its limit.
 */
static bool stack_overflow(struct rule *r)
{
	const struct core_load *stack = stack_of(r);
	const struct core_load *guard = rule_load_at(r, r->addr);
	uint64_t reach = r->addr > r->sp ? r->addr - r->sp : r->sp - r->addr;
	struct why_finding *f;

	if (!stack || reach > STACK_REACH || r->addr >= stack->addr ||
		(guard && guard->flags & (PF_R | PF_W)))
		return false;
	bool deep = r->trace->n >= DEEP_STACK;
	f = rule_add(r, "stack-overflow", deep ? WHY_CERTAIN : WHY_LIKELY,
		"The stack is full: %s at 0x%" PRIx64
		", just below its lowest page.",
		deep ? "a recursion went on until it faulted"
		     : "the program touched it",
		r->addr);
	rule_signal_evidence(r, f);
	rule_evidence(r, f,
		"stack pointer 0x%" PRIx64 ", stack begins at 0x%" PRIx64,
		r->sp, stack->addr);
	rule_evidence(r, f, "%zu frames", r->trace->n);
	return true;
}

/* The frame of the function itself, without those inlined into it, or NULL;
 * and where it begins. */
static const struct frame *innermost(const struct rule *r, uint64_t *cfa)
{
	const struct trace *t = r->trace;
	unsigned sp = r->image->arch->sp;
	size_t i = 0;

	while (i < t->n && t->frames[i].inlined)
		i++;
	if (i + 1 >= t->n || !regs_has(&t->frames[i + 1].regs, sp))
		return NULL;
	*cfa = t->frames[i + 1].regs.v[sp];
	return &t->frames[i];
}

/* An array as large as the stack: its caller's frame is still in there, and
 * the stack pointer is far below. */
static bool huge_frame(struct rule *r)
{
	uint64_t cfa,
		reach = r->addr > r->sp ? r->addr - r->sp : r->sp - r->addr;
	const struct frame *frame = innermost(r, &cfa);
	const struct core_load *stack = frame ? rule_load_at(r, cfa) : NULL;
	struct why_finding *f;

	if (!stack || !(stack->flags & PF_W) || r->sp >= stack->addr ||
		reach > STACK_REACH || cfa - r->sp > WILD_FRAME)
		return false;
	f = rule_add(r, "stack-overflow",
		cfa - r->sp < HUGE_FRAME ? WHY_CERTAIN : WHY_LIKELY,
		"The stack is full: %s needs %" PRIu64 " bytes of it at once.",
		frame->function ? frame->function : "the innermost function",
		cfa - r->sp);
	rule_signal_evidence(r, f);
	rule_evidence(r, f,
		"stack pointer 0x%" PRIx64 ", the caller's 0x%" PRIx64
		", stack begins at 0x%" PRIx64,
		r->sp, cfa, stack->addr);
	return true;
}

/* The register that the address was computed from is 0. */
static bool null_base(const struct rule *r)
{
	const struct insn_memory *m = &r->insn.memory;

	return r->has_ea && !r->insn.has_ref && r->ea == r->addr &&
	       m->base >= 0 && r->regs->v[m->base] == 0 &&
	       r->image->arch->fs_base != (unsigned)m->base;
}

/*
 * The register that the address was computed from is an error code, -1
 * (MAP_FAILED) among them: an offset leads from there to the first page.
 */
static bool error_base(const struct rule *r)
{
	const struct insn_memory *m = &r->insn.memory;

	return r->addr < NULL_PAGES && r->has_ea && !r->insn.has_ref &&
	       r->ea == r->addr && m->base >= 0 &&
	       r->regs->v[m->base] >= ERRORS;
}

/* push, pop, call and ret access the stack without naming it. */
static bool lost_stack(const struct rule *r)
{
	const struct insn *in = &r->insn;

	return in->mnemonic && (in->is_push || in->is_call || in->is_return) &&
	       (r->addr == r->sp || r->addr == r->sp - 8) &&
	       !rule_load_at(r, r->sp);
}

static void segv_unmapped(struct rule *r)
{
	struct why_finding *f;

	if (lost_stack(r))
		f = rule_add(r, "wild-pointer", WHY_CERTAIN,
			"The stack pointer is 0x%" PRIx64
			", where no stack is: it was overwritten.",
			r->sp);
	else if (r->addr && r->addr < NULL_PAGES && null_base(r))
		f = rule_add(r, "null-deref", WHY_CERTAIN,
			"The program %s offset 0x%" PRIx64
			" of a NULL pointer.",
			r->insn.memory.write ? "wrote to" : "read from",
			r->addr);
	else if (error_base(r))
		f = rule_add(r, "wild-pointer", WHY_LIKELY,
			"The program accessed 0x%" PRIx64 ", at offset %" PRIu64
			" of a pointer that is %" PRId64
			": an error code or MAP_FAILED taken for a pointer.",
			r->addr, r->addr - r->regs->v[r->insn.memory.base],
			(int64_t)r->regs->v[r->insn.memory.base]);
	else if (r->addr == 0)
		f = rule_add(r, "null-deref", WHY_CERTAIN,
			"The program accessed address 0: a NULL pointer was "
			"dereferenced.");
	else if (r->addr < NULL_PAGES)
		f = rule_add(r, "null-deref", WHY_LIKELY,
			"The program accessed address 0x%" PRIx64
			", which is what a member or element at that offset of "
			"a NULL pointer has.",
			r->addr);
	else if (r->addr >= ERRORS)
		f = rule_add(r, "wild-pointer", WHY_LIKELY,
			"The program accessed 0x%" PRIx64 ", which is %" PRId64
			": an error code or MAP_FAILED taken for a pointer, or "
			"what lies before a NULL pointer.",
			r->addr, (int64_t)r->addr);
	else if (!rule_canonical(r->addr) || r->addr >> 63)
		f = rule_add(r, "wild-pointer", WHY_LIKELY,
			"The program accessed 0x%" PRIx64
			", which is the kernel's and never a program's.",
			r->addr);
	else
		f = rule_add(r, "wild-pointer", WHY_LIKELY,
			"The program accessed 0x%" PRIx64
			", where nothing is mapped.",
			r->addr);
	rule_signal_evidence(r, f);
	rule_insn_evidence(r, f);
}

static void segv_forbidden(struct rule *r)
{
	const struct core_load *l = rule_load_at(r, r->addr);
	const struct core_file *file = rule_file_at(r, r->addr);
	struct why_finding *f;

	bool wrote = r->has_ea && r->ea == r->addr && r->insn.memory.write;

	if (l && !(l->flags & PF_W) && l->flags & PF_R)
		f = rule_add(r, "read-only-write",
			wrote ? WHY_CERTAIN : WHY_LIKELY,
			"The program wrote to 0x%" PRIx64
			", which is mapped read-only%s%s.",
			r->addr, file ? " from " : "", file ? file->path : "");
	else
		f = rule_add(r, "wild-pointer", WHY_LIKELY,
			"The program accessed 0x%" PRIx64
			" in a way that its mapping does not allow.",
			r->addr);
	rule_signal_evidence(r, f);
	rule_insn_evidence(r, f);
	if (l)
		rule_evidence(r, f,
			"mapping 0x%" PRIx64 "-0x%" PRIx64 " is %c%c%c",
			l->addr, l->addr + l->memsz,
			l->flags & PF_R ? 'r' : '-',
			l->flags & PF_W ? 'w' : '-',
			l->flags & PF_X ? 'x' : '-');
}

void segv_explain(struct rule *r)
{
	struct why_finding *f;

	if (segv_bad_call(r))
		return;
	if (r->has_addr && (stack_overflow(r) || huge_frame(r)))
		return;
	if (r->code == SI_KERNEL) {
		protection_explain(r);
	} else if (r->code == SEGV_MAPERR) {
		segv_unmapped(r);
	} else if (r->has_addr) {
		segv_forbidden(r);
	} else {
		f = rule_add(r, "unknown", WHY_UNKNOWN,
			"The core does not tell the address of the fault.");
		rule_signal_evidence(r, f);
	}
}
