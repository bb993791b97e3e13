/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A typed operation names a DIE of a base type, and its cell keeps class and
 * size.  Memory that is not there gives a cell without a value.
 */
#include "inspect/dwarf/typed.h"

#include "inspect/dwarf/attr.h"
#include "inspect/dwarf/register.h"

#include <string.h>

enum err typed_deref(struct machine *m, const Dwarf_Op *op,
	enum cell_class class, uint64_t size)
{
	struct mem *mem = &m->c->image->mem;
	uint8_t bytes[CELL_MAX_SIZE] = { 0 };
	struct cell at;

	TRY(machine_pop(m, op, &at));
	if (size == 0 || size > CELL_MAX_SIZE)
		return machine_bad(op, "a size that no base type has");
	if (at.absent)
		return machine_push(m, at);
	uint64_t addr = cell_uint(&at);
	enum err e = mem_read(mem, addr, bytes, size);

	if (e == OK) {
		unsigned n = class == CELL_GENERIC ? sizeof(uint64_t)
						   : (unsigned)size;
		return machine_push(m, cell_of_bytes(class, n, bytes, size));
	}
	if (e == ERR_INTERRUPTED)
		return e;
	const char *why = NULL;
	enum absent absent = mem_absent(mem, addr, &why);

	return machine_push(
		m, cell_absent(absent ? absent : ABSENT_NOT_IN_CORE,
			   arena_printf(m->c->arena, "%s", err_msg())));
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
		return machine_bad(op, "its base type is not there");
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
		return machine_bad(op, "its constant is not there");
	return machine_push(
		m, cell_of_bytes(class, size, block.data, block.length));
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
	TRY(machine_pop(m, op, &c));
	if (!reinterpret)
		return machine_push(m, cell_convert(&c, class, size));
	TRY(cell_reinterpret(&c, class, size, &r));
	return machine_push(m, r);
}

enum err typed_op(struct machine *m, const Dwarf_Op *op)
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
		return machine_push(m, c);
	case DW_OP_deref_type:
	case DW_OP_GNU_deref_type:
		TRY(base_type(m, op, &class, &size));
		return typed_deref(m, op, class, op->number);
	default:
		return convert(m, op);
	}
}
