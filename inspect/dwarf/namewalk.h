/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The names at the top of a unit by libdw, for units that namescan.h cannot
 * read: split debug info, type units of DWARF 4.  One thread at a time. */
#include "inspect/dwarf/nametable.h"

/* Adds the names of unit i; their strings are the table's own. */
void namewalk_unit(struct nametable *, size_t i, struct namescan_found *);
