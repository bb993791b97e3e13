/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The bounds of an array's dimension: constants, or what a frame computes. */
#include "inspect/dwarf/attr.h"
#include "inspect/dwarf/scope.h"
#include "inspect/dwarf/unit.h"
#include "inspect/model/type.h"

#include <stdint.h>

enum bound_kind {
	BOUND_NONE, /* int a[] */
	BOUND_CONST,
	BOUND_DYNAMIC,
};

struct bound {
	struct units *units;
	Dwarf_Die range; /* BOUND_DYNAMIC: its subrange */
	int64_t lower;
	uint64_t count; /* BOUND_CONST */
};

/* array is the DIE of the array type, range its DW_TAG_subrange_type. */
enum bound_kind bound_read(
	struct bound *ret, struct units *, Dwarf_Die *array, Dwarf_Die *range);
/*
 * The type with every bound that is computed at run time (a VLA) put in, as it
 * is in a frame; the same pointer when there is none.  A bound that is not
 * known leaves an array without count.
 */
const struct type *bound_resolve(
	const struct type *, const struct scope *, const struct scope_ctx *);
