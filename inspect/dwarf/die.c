/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * struct die and Dwarf_Die have one layout, so that a handle costs nothing;
 * they are copied, never cast, so that the compiler's alias rules hold.
 */
#include "inspect/dwarf/die.h"

#include "inspect/dwarf/attr.h"

#include <string.h>

_Static_assert(sizeof(struct die) == sizeof(Dwarf_Die), "struct die");
_Static_assert(
	offsetof(struct die, addr) == offsetof(Dwarf_Die, addr), "struct die");
_Static_assert(
	offsetof(struct die, cu) == offsetof(Dwarf_Die, cu), "struct die");

Dwarf_Die die_dw(const struct die *d)
{
	Dwarf_Die dw;

	memcpy(&dw, d, sizeof(dw));
	return dw;
}

struct die die_of(const Dwarf_Die *dw)
{
	struct die d;

	memcpy(&d, dw, sizeof(d));
	return d;
}

int die_tag(const struct die *d)
{
	Dwarf_Die dw = die_dw(d);

	return die_valid(d) ? dwarf_tag(&dw) : 0;
}

const char *die_name(const struct die *d)
{
	Dwarf_Die dw = die_dw(d);

	return die_valid(d) ? attr_str(&dw, DW_AT_name) : NULL;
}
