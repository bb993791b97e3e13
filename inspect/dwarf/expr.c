/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The machine has a stack of typed cells and, beside it, the place that the
 * last operation named (a register, bytes, an implicit pointer, a finished
 * value).  A piece operation takes that place, or the address on top of the
 * stack, or nothing: a part that was optimized out.  So does the end.
 *
 * A register that is not known, or memory that is not there, does not stop the
 * machine: a cell without a value goes on in its place and makes everything
 * that is computed from it absent for the same reason.  Thus one unknown piece
 * leaves the others readable.  Only a branch on an absent cell ends the
 * expression, since it cannot be known where it would go on.
 *
 * Hostile input: steps, depth of the stack, nested calls and pieces are
 * bounded by limits.h.
 */
#include "inspect/dwarf/expr.h"

#include "inspect/base/limits.h"
#include "inspect/dwarf/attr.h"
#include "inspect/dwarf/machine.h"
#include "inspect/dwarf/otherdie.h"
#include "inspect/dwarf/place.h"
#include "inspect/dwarf/register.h"
#include "inspect/dwarf/scope.h"
#include "inspect/dwarf/tls.h"
#include "inspect/dwarf/typed.h"

static enum err machine_run(
	struct machine *, const struct expr_ctx *, const Dwarf_Op *, size_t n);

/* ---- registers --------------------------------------------------------- */

static enum err reg_plus(struct machine *m, unsigned dwarf, uint64_t offset)
{
	struct cell c;

	TRY(register_cell(m->c, dwarf, CELL_GENERIC, sizeof(uint64_t), &c));
	return machine_push(
		m, c.absent ? c : cell_generic(cell_uint(&c) + offset));
}

/* ---- frame base and CFA ------------------------------------------------ */

static enum err push_cfa(struct machine *m)
{
	const struct frame *f = m->c->frame;

	if (f && f->cfa_known)
		return machine_push(m, cell_generic(f->cfa));
	return machine_push(
		m, cell_absent(ABSENT_NOT_SAVED,
			   f ? "the frame's address (CFA) is not known"
			     : "it is in a frame, and there is none"));
}

static enum err frame_base(const struct expr_ctx *c, struct cell *ret)
{
	const struct scope *s = c->scope;
	struct expr_ctx in = *c;
	Dwarf_Attribute a;
	struct loc loc;
	enum absent absent;
	uint64_t v;

	if (!s || !c->frame) {
		*ret = cell_absent(ABSENT_NOT_SAVED,
			"it is in a frame, and there is none");
		return OK;
	}
	Dwarf_Die die = die_dw(&s->function->die);

	if (!attr_get(&die, DW_AT_frame_base, &a))
		return err_set(ERR_BADDATA,
			"function %s has no frame base, and a variable needs "
			"it",
			s->function->name ? s->function->name : "?");
	in.depth++;
	TRY(place_attr(&in, &a, &loc));
	if (loc.kind == LOC_NONE) {
		*ret = cell_absent(loc.absent, loc.why);
		return OK;
	}
	enum err e = place_number(&in, &loc, &absent, &v);

	if (e != OK && e != ERR_ABSENT)
		return e;
	*ret = e ? cell_absent(absent, arena_strdup(c->arena, err_msg()))
		 : cell_generic(v);
	return OK;
}

static enum err push_fbreg(struct machine *m, uint64_t offset)
{
	struct cell c;

	TRY(frame_base(m->c, &c));
	return machine_push(
		m, c.absent ? c : cell_generic(cell_uint(&c) + offset));
}

/* ---- addresses --------------------------------------------------------- */

static bool is_tls_op(unsigned atom)
{
	return atom == DW_OP_form_tls_address ||
	       atom == DW_OP_GNU_push_tls_address;
}

/* DW_OP_addrx, DW_OP_constx: an entry of .debug_addr, which libdw gives as an
 * address for the one and as a constant for the other. */
static enum err indexed(struct machine *m, const Dwarf_Op *op, bool biased)
{
	Dwarf_Attribute a;
	Dwarf_Addr v;
	Dwarf_Word constant;

	if (!m->c->attr || dwarf_getlocation_attr(m->c->attr, op, &a))
		return machine_bad(op, "its entry of .debug_addr is not there");
	if (dwarf_formaddr(&a, &v)) {
		if (dwarf_formudata(&a, &constant))
			return machine_bad(
				op, "its entry of .debug_addr is bad");
		v = constant;
	}
	return machine_push(
		m, cell_generic(v + (biased ? m->c->module->bias : 0)));
}

static enum err tls(struct machine *m, const Dwarf_Op *op)
{
	struct cell c;

	TRY(machine_pop(m, op, &c));
	if (c.absent)
		return machine_push(m, c);
	struct loc loc = tls_place(m->c->image, m->c->module, m->c->frame,
		cell_uint(&c), m->c->arena);

	if (loc.kind == LOC_ADDR && !loc.why)
		return machine_push(m, cell_generic(loc.addr));
	if (loc.kind == LOC_NONE)
		return machine_push(m, cell_absent(loc.absent, loc.why));
	machine_place(m, loc);
	return OK;
}

/* ---- calls ------------------------------------------------------------- */

/* DW_OP_call*: the other DIE's expression works on this stack; a DIE without
 * one is no operation (DWARF 5, 2.5.1.5). */
static enum err call(struct machine *m, const Dwarf_Op *op)
{
	struct expr_ctx in;
	Dwarf_Attribute a;
	Dwarf_Op *ops;
	size_t n;

	TRY(otherdie_nested(m, &in));
	if (!m->c->attr || dwarf_getlocation_attr(m->c->attr, op, &a))
		return OK;
	if (dwarf_getlocation(&a, &ops, &n))
		return machine_bad(op, dwarf_errmsg(-1));
	in.attr = &a;
	return machine_run(m, &in, ops, n);
}

/* ---- control ----------------------------------------------------------- */

/* Index of the operation at a byte offset; n: the end. */
static enum err jump(
	const Dwarf_Op *ops, size_t n, const Dwarf_Op *op, size_t *ret)
{
	/* The operand counts from behind the operation's three bytes. */
	uint64_t target = op->offset + 3 + op->number;
	size_t low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (ops[mid].offset < target)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < n && ops[low].offset != target)
		return machine_bad(op, "jumps into the middle of an operation");
	*ret = low;
	return OK;
}

static enum err control(struct machine *m, const Dwarf_Op *ops, size_t n,
	size_t i, size_t *ret_next)
{
	struct cell c;

	if (ops[i].atom == DW_OP_bra) {
		TRY(machine_pop(m, &ops[i], &c));
		if (c.absent) {
			machine_place(m, loc_none(c.absent, c.why));
			m->stopped = true;
			return OK;
		}
		if (!cell_uint(&c))
			return OK;
	}
	return jump(ops, n, &ops[i], ret_next);
}

/* ---- one operation ----------------------------------------------------- */

static enum err misc(struct machine *m, const Dwarf_Op *op)
{
	switch (op->atom) {
	case DW_OP_nop:
		return OK;
	case DW_OP_call_frame_cfa:
		return push_cfa(m);
	case DW_OP_push_object_address:
		if (!m->c->has_object)
			return machine_push(
				m, cell_absent(ABSENT_OPTIMIZED_OUT,
					   "it needs the address of an "
					   "object that has none"));
		return machine_push(m, cell_generic(m->c->object));
	case DW_OP_form_tls_address:
	case DW_OP_GNU_push_tls_address:
		return tls(m, op);
	case DW_OP_call2:
	case DW_OP_call4:
	case DW_OP_call_ref:
		return call(m, op);
	case DW_OP_entry_value:
	case DW_OP_GNU_entry_value:
		return otherdie_entry_value(m, op);
	case DW_OP_GNU_parameter_ref:
		return otherdie_parameter_ref(m, op);
	case DW_OP_GNU_variable_value:
		return otherdie_value(m, op);
	case DW_OP_implicit_pointer:
	case DW_OP_GNU_implicit_pointer:
		return otherdie_implicit_pointer(m, op);
	case DW_OP_implicit_value:
		return machine_implicit_value(m, op);
	case DW_OP_stack_value:
		return machine_stack_value(m, op);
	case DW_OP_piece:
		return machine_piece(m, op->number * 8, 0);
	case DW_OP_bit_piece:
		return machine_piece(m, op->number, op->number2);
	case DW_OP_GNU_uninit: /* the value may be garbage, is there though */
		return OK;
	case DW_OP_xderef:
	case DW_OP_xderef_size:
	case DW_OP_xderef_type:
		return machine_unsupported(op, " (another address space)");
	default:
		return machine_unsupported(op, "");
	}
}

static enum err step(struct machine *m, const Dwarf_Op *op, bool before_tls)
{
	unsigned atom = op->atom;
	unsigned reg;

	if (atom >= DW_OP_lit0 && atom <= DW_OP_lit31)
		return machine_push(m, cell_generic(atom - DW_OP_lit0));
	if (atom >= DW_OP_breg0 && atom <= DW_OP_breg31)
		return reg_plus(m, atom - DW_OP_breg0, op->number);
	if (otherdie_register(op, &reg)) {
		machine_place(m, register_place(m->c, reg));
		return OK;
	}
	switch (atom) {
	case DW_OP_addr:
		return machine_push(
			m, cell_generic(op->number +
					(before_tls ? 0 : m->c->module->bias)));
	case DW_OP_const1u ... DW_OP_consts:
		return machine_push(m, cell_generic(op->number));
	case DW_OP_addrx:
	case DW_OP_GNU_addr_index:
		return indexed(m, op, !before_tls);
	case DW_OP_constx:
	case DW_OP_GNU_const_index:
		return indexed(m, op, false);
	case DW_OP_bregx:
		return reg_plus(m, (unsigned)op->number, op->number2);
	case DW_OP_fbreg:
		return push_fbreg(m, op->number);
	case DW_OP_dup:
	case DW_OP_drop:
	case DW_OP_over:
	case DW_OP_pick:
	case DW_OP_swap:
	case DW_OP_rot:
		return machine_stack_op(m, op);
	case DW_OP_abs:
	case DW_OP_neg:
	case DW_OP_not:
	case DW_OP_plus_uconst:
		return machine_unary(m, op);
	case DW_OP_and:
	case DW_OP_div:
	case DW_OP_minus:
	case DW_OP_mod:
	case DW_OP_mul:
	case DW_OP_or:
	case DW_OP_plus:
	case DW_OP_shl:
	case DW_OP_shr:
	case DW_OP_shra:
	case DW_OP_xor:
	case DW_OP_eq:
	case DW_OP_ge:
	case DW_OP_gt:
	case DW_OP_le:
	case DW_OP_lt:
	case DW_OP_ne:
		return machine_binary(m, op);
	case DW_OP_deref:
		return typed_deref(m, op, CELL_GENERIC, sizeof(uint64_t));
	case DW_OP_deref_size:
		return typed_deref(m, op, CELL_GENERIC, op->number);
	case DW_OP_const_type:
	case DW_OP_GNU_const_type:
	case DW_OP_regval_type:
	case DW_OP_GNU_regval_type:
	case DW_OP_deref_type:
	case DW_OP_GNU_deref_type:
	case DW_OP_convert:
	case DW_OP_GNU_convert:
	case DW_OP_reinterpret:
	case DW_OP_GNU_reinterpret:
		return typed_op(m, op);
	default:
		return misc(m, op);
	}
}

static enum err machine_run(struct machine *m, const struct expr_ctx *c,
	const Dwarf_Op *ops, size_t n)
{
	const struct expr_ctx *outer = m->c;
	enum err e = OK;

	m->c = c;
	for (size_t i = 0; e == OK && i < n && !m->stopped;) {
		size_t next = i + 1;

		if (++m->steps > MAX_EXPR_OPS) {
			e = err_set(ERR_LIMIT,
				"location expression: more than %d steps",
				MAX_EXPR_OPS);
			break;
		}
		if (ops[i].atom == DW_OP_bra || ops[i].atom == DW_OP_skip)
			e = control(m, ops, n, i, &next);
		else
			e = step(m, &ops[i],
				next < n && is_tls_op(ops[next].atom));
		i = next;
	}
	m->c = outer;
	return e;
}

enum err expr_eval(const struct expr_ctx *c, const Dwarf_Op *ops, size_t n,
	struct loc *ret)
{
	struct machine m;

	m.c = c;
	m.n = m.npieces = m.cap = 0;
	m.steps = 0;
	m.placed = m.stopped = false;
	m.pieces = NULL;
	if (c->depth > MAX_EXPR_CALLS)
		return err_set(ERR_LIMIT,
			"location expression: nested deeper than %d",
			MAX_EXPR_CALLS);
	if (c->has_initial)
		TRY(machine_push(&m, cell_generic(c->initial)));
	TRY(machine_run(&m, c, ops, n));
	if (!m.npieces || m.stopped) {
		*ret = machine_take_place(&m);
		return OK;
	}
	*ret = (struct loc){
		.kind = LOC_PIECES,
		.pieces = m.pieces,
		.n = m.npieces,
	};
	return OK;
}
