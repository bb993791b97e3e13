/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Where an attribute or a DIE says that something is, in a frame. */
#include "inspect/dwarf/expr.h"

/*
 * The expression of an attribute, or the one of its location list that is
 * valid at the frame's lookup pc; none there is optimized out.  ctx's attr is
 * not looked at.
 */
enum err place_attr(
	const struct expr_ctx *, Dwarf_Attribute *, struct loc *ret);
/* A DIE's DW_AT_location or DW_AT_const_value; neither is optimized out. */
enum err place_die(const struct expr_ctx *, Dwarf_Die *, struct loc *ret);
/* What the expression's place holds or is, as an integer: an address that was
 * computed is itself the value (DWARF 5, 2.5: the top of the stack). */
enum err place_number(const struct expr_ctx *, const struct loc *,
	enum absent *ret_absent, uint64_t *ret);
