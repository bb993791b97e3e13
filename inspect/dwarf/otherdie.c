/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is known of another variable, or of the caller's call site, becomes a
 * place or a cell here.  What is not known has its reason.
 */
#include "inspect/dwarf/otherdie.h"

#include "inspect/dwarf/attr.h"
#include "inspect/dwarf/passed.h"
#include "inspect/dwarf/place.h"

#include <string.h>

enum err otherdie_nested(struct machine *m, struct expr_ctx *in)
{
	*in = *m->c;
	if (++in->depth > MAX_EXPR_CALLS)
		return err_set(ERR_LIMIT,
			"location expression: calls nested deeper than %d",
			MAX_EXPR_CALLS);
	return OK;
}

enum err otherdie_implicit_pointer(struct machine *m, const Dwarf_Op *op)
{
	struct loc *target = arena_new(m->c->arena, struct loc);
	struct loc loc = { .kind = LOC_IMPLICIT, .target = target };
	struct expr_ctx in;
	Dwarf_Die die;

	if (!m->c->attr || dwarf_getlocation_die(m->c->attr, op, &die))
		return machine_bad(
			op, "the variable it points at is not there");
	loc.target_offset = (int64_t)op->number2;
	*target = loc_none(ABSENT_OPTIMIZED_OUT, NULL);
	/* A list may point at itself: the far end stays unknown. */
	if (otherdie_nested(m, &in) == OK && place_die(&in, &die, target))
		*target = loc_none(ABSENT_OPTIMIZED_OUT,
			arena_printf(m->c->arena, "%s", err_msg()));
	machine_place(m, loc);
	return OK;
}

enum err otherdie_value(struct machine *m, const Dwarf_Op *op)
{
	struct expr_ctx in;
	Dwarf_Die die, type;
	struct loc loc;
	uint64_t size = sizeof(uint64_t);
	uint8_t bytes[CELL_MAX_SIZE] = { 0 };
	enum absent absent = PRESENT;

	TRY(otherdie_nested(m, &in));
	if (!m->c->attr || dwarf_getlocation_die(m->c->attr, op, &die))
		return machine_bad(op, "the variable it names is not there");
	if (attr_ref(&die, DW_AT_type, &type) && !dwarf_peel_type(&type, &type))
		attr_uint(&type, DW_AT_byte_size, &size);
	if (size > sizeof(uint64_t))
		return machine_bad(op, "the variable it names is too large");
	TRY(place_die(&in, &die, &loc));
	enum err e = loc_read(&loc, &m->c->image->mem, bytes, size, &absent);

	if (e == ERR_INTERRUPTED)
		return e;
	if (e)
		return machine_push(m, cell_absent(absent, loc.why));
	return machine_push(
		m, cell_of_bytes(CELL_GENERIC, sizeof(uint64_t), bytes, size));
}

static enum err push_passed(
	struct machine *m, enum passed_kind kind, unsigned reg)
{
	struct passed_what what = { .kind = kind, .reg = reg };
	struct cell cell;

	TRY(passed_cell(m->c, &what, &cell));
	return machine_push(m, cell);
}

bool otherdie_register(const Dwarf_Op *op, unsigned *ret)
{
	if (op->atom >= DW_OP_reg0 && op->atom <= DW_OP_reg31)
		*ret = op->atom - DW_OP_reg0;
	else if (op->atom == DW_OP_regx)
		*ret = (unsigned)op->number;
	else
		return false;
	return true;
}

/* What a register points at: of that the caller may tell, too. */
static bool op_pointee(const Dwarf_Op *ops, size_t n, unsigned *ret)
{
	if (n != 2 ||
		(ops[1].atom != DW_OP_deref && ops[1].atom != DW_OP_deref_size))
		return false;
	if (ops[0].atom >= DW_OP_breg0 && ops[0].atom <= DW_OP_breg31 &&
		ops[0].number == 0)
		*ret = ops[0].atom - DW_OP_breg0;
	else if (ops[0].atom == DW_OP_bregx && ops[0].number2 == 0)
		*ret = (unsigned)ops[0].number;
	else
		return false;
	return true;
}

enum err otherdie_entry_value(struct machine *m, const Dwarf_Op *op)
{
	Dwarf_Attribute a;
	Dwarf_Op *ops;
	size_t n;
	unsigned reg;

	if (!m->c->attr || dwarf_getlocation_attr(m->c->attr, op, &a) ||
		dwarf_getlocation(&a, &ops, &n))
		return machine_bad(op, "its expression is not there");
	if (op_pointee(ops, n, &reg))
		return push_passed(m, PASSED_POINTEE, reg);
	if (n != 1 || (!otherdie_register(&ops[0], &reg) &&
			      ops[0].atom != DW_OP_regval_type &&
			      ops[0].atom != DW_OP_GNU_regval_type))
		return machine_push(
			m, cell_absent(ABSENT_OPTIMIZED_OUT,
				   "it is the entry value of memory, which the "
				   "caller does not describe"));
	if (!otherdie_register(&ops[0], &reg))
		reg = (unsigned)ops[0].number;
	return push_passed(m, PASSED_REGISTER, reg);
}

enum err otherdie_parameter_ref(struct machine *m, const Dwarf_Op *op)
{
	struct passed_what what = { .kind = PASSED_PARAMETER };
	struct cell cell;

	if (!m->c->attr ||
		dwarf_getlocation_die(m->c->attr, op, &what.parameter))
		return machine_bad(op, "the parameter it names is not there");
	TRY(passed_cell(m->c, &what, &cell));
	return machine_push(m, cell);
}
