/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* A trail that is being followed: what it is at, and the steps it takes. */
#include "inspect/flow/origin.h"

enum {
	MAX_ORIGIN_STEPS = 200,
	MAX_ORIGIN_BRANCHES = 3, /* of branches */
	BRANCH_STEPS = 12,
};

struct trail {
	struct origin *o;
	struct spot at;
	struct place place;
	bool known, now;
	uint64_t value;
	unsigned depth;
	bool supposed; /* the value, if this way was gone */
	struct arena *arena;
	bool ended;
};

/* Ends it, with a sentence. */
void trail_end(struct trail *, enum origin_end, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The name of the function it is in. */
const char *trail_function(const struct trail *);
/* A step of that kind at the instruction, which has written the place. */
struct origin_step *trail_add(struct trail *, const char *how);
/* The place's value, where it can be worked out. */
void trail_learn(struct trail *);
/* One of several: in o->branch, to be followed by itself. */
struct trail trail_branch(struct trail *, const char *label);
void trail_follow(struct trail *, size_t steps);
uint64_t trail_low_bytes(uint64_t v, unsigned size);
