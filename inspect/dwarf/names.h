/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Names with the namespaces and classes around them, as C++ and Rust write
 * them; in C the DIE's own name. */
#include "inspect/dwarf/attr.h"
#include "inspect/dwarf/unit.h"

/* "ns::Class::name", or NULL: anonymous.  Lives as long as the image. */
const char *names_qualified(struct units *, const Dwarf_Die *);
/* Whether DIEs of this unit may stand inside namespaces and classes. */
bool names_nest(struct unit *);
