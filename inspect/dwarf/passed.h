/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What the call that led to a frame passed, when the caller may have it from
 * its own caller, and that one too: a recursion that hands a value on.
 */
#include "inspect/dwarf/cell.h"
#include "inspect/dwarf/expr.h"

enum passed_kind { PASSED_REGISTER, PASSED_POINTEE, PASSED_PARAMETER };

struct passed_what {
	enum passed_kind kind;
	unsigned reg;        /* not of PASSED_PARAMETER, which has a DIE */
	Dwarf_Die parameter; /* of PASSED_PARAMETER */
};

/* Nothing known is a cell without a value, and OK. */
enum err passed_cell(
	const struct expr_ctx *, const struct passed_what *, struct cell *ret);
