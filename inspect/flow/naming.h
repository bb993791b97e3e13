/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What the program's source calls a place, at a moment of a frame's past. */
#include "inspect/flow/spot.h"
#include "inspect/model/type.h"

struct name {
	const char *text;        /* "ctx", "ctx->room", "rooms[2].name" */
	const struct type *type; /* of what it names */
};

/* The variable that is in a place before an instruction at pc. */
bool naming_variable(const struct spot *, uint64_t pc, const struct place *,
	struct name *ret);
/* What an operand in memory is: a variable, or a member of what its base
 * points to.  addr: where it is, or 0. */
bool naming_memory(const struct spot *, const struct operand *, uint64_t addr,
	struct name *ret);
/* What an address is the address of, in the frames of the trace or among the
 * global variables; NULL. */
const char *naming_address(const struct spot *, uint64_t addr);
/* Others than the frame's own spills may name that memory of it. */
bool naming_is_exposed(struct side *, uint64_t addr);
