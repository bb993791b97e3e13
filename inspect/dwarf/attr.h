/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Attributes of DIEs over libdw, for this folder only.  "Through" means: if
 * the DIE has not got it, its abstract origin or its specification is asked
 * (DWARF 5, 2.13.2 and 3.3.8.2), bounded.
 */
#include "inspect/dwarf/die.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

Dwarf_Die die_dw(const struct die *);
struct die die_of(const Dwarf_Die *);

/* The attribute, through; or of this very DIE. */
bool attr_get(Dwarf_Die *, unsigned name, Dwarf_Attribute *ret);
bool attr_own(Dwarf_Die *, unsigned name, Dwarf_Attribute *ret);
/* Constants, through.  uint zero-extends DW_FORM_data*, sint sign-extends. */
bool attr_uint(Dwarf_Die *, unsigned name, uint64_t *ret);
bool attr_sint(Dwarf_Die *, unsigned name, int64_t *ret);
/* The value of a constant attribute as written: only sdata and
 * implicit_const are signed. */
bool attr_const(Dwarf_Attribute *, int64_t *ret);
bool attr_is_const(Dwarf_Attribute *);
bool attr_flag(Dwarf_Die *, unsigned name);
bool attr_own_flag(Dwarf_Die *, unsigned name);
const char *attr_str(Dwarf_Die *, unsigned name);
const char *attr_own_str(Dwarf_Die *, unsigned name);
/* The DIE that a reference attribute points at, through. */
bool attr_ref(Dwarf_Die *, unsigned name, Dwarf_Die *ret);
bool attr_own_ref(Dwarf_Die *, unsigned name, Dwarf_Die *ret);
/* DW_AT_linkage_name in both spellings, through; or NULL. */
const char *attr_linkage_name(Dwarf_Die *);
/* The end of the chain of abstract origins and specifications; the DIE itself
 * when it has none. */
Dwarf_Die attr_origin(const Dwarf_Die *);

/* Calls fn for each child until it returns false. */
void attr_children(
	Dwarf_Die *, bool (*fn)(Dwarf_Die *child, void *ctx), void *ctx);
/* True if the DIE has any address, and *ret_has if pc is in it. */
bool attr_ranges(Dwarf_Die *, uint64_t pc, bool *ret_has);
