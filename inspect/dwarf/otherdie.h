/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Operations that name another variable, or the call that led to the frame. */
#include "inspect/dwarf/machine.h"

/* A context for what is evaluated inside of this; ERR_LIMIT: too deep. */
enum err otherdie_nested(struct machine *, struct expr_ctx *ret);
/* DW_OP_implicit_pointer: the other's place, pointed at. */
enum err otherdie_implicit_pointer(struct machine *, const Dwarf_Op *);
/* DW_OP_GNU_variable_value: the other's value. */
enum err otherdie_value(struct machine *, const Dwarf_Op *);
enum err otherdie_entry_value(struct machine *, const Dwarf_Op *);
/* DW_OP_GNU_parameter_ref: an argument that was optimized away. */
enum err otherdie_parameter_ref(struct machine *, const Dwarf_Op *);
/* DW_OP_reg0 to regx; false: another operation. */
bool otherdie_register(const Dwarf_Op *, unsigned *ret);
