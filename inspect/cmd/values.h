/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What the operands of a function's instructions held when they were executed
 * last: for the function that a frame is in. */
#include "inspect/cmd/session.h"
#include "inspect/out/out.h"

struct values;

/* Of the selected frame's function; NULL: [start, end) has none of it, or it
 * cannot be worked out. */
struct values *values_open(struct session *, uint64_t start, uint64_t end);
/* The comment behind the instruction at an address; values may be NULL. */
void values_print(
	struct session *, struct values *, uint64_t addr, struct out *);
