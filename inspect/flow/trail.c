/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every step needs: its record, with the values and names of what its
 * instruction reads. */
#include "inspect/flow/trail.h"

#include "inspect/base/buf.h"
#include "inspect/flow/naming.h"

#include <inttypes.h>
#include <string.h>

void trail_end(struct trail *t, enum origin_end why, const char *fmt, ...)
{
	struct buf text = { .arena = t->arena };
	va_list ap;

	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	t->o->end = why;
	t->o->why = buf_str(&text);
	t->ended = true;
}

uint64_t trail_low_bytes(uint64_t v, unsigned size)
{
	return size && size < 8 ? v & ((UINT64_C(1) << (8 * size)) - 1) : v;
}

const char *trail_function(const struct trail *t)
{
	const struct side *side = t->at.side;
	size_t i = side->level;

	while (i + 1 < side->trace->n && side->trace->frames[i].inlined)
		i++;
	const char *name = side->trace->frames[i].function;
	return name ? name : "the function";
}

static const struct effect *insn_of(const struct trail *t)
{
	return &t->at.side->code.insn[t->at.i];
}

static const char *register_text(const struct trail *t, int reg)
{
	return arena_printf(
		t->arena, "$%s", t->at.side->image->arch->reg[reg].name);
}

const char *origin_place_text(const struct spot *s, const struct place *p)
{
	struct arena *arena = s->side->arena;

	switch (p->kind) {
	case PLACE_REGISTER:
		return arena_printf(
			arena, "$%s", s->side->image->arch->reg[p->reg].name);
	case PLACE_VECTOR:
		return arena_printf(arena,
			p->offset ? "$xmm%d, bytes from %u" : "$xmm%d", p->reg,
			p->offset);
	default:
		break;
	}
	if (!p->own || !s->side->frame->cfa_known)
		return arena_printf(arena, "memory at 0x%" PRIx64, p->addr);
	int64_t off = (int64_t)(p->addr - s->side->frame->cfa);
	return arena_printf(arena, "stack slot 0x%" PRIx64 " (CFA%+" PRId64 ")",
		p->addr, off);
}

static void add_operand(struct trail *t, struct origin_step *s, int reg)
{
	struct place p = { .kind = PLACE_REGISTER, .reg = reg, .size = 8 };
	struct past_value v;
	struct name name;

	if (reg < 0 || reg == (int)t->at.side->image->arch->fs_base)
		return;
	for (size_t i = 0; i < s->noperands; i++)
		if (!strcmp(s->operand[i].text, register_text(t, reg)))
			return;
	if (s->noperands >= EFFECT_OPERANDS * 2)
		return;
	struct origin_operand *o = &s->operand[s->noperands++];
	o->text = register_text(t, reg);
	o->known = past_value(&t->at, &p, &v);
	if (o->known) {
		o->value = v.value;
		o->now = v.now;
	}
	if (naming_variable(&t->at, spot_pc(&t->at), &p, &name))
		o->name = name.text;
}

/* The registers that an instruction reads, with what they held. */
static void add_operands(struct trail *t, struct origin_step *s)
{
	const struct effect *e = insn_of(t);

	s->operand = arena_array(
		t->arena, struct origin_operand, EFFECT_OPERANDS * 2);
	if (e->kind == EFFECT_ZERO || e->kind == EFFECT_CALL)
		return;
	for (size_t i = 0; i < e->noperands; i++) {
		const struct operand *o = &e->operand[i];

		if (o->kind == OPERAND_MEMORY) {
			add_operand(t, s, o->base);
			add_operand(t, s, o->index);
		} else if (o->kind == OPERAND_REG && o->read) {
			add_operand(t, s, o->reg);
		}
	}
}

struct origin_step *trail_add(struct trail *t, const char *how)
{
	struct origin *o = t->o;
	struct name name;
	struct spot after = t->at;
	const struct effect *e = insn_of(t);

	o->step =
		arena_grow(t->arena, o->step, o->n, &o->cap, sizeof(*o->step));
	struct origin_step *s = &o->step[o->n++];
	*s = (struct origin_step){
		.how = how,
		.frame = t->at.side->frame,
		.pc = e->addr,
		.place = origin_place_text(&t->at, &t->place),
		.known = t->known,
		.now = t->now,
		.value = t->value,
		.size = t->place.size,
	};
	add_operands(t, s);
	after.changed |= e->writes;
	if (naming_variable(&after, e->addr + e->size, &t->place, &name))
		s->name = name.text;
	return s;
}

/* The value is worked out where it is not known; where it is, it has to be the
 * one that the trail brought here, or the trail is wrong. */
void trail_learn(struct trail *t)
{
	struct past_value v;

	if (!past_value(&t->at, &t->place, &v))
		return;
	if (!t->known) {
		t->known = true;
		t->value = v.value;
		t->now = v.now;
	} else if (!t->supposed && !t->now && !v.now && v.value != t->value) {
		trail_end(t, ORIGIN_UNKNOWN,
			"%s held 0x%" PRIx64 " before 0x%" PRIx64
			", which is not the value: the trail cannot be "
			"trusted from here on.",
			origin_place_text(&t->at, &t->place), v.value,
			spot_pc(&t->at));
	}
}

struct trail trail_branch(struct trail *t, const char *label)
{
	struct origin *o = t->o;

	if (!o->branch) {
		o->branch = arena_array(
			t->arena, struct origin, MAX_DEFINITIONS + 1);
		o->label = arena_array(
			t->arena, const char *, MAX_DEFINITIONS + 1);
	}
	struct trail b = *t;
	b.o = &o->branch[o->nbranches];
	o->label[o->nbranches++] = label;
	b.depth++;
	b.ended = false;
	return b;
}
