/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* A DIE as those see it who look for names: read from the bytes, without
 * libdw. */
#include "inspect/base/bytes.h"
#include "inspect/dwarf/nameabbrev.h"

struct namedie {
	const struct namescan_abbrev *abbrev; /* NULL: the end of a list */
	uint64_t sibling;                     /* offset in the unit, or 0 */
	uint64_t name;
	enum name_place place;
	const uint8_t *origin; /* or NULL */
	uint8_t origin_file;
	bool declaration;
};

/* Moves behind the DIE; false: the end of a list of children, or bad. */
bool namedie_read(const struct namescan *, const struct namescan_unit *,
	struct bytes *, struct namedie *ret);
/*
 * Goes up the chain of origins until something of what is wanted (HAS_*) is
 * there; has says what was met.  False: the chain leaves what can be read here.
 */
bool namedie_inherit(const struct namescan *, struct namedie *, unsigned want,
	unsigned *has);
