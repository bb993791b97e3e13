/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Names with the namespaces and classes around them, as C++ and Rust write
 * them; in C the DIE's own name. */
#include "inspect/dwarf/attr.h"
#include "inspect/dwarf/unit.h"
#include "inspect/model/type.h"

/* "ns::Class::name", or NULL: anonymous.  Lives as long as the image. */
const char *names_qualified(struct units *, const Dwarf_Die *);
/* A function as gdb shows it in a stack: C++ from the linkage name, without
 * parameters. */
const char *names_function(struct units *, const Dwarf_Die *);
/* "ns::Class::" around a DIE of a unit whose names nest; NULL: it stands at the
 * top, or is the definition of something declared elsewhere. */
const char *names_prefix(struct units *, struct unit *, const Dwarf_Die *);
/* Sets the type's name, and whether it stands without its tag. */
void names_type(struct units *, const Dwarf_Die *, struct type *);
/* Whether DIEs of this unit may stand inside namespaces and classes. */
bool names_nest(struct unit *);
