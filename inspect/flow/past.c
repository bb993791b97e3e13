/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A register that was overwritten had its value from somewhere, and that may
 * be there still: the register that it was copied from, the slot that it was
 * loaded from, the caller that passed it.  Followed only where one instruction
 * alone can have set it.
 */
#include "inspect/flow/past.h"

#include <string.h>

enum { MAX_PAST_DEPTH = 12 };

static bool value_of(const struct spot *, const struct place *, unsigned depth,
	struct past_value *ret);

bool reach_only(const struct reach *r)
{
	return r->n == 1 && !r->entry && !r->more && !r->lost && !r->cut;
}

struct place past_memory(
	const struct spot *s, const struct operand *o, uint64_t addr)
{
	struct side *side = s->side;
	uint64_t sp;
	bool own = spot_is_own(s, o);

	/* Through a pointer, but still of this frame. */
	if (!own && side->frame->cfa_known &&
		regs_has(&side->frame->regs, side->image->arch->sp)) {
		sp = side->frame->regs.v[side->image->arch->sp];
		own = addr + 128 >= sp && addr < side->frame->cfa;
	}
	return (struct place){
		.kind = PLACE_MEMORY,
		.addr = addr,
		.size = o->size,
		.own = own,
	};
}

static uint64_t low_bytes(uint64_t v, unsigned size, bool is_signed)
{
	unsigned shift = size < 8 ? 64 - 8 * size : 0;

	if (!size || !shift)
		return v;
	return is_signed ? (uint64_t)((int64_t)(v << shift) >> shift)
			 : v << shift >> shift;
}

static bool address_of(const struct spot *s, const struct operand *o,
	unsigned depth, struct past_value *ret)
{
	const int regs[] = { o->base, o->index, o->segment };
	struct past_value v, sum = { .value = (uint64_t)o->disp };

	if (o->unclear)
		return false;
	for (size_t i = 0; i < 3; i++) {
		struct place p = {
			.kind = PLACE_REGISTER,
			.reg = regs[i],
			.size = 8,
		};

		if (regs[i] < 0)
			continue;
		if (!value_of(s, &p, depth, &v))
			return false;
		sum.value += i == 1 ? v.value * o->scale : v.value;
		sum.now |= v.now;
	}
	*ret = sum;
	return true;
}

static bool operand_value(const struct spot *s, const struct operand *o,
	unsigned depth, struct past_value *ret)
{
	struct past_value addr;
	struct place p = { .size = o->size };

	switch (o->kind) {
	case OPERAND_NUMBER:
		*ret = (struct past_value){ .value = o->number };
		return true;
	case OPERAND_REG:
		p.kind = PLACE_REGISTER;
		p.reg = o->reg;
		p.offset = o->shift / 8;
		return value_of(s, &p, depth, ret);
	case OPERAND_MEMORY:
		if (o->size > 8 || !address_of(s, o, depth, &addr))
			return false;
		p = past_memory(s, o, addr.value);
		if (!value_of(s, &p, depth, ret))
			return false;
		ret->now |= addr.now;
		return true;
	default:
		return false;
	}
}

/* What an instruction has written into the place, of 8 bytes at most. */
static bool result_of(const struct spot *at, const struct place *p,
	unsigned depth, struct past_value *ret)
{
	const struct effect *e = &at->side->code.insn[at->i];
	const struct operand *to = &e->operand[0], *from = &e->operand[1];
	struct past_value v, w;

	if (e->kind == EFFECT_PUSH && p->kind == PLACE_MEMORY)
		return operand_value(at, to, depth, ret);
	bool same = p->kind == PLACE_REGISTER
			    ? to->kind == OPERAND_REG && to->reg == p->reg &&
				      to->size >= 4
			    : to->kind == OPERAND_MEMORY && to->size == p->size;
	if (!same)
		return false;
	switch (e->kind) {
	case EFFECT_COPY:
		if (!operand_value(at, from, depth, &v))
			return false;
		v.value = low_bytes(v.value,
			from->size < to->size ? from->size : to->size,
			e->is_signed);
		break;
	case EFFECT_ADDRESS:
		if (!address_of(at, from, depth, &v))
			return false;
		break;
	case EFFECT_ZERO:
		v = (struct past_value){ 0 };
		break;
	case EFFECT_ADD:
	case EFFECT_SUBTRACT:
		if (!operand_value(at, to, depth, &v) ||
			!operand_value(at, from, depth, &w))
			return false;
		v.value += e->kind == EFFECT_ADD ? w.value : -w.value;
		v.now |= w.now;
		break;
	default:
		return false;
	}
	v.value = low_bytes(v.value, to->size, false);
	*ret = v;
	return true;
}

static bool is_argument(const struct arch *arch, int reg)
{
	static const char *const names[] = { "rdi", "rsi", "rdx", "rcx", "r8",
		"r9" }; /* psABI x86-64, 3.2.3 */

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(arch->reg[reg].name, names[i]))
			return true;
	return false;
}

bool past_caller(const struct spot *s, const struct place *p, struct spot *ret,
	const char **ret_why)
{
	const struct arch *arch = s->side->image->arch;
	bool passed =
		p->kind == PLACE_MEMORY ? p->own && s->side->frame->cfa_known &&
						  p->addr >= s->side->frame->cfa
		: p->kind == PLACE_VECTOR ? p->reg < 8
					  : arch->callee_saved >> p->reg & 1 ||
						    is_argument(arch, p->reg);

	*ret_why = NULL;
	if (!passed)
		return false;
	struct side *caller = side_caller(s->side, ret_why);
	if (!caller)
		return false;
	*ret = side_spot(caller);
	return true;
}

/* What is in memory now was there then if nothing can have written it since;
 * callees may, too, what is not the frame's own.  For other memory that is
 * told. */
static bool memory_now(
	const struct spot *s, const struct place *p, struct past_value *ret)
{
	struct spot end = side_spot(s->side);
	bool kept = (p->own || !s->side->after_call) &&
		    reach_untouched(&end, s->i, p);

	if (p->size > 8 || (p->size & (p->size - 1)) || (p->own && !kept))
		return false;
	ret->now = !kept;
	return !mem_read_uint(
		&s->side->image->mem, p->addr, p->size, &ret->value);
}

static bool value_of(const struct spot *s, const struct place *p,
	unsigned depth, struct past_value *ret)
{
	struct reach r;
	struct spot at;
	const char *why;
	bool reg = p->kind == PLACE_REGISTER;

	if (p->kind == PLACE_VECTOR || (reg && p->reg < 0))
		return false;
	if (reg && spot_register(s, p->reg, &ret->value)) {
		ret->value = low_bytes(
			ret->value >> (8 * p->offset), p->size, false);
		ret->now = false;
		return true;
	}
	if (!depth)
		return false;
	if (!reg && memory_now(s, p, ret))
		return true;
	if (!reg && !p->own)
		return false;
	reach_find(s, p, &r);
	if (!r.n && r.entry && !r.lost && !r.cut && !r.maybe &&
		past_caller(s, p, &at, &why))
		return value_of(&at, p, depth - 1, ret);
	if (!reach_only(&r) || r.maybe)
		return false;
	at = spot_back(s, r.def[0]);
	if (!result_of(&at, p, depth - 1, ret))
		return false;
	ret->value = low_bytes(ret->value >> (8 * p->offset), p->size, false);
	return true;
}

bool past_value(
	const struct spot *s, const struct place *p, struct past_value *ret)
{
	return value_of(s, p, MAX_PAST_DEPTH, ret);
}

bool past_result(
	const struct spot *s, const struct place *p, struct past_value *ret)
{
	if (p->kind == PLACE_VECTOR || p->offset ||
		!result_of(s, p, MAX_PAST_DEPTH, ret))
		return false;
	ret->value = low_bytes(ret->value, p->size, false);
	return true;
}

bool past_address(
	const struct spot *s, const struct operand *o, struct past_value *ret)
{
	return address_of(s, o, MAX_PAST_DEPTH, ret);
}
