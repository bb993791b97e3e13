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
