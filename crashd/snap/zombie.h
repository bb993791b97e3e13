/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What is left of a child that a process does not know of, until somebody
 * waits for it: only the process itself can.
 */
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct zombie {
	pid_t pid;       /* the process whose child it is */
	pid_t inside;    /* the child, as the process sees it */
	pid_t ours;      /* as we see it, who trace it; 0: it is not ours */
	uint64_t gadget; /* see inject.h */
};

/*
 * Ended already, but not waited for by us.  Has the process wait for it; false:
 * none of its threads could.
 */
bool zombie_clear(struct zombie *);
