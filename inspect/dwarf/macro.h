/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The macros of a unit, from .debug_macro and .debug_macinfo (-g3). */
#include "inspect/dwarf/die.h"

#include <stdbool.h>

/* Whether the unit has any. */
bool macro_has(const struct die *cu);
/*
 * Calls fn for each definition ("NAME body", "NAME(a,b) body") and each #undef
 * ("NAME") in the order of the source, until it returns false.  file may be
 * NULL: from the command line, or the compiler's own.
 */
void macro_each(const struct die *cu,
	bool (*fn)(void *ctx, bool defined, const char *text, const char *file,
		unsigned line),
	void *ctx);
