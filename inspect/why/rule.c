/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The instruction at the pc says more than the kernel does: through which
 * register an address was made, whether it was read or written, and, for a
 * general protection fault, the address itself.
 */
#include "inspect/why/rule.h"

#include "inspect/base/buf.h"
#include "inspect/why/signals.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

enum { NAMED_FRAMES = 32 };

struct why_finding *rule_add(struct rule *r, const char *cause,
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

void rule_evidence(struct rule *r, struct why_finding *f, const char *fmt, ...)
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

void rule_signal_evidence(struct rule *r, struct why_finding *f)
{
	const char *words = signals_code_words(r->sig, r->code);

	rule_evidence(r, f, "%s, si_code %d%s%s%s", r->why->signal, r->code,
		words ? " (" : "", words ? words : "", words ? ")" : "");
	if (r->has_addr)
		rule_evidence(r, f, "fault address 0x%" PRIx64, r->addr);
}

const struct core_load *rule_load_at(const struct rule *r, uint64_t addr)
{
	const struct core *core = r->image->core;

	for (size_t i = 0; core && i < core->nloads; i++)
		if (addr >= core->loads[i].addr &&
			addr - core->loads[i].addr < core->loads[i].memsz)
			return &core->loads[i];
	return NULL;
}

const struct core_file *rule_file_at(const struct rule *r, uint64_t addr)
{
	const struct core *core = r->image->core;

	for (size_t i = 0; core && i < core->nfiles; i++)
		if (addr >= core->files[i].start && addr < core->files[i].end)
			return &core->files[i];
	return NULL;
}

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

static bool address_of(
	const struct rule *r, const struct insn_memory *m, uint64_t *ret)
{
	*ret = (uint64_t)m->disp;
	return !m->unclear && register_value(r, m->segment, 1, ret) &&
	       register_value(r, m->base, 1, ret) &&
	       register_value(r, m->index, m->scale, ret);
}

void rule_decode(struct rule *r)
{
	uint8_t bytes[16];
	size_t n = mem_read_part(&r->image->mem, r->pc, bytes, sizeof(bytes));

	r->insn.target_register = -1;
	if (!n || !disasm_decode(r->image->arch, true, bytes, n, r->pc,
			  &r->insn, 1, r->arena))
		return;
	if (!strcmp(r->insn.mnemonic, "(bad)")) { /* newer than capstone */
		r->insn.mnemonic = NULL;
		return;
	}
	if (r->insn.has_ref) {
		r->ea = r->insn.ref;
		r->has_ea = true;
	} else if (r->insn.has_memory) {
		r->has_ea = address_of(r, &r->insn.memory, &r->ea);
	}
	if (r->insn.has_source)
		r->has_source_ea =
			address_of(r, &r->insn.source, &r->source_ea);
}

void rule_open(struct rule *r, struct image *image, const struct trace *t,
	struct arena *arena, struct why *why)
{
	const struct core *core = image->core;
	const struct core_thread *thread =
		core->nthreads ? &core->threads[0] : NULL;

	*r = (struct rule){
		.image = image,
		.trace = t,
		.arena = arena,
		.why = why,
		.sig = core->signal,
		.info = core->siginfo ? core->siginfo
			: thread      ? thread->siginfo
				      : NULL,
	};
	if (r->info && r->sig) {
		r->code = r->info->si_code;
		r->has_addr = signals_has_address(r->sig, r->code);
		r->addr = (uint64_t)(uintptr_t)r->info->si_addr;
	}
	if (!thread)
		return;
	r->pc = thread->regs.v[image->arch->pc];
	r->sp = thread->regs.v[image->arch->sp];
	r->regs = &thread->regs;
	rule_decode(r);
}

void rule_insn_evidence(struct rule *r, struct why_finding *f)
{
	const struct arch *arch = r->image->arch;
	const struct insn_memory *m = &r->insn.memory;
	const int regs[] = { r->insn.has_memory ? m->base : -1,
		r->insn.has_memory ? m->index : -1,
		r->insn.has_source ? r->insn.source.base : -1,
		r->insn.target_register };
	struct buf b = { .arena = r->arena };

	if (!r->insn.mnemonic)
		return;
	buf_printf(&b, "instruction: %s%s%s", r->insn.mnemonic,
		r->insn.operands[0] ? " " : "", r->insn.operands);
	for (size_t i = 0; i < sizeof regs / sizeof *regs; i++)
		if (regs[i] >= 0 && regs[i] != (int)arch->pc &&
			regs_has(r->regs, (unsigned)regs[i]))
			buf_printf(&b, ", %s = 0x%" PRIx64,
				arch->reg[regs[i]].name, r->regs->v[regs[i]]);
	rule_evidence(r, f, "%s", buf_str(&b));
}

/* Bits 47 to 63 must be equal (Intel SDM volume 1, 3.3.7.1). */
bool rule_canonical(uint64_t addr)
{
	return addr >> 47 == 0 || addr >> 47 == 0x1ffff;
}

bool rule_has_function(const struct rule *r, const char *name)
{
	for (size_t i = 0; i < r->trace->n && i < NAMED_FRAMES; i++) {
		const char *f = r->trace->frames[i].function;

		if (f && !strcmp(f, name))
			return true;
	}
	return false;
}

/* Inlined wrappers of strcpy() and the like, templates, std::terminate(): not
 * what a person would look at. */
bool rule_is_header(const struct frame *f)
{
	static const char *const folders[] = { "/usr/include/", "/usr/lib/gcc/",
		"/usr/lib/llvm" };

	for (size_t i = 0; f->file && i < sizeof folders / sizeof *folders; i++)
		if (!strncmp(f->file, folders[i], strlen(folders[i])))
			return true;
	return false;
}

const struct frame *rule_outside_of_headers(
	const struct rule *r, const struct frame *blamed)
{
	const struct trace *t = r->trace;

	if (!blamed || !rule_is_header(blamed))
		return blamed;
	for (const struct frame *f = blamed; f < t->frames + t->n; f++)
		if (f->file && f->module == blamed->module &&
			!rule_is_header(f))
			return f;
	return blamed;
}
