/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A piece operation takes the place that was named, or the address on top of
 * the stack, or nothing: a part that was optimized out.  So does the end of the
 * expression.  Depth and pieces are bounded by limits.h.
 */
#include "inspect/dwarf/machine.h"

#include <dwarf.h>

enum err machine_bad(const Dwarf_Op *op, const char *what)
{
	return err_set(ERR_BADDATA,
		"location expression: operation 0x%x at byte %llu: %s",
		op->atom, (unsigned long long)op->offset, what);
}

enum err machine_unsupported(const Dwarf_Op *op, const char *what)
{
	return err_set(ERR_UNSUPPORTED,
		"location expression: operation 0x%x%s is not supported",
		op->atom, what);
}

enum err machine_push(struct machine *m, struct cell c)
{
	if (m->n >= MAX_EXPR_STACK)
		return err_set(ERR_LIMIT,
			"location expression: more than %d values on its stack",
			MAX_EXPR_STACK);
	m->stack[m->n++] = c;
	return OK;
}

enum err machine_pop(struct machine *m, const Dwarf_Op *op, struct cell *ret)
{
	if (!m->n)
		return machine_bad(op, "the stack is empty");
	*ret = m->stack[--m->n];
	return OK;
}

void machine_place(struct machine *m, struct loc loc)
{
	m->at = loc;
	m->placed = true;
}

/* ---- places ------------------------------------------------------------ */

enum err machine_implicit_value(struct machine *m, const Dwarf_Op *op)
{
	Dwarf_Block block;

	if (!m->c->attr ||
		dwarf_getlocation_implicit_value(m->c->attr, op, &block))
		return machine_bad(op, "its bytes are not there");
	machine_place(m, loc_bytes(block.data, block.length, m->c->arena));
	return OK;
}

enum err machine_stack_value(struct machine *m, const Dwarf_Op *op)
{
	struct cell c;

	TRY(machine_pop(m, op, &c));
	machine_place(m, c.absent ? loc_none(c.absent, c.why)
				  : loc_bytes(c.bytes, c.size, m->c->arena));
	return OK;
}

struct loc machine_take_place(struct machine *m)
{
	if (m->placed) {
		m->placed = false;
		return m->at;
	}
	if (!m->n)
		return loc_none(ABSENT_OPTIMIZED_OUT,
			"the debug info gives no place for this part of it");
	struct cell c = m->stack[--m->n];

	return c.absent ? loc_none(c.absent, c.why) : loc_addr(cell_uint(&c));
}

enum err machine_piece(struct machine *m, uint64_t bits, uint64_t bit_offset)
{
	if (m->npieces >= MAX_PIECES)
		return err_set(ERR_LIMIT,
			"location expression: more than %d pieces", MAX_PIECES);
	m->pieces = arena_grow(m->c->arena, m->pieces, m->npieces, &m->cap,
		sizeof(*m->pieces));
	struct piece *p = &m->pieces[m->npieces++];

	p->bits = bits;
	p->bit_offset = bit_offset;
	p->loc = arena_new(m->c->arena, struct loc);
	*p->loc = machine_take_place(m);
	return OK;
}

/* ---- the stack itself -------------------------------------------------- */

static enum err stack_pick(struct machine *m, const Dwarf_Op *op, uint64_t i)
{
	if (i >= m->n)
		return machine_bad(op, "the stack is not that deep");
	return machine_push(m, m->stack[m->n - 1 - i]);
}

enum err machine_stack_op(struct machine *m, const Dwarf_Op *op)
{
	struct cell a, b, c;

	switch (op->atom) {
	case DW_OP_dup:
		return stack_pick(m, op, 0);
	case DW_OP_over:
		return stack_pick(m, op, 1);
	case DW_OP_pick:
		return stack_pick(m, op, op->number);
	case DW_OP_drop:
		return machine_pop(m, op, &a);
	case DW_OP_swap:
		TRY(machine_pop(m, op, &a));
		TRY(machine_pop(m, op, &b));
		TRY(machine_push(m, a));
		return machine_push(m, b);
	default: /* DW_OP_rot: the top goes third */
		TRY(machine_pop(m, op, &a));
		TRY(machine_pop(m, op, &b));
		TRY(machine_pop(m, op, &c));
		TRY(machine_push(m, a));
		TRY(machine_push(m, c));
		return machine_push(m, b);
	}
}

enum err machine_binary(struct machine *m, const Dwarf_Op *op)
{
	struct cell a, b, r;

	TRY(machine_pop(m, op, &b));
	TRY(machine_pop(m, op, &a));
	TRY(cell_binary(op->atom, &a, &b, &r));
	return machine_push(m, r);
}

enum err machine_unary(struct machine *m, const Dwarf_Op *op)
{
	struct cell a, r;

	TRY(machine_pop(m, op, &a));
	if (op->atom == DW_OP_plus_uconst) {
		struct cell b = cell_generic(op->number);

		b.class = a.class;
		b.size = a.size;
		TRY(cell_binary(DW_OP_plus, &a, &b, &r));
	} else {
		TRY(cell_unary(op->atom, &a, &r));
	}
	return machine_push(m, r);
}
