/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Type units of split debug info that libdw does not find by itself. */
#include "inspect/dwarf/unit.h"

/* What a reference leads to: libdw's answer, or the type of a unit that is in
 * a package, or in one of many sections of a .dwo file.  False: neither. */
bool typeunit_ref(struct units *, Dwarf_Attribute *, Dwarf_Die *ret);
/* A type of that name in such a unit, for those that nobody refers to: every
 * unit is opened for it, once.  Of several, the first that fits. */
bool typeunit_named(struct units *, const char *name,
	bool (*fits)(int tag, const char *wanted), const char *wanted,
	Dwarf_Die *ret);
