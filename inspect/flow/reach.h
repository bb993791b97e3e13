/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Which instructions may have put into a place what it holds at a spot. */
#include "inspect/flow/spot.h"

enum { MAX_DEFINITIONS = 16 }; /* that are told apart */

struct reach {
	size_t def[MAX_DEFINITIONS]; /* instructions that write it */
	size_t n;
	bool more;  /* than those */
	bool entry; /* it may be what it was on entry to the function */
	bool lost;  /* a way to lost_at is not known */
	size_t lost_at;
	bool maybe; /* maybe_at may have written it, through a pointer */
	size_t maybe_at;
	bool cut; /* too much code */
	/* Written on the ways between, the definitions not counted. */
	uint64_t writes, vector_writes;
};

void reach_find(const struct spot *, const struct place *, struct reach *ret);
/* Adds what is written from instruction i on, itself included, to the spot. */
void reach_between(const struct spot *, size_t i, uint64_t *writes,
	uint64_t *vector_writes);
/* From instruction i on, itself included, to the spot, nothing may have
 * written the place. */
bool reach_untouched(const struct spot *, size_t i, const struct place *);
/*
 * For every instruction of the function, the registers that may have been
 * written from it on; seen: it may have been executed before the frame's
 * moment.  More may be in a mask than reach_between() has: a loop's writes
 * count for all of the loop.
 */
void reach_all(struct side *, uint64_t *changed, uint8_t *seen);
/* How an instruction meets a place: */
enum touch { TOUCH_NOT, TOUCH_MAYBE, TOUCH_PART, TOUCH_WHOLE };
