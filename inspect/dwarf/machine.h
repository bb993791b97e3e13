/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The stack of a location expression while it is evaluated, and the place that
 * it has named last (DWARF 5, 2.5 and 2.6).
 */
#include "inspect/base/limits.h"
#include "inspect/dwarf/cell.h"
#include "inspect/dwarf/expr.h"

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

/* ERR_BADDATA, ERR_UNSUPPORTED, with the operation and where it stands. */
enum err machine_bad(const Dwarf_Op *, const char *what);
enum err machine_unsupported(const Dwarf_Op *, const char *what);
enum err machine_push(struct machine *, struct cell);
enum err machine_pop(struct machine *, const Dwarf_Op *, struct cell *ret);
/* Names the place. */
void machine_place(struct machine *, struct loc);
/* What has been described since the start or the last piece. */
struct loc machine_take_place(struct machine *);
enum err machine_piece(struct machine *, uint64_t bits, uint64_t bit_offset);
/* DW_OP_implicit_value, DW_OP_stack_value. */
enum err machine_implicit_value(struct machine *, const Dwarf_Op *);
enum err machine_stack_value(struct machine *, const Dwarf_Op *);
/* Operations on the stack alone: dup to rot; of two cells; of one. */
enum err machine_stack_op(struct machine *, const Dwarf_Op *);
enum err machine_binary(struct machine *, const Dwarf_Op *);
enum err machine_unary(struct machine *, const Dwarf_Op *);
