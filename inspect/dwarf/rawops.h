/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Location expressions that libdw refuses to read. */
#include "inspect/base/arena.h"

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The operations of the attribute's expression, or of the entry of its location
 * list that is valid at pc (of the file, not of the process).  False: there is
 * none, or this reader does not know its form or an operation of it either.
 */
bool rawops(Dwarf_Attribute *, uint64_t pc, struct arena *, Dwarf_Op **ret,
	size_t *ret_n);

struct rawops_entry {
	uint64_t start, end; /* of the file, not of the process */
	Dwarf_Op *ops;
	size_t n;
	bool known; /* ops and n are valid */
};
/* The i'th entry of the attribute's location list; false: it has fewer. */
bool rawops_entry(
	Dwarf_Attribute *, size_t i, struct arena *, struct rawops_entry *ret);
