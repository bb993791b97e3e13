/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * DIE to struct type, once per DIE: equal DIEs give the same pointer.  Names
 * and sizes are read at once, members when type_complete() asks for them.
 */
#include "inspect/dwarf/attr.h"
#include "inspect/dwarf/unit.h"
#include "inspect/image/image.h"
#include "inspect/model/type.h"

/* The type that a DIE is; a function or a variable DIE is not one: see below.
 * Never NULL: what cannot be read is a TYPE_UNSPECIFIED whose name says so. */
const struct type *types_of(struct units *, const Dwarf_Die *);
/* What the DIE's DW_AT_type says, through; void when it has none. */
const struct type *types_of_attr(struct units *, Dwarf_Die *);
/* A subprogram as a type: result and parameters. */
const struct type *types_of_function(struct units *, const Dwarf_Die *);
