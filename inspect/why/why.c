/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The signal and its code narrow the causes down; the fault address, the
 * mappings around it and the stack pointer narrow them further; what glibc
 * left in __abort_msg names the rest.  Each rule adds one finding with what it
 * saw.  A rule that would have to guess says "likely".
 *
 * The id is for counting: a hash of the signal and of the innermost functions
 * of the program itself, so that addresses, lines and library versions do not
 * change it.
 */
#include "inspect/why/why.h"

#include "inspect/arch/disasm.h"
#include "inspect/base/buf.h"
#include "inspect/image/symbol.h"
#include "inspect/why/signals.h"

#include <elf.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	NULL_PAGES = 65536,    /* vm.mmap_min_addr: nothing is mapped below */
	STACK_REACH = 1 << 20, /* a frame larger than this is rare */
	ID_FRAMES = 5,
	DEEP_STACK = 1000, /* frames: a recursion */
};

struct rule {
	struct image *image;
	const struct trace *trace;
	struct arena *arena;
	struct why *why;
	const siginfo_t *info; /* NULL: not in the core */
	int sig, code;
	uint64_t addr; /* of the fault */
	bool has_addr;
	uint64_t pc, sp;
	const struct regs *regs;
	struct insn insn; /* at pc; mnemonic NULL: not readable */
	bool has_ea;
	uint64_t ea; /* the address that its operand in memory has */
};

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

static struct why_finding *add(struct rule *r, const char *cause,
	enum why_confidence confidence, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
static struct why_finding *add(struct rule *r, const char *cause,
	enum why_confidence confidence, const char *fmt, ...)
{
	struct buf b = { .arena = r->arena };
	struct why *w = r->why;
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	w->findings = arena_grow(
		r->arena, w->findings, w->n, &w->cap, sizeof(*w->findings));
	struct why_finding *f = &w->findings[w->n++];
	*f = (struct why_finding){
		.cause = cause,
		.confidence = confidence,
		.text = buf_str(&b),
		.frame = why_blame(r->image, r->trace),
	};
	return f;
}

static void evidence(struct rule *r, struct why_finding *f, const char *fmt,
	...) __attribute__((format(printf, 3, 4)));
static void evidence(
	struct rule *r, struct why_finding *f, const char *fmt, ...)
{
	struct buf b = { .arena = r->arena };
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	f->evidence = arena_grow(r->arena, f->evidence, f->nevidence,
		&f->evidence_cap, sizeof(*f->evidence));
	f->evidence[f->nevidence++] = buf_str(&b);
}

static void signal_evidence(struct rule *r, struct why_finding *f)
{
	const char *words = signals_code_words(r->sig, r->code);

	evidence(r, f, "%s, si_code %d%s%s%s", r->why->signal, r->code,
		words ? " (" : "", words ? words : "", words ? ")" : "");
	if (r->has_addr)
		evidence(r, f, "fault address 0x%" PRIx64, r->addr);
}

static const struct core_load *load_at(const struct rule *r, uint64_t addr)
{
	const struct core *core = r->image->core;

	for (size_t i = 0; core && i < core->nloads; i++)
		if (addr >= core->loads[i].addr &&
			addr - core->loads[i].addr < core->loads[i].memsz)
			return &core->loads[i];
	return NULL;
}

static const struct core_file *file_at(const struct rule *r, uint64_t addr)
{
	const struct core *core = r->image->core;

	for (size_t i = 0; core && i < core->nfiles; i++)
		if (addr >= core->files[i].start && addr < core->files[i].end)
			return &core->files[i];
	return NULL;
}

/* ---- the instruction ---- */

static bool register_value(
	const struct rule *r, int reg, uint64_t scale, uint64_t *sum)
{
	if (reg < 0)
		return true;
	if (!regs_has(r->regs, (unsigned)reg))
		return false;
	*sum += r->regs->v[reg] * scale;
	return true;
}

static void decode(struct rule *r)
{
	const struct insn_memory *m = &r->insn.memory;
	uint8_t bytes[16];
	size_t n = mem_read_part(&r->image->mem, r->pc, bytes, sizeof(bytes));

	if (!n || !disasm_decode(r->image->arch, true, bytes, n, r->pc,
			  &r->insn, 1, r->arena))
		return;
	if (r->insn.has_ref) {
		r->ea = r->insn.ref;
		r->has_ea = true;
	} else if (r->insn.has_memory) {
		r->ea = (uint64_t)m->disp;
		r->has_ea = register_value(r, m->base, 1, &r->ea) &&
			    register_value(r, m->index, m->scale, &r->ea);
	}
}

static void insn_evidence(struct rule *r, struct why_finding *f)
{
	const struct arch *arch = r->image->arch;
	const struct insn_memory *m = &r->insn.memory;
	const int regs[] = { r->insn.has_memory ? m->base : -1,
		r->insn.has_memory ? m->index : -1, r->insn.target_register };
	struct buf b = { .arena = r->arena };

	if (!r->insn.mnemonic)
		return;
	buf_printf(
		&b, "instruction: %s %s", r->insn.mnemonic, r->insn.operands);
	for (size_t i = 0; i < 3; i++)
		if (regs[i] >= 0 && regs[i] != (int)arch->pc &&
			regs_has(r->regs, (unsigned)regs[i]))
			buf_printf(&b, ", %s = 0x%" PRIx64,
				arch->reg[regs[i]].name, r->regs->v[regs[i]]);
	evidence(r, f, "%s", buf_str(&b));
}

/* Bits 47 to 63 must be equal (Intel SDM volume 1, 3.3.7.1). */
static bool canonical(uint64_t addr)
{
	return addr >> 47 == 0 || addr >> 47 == 0x1ffff;
}

/* ---- SIGSEGV ---- */

/* The processor jumped to where there is no code. */
static bool bad_call(struct rule *r)
{
	const struct core_load *l = load_at(r, r->pc);
	struct why_finding *f;

	if (l && l->flags & PF_X)
		return false;
	if (!l && module_at(r->image, r->pc))
		return false;
	if (l) {
		f = add(r, "no-exec", WHY_CERTAIN,
			"The program jumped to 0x%" PRIx64
			", which is data and not code.",
			r->pc);
	} else if (r->pc == 0) {
		f = add(r, "bad-call", WHY_CERTAIN,
			"The program called a function through a NULL "
			"pointer.");
	} else {
		f = add(r, "bad-call", WHY_CERTAIN,
			"The program jumped to 0x%" PRIx64
			", where nothing is mapped.",
			r->pc);
	}
	evidence(r, f, "pc is 0x%" PRIx64, r->pc);
	signal_evidence(r, f);
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
	const struct core_load *guard = load_at(r, r->addr);
	uint64_t reach = r->addr > r->sp ? r->addr - r->sp : r->sp - r->addr;
	struct why_finding *f;

	if (!stack || reach > STACK_REACH || r->addr >= stack->addr ||
		(guard && guard->flags & (PF_R | PF_W)))
		return false;
	bool deep = r->trace->n >= DEEP_STACK;
	f = add(r, "stack-overflow", deep ? WHY_CERTAIN : WHY_LIKELY,
		"The stack is full: %s at 0x%" PRIx64
		", just below its lowest page.",
		deep ? "a recursion went on until it faulted"
		     : "the program touched it",
		r->addr);
	signal_evidence(r, f);
	evidence(r, f,
		"stack pointer 0x%" PRIx64 ", stack begins at 0x%" PRIx64,
		r->sp, stack->addr);
	evidence(r, f, "%zu frames", r->trace->n);
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

static void segv_unmapped(struct rule *r)
{
	struct why_finding *f;

	if (r->addr && r->addr < NULL_PAGES && null_base(r))
		f = add(r, "null-deref", WHY_CERTAIN,
			"The program %s offset 0x%" PRIx64
			" of a NULL pointer.",
			r->insn.memory.write ? "wrote to" : "read from",
			r->addr);
	else if (r->addr == 0)
		f = add(r, "null-deref", WHY_CERTAIN,
			"The program accessed address 0: a NULL pointer was "
			"dereferenced.");
	else if (r->addr < NULL_PAGES)
		f = add(r, "null-deref", WHY_LIKELY,
			"The program accessed address 0x%" PRIx64
			", which is what a member or element at that offset of "
			"a NULL pointer has.",
			r->addr);
	else
		f = add(r, "wild-pointer", WHY_LIKELY,
			"The program accessed 0x%" PRIx64
			", where nothing is mapped.",
			r->addr);
	signal_evidence(r, f);
	insn_evidence(r, f);
}

static void segv_forbidden(struct rule *r)
{
	const struct core_load *l = load_at(r, r->addr);
	const struct core_file *file = file_at(r, r->addr);
	struct why_finding *f;

	bool wrote = r->has_ea && r->ea == r->addr && r->insn.memory.write;

	if (l && !(l->flags & PF_W) && l->flags & PF_R)
		f = add(r, "read-only-write", wrote ? WHY_CERTAIN : WHY_LIKELY,
			"The program wrote to 0x%" PRIx64
			", which is mapped read-only%s%s.",
			r->addr, file ? " from " : "", file ? file->path : "");
	else
		f = add(r, "wild-pointer", WHY_LIKELY,
			"The program accessed 0x%" PRIx64
			" in a way that its mapping does not allow.",
			r->addr);
	signal_evidence(r, f);
	insn_evidence(r, f);
	if (l)
		evidence(r, f, "mapping 0x%" PRIx64 "-0x%" PRIx64 " is %c%c%c",
			l->addr, l->addr + l->memsz,
			l->flags & PF_R ? 'r' : '-',
			l->flags & PF_W ? 'w' : '-',
			l->flags & PF_X ? 'x' : '-');
}

/* A general protection fault: the kernel does not learn the address, but the
 * instruction tells it. */
static void segv_protection(struct rule *r)
{
	int reg = r->insn.target_register;
	struct why_finding *f;
	uint64_t to = 0;

	if (r->insn.is_return)
		(void)!mem_read_uint(&r->image->mem, r->sp, 8, &to);
	else if (reg >= 0 && regs_has(r->regs, (unsigned)reg))
		to = r->regs->v[reg];
	else if ((r->insn.is_call || r->insn.is_jump) && r->has_ea)
		(void)!mem_read_uint(&r->image->mem, r->ea, 8, &to);
	if (!canonical(to))
		f = add(r, r->insn.is_return ? "stack-smash" : "bad-call",
			r->insn.is_return ? WHY_LIKELY : WHY_CERTAIN,
			r->insn.is_return
				? "The program returned to 0x%" PRIx64
				  ", which cannot be an address: the return "
				  "address on the stack was overwritten."
				: "The program called through a pointer that "
				  "holds 0x%" PRIx64
				  ", which cannot be an address: it was "
				  "overwritten or never set.",
			to);
	else if (r->has_ea && !canonical(r->ea))
		f = add(r, "non-canonical", WHY_CERTAIN,
			"The program accessed 0x%" PRIx64
			", which cannot be an address: the pointer was "
			"overwritten or never set.",
			r->ea);
	else
		f = add(r, "non-canonical", WHY_LIKELY,
			"The program used an address that cannot exist on this "
			"processor (its upper bits are not a sign extension): "
			"a pointer that was overwritten or never set.");
	signal_evidence(r, f);
	insn_evidence(r, f);
}

static void segv(struct rule *r)
{
	struct why_finding *f;

	if (bad_call(r))
		return;
	if (r->has_addr && stack_overflow(r))
		return;
	if (r->code == SI_KERNEL) {
		segv_protection(r);
	} else if (r->code == SEGV_MAPERR) {
		segv_unmapped(r);
	} else if (r->has_addr) {
		segv_forbidden(r);
	} else {
		f = add(r, "unknown", WHY_UNKNOWN,
			"The core does not tell the address of the fault.");
		signal_evidence(r, f);
	}
}

/* ---- SIGABRT ---- */

/* glibc: struct abort_msg_s { unsigned size; char msg[]; } *__abort_msg. */
static const char *abort_message(struct rule *r)
{
	struct symbol sym;
	uint64_t at;
	char *text;
	bool whole;

	if (!symbol_find(r->image, NULL, "__abort_msg", &sym) ||
		mem_read_uint(&r->image->mem, sym.addr, 8, &at) || !at ||
		mem_read_str(
			&r->image->mem, at + 4, 4096, r->arena, &text, &whole))
		return NULL;
	text[strcspn(text, "\n")] = '\0';
	return text[0] ? text : NULL;
}

static bool has_function(const struct rule *r, const char *name)
{
	for (size_t i = 0; i < r->trace->n && i < 32; i++) {
		const char *f = r->trace->frames[i].function;

		if (f && !strcmp(f, name))
			return true;
	}
	return false;
}

/* What glibc says when it aborts by itself. */
static const struct {
	const char *text, *cause, *sentence;
} messages[] = {
	{ "stack smashing detected", "stack-smash",
		"A function wrote past the end of an array on its stack" },
	{ "buffer overflow detected", "stack-smash",
		"A call wrote more than its destination holds" },
	{ "double free", "double-free", "The program freed memory twice" },
	{ "invalid pointer", "invalid-free",
		"The program freed something that malloc did not give" },
	{ "invalid next size", "heap-overflow",
		"The program wrote past the end of a heap block" },
	{ "corrupted top size", "heap-overflow",
		"The program wrote past the end of a heap block" },
	{ "corrupted size vs. prev_size", "heap-overflow",
		"The program wrote past the end of a heap block" },
	{ "terminate called", "uncaught-exception",
		"A C++ exception was not caught" },
	{ "invalid size", "heap-corruption",
		"The heap's own data was overwritten" },
	{ "malloc", "heap-corruption", "The heap's own data was overwritten" },
	{ "corrupted", "heap-corruption",
		"The heap's own data was overwritten" },
};

static void abort_signal(struct rule *r)
{
	const char *text = abort_message(r);
	struct why_finding *f = NULL;

	if (text && strstr(text, "Assertion"))
		f = add(r, "assert", WHY_CERTAIN, "An assertion failed: %s",
			text);
	for (size_t i = 0;
		text && !f && i < sizeof(messages) / sizeof(*messages); i++)
		if (strstr(text, messages[i].text))
			/* glibc noticed: that it happened is certain, which
			 * kind of it is read from the sentence. */
			f = add(r, messages[i].cause,
				!strcmp(messages[i].cause, "heap-overflow")
					? WHY_LIKELY
					: WHY_CERTAIN,
				"%s: glibc stopped it with \"%s\".",
				messages[i].sentence, text);
	if (!f && has_function(r, "_ZSt9terminatev"))
		f = add(r, "uncaught-exception", WHY_LIKELY,
			"A C++ exception was not caught.");
	if (!f)
		f = add(r, "abort", WHY_CERTAIN,
			text ? "The program called abort(), with the message "
			       "\"%s\"."
			     : "The program called abort().%s",
			text ? text : "");
	signal_evidence(r, f);
	if (text)
		evidence(r, f, "__abort_msg: %s", text);
}

/* ---- the others ---- */

static void bus(struct rule *r)
{
	const struct core_file *file = file_at(r, r->addr);
	struct why_finding *f;

	if (r->code == BUS_ADRALN)
		f = add(r, "misaligned", WHY_CERTAIN,
			"The program accessed 0x%" PRIx64
			", which is not aligned as the instruction demands.",
			r->addr);
	else if (r->code == BUS_ADRERR && file)
		f = add(r, "bus-truncated-file", WHY_LIKELY,
			"The program accessed 0x%" PRIx64
			", which is mapped from %s, beyond the file's end: the "
			"file became shorter.",
			r->addr, file->path);
	else
		f = add(r, "unknown", WHY_UNKNOWN,
			"There is no memory behind the address that the "
			"program accessed.");
	signal_evidence(r, f);
}

static void fpe(struct rule *r)
{
	struct why_finding *f;

	if (r->code == FPE_INTDIV)
		f = add(r, "div-by-zero", WHY_CERTAIN,
			"The program divided an integer by zero (or the "
			"smallest integer by -1).");
	else if (r->code == FPE_INTOVF)
		f = add(r, "overflow-trap", WHY_CERTAIN,
			"An integer operation overflowed and trapped.");
	else if (r->code == FPE_FLTDIV)
		f = add(r, "div-by-zero", WHY_CERTAIN,
			"The program divided a floating-point number by zero, "
			"with that exception enabled.");
	else
		f = add(r, "unknown", WHY_UNKNOWN,
			"An arithmetic operation trapped.");
	signal_evidence(r, f);
	insn_evidence(r, f);
}

static void ill(struct rule *r)
{
	static const uint64_t UD2 = 0x0b0f; /* 0f 0b */
	struct why_finding *f;
	uint64_t insn;

	if (bad_call(r))
		return;
	if (!mem_read_uint(&r->image->mem, r->pc, 2, &insn) && insn == UD2)
		f = add(r, "illegal-instruction", WHY_CERTAIN,
			"The program executed ud2, which compilers place where "
			"code must not be reached (__builtin_trap, undefined "
			"behaviour).");
	else
		f = add(r, "illegal-instruction", WHY_CERTAIN,
			"The program executed an instruction that the "
			"processor does not have.");
	signal_evidence(r, f);
}

static void sent(struct rule *r)
{
	struct why_finding *f;
	int self = r->image->pid;

	if (!r->info) {
		f = add(r, "unknown", WHY_UNKNOWN,
			"The core does not tell where the signal came from.");
	} else if (r->code == SI_KERNEL) {
		f = add(r, "killed-by", WHY_LIKELY,
			"The kernel sent %s: a key on the terminal, a limit, "
			"or the like.",
			r->why->signal);
	} else if (r->info->si_pid == self) {
		f = add(r, "killed-by", WHY_CERTAIN,
			"The process sent %s to itself.", r->why->signal);
	} else {
		f = add(r, "killed-by", WHY_CERTAIN,
			"Process %d of user %u sent %s.", r->info->si_pid,
			r->info->si_uid, r->why->signal);
	}
	signal_evidence(r, f);
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
			has_function(r, "abort"))) {
		abort_signal(r);
		return;
	}
	if (!r->info || is_sent(r)) {
		if (!r->info && (r->sig == SIGSEGV || r->sig == SIGILL) &&
			bad_call(r))
			return;
		sent(r);
		return;
	}
	switch (r->sig) {
	case SIGSEGV:
		segv(r);
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
		f = add(r, "bad-syscall", WHY_CERTAIN,
			"A seccomp filter forbids system call %d.",
			r->info->si_syscall);
		break;
	default:
		f = add(r, "unknown", WHY_UNKNOWN, "The process got %s.",
			r->why->signal);
		break;
	}
	signal_evidence(r, f);
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

		evidence(&r, f,
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

/* FNV-1a, 64 bits. */
static uint64_t hash(uint64_t h, const char *text)
{
	for (; *text; text++)
		h = (h ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
	return (h ^ '\n') * UINT64_C(0x100000001b3);
}

static void set_id(struct rule *r)
{
	uint64_t h = hash(UINT64_C(0xcbf29ce484222325),
		r->why->signal ? r->why->signal : "snapshot");
	unsigned used = 0;

	for (size_t i = 0; i < r->trace->n && used < ID_FRAMES; i++) {
		const struct frame *f = &r->trace->frames[i];

		if (!f->function || f->module != r->image->exe)
			continue;
		h = hash(h, f->function);
		used++;
	}
	snprintf(r->why->id, sizeof(r->why->id), "%016" PRIx64, h);
}

enum err why_find(struct image *image, const struct trace *t,
	struct arena *arena, struct why *ret)
{
	const struct core *core = image->core;
	const struct core_thread *thread =
		core && core->nthreads ? &core->threads[0] : NULL;
	struct rule r = {
		.image = image,
		.trace = t,
		.arena = arena,
		.why = ret,
	};

	*ret = (struct why){ 0 };
	if (!core)
		return err_set(ERR_UNSUPPORTED, "why needs a core.");
	r.sig = core->signal;
	r.info = core->siginfo ? core->siginfo
		 : thread      ? thread->siginfo
			       : NULL;
	if (thread) {
		ret->lwp = thread->lwp;
		r.pc = thread->regs.v[image->arch->pc];
		r.sp = thread->regs.v[image->arch->sp];
		r.regs = &thread->regs;
		decode(&r);
	}
	struct locks locks;
	TRY(locks_find(image, NULL, NULL, arena, &locks));
	if (!r.sig) {
		why_deadlocks(&locks, arena, ret);
		struct why_finding *f = add(&r, "snapshot", WHY_CERTAIN,
			"The core is a snapshot of a process that was alive: "
			"no signal%s.",
			ret->n ? "" : ", nothing wrong is known");
		if (core->snapshot)
			evidence(&r, f, "%s", core->snapshot);
		set_id(&r);
		return OK;
	}
	ret->signal = signals_name(r.sig, arena);
	if (r.info) {
		r.code = r.info->si_code;
		r.has_addr = signals_has_address(r.sig, r.code);
		r.addr = (uint64_t)(uintptr_t)r.info->si_addr;
	}
	/* Who kills a process that hangs did not make it hang. */
	if (is_sent(&r))
		why_deadlocks(&locks, arena, ret);
	by_signal(&r);
	set_id(&r);
	return OK;
}
