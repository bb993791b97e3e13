/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Only of instructions that every way to the frame's own goes through: the
 * others were perhaps not executed.  A register is shown when
 * nothing that comes between can have written it; memory as it is now, and
 * when something may have written it since, that is said.
 */
#include "inspect/cmd/values.h"

#include "inspect/flow/naming.h"
#include "inspect/flow/past.h"
#include "inspect/flow/waypoint.h"

#include <inttypes.h>

/* Names cost a look at every variable in scope: not of the largest ones. */
enum { MAX_NAMED = 3000, MAX_VALUED = 200000 };

struct values {
	struct side side;
	uint64_t *changed;
	uint8_t *seen, *certain;
};

struct values *values_open(struct session *s, uint64_t start, uint64_t end)
{
	struct values *v = arena_new(&s->scratch, struct values);
	struct trace *trace;
	struct frame *f;

	if (session_frame(s, &f) || frame_lookup_pc(f) < start ||
		frame_lookup_pc(f) >= end ||
		session_trace(s, s->thread, 0, &trace) ||
		side_open(&s->image, trace, s->frame, &s->scratch, &v->side) ||
		v->side.code.n > MAX_VALUED)
		return NULL;
	v->changed = arena_array(&s->scratch, uint64_t, v->side.code.n + 1);
	v->seen = arena_alloc(&s->scratch, v->side.code.n + 1);
	v->certain = arena_alloc(&s->scratch, v->side.code.n + 1);
	reach_all(&v->side, v->changed, v->seen);
	waypoint_find(&v->side, v->certain);
	return v;
}

static void print_register(struct session *s, const struct spot *at, int reg,
	uint64_t *done, struct out *o)
{
	struct place p = { .kind = PLACE_REGISTER, .reg = reg, .size = 8 };
	struct name name;
	uint64_t v;

	if (reg < 0 || *done >> reg & 1 || reg == (int)s->image.arch->fs_base ||
		!spot_register(at, reg, &v))
		return;
	out_text(o, *done ? ", " : "\t# ");
	*done |= UINT64_C(1) << reg;
	out_record(o, NULL);
	out_str(o, "register",
		arena_printf(&s->scratch, "$%s", s->image.arch->reg[reg].name));
	out_text(o, " = ");
	out_str(o, "value", arena_printf(&s->scratch, "0x%" PRIx64, v));
	if (at->side->code.n <= MAX_NAMED &&
		naming_variable(at, spot_pc(at), &p, &name)) {
		out_text(o, " ");
		out_styled(o, "name", STYLE_VARIABLE, name.text);
	}
	out_record_end(o);
}

static void print_memory(struct session *s, const struct spot *at,
	const struct operand *op, bool first, struct out *o)
{
	bool plain = op->size <= 8 && !(op->size & (op->size - 1));
	uint64_t addr, v;
	struct name name;

	if (!spot_address(at, op, &addr))
		return;
	out_text(o, first ? "\t# " : "; ");
	out_record(o, "memory");
	bool named = at->side->code.n <= MAX_NAMED &&
		     naming_memory(at, op, addr, &name);
	if (named) {
		out_styled(o, "name", STYLE_VARIABLE, name.text);
		out_str(o, ".address",
			arena_printf(&s->scratch, "0x%" PRIx64, addr));
	} else {
		out_text(o, "*");
		out_str(o, "address",
			arena_printf(&s->scratch, "0x%" PRIx64, addr));
	}
	if (plain && !mem_read_uint(&s->image.mem, addr, op->size, &v)) {
		struct place p = past_memory(at, op, addr);
		struct spot end = side_spot(at->side);
		bool kept = (p.own || !at->side->after_call) &&
			    reach_untouched(&end, at->i, &p);

		out_text(o, kept ? " = " : " now ");
		out_str(o, "value", arena_printf(&s->scratch, "0x%" PRIx64, v));
		out_bool(o, "as_memory_is_now", !kept);
	}
	out_record_end(o);
}

void values_print(
	struct session *s, struct values *v, uint64_t addr, struct out *o)
{
	size_t i = v ? code_at(&v->side.code, addr) : 0;
	uint64_t done = 0;

	if (!v || i >= v->side.code.n || !v->certain[i] ||
		v->side.code.insn[i].is_padding)
		return;
	const struct effect *e = &v->side.code.insn[i];
	struct spot at = {
		.side = &v->side,
		.i = i,
		.changed = v->changed[i],
		.vector_changed = UINT64_MAX,
	};

	out_list(o, "operands");
	for (size_t k = 0; k < e->noperands; k++) {
		const struct operand *op = &e->operand[k];

		if (op->kind == OPERAND_MEMORY && !spot_is_own(&at, op)) {
			print_register(s, &at, op->base, &done, o);
			print_register(s, &at, op->index, &done, o);
		} else if (op->kind == OPERAND_REG && op->read &&
			   e->kind != EFFECT_ZERO) {
			print_register(s, &at, op->reg, &done, o);
		}
	}
	out_list_end(o);
	for (size_t k = 0; k < e->noperands; k++)
		if (e->operand[k].kind == OPERAND_MEMORY &&
			e->kind != EFFECT_ADDRESS) {
			print_memory(s, &at, &e->operand[k], !done, o);
			break;
		}
}
