/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Which way a process is copied, how long it will be stopped, and why so. */
#include "crashd/snap/problem.h"
#include "crashd/snap/remote.h"

enum snapshot_mode { SNAPSHOT_AUTO, SNAPSHOT_DIRECT, SNAPSHOT_FORK };

/* What a child cannot be asked for is copied in the pause, up to this. */
#define CHOOSE_EARLY_MAX ((uint64_t)64 << 20)

struct choice {
	enum snapshot_mode mode;
	double pause_ms;           /* an estimate, on the slow side */
	double direct_ms, fork_ms; /* of either way */
	double crowd;              /* who wants a processor, for each one */
	char reason[160];          /* why this way: a part of a sentence */
	uint64_t gadget;           /* for mode fork; see inject.h */
	char why[160]; /* mode direct where fork would be better; "" */
};

/*
 * The target runs.  staged: there is memory for the copy.  -1 with the
 * sentence when it cannot be stopped, or not in the mode that is asked for.
 */
int choose_mode(const struct target *, struct remote *, bool staged,
	enum snapshot_mode wanted, struct choice *ret, struct problem *);
/* Why there is no child, for an error of inject.h. */
const char *choose_why_not(int error);
/*
 * May a child live for as long as somebody likes: is there memory, in its
 * control group too, for a second copy of all that the process may write to?
 */
bool choose_may_linger(const struct target *, const struct remote *);
