/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* All addresses of the function that has a pc: compilers move what is unlikely
 * to be reached far away from the rest. */
#include "inspect/base/arena.h"
#include "inspect/image/image.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct extent {
	uint64_t start, end; /* run-time */
};

/* Sorted; *ret_entry is where it is entered.  By DWARF, else by the symbols
 * NAME and NAME.cold.  0: no function is known there. */
size_t extent_of(struct image *, uint64_t pc, struct arena *,
	struct extent **ret, uint64_t *ret_entry);
/* The debug info says that the function at pc does not return. */
bool extent_noreturn(struct image *, uint64_t pc);
