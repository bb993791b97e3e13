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
#include "inspect/dwarf/call_site.h"
#include "inspect/dwarf/cell.h"
#include "inspect/dwarf/place.h"
#include "inspect/dwarf/register.h"
#include "inspect/dwarf/scope.h"
#include "inspect/dwarf/tls.h"

#include <string.h>

struct machine {
	const struct expr_ctx *c;
	struct cell stack[MAX_EXPR_STACK];
	size_t n;
	bool placed; /* at is the place; else the top of the stack is it */
	struct loc at;
	struct piece *pieces;
	size_t npieces, cap;
	unsigned steps;
	bool stopped; /* by a branch on an absent cell: at says why */
};

static enum err machine_run(
	struct machine *, const struct expr_ctx *, const Dwarf_Op *, size_t n);

static enum err bad_op(const Dwarf_Op *op, const char *what)
{
	return err_set(ERR_BADDATA,
		"location expression: operation 0x%x at byte %llu: %s",
		op->atom, (unsigned long long)op->offset, what);
}

static enum err unsupported(const Dwarf_Op *op, const char *what)
{
	return err_set(ERR_UNSUPPORTED,
		"location expression: operation 0x%x%s is not supported",
		op->atom, what);
}

static enum err push(struct machine *m, struct cell c)
{
	if (m->n >= MAX_EXPR_STACK)
		return err_set(ERR_LIMIT,
			"location expression: more than %d values on its stack",
			MAX_EXPR_STACK);
	m->stack[m->n++] = c;
	return OK;
}

static enum err pop(struct machine *m, const Dwarf_Op *op, struct cell *ret)
{
	if (!m->n)
		return bad_op(op, "the stack is empty");
	*ret = m->stack[--m->n];
	return OK;
}

static void place(struct machine *m, struct loc loc)
{
	m->at = loc;
	m->placed = true;
}

/* ---- registers --------------------------------------------------------- */

static enum err reg_plus(struct machine *m, unsigned dwarf, uint64_t offset)
{
	struct cell c;

	TRY(register_cell(m->c, dwarf, CELL_GENERIC, sizeof(uint64_t), &c));
	return push(m, c.absent ? c : cell_generic(cell_uint(&c) + offset));
}

/* ---- frame base and CFA ------------------------------------------------ */

static enum err push_cfa(struct machine *m)
{
	const struct frame *f = m->c->frame;

	if (f && f->cfa_known)
		return push(m, cell_generic(f->cfa));
	return push(m, cell_absent(ABSENT_NOT_SAVED,
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
	*ret = e ? cell_absent(absent, err_msg()) : cell_generic(v);
	return OK;
}

static enum err push_fbreg(struct machine *m, uint64_t offset)
{
	struct cell c;

	TRY(frame_base(m->c, &c));
	return push(m, c.absent ? c : cell_generic(cell_uint(&c) + offset));
}

/* ---- memory ------------------------------------------------------------ */

static enum err deref(struct machine *m, const Dwarf_Op *op,
	enum cell_class class, uint64_t size)
{
	struct mem *mem = &m->c->image->mem;
	uint8_t bytes[CELL_MAX_SIZE] = { 0 };
	struct cell at;

	TRY(pop(m, op, &at));
	if (size == 0 || size > CELL_MAX_SIZE)
		return bad_op(op, "a size that no base type has");
	if (at.absent)
		return push(m, at);
	uint64_t addr = cell_uint(&at);
	enum err e = mem_read(mem, addr, bytes, size);

	if (e == OK) {
		unsigned n = class == CELL_GENERIC ? sizeof(uint64_t)
						   : (unsigned)size;
		return push(m, cell_of_bytes(class, n, bytes, size));
	}
	if (e == ERR_INTERRUPTED)
		return e;
	const char *why = NULL;
	enum absent absent = mem_absent(mem, addr, &why);

	return push(m, cell_absent(absent ? absent : ABSENT_NOT_IN_CORE,
			       arena_printf(m->c->arena, "%s", err_msg())));
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
		return bad_op(op, "its entry of .debug_addr is not there");
	if (dwarf_formaddr(&a, &v)) {
		if (dwarf_formudata(&a, &constant))
			return bad_op(op, "its entry of .debug_addr is bad");
		v = constant;
	}
	return push(m, cell_generic(v + (biased ? m->c->module->bias : 0)));
}

static enum err tls(struct machine *m, const Dwarf_Op *op)
{
	struct cell c;

	TRY(pop(m, op, &c));
	if (c.absent)
		return push(m, c);
	struct loc loc = tls_place(m->c->image, m->c->module, m->c->frame,
		cell_uint(&c), m->c->arena);

	if (loc.kind == LOC_ADDR && !loc.why)
		return push(m, cell_generic(loc.addr));
	if (loc.kind == LOC_NONE)
		return push(m, cell_absent(loc.absent, loc.why));
	place(m, loc);
	return OK;
}

/* ---- typed operations -------------------------------------------------- */

static enum err base_type(struct machine *m, const Dwarf_Op *op,
	enum cell_class *ret_class, unsigned *ret_size)
{
	Dwarf_Die die;
	uint64_t encoding = 0, size = 0;

	if (!m->c->attr || dwarf_getlocation_die(m->c->attr, op, &die) ||
		!attr_uint(&die, DW_AT_byte_size, &size) || size == 0 ||
		size > CELL_MAX_SIZE)
		return bad_op(op, "its base type is not there");
	attr_uint(&die, DW_AT_encoding, &encoding);
	const char *name = attr_str(&die, DW_AT_name);

	*ret_size = (unsigned)size;
	*ret_class = CELL_UNSIGNED;
	if (encoding == DW_ATE_signed || encoding == DW_ATE_signed_char)
		*ret_class = CELL_SIGNED;
	/* Only the name tells x87's 16 bytes from IEEE's. */
	if (encoding == DW_ATE_float)
		*ret_class = size == 16 && name && strstr(name, "loat128")
				     ? CELL_FLOAT128
				     : CELL_FLOAT;
	return OK;
}

static enum err const_type(struct machine *m, const Dwarf_Op *op)
{
	enum cell_class class;
	unsigned size;
	Dwarf_Attribute a;
	Dwarf_Block block;

	TRY(base_type(m, op, &class, &size));
	if (dwarf_getlocation_attr(m->c->attr, op, &a) ||
		dwarf_formblock(&a, &block) || block.length > size)
		return bad_op(op, "its constant is not there");
	return push(m, cell_of_bytes(class, size, block.data, block.length));
}

static enum err convert(struct machine *m, const Dwarf_Op *op)
{
	enum cell_class class = CELL_GENERIC;
	unsigned size = sizeof(uint64_t);
	struct cell c, r;
	bool reinterpret = op->atom == DW_OP_reinterpret ||
			   op->atom == DW_OP_GNU_reinterpret;

	if (op->number != 0) /* 0: to the generic type */
		TRY(base_type(m, op, &class, &size));
	TRY(pop(m, op, &c));
	if (!reinterpret)
		return push(m, cell_convert(&c, class, size));
	TRY(cell_reinterpret(&c, class, size, &r));
	return push(m, r);
}

static enum err typed(struct machine *m, const Dwarf_Op *op)
{
	enum cell_class class;
	unsigned size;
	struct cell c;

	switch (op->atom) {
	case DW_OP_const_type:
	case DW_OP_GNU_const_type:
		return const_type(m, op);
	case DW_OP_regval_type:
	case DW_OP_GNU_regval_type:
		TRY(base_type(m, op, &class, &size));
		TRY(register_cell(m->c, (unsigned)op->number, class, size, &c));
		return push(m, c);
	case DW_OP_deref_type:
	case DW_OP_GNU_deref_type:
		TRY(base_type(m, op, &class, &size));
		return deref(m, op, class, op->number);
	default:
		return convert(m, op);
	}
}

/* ---- other DIEs -------------------------------------------------------- */

static enum err nested(struct machine *m, struct expr_ctx *in)
{
	*in = *m->c;
	if (++in->depth > MAX_EXPR_CALLS)
		return err_set(ERR_LIMIT,
			"location expression: calls nested deeper than %d",
			MAX_EXPR_CALLS);
	return OK;
}

/* DW_OP_call*: the other DIE's expression works on this stack; a DIE without
 * one is no operation (DWARF 5, 2.5.1.5). */
static enum err call(struct machine *m, const Dwarf_Op *op)
{
	struct expr_ctx in;
	Dwarf_Attribute a;
	Dwarf_Op *ops;
	size_t n;

	TRY(nested(m, &in));
	if (!m->c->attr || dwarf_getlocation_attr(m->c->attr, op, &a))
		return OK;
	if (dwarf_getlocation(&a, &ops, &n))
		return bad_op(op, dwarf_errmsg(-1));
	in.attr = &a;
	return machine_run(m, &in, ops, n);
}

static enum err implicit_pointer(struct machine *m, const Dwarf_Op *op)
{
	struct loc *target = arena_new(m->c->arena, struct loc);
	struct loc loc = { .kind = LOC_IMPLICIT, .target = target };
	struct expr_ctx in;
	Dwarf_Die die;

	if (!m->c->attr || dwarf_getlocation_die(m->c->attr, op, &die))
		return bad_op(op, "the variable it points at is not there");
	loc.target_offset = (int64_t)op->number2;
	*target = loc_none(ABSENT_OPTIMIZED_OUT, NULL);
	/* A list may point at itself: the far end stays unknown. */
	if (nested(m, &in) == OK && place_die(&in, &die, target))
		*target = loc_none(ABSENT_OPTIMIZED_OUT,
			arena_printf(m->c->arena, "%s", err_msg()));
	place(m, loc);
	return OK;
}

/* The value of another variable (DW_OP_GNU_variable_value). */
static enum err variable_value(struct machine *m, const Dwarf_Op *op)
{
	struct expr_ctx in;
	Dwarf_Die die, type;
	struct loc loc;
	uint64_t size = sizeof(uint64_t);
	uint8_t bytes[CELL_MAX_SIZE] = { 0 };
	enum absent absent = PRESENT;

	TRY(nested(m, &in));
	if (!m->c->attr || dwarf_getlocation_die(m->c->attr, op, &die))
		return bad_op(op, "the variable it names is not there");
	if (attr_ref(&die, DW_AT_type, &type) && !dwarf_peel_type(&type, &type))
		attr_uint(&type, DW_AT_byte_size, &size);
	if (size > sizeof(uint64_t))
		return bad_op(op, "the variable it names is too large");
	TRY(place_die(&in, &die, &loc));
	enum err e = loc_read(&loc, &m->c->image->mem, bytes, size, &absent);

	if (e == ERR_INTERRUPTED)
		return e;
	if (e)
		return push(m, cell_absent(absent, loc.why));
	return push(
		m, cell_of_bytes(CELL_GENERIC, sizeof(uint64_t), bytes, size));
}

static enum err push_entry(struct machine *m, const struct loc *loc)
{
	enum absent absent;
	uint64_t v;

	if (loc->kind == LOC_NONE)
		return push(m, cell_absent(loc->absent, loc->why));
	if (loc->kind == LOC_BYTES && loc->n > sizeof(uint64_t))
		return push(m, cell_of_bytes(CELL_UNSIGNED, CELL_MAX_SIZE,
				       loc->bytes, loc->n));
	enum err e = place_number(m->c, loc, &absent, &v);

	if (e == OK)
		return push(m, cell_generic(v));
	if (e != ERR_ABSENT)
		return e;
	return push(m, cell_absent(absent,
			       arena_printf(m->c->arena, "%s", err_msg())));
}

static bool op_register(const Dwarf_Op *op, unsigned *ret)
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

static enum err entry_value(struct machine *m, const Dwarf_Op *op)
{
	struct expr_ctx in;
	Dwarf_Attribute a;
	Dwarf_Op *ops;
	size_t n;
	unsigned reg;
	struct loc loc;

	TRY(nested(m, &in));
	if (!m->c->attr || dwarf_getlocation_attr(m->c->attr, op, &a) ||
		dwarf_getlocation(&a, &ops, &n))
		return bad_op(op, "its expression is not there");
	if (op_pointee(ops, n, &reg)) {
		TRY(call_site_pointee(&in, reg, &loc));
		return push_entry(m, &loc);
	}
	if (n != 1 || (!op_register(&ops[0], &reg) &&
			      ops[0].atom != DW_OP_regval_type &&
			      ops[0].atom != DW_OP_GNU_regval_type))
		return push(
			m, cell_absent(ABSENT_OPTIMIZED_OUT,
				   "it is the entry value of memory, which the "
				   "caller does not describe"));
	if (!op_register(&ops[0], &reg))
		reg = (unsigned)ops[0].number;
	TRY(call_site_register(&in, reg, &loc));
	return push_entry(m, &loc);
}

static enum err parameter_ref(struct machine *m, const Dwarf_Op *op)
{
	struct expr_ctx in;
	Dwarf_Die die;
	struct loc loc;

	TRY(nested(m, &in));
	if (!m->c->attr || dwarf_getlocation_die(m->c->attr, op, &die))
		return bad_op(op, "the parameter it names is not there");
	TRY(call_site_parameter(&in, &die, &loc));
	return push_entry(m, &loc);
}

/* ---- places ------------------------------------------------------------ */

static enum err implicit_value(struct machine *m, const Dwarf_Op *op)
{
	Dwarf_Block block;

	if (!m->c->attr ||
		dwarf_getlocation_implicit_value(m->c->attr, op, &block))
		return bad_op(op, "its bytes are not there");
	place(m, loc_bytes(block.data, block.length, m->c->arena));
	return OK;
}

static enum err stack_value(struct machine *m, const Dwarf_Op *op)
{
	struct cell c;

	TRY(pop(m, op, &c));
	place(m, c.absent ? loc_none(c.absent, c.why)
			  : loc_bytes(c.bytes, c.size, m->c->arena));
	return OK;
}

/* What has been described since the start or the last piece. */
static struct loc take_place(struct machine *m)
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

static enum err piece(struct machine *m, uint64_t bits, uint64_t bit_offset)
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
	*p->loc = take_place(m);
	return OK;
}

/* ---- the stack itself -------------------------------------------------- */

static enum err stack_pick(struct machine *m, const Dwarf_Op *op, uint64_t i)
{
	if (i >= m->n)
		return bad_op(op, "the stack is not that deep");
	return push(m, m->stack[m->n - 1 - i]);
}

static enum err stack_op(struct machine *m, const Dwarf_Op *op)
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
		return pop(m, op, &a);
	case DW_OP_swap:
		TRY(pop(m, op, &a));
		TRY(pop(m, op, &b));
		TRY(push(m, a));
		return push(m, b);
	default: /* DW_OP_rot: the top goes third */
		TRY(pop(m, op, &a));
		TRY(pop(m, op, &b));
		TRY(pop(m, op, &c));
		TRY(push(m, a));
		TRY(push(m, c));
		return push(m, b);
	}
}

static enum err binary(struct machine *m, const Dwarf_Op *op)
{
	struct cell a, b, r;

	TRY(pop(m, op, &b));
	TRY(pop(m, op, &a));
	TRY(cell_binary(op->atom, &a, &b, &r));
	return push(m, r);
}

static enum err unary(struct machine *m, const Dwarf_Op *op)
{
	struct cell a, r;

	TRY(pop(m, op, &a));
	if (op->atom == DW_OP_plus_uconst) {
		struct cell b = cell_generic(op->number);

		b.class = a.class;
		b.size = a.size;
		TRY(cell_binary(DW_OP_plus, &a, &b, &r));
	} else {
		TRY(cell_unary(op->atom, &a, &r));
	}
	return push(m, r);
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
		return bad_op(op, "jumps into the middle of an operation");
	*ret = low;
	return OK;
}

static enum err control(struct machine *m, const Dwarf_Op *ops, size_t n,
	size_t i, size_t *ret_next)
{
	struct cell c;

	if (ops[i].atom == DW_OP_bra) {
		TRY(pop(m, &ops[i], &c));
		if (c.absent) {
			place(m, loc_none(c.absent, c.why));
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
			return push(m, cell_absent(ABSENT_OPTIMIZED_OUT,
					       "it needs the address of an "
					       "object that has none"));
		return push(m, cell_generic(m->c->object));
	case DW_OP_form_tls_address:
	case DW_OP_GNU_push_tls_address:
		return tls(m, op);
	case DW_OP_call2:
	case DW_OP_call4:
	case DW_OP_call_ref:
		return call(m, op);
	case DW_OP_entry_value:
	case DW_OP_GNU_entry_value:
		return entry_value(m, op);
	case DW_OP_GNU_parameter_ref:
		return parameter_ref(m, op);
	case DW_OP_GNU_variable_value:
		return variable_value(m, op);
	case DW_OP_implicit_pointer:
	case DW_OP_GNU_implicit_pointer:
		return implicit_pointer(m, op);
	case DW_OP_implicit_value:
		return implicit_value(m, op);
	case DW_OP_stack_value:
		return stack_value(m, op);
	case DW_OP_piece:
		return piece(m, op->number * 8, 0);
	case DW_OP_bit_piece:
		return piece(m, op->number, op->number2);
	case DW_OP_GNU_uninit: /* the value may be garbage, is there though */
		return OK;
	case DW_OP_xderef:
	case DW_OP_xderef_size:
	case DW_OP_xderef_type:
		return unsupported(op, " (another address space)");
	default:
		return unsupported(op, "");
	}
}

static enum err step(struct machine *m, const Dwarf_Op *op, bool before_tls)
{
	unsigned atom = op->atom;
	unsigned reg;

	if (atom >= DW_OP_lit0 && atom <= DW_OP_lit31)
		return push(m, cell_generic(atom - DW_OP_lit0));
	if (atom >= DW_OP_breg0 && atom <= DW_OP_breg31)
		return reg_plus(m, atom - DW_OP_breg0, op->number);
	if (op_register(op, &reg)) {
		place(m, register_place(m->c, reg));
		return OK;
	}
	switch (atom) {
	case DW_OP_addr:
		return push(
			m, cell_generic(op->number +
					(before_tls ? 0 : m->c->module->bias)));
	case DW_OP_const1u ... DW_OP_consts:
		return push(m, cell_generic(op->number));
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
		return stack_op(m, op);
	case DW_OP_abs:
	case DW_OP_neg:
	case DW_OP_not:
	case DW_OP_plus_uconst:
		return unary(m, op);
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
		return binary(m, op);
	case DW_OP_deref:
		return deref(m, op, CELL_GENERIC, sizeof(uint64_t));
	case DW_OP_deref_size:
		return deref(m, op, CELL_GENERIC, op->number);
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
		return typed(m, op);
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
		TRY(push(&m, cell_generic(c->initial)));
	TRY(machine_run(&m, c, ops, n));
	if (!m.npieces || m.stopped) {
		*ret = take_place(&m);
		return OK;
	}
	*ret = (struct loc){
		.kind = LOC_PIECES,
		.pieces = m.pieces,
		.n = m.npieces,
	};
	return OK;
}
