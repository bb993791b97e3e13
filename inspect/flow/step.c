/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What an instruction has put into a place, and where it took that from: each
 * kind of instruction ends the trail, or leads it to a place of the moment
 * before.
 */
#include "inspect/flow/step.h"

#include "inspect/flow/naming.h"

#include <inttypes.h>
#include <string.h>

static const struct effect *insn_of(const struct trail *t)
{
	return &t->at.side->code.insn[t->at.i];
}

static const char *register_text(const struct trail *t, int reg)
{
	return arena_printf(
		t->arena, "$%s", t->at.side->image->arch->reg[reg].name);
}

/* The place becomes another one of the moment before the instruction. */
static void go_on(struct trail *t, const struct place *p)
{
	t->place = *p;
	t->value = trail_low_bytes(t->value, p->size);
	trail_learn(t);
}

static void go_on_register(struct trail *t, const struct operand *o)
{
	struct place p = {
		.kind = PLACE_REGISTER,
		.reg = o->reg,
		.offset = o->shift / 8,
		.size = o->size < t->place.size ? o->size : t->place.size,
	};

	go_on(t, &p);
}

static void branch_register(struct trail *t, int reg)
{
	struct place p = { .kind = PLACE_REGISTER, .reg = reg, .size = 8 };

	if (reg < 0 || t->depth >= MAX_ORIGIN_BRANCHES)
		return;
	struct trail b = trail_branch(t, register_text(t, reg));
	b.known = false;
	go_on(&b, &p);
	trail_follow(&b, BRANCH_STEPS);
}

static void step_memory(struct trail *t, const struct operand *o)
{
	const struct effect *e = insn_of(t);
	bool own = spot_is_own(&t->at, o);
	struct origin_step *s = trail_add(t, own ? "reload" : "load");
	struct past_value addr;
	struct place p;
	struct name name;
	bool known = past_address(&t->at, o, &addr);

	if (naming_memory(&t->at, o, known ? addr.value : 0, &name))
		s->name = name.text;
	if (!known) {
		trail_end(t, ORIGIN_UNKNOWN,
			"It was loaded from memory%s%s at 0x%" PRIx64
			"; the address is not known any more: what it was "
			"made of has been overwritten since.",
			s->name ? ", " : "", s->name ? s->name : "", e->addr);
		return;
	}
	p = past_memory(&t->at, o, addr.value);
	if (t->place.kind == PLACE_VECTOR && e->kind == EFFECT_COPY)
		p.addr += t->place.offset;
	if (t->place.size && t->place.size < p.size)
		p.size = t->place.size;
	s->has_address = true;
	s->address = p.addr;
	s->owner = naming_address(&t->at, p.addr);
	s->size = p.size;
	s->has_memory = p.size <= 8 && !(p.size & (p.size - 1)) &&
			!mem_read_uint(&t->at.side->image->mem, p.addr, p.size,
				&s->memory);
	go_on(t, &p);
}

static void step_number(struct trail *t, uint64_t v)
{
	trail_add(t, "constant");
	trail_end(t, ORIGIN_CONSTANT,
		"The instruction at 0x%" PRIx64 " sets it to "
		"the constant 0x%" PRIx64 ".",
		insn_of(t)->addr, v);
}

static void step_computed(struct trail *t)
{
	const struct effect *e = insn_of(t);
	uint64_t done = 0;

	trail_add(t, "compute");
	trail_end(t, ORIGIN_COMPUTED,
		"The instruction at 0x%" PRIx64 " computes it.", e->addr);
	for (size_t i = 0; i < e->noperands; i++) {
		const struct operand *o = &e->operand[i];
		const int regs[] = { o->kind == OPERAND_REG && o->read ? o->reg
								       : -1,
			o->kind == OPERAND_MEMORY ? o->base : -1,
			o->kind == OPERAND_MEMORY ? o->index : -1 };

		for (size_t k = 0; k < 3; k++)
			if (regs[k] >= 0 && !(done >> regs[k] & 1) &&
				regs[k] != (int)t->at.side->image->arch->sp) {
				done |= UINT64_C(1) << regs[k];
				branch_register(t, regs[k]);
			}
	}
}

static void step_address(struct trail *t, const struct operand *o)
{
	struct past_value v;
	struct place p = { .kind = PLACE_REGISTER, .reg = o->base, .size = 8 };
	bool own = spot_is_own(&t->at, o);

	if (!own && o->base >= 0 && o->index < 0 && !o->unclear) {
		trail_add(t, "add");
		t->value -= (uint64_t)o->disp;
		go_on(t, &p);
		return;
	}
	if (!own && !o->is_absolute) {
		step_computed(t);
		return;
	}
	struct origin_step *s = trail_add(t, "address");
	if (past_address(&t->at, o, &v))
		s->owner = naming_address(&t->at, v.value);
	trail_end(t, ORIGIN_ADDRESS, "It is the address of %s.",
		s->owner ? s->owner
		: own    ? "something on the stack"
			 : "something in a module");
}

static void step_sum(struct trail *t)
{
	const struct effect *e = insn_of(t);
	const struct operand *to = &e->operand[0], *by = &e->operand[1];

	if (to->kind != OPERAND_REG || by->kind != OPERAND_NUMBER ||
		t->place.kind != PLACE_REGISTER) {
		step_computed(t);
		return;
	}
	trail_add(t, "add");
	t->value += e->kind == EFFECT_ADD ? -by->number : by->number;
	go_on_register(t, to);
}

static void step_call(struct trail *t)
{
	const struct effect *e = insn_of(t);
	const char *name = code_call_name(&t->at.side->code, t->at.i);
	const char *reg = t->at.side->image->arch->reg[t->place.reg].name;
	bool result = t->place.kind == PLACE_REGISTER ? !strcmp(reg, "rax")
						      : t->place.reg == 0;

	trail_add(t, "call");
	if (!name)
		name = "a function through a pointer";
	if (result)
		trail_end(t, ORIGIN_RESULT,
			"It is what %s returned, called at "
			"0x%" PRIx64 ".",
			name, e->addr);
	else
		trail_end(t, ORIGIN_CLOBBERED,
			"%s, called at 0x%" PRIx64 ", may leave anything "
			"there%s.",
			name, e->addr,
			t->place.kind == PLACE_REGISTER && !strcmp(reg, "rdx")
				? " (or returned it, as the second half of "
				  "its result)"
				: "");
}

/* cmov: what was there, or the other operand; one of them may be known to be
 * another value. */
static void step_choice(struct trail *t)
{
	const struct operand *o = insn_of(t)->operand;
	struct place p[2] = { t->place };
	struct past_value v;
	bool other[2] = { false, false };

	trail_add(t, "choose");
	if (o[1].kind == OPERAND_MEMORY && past_address(&t->at, &o[1], &v))
		p[1] = past_memory(&t->at, &o[1], v.value);
	else
		p[1] = (struct place){ PLACE_REGISTER, .reg = o[1].reg,
			.size = t->place.size };
	for (int i = 0; i < 2 && t->known && !t->now; i++)
		other[i] = (p[i].kind == PLACE_MEMORY || p[i].reg >= 0) &&
			   past_value(&t->at, &p[i], &v) && !v.now &&
			   v.value != t->value;
	if (other[0] != other[1] && p[1].reg >= 0) {
		go_on(t, &p[other[0] ? 1 : 0]);
		return;
	}
	trail_end(t, ORIGIN_JOIN,
		"The instruction at 0x%" PRIx64 " keeps what was there or "
		"takes another value; the condition is not known any more.",
		insn_of(t)->addr);
	branch_register(t, o[0].reg);
	if (o[1].kind == OPERAND_REG)
		branch_register(t, o[1].reg);
}

/* A vector register is written: which bytes of what? */
static void step_vector(struct trail *t)
{
	const struct effect *e = insn_of(t);
	const struct operand *from = &e->operand[1];
	struct place p = t->place;
	bool high = p.offset >= 8;

	if (e->kind == EFFECT_ZERO) {
		step_number(t, 0);
	} else if ((e->kind == EFFECT_PAIR || e->kind == EFFECT_HIGH) &&
		   p.offset < 8 && p.offset + p.size <= 8) {
		/* The low half stays. */
	} else if (e->kind == EFFECT_PAIR && high &&
		   from->kind == OPERAND_VECTOR) {
		trail_add(t, "move");
		p.reg = from->reg;
		p.offset -= 8;
		go_on(t, &p);
	} else if (e->kind == EFFECT_HIGH && high &&
		   from->kind == OPERAND_MEMORY) {
		t->place.offset -= 8;
		step_memory(t, from);
	} else if (e->kind != EFFECT_COPY) {
		step_computed(t);
	} else if (from->kind == OPERAND_VECTOR) {
		trail_add(t, "move");
		p.reg = from->reg;
		go_on(t, &p);
	} else if (p.offset >= from->size) {
		step_number(t, 0);
	} else if (from->kind == OPERAND_MEMORY) {
		step_memory(t, from);
	} else if (from->kind == OPERAND_REG) {
		trail_add(t, "move");
		go_on_register(t, from);
	} else {
		step_computed(t);
	}
}

static void step_copy(struct trail *t, const struct operand *from)
{
	struct place p = { .kind = PLACE_VECTOR, .size = t->place.size };

	switch (from->kind) {
	case OPERAND_REG:
		trail_add(t, t->place.kind == PLACE_MEMORY ? "store" : "move");
		go_on_register(t, from);
		break;
	case OPERAND_VECTOR:
		trail_add(t, t->place.kind == PLACE_MEMORY ? "store" : "move");
		p.reg = from->reg;
		p.offset = t->place.offset;
		go_on(t, &p);
		break;
	case OPERAND_NUMBER:
		step_number(t, from->number);
		break;
	case OPERAND_MEMORY:
		step_memory(t, from);
		break;
	default:
		step_computed(t);
	}
}

static void step_register(struct trail *t)
{
	const struct effect *e = insn_of(t);
	const struct operand *to = &e->operand[0];
	struct operand slot = {
		.kind = OPERAND_MEMORY,
		.size = 8,
		.base = (int)t->at.side->image->arch->sp,
		.index = -1,
		.segment = -1,
	};

	if (e->kind == EFFECT_CALL || e->kind == EFFECT_SYSCALL) {
		step_call(t);
		return;
	}
	if (e->kind == EFFECT_LEAVE && t->place.reg != slot.base) {
		slot.base = t->place.reg;
		step_memory(t, &slot);
		return;
	}
	bool explicit = to->kind == OPERAND_REG && to->reg == t->place.reg;
	if (e->kind == EFFECT_EXCHANGE) {
		step_copy(t, &e->operand[explicit ? 1 : 0]);
		return;
	}
	if (!explicit) {
		step_computed(t);
		return;
	}
	if (to->size < 4 && to->size < t->place.size) {
		trail_add(t, "part");
		trail_end(t, ORIGIN_PART,
			"The instruction at 0x%" PRIx64 " writes only %u "
			"byte%s of it.",
			e->addr, to->size, to->size == 1 ? "" : "s");
		return;
	}
	switch (e->kind) {
	case EFFECT_COPY:
		step_copy(t, &e->operand[1]);
		break;
	case EFFECT_ADDRESS:
		step_address(t, &e->operand[1]);
		break;
	case EFFECT_ADD:
	case EFFECT_SUBTRACT:
		step_sum(t);
		break;
	case EFFECT_CHOOSE:
		step_choice(t);
		break;
	case EFFECT_ZERO:
		step_number(t, 0);
		break;
	case EFFECT_POP:
		step_memory(t, &slot);
		break;
	default:
		step_computed(t);
	}
}

/* Memory is written: of which of the bytes of the operand is it? */
static void step_store(struct trail *t)
{
	const struct effect *e = insn_of(t);
	const struct operand *to = &e->operand[0], *from = &e->operand[1];
	struct past_value addr;

	if (e->kind == EFFECT_PUSH) {
		step_copy(t, to);
		return;
	}
	if (e->kind != EFFECT_COPY || to->kind != OPERAND_MEMORY) {
		step_computed(t);
		return;
	}
	if (to->size < t->place.size) {
		trail_add(t, "part");
		trail_end(t, ORIGIN_PART,
			"The store at 0x%" PRIx64 " writes only a part of it.",
			e->addr);
		return;
	}
	if (past_address(&t->at, to, &addr))
		t->place.offset = (unsigned)(t->place.addr - addr.value);
	if (t->place.offset && from->kind != OPERAND_VECTOR) {
		step_computed(t);
		return;
	}
	step_copy(t, from);
}

static bool is_round(struct trail *t)
{
	for (size_t i = 0; i < t->o->n; i++)
		if (t->o->step[i].pc == insn_of(t)->addr &&
			t->o->step[i].frame == t->at.side->frame)
			return true;
	return false;
}

void step_at(struct trail *t, size_t def)
{
	t->at = spot_back(&t->at, def);
	if (is_round(t)) {
		trail_end(t, ORIGIN_JOIN,
			"The instruction at 0x%" PRIx64 " again: a loop, and "
			"how often it went around is not known.",
			insn_of(t)->addr);
		return;
	}
	if (t->place.kind == PLACE_REGISTER)
		step_register(t);
	else if (t->place.kind == PLACE_VECTOR)
		step_vector(t);
	else
		step_store(t);
}
