/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What is inside a struct, a union, an enum, a function type: the part of a
 * type that is read on first need. */
#include "inspect/dwarf/attr.h"
#include "inspect/dwarf/unit.h"
#include "inspect/model/type.h"

/* A type made from a DIE; type.ctx points at it. */
struct dwarf_type {
	struct type type;
	struct units *units;
	Dwarf_Die die;
	bool making;  /* its target is not known yet */
	bool unsized; /* a struct whose size a frame decides: it has a VLA */
	const struct type *definition; /* elsewhere, of what is declared */
	const struct class *class;     /* once it was read */
};

/* Where a member is that an expression describes; the rest of its context. */
struct dwarf_member {
	struct units *units;
	Dwarf_Die die;
};

/* For type.complete. */
void members_complete(struct type *);
void members_find_definition(struct type *);

void members_enumerators(struct type *);
void members_parameters(struct type *);
/* The type of the real part of a complex type. */
const struct type *members_complex_part(
	const struct type *, bool is_float, struct units *);
