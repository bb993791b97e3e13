/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The location-expression machine: Dwarf_Op[] to a place (DWARF 5, 2.5 and
 * 2.6).  Used for variables, for frame bases, and for rules of call frame
 * information that are expressions (DWARF 5, 6.4.2).
 */
#include "inspect/dwarf/die.h"
#include "inspect/dwarf/frame.h"
#include "inspect/image/image.h"
#include "inspect/model/loc.h"

#include <elfutils/libdw.h>

struct expr_ctx {
	struct image *image;
	struct module *module;     /* its bias is added to DW_OP_addr */
	const struct frame *frame; /* registers, CFA; NULL: a global */
	const struct scope *scope; /* for DW_OP_fbreg; may be NULL */
	struct arena *arena;
	bool has_initial; /* CFI: the CFA is pushed first */
	uint64_t initial;
	/* The attribute the expression came from (libdw needs it for blocks
	 * and for nested expressions); NULL for CFI. */
	Dwarf_Attribute *attr;
	unsigned depth;  /* nesting of calls and entry values */
	bool has_object; /* for DW_OP_push_object_address */
	uint64_t object;
};

/*
 * Absent values come back as LOC_NONE with OK.  A memory location is LOC_ADDR;
 * a CFI value expression also: the caller takes addr as the value.
 */
enum err expr_eval(const struct expr_ctx *, const Dwarf_Op *ops, size_t n,
	struct loc *ret);
