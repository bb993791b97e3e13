/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A package of split debug info, FILE.dwp beside FILE (DWARF 5, 7.3.5): many
 * .dwo files in one, found by the unit's id through .debug_cu_index.
 */
#include "inspect/image/image.h"

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stdint.h>

struct dwp;

/* The package of the module's debug info; NULL: there is none, or it cannot be
 * read (a note of the image says so). */
struct dwp *dwp_open(struct image *, struct module *);
/* The module's DWARF, to be used in place of module_dwarf()'s: its split units
 * can be found once they are unpacked. */
Dwarf *dwp_dwarf(const struct dwp *);
/*
 * Between these two calls libdw finds the unit, as the file that its skeleton
 * names.  False: the package does not have it.
 */
bool dwp_unpack(struct dwp *, uint64_t id, const char *dwo_name);
void dwp_pack(struct dwp *, const char *dwo_name);
/*
 * Writes a .dwo file of one type unit to fd: from a .dwo file that has several
 * sections of them, or (dwo NULL) from the package (which may be NULL, too).
 * False: it is not there.
 */
bool dwp_type_unit(
	const struct dwp *, struct Elf *dwo, uint64_t signature, int fd);
/* The signatures of those type units, as dwp_type_unit() knows them. */
void dwp_each_type_unit(const struct dwp *, struct Elf *dwo,
	bool (*fn)(uint64_t signature, void *ctx), void *ctx);
