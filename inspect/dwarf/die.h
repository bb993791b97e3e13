/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A handle on a DIE that layers above may hold without seeing libdw.  The
 * attribute helpers of this folder, which do see it, are in attr.h.
 */
#include <stdbool.h>
#include <stdint.h>

/* Exactly a Dwarf_Die (asserted in die.c). */
struct die {
	void *addr, *cu, *abbrev;
	long pad;
};

static inline bool die_valid(const struct die *d)
{
	return d->addr != 0;
}

static inline bool die_same(const struct die *a, const struct die *b)
{
	return a->addr == b->addr;
}

/* DW_TAG_*; 0: not a DIE. */
int die_tag(const struct die *);
/* DW_AT_name through abstract origin and specification, or NULL. */
const char *die_name(const struct die *);
