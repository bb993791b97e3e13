/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The value that a parameter had when its function was entered, as gdb shows
 * it in "n=n@entry=5": the parameter is in a register at the function's first
 * instruction, and the caller's call site says what it put there.
 */
#include "inspect/dwarf/call_site.h"
#include "inspect/dwarf/scope.h"
#include "inspect/dwarf/variable.h"

#include <dwarf.h>

/* A location that is one register and nothing else. */
static bool one_register(const Dwarf_Op *op, size_t n, unsigned *ret)
{
	if (n != 1)
		return false;
	if (op->atom >= DW_OP_reg0 && op->atom <= DW_OP_reg31)
		*ret = op->atom - DW_OP_reg0;
	else if (op->atom == DW_OP_regx)
		*ret = (unsigned)op->number;
	else
		return false;
	return true;
}

static bool register_on_entry(
	const struct variable *var, Dwarf_Die *die, unsigned *ret)
{
	Dwarf_Addr pc = var->scope->low_pc - var->module->bias;
	Dwarf_Attribute a;
	Dwarf_Op *ops;
	size_t n;

	return attr_get(die, DW_AT_location, &a) &&
	       dwarf_getlocation_addr(&a, pc, &ops, &n, 1) == 1 &&
	       one_register(ops, n, ret);
}

bool scope_entry_value(const struct variable *var, const struct scope_ctx *ctx,
	struct value *ret)
{
	struct units *us = units_of(ctx->image, var->module);
	Dwarf_Die die = die_dw(&var->die);
	struct loc loc;
	unsigned reg;

	if (!us || !var->is_arg || !var->scope || var->scope->inlined ||
		!type_is_scalar(var->type) ||
		!register_on_entry(var, &die, &reg))
		return false;
	struct expr_ctx c = variable_ctx(us, var->scope, ctx);
	if (call_site_register(&c, reg, &loc))
		return false;
	if (loc.kind == LOC_ADDR)
		*ret = value_of_int(var->type, (int64_t)(loc.addr + loc.offset),
			ctx->arena);
	else if (loc.kind == LOC_BYTES || loc.kind == LOC_REG)
		*ret = (struct value){ .type = var->type, .loc = loc };
	else
		return false;
	return true;
}
