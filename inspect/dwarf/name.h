/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* An address as people read it: "f", "f+8", "table+16". */
#include "inspect/base/arena.h"
#include "inspect/image/image.h"

#include <stdint.h>

/*
 * The function or object that addr lies in, and the distance from its start;
 * NULL: none.  In arena.
 */
const char *name_of_address(struct image *, uint64_t addr, struct arena *);
