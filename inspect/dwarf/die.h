/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A handle on a DIE that layers above may hold without seeing libdw, and
 * attribute helpers over libdw inside this folder.
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
