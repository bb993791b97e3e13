/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What a caller knows about the arguments of a call (DWARF 5, 3.4): the value
 * that a register had on entry to a function, worked out in the caller's
 * frame after the callee has overwritten the register.
 */
#include "inspect/dwarf/attr.h"
#include "inspect/dwarf/expr.h"

/*
 * The value on entry to the context's function of a register; LOC_NONE when
 * the caller does not say, or when it is not certain that this caller made
 * the call (tail calls).  An address in *ret is the value itself.
 */
enum err call_site_register(
	const struct expr_ctx *, unsigned dwarf_reg, struct loc *ret);
/* The same for what the register pointed at (DW_AT_call_data_value). */
enum err call_site_pointee(
	const struct expr_ctx *, unsigned dwarf_reg, struct loc *ret);
/* The same for a parameter that has no register: DW_OP_GNU_parameter_ref. */
enum err call_site_parameter(
	const struct expr_ctx *, const Dwarf_Die *param, struct loc *ret);
/* Calls fn with each call site of a function until it returns false. */
void call_sites_each(
	Dwarf_Die *function, bool (*fn)(Dwarf_Die *site, void *ctx), void *ctx);
