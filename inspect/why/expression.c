/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The register through which an instruction has faulted holds the bad value;
 * for a call that led nowhere it is what the call went through.  What it has
 * been called on its way there is known to flow/: a variable, a member that it
 * was loaded from, an argument.  The first of these names that the frame to
 * blame understands, and that has the very value there, is the expression.
 *
 * Nothing is said of a register whose value is the address of some memory: then
 * the offset or the index is wrong, or the memory's protection.
 */
#include "inspect/why/expression.h"

#include "inspect/flow/naming.h"
#include "inspect/flow/origin.h"
#include "inspect/why/rule.h"

#include <inttypes.h>
#include <string.h>

struct quest {
	struct rule rule;
	const struct expression_check *check;
	struct arena *arena;
	size_t blamed; /* index of the finding's frame */
	uint64_t value;
	const char *right, *absent;
};

static bool is_named_cause(const char *cause)
{
	static const char *const causes[] = { "null-deref", "wild-pointer",
		"non-canonical", "bad-call", "no-exec", "use-after-free" };

	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++)
		if (!strcmp(cause, causes[i]))
			return true;
	return false;
}

/* Inlined calls share the machine frame. */
static size_t machine_frame(const struct trace *t, size_t i)
{
	while (i + 1 < t->n && t->frames[i].inlined)
		i++;
	return i;
}

static bool is_blamed(const struct quest *q, size_t frame)
{
	const struct trace *t = q->rule.trace;

	return frame < t->n &&
	       machine_frame(t, frame) == machine_frame(t, q->blamed);
}

/* True: it is found. */
static bool try_name(struct quest *q, size_t frame, const char *text)
{
	if (!text || !is_blamed(q, frame))
		return false;
	switch (q->check->fn(q->check->ctx, q->blamed, text, q->value)) {
	case EXPRESSION_RIGHT:
		q->right = text;
		return true;
	case EXPRESSION_ABSENT:
		if (!q->absent)
			q->absent = text;
		return false;
	default:
		return false;
	}
}

/* What it was before is another value. */
static bool changes(const char *how)
{
	static const char *const words[] = { "add", "address", "compute",
		"part", "call" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(how, words[i]))
			return true;
	return false;
}

/* A load from a global variable whose address was worked out: "rooms[2]". */
static const char *global_name(
	const struct spot *at, const struct origin_step *s)
{
	const struct operand o = {
		.kind = OPERAND_MEMORY,
		.base = -1,
		.index = -1,
		.segment = -1,
		.disp = (int64_t)s->address,
		.is_absolute = true,
	};
	struct name name;

	return !s->name && s->has_address &&
			       naming_memory(at, &o, s->address, &name)
		       ? name.text
		       : s->name;
}

static bool try_place(
	struct quest *q, const struct spot *at, const struct place *p)
{
	struct name name;
	struct origin o;

	if (naming_variable(at, spot_pc(at), p, &name) &&
		try_name(q, at->side->level, name.text))
		return true;
	origin_find(at, p, &o);
	for (size_t i = 0; i < o.n; i++) {
		const struct origin_step *s = &o.step[i];

		if (s->known && !s->now && s->value != q->value)
			return false;
		if (try_name(q, s->frame->level, global_name(at, s)))
			return true;
		if (changes(s->how))
			return false;
	}
	return false;
}

static bool try_register(struct quest *q, const struct spot *at, int reg)
{
	struct place p = { .kind = PLACE_REGISTER, .reg = reg, .size = 8 };

	return reg >= 0 && try_place(q, at, &p);
}

static bool try_memory(
	struct quest *q, const struct spot *at, const struct operand *o)
{
	struct past_value addr;
	struct name name;
	bool known = past_address(at, o, &addr);

	if (naming_memory(at, o, known ? addr.value : 0, &name) &&
		try_name(q, at->side->level, name.text))
		return true;
	if (!known)
		return false;
	struct place p = past_memory(at, o, addr.value);
	return try_place(q, at, &p);
}

/* ---- which value ------------------------------------------------------- */

static bool is_mapped(const struct rule *r, uint64_t addr)
{
	return rule_load_at(r, addr) || module_at(r->image, addr) ||
	       mem_at(&r->image->mem, addr);
}

/* A register of an operand that has faulted.  The one that is a pointer is not
 * told from the index by a name that has no value any more. */
static bool try_base(struct quest *q, const struct spot *at,
	const struct operand *o, int reg)
{
	const struct arch *arch = q->rule.image->arch;

	if (reg < 0 || reg == (int)arch->sp || arch->of_thread >> reg & 1 ||
		!regs_has(q->rule.regs, (unsigned)reg))
		return false;
	q->value = q->rule.regs->v[reg];
	q->absent = NULL;
	if (is_mapped(&q->rule, q->value))
		return false;
	return try_register(q, at, reg) || (o->index < 0 && q->absent);
}

static bool has_faulted(const struct quest *q, const struct spot *at,
	const struct operand *o, uint64_t *ret_addr)
{
	const struct rule *r = &q->rule;

	if (o->kind != OPERAND_MEMORY || o->is_absolute ||
		!spot_address(at, o, ret_addr))
		return false;
	return r->has_addr ? r->addr - *ret_addr <
				     (o->size ? o->size : sizeof(uint64_t))
			   : !rule_canonical(*ret_addr);
}

static bool access_of(struct quest *q, const struct spot *at)
{
	const struct effect *e = &at->side->code.insn[at->i];
	uint64_t addr;

	if (e->addr != q->rule.pc || e->kind == EFFECT_ADDRESS)
		return false;
	for (size_t i = 0; i < e->noperands; i++) {
		const struct operand *o = &e->operand[i];

		if (!has_faulted(q, at, o, &addr))
			continue;
		/* An index with a scale is none of an address. */
		if (try_base(q, at, o, o->base) ||
			(o->scale == 1 && try_base(q, at, o, o->index)))
			return true;
	}
	return false;
}

/*
 * The C library's functions on strings are in assembly, for processors newer
 * than the disassembler.  An argument that is the very address of the fault is
 * what they have accessed.
 */
static bool argument_of(struct quest *q, const struct spot *at)
{
	static const char *const names[] = { "rdi", "rsi" };
	const struct rule *r = &q->rule;

	if (!r->has_addr || r->insn.mnemonic || is_blamed(q, 0))
		return false;
	size_t matches = 0;
	q->value = r->addr;
	q->absent = NULL;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		int reg = arch_find_reg(r->image->arch, names[i]);

		if (reg < 0 || !regs_has(r->regs, (unsigned)reg) ||
			r->regs->v[reg] != r->addr || is_mapped(r, r->addr))
			continue;
		matches++;
		if (try_register(q, at, reg))
			return true;
	}
	return matches == 1 && q->absent;
}

/* Through what a call or jump has gone to value. */
static bool call_of(struct quest *q, const struct spot *at, uint64_t value)
{
	const struct effect *e = &at->side->code.insn[at->i];
	const struct operand *o = &e->operand[0];

	if ((e->kind != EFFECT_CALL && !e->is_jump) || e->has_target)
		return false;
	q->value = value;
	return ((o->kind == OPERAND_REG && try_register(q, at, o->reg)) ||
		       (o->kind == OPERAND_MEMORY && try_memory(q, at, o))) ||
	       q->absent;
}

/* A call that the processor has refused: it has not left the instruction. */
static bool refused_call(struct quest *q, const struct spot *at)
{
	const struct effect *e = &at->side->code.insn[at->i];
	const struct operand *o = &e->operand[0];
	struct place p = { .kind = PLACE_REGISTER, .reg = o->reg, .size = 8 };
	struct past_value v;
	uint64_t addr;

	if (q->rule.has_addr || e->addr != q->rule.pc)
		return false;
	if (o->kind == OPERAND_MEMORY) {
		if (!spot_address(at, o, &addr))
			return false;
		p = past_memory(at, o, addr);
	}
	return past_value(at, &p, &v) && !rule_canonical(v.value) &&
	       call_of(q, at, v.value);
}

static bool search(struct quest *q)
{
	const struct rule *r = &q->rule;
	const struct trace *t = r->trace;
	struct side side;

	if (!module_at(r->image, r->pc)) {
		if (t->n < 2 || t->frames[1].how != HOW_CALL ||
			side_open(r->image, t, 1, q->arena, &side))
			return false;
		struct spot at = side_spot(&side);
		return call_of(q, &at, r->pc);
	}
	if (side_open(r->image, t, 0, q->arena, &side))
		return false;
	struct spot at = side_spot(&side);
	return refused_call(q, &at) || access_of(q, &at) || argument_of(q, &at);
}

/* ---- saying it --------------------------------------------------------- */

static const char *with_expression(
	const struct quest *q, const char *text, const char *expression)
{
	size_t n = strlen(text);
	const char *value =
		q->value ? arena_printf(q->arena, "0x%" PRIx64, q->value)
			 : "NULL";

	if (n && text[n - 1] == '.')
		n--;
	return arena_printf(q->arena, "%.*s%s %s %s %s.", (int)n, text,
		memchr(text, ':', n) ? ";" : ":", expression,
		q->right ? "is" : "was", value);
}

void expression_find(struct image *image, const struct trace *t,
	struct arena *arena, const struct expression_check *check,
	struct why *w)
{
	struct quest q = { .check = check, .arena = arena };

	if (!w->n || !w->findings[0].frame ||
		!is_named_cause(w->findings[0].cause))
		return;
	rule_open(&q.rule, image, t, arena, w);
	q.blamed = (size_t)(w->findings[0].frame - t->frames);
	if (!q.rule.regs || !t->n || !search(&q))
		return;
	const char *expression = q.right ? q.right : q.absent;
	for (size_t i = 0; i < w->n; i++) {
		struct why_finding *f = &w->findings[i];

		if (!is_named_cause(f->cause) ||
			f->frame != w->findings[0].frame)
			continue;
		f->expression = expression;
		f->text = with_expression(&q, f->text, expression);
	}
}
