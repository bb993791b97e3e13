/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The stack pointer, and the frame pointer where there is one, follow from the
 * CFA at every instruction, whatever came between.  For other registers all
 * ways back from the spot to the instruction are walked, and what is written
 * on any of them is not known.
 */
#include "inspect/flow/spot.h"

#include "inspect/flow/past.h"
#include "inspect/flow/reach.h"

#include <inttypes.h>

enum { MAX_LOOKED_AT = 8 << 20 }; /* instructions, of one frame */

static size_t outermost(const struct trace *t, size_t level)
{
	while (level + 1 < t->n && t->frames[level].inlined)
		level++;
	return level;
}

enum err side_open(struct image *image, const struct trace *trace, size_t level,
	struct arena *arena, struct side *ret)
{
	const struct frame *f = &trace->frames[level];
	struct side s = {
		.image = image,
		.trace = trace,
		.level = level,
		.frame = f,
		.arena = arena,
		.budget = MAX_LOOKED_AT,
	};
	uint64_t pc = frame_lookup_pc(f);

	if (f->signal)
		return err_set(ERR_NOTFOUND,
			"Frame %u is the kernel's call of a signal handler.",
			f->level);
	if (!f->module)
		return err_set(ERR_NOTFOUND,
			"No code is known at 0x%" PRIx64
			": no module is loaded there.",
			f->pc);
	TRY(code_load(image, pc, arena, &s.code));
	s.at = code_around(&s.code, pc);
	if (s.at >= s.code.n)
		return err_set(ERR_NOTFOUND,
			"0x%" PRIx64 " is in no instruction of its function.",
			f->pc);
	s.after_call = !f->interrupted && level > 0;
	*ret = s;
	return OK;
}

struct spot side_spot(struct side *s)
{
	return (struct spot){ .side = s, .i = s->at };
}

uint64_t spot_pc(const struct spot *s)
{
	return s->side->code.insn[s->i].addr;
}

/* The entry in a procedure linkage table that leads to a function: its slot
 * holds the address (psABI x86-64, 5.2). */
static bool leads_to(struct image *image, uint64_t from, uint64_t to)
{
	uint8_t bytes[16];
	struct effect e[4];
	uint64_t slot;

	if (from == to)
		return true;
	if (mem_read_part(&image->mem, from, bytes, sizeof(bytes)) < 16)
		return false;
	size_t n = effect_decode(image->arch, bytes, sizeof(bytes), from, e, 4);
	for (size_t i = 0; i < n && i < 2; i++)
		if (e[i].is_jump && e[i].operand[0].is_absolute)
			return !mem_read_uint(&image->mem,
				       (uint64_t)e[i].operand[0].disp, 8,
				       &slot) &&
			       slot == to;
	return false;
}

/* A call through a pointer is one of the function only where the pointer is
 * known still: what it called may have come here by a jump. */
static bool calls(struct side *from, uint64_t entry)
{
	const struct effect *e = &from->code.insn[from->at];
	const struct operand *o = &e->operand[0];
	struct spot here = side_spot(from);
	struct place p = { .kind = PLACE_REGISTER, .reg = o->reg, .size = 8 };
	struct past_value to, addr;

	if (e->has_target)
		return leads_to(from->image, e->target, entry);
	if (o->kind == OPERAND_MEMORY) {
		if (!past_address(&here, o, &addr))
			return false;
		p = past_memory(&here, o, addr.value);
	}
	return past_value(&here, &p, &to) &&
	       leads_to(from->image, to.value, entry);
}

/*
 * The function that came here by a jump, as the call sites' debug info tells:
 * it has given its frame back, so that its CFA is the callee's, and of its
 * registers those are known that it has to keep.
 */
static const char *open_jump(const struct side *s, struct side *ret)
{
	const struct arch *arch = s->image->arch;
	struct frame *f = arena_memdup(s->arena, ret->frame, sizeof(*f));
	const struct effect *e = &ret->code.insn[ret->at];

	if (!e->is_jump || !e->has_target ||
		!leads_to(s->image, e->target, s->code.entry))
		return "the function was entered by a jump (tail call) from "
		       "one that has left no frame";
	f->cfa = s->frame->cfa;
	f->cfa_known = s->frame->cfa_known;
	f->regs.known &= arch->callee_saved | arch->of_thread;
	f->regs.carried = 0;
	ret->frame = f;
	return NULL;
}

static const char *open_caller(struct side *s, struct side *ret)
{
	size_t level = outermost(s->trace, s->level) + 1;

	if (level >= s->trace->n)
		return "there is no caller in the trace";
	const struct frame *f = &s->trace->frames[level];
	if (f->signal || f->interrupted)
		return "the kernel called the function, for a signal";
	if (side_open(s->image, s->trace, level, s->arena, ret))
		return arena_strdup(s->arena, err_msg());
	if (f->how == HOW_TAILCALL)
		return open_jump(s, ret);
	if (ret->code.insn[ret->at].kind != EFFECT_CALL)
		return "what comes before the caller's return address is no "
		       "call";
	if (!calls(ret, s->code.entry))
		return ret->code.insn[ret->at].has_target
			       ? "the caller called another function, which "
				 "came here by a jump (tail call)"
			       : "the caller called through a pointer, which "
				 "is not known to have been to this function: "
				 "another may have come here by a jump";
	return NULL;
}

struct side *side_caller(struct side *s, const char **ret_why)
{
	if (!s->caller && !s->caller_why) {
		struct side *caller = arena_new(s->arena, struct side);

		s->caller_why = open_caller(s, caller);
		if (!s->caller_why)
			s->caller = caller;
	}
	*ret_why = s->caller_why;
	return s->caller;
}

bool spot_register(const struct spot *s, int reg, uint64_t *ret)
{
	struct side *side = s->side;
	const struct arch *arch = side->image->arch;
	int64_t size;
	bool fp;

	if (reg < 0)
		return false;
	if (!(s->changed >> reg & 1) &&
		regs_has(&side->frame->regs, (unsigned)reg)) {
		*ret = side->frame->regs.v[reg];
		return true;
	}
	if ((reg != (int)arch->sp && reg != (int)arch->fp) ||
		!side->frame->cfa_known ||
		!code_frame_size(&side->code, s->i, &fp, &size) ||
		fp != (reg == (int)arch->fp))
		return false;
	*ret = side->frame->cfa - (uint64_t)size;
	return true;
}

bool spot_address(const struct spot *s, const struct operand *o, uint64_t *ret)
{
	uint64_t addr = (uint64_t)o->disp, v;

	if (o->unclear)
		return false;
	if (o->base >= 0) {
		if (!spot_register(s, o->base, &v))
			return false;
		addr += v;
	}
	if (o->index >= 0) {
		if (!spot_register(s, o->index, &v))
			return false;
		addr += v * o->scale;
	}
	if (o->segment >= 0) {
		if (!spot_register(s, o->segment, &v))
			return false;
		addr += v;
	}
	*ret = addr;
	return true;
}

struct spot spot_back(const struct spot *s, size_t i)
{
	struct spot r = *s;

	r.i = i;
	reach_between(s, i, &r.changed, &r.vector_changed);
	return r;
}

bool spot_is_own(const struct spot *s, const struct operand *o)
{
	const struct arch *arch = s->side->image->arch;
	int64_t size;
	bool fp;

	if (o->index >= 0 || o->segment >= 0 || o->base < 0)
		return false;
	if (o->base == (int)arch->sp)
		return true;
	return o->base == (int)arch->fp &&
	       code_frame_size(&s->side->code, s->i, &fp, &size) && fp;
}
