/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* A DWARF register number as a place in a frame, or as a value. */
#include "inspect/dwarf/cell.h"
#include "inspect/dwarf/expr.h"

/* LOC_NONE with a reason when the frame does not know it. */
struct loc register_place(const struct expr_ctx *, unsigned dwarf);
/* Its bytes as a value of a type; absent ones are OK. */
enum err register_cell(const struct expr_ctx *, unsigned dwarf, enum cell_class,
	unsigned size, struct cell *ret);
