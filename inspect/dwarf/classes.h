/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What a class of C++ has besides its members, read when ptype asks. */
#include "inspect/dwarf/attr.h"
#include "inspect/model/class.h"

/* For type.class, of a type made from a DIE. */
const struct class *classes_read(const struct type *);
/* Who may use it: what its DIE says, or what the kind of class around it
 * means (DWARF 5, 5.7.6). */
enum type_access classes_access(Dwarf_Die *, const struct type *around);
