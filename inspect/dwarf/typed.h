/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Operations with a base type (DWARF 5, 2.5.1.4 to 2.5.1.6), and loads. */
#include "inspect/dwarf/machine.h"

/* DW_OP_const_type, regval_type, deref_type, convert, reinterpret, and what
 * GNU called them before. */
enum err typed_op(struct machine *, const Dwarf_Op *);
/* Replaces the address on top by what is there. */
enum err typed_deref(
	struct machine *, const Dwarf_Op *, enum cell_class, uint64_t size);
