/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Where a variable lived, and when: for a value that is gone, the answer to
 * "why", and the way to the nearest place where it is still known.
 */
#include "inspect/base/arena.h"
#include "inspect/base/err.h"
#include "inspect/dwarf/scope.h"
#include "inspect/model/loc.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct history {
	uint64_t start, end; /* run-time addresses; 0 and 0: everywhere */
	const char *text;    /* "in $rdi", "at CFA-20", "computed from $rbx" */
	bool here;           /* the frame's pc is in it */
	bool constant;       /* needs neither registers nor memory */
	/* What is in that place now, in the frame; LOC_NONE: not known. Outside
	 * of the range it may be something else's by now. */
	struct loc now;
};

/* Every place of the variable's location list, by address; *ret_n 0: the
 * compiler kept none. */
enum err history_of(const struct variable *, const struct scope_ctx *,
	struct history **ret, size_t *ret_n);
