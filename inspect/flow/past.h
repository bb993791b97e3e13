/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What a place held in the past of a frame, worked out where nobody kept it. */
#include "inspect/flow/reach.h"

struct past_value {
	uint64_t value;
	bool now; /* read from memory that is not the frame's: as it is now */
};

/* True when it is known. */
bool past_value(
	const struct spot *, const struct place *, struct past_value *ret);
/* What the instruction at the spot writes into the place. */
bool past_result(
	const struct spot *, const struct place *, struct past_value *ret);
/* The address of an operand, by the same means. */
bool past_address(
	const struct spot *, const struct operand *, struct past_value *ret);
/* What was there on entry is the caller's: the register or argument of it that
 * has it, before its call. */
bool past_caller(const struct spot *, const struct place *, struct spot *ret,
	const char **ret_why);
/* The one instruction that has written the place last, if there is one. */
bool reach_only(const struct reach *);
/* The place that an operand in memory is. */
struct place past_memory(
	const struct spot *, const struct operand *, uint64_t addr);
