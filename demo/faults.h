/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Ways to die, or to hang, made to order.  Needs libc alone, so that test
 * programs can link it.
 */
#include <stdio.h>

struct fault {
	const char *name;
	const char *shows; /* what there is to be seen afterwards */
	int signal;        /* that ends the process; 0: it never ends */
	void (*fn)(void);
};

extern const struct fault faults[]; /* ends with a row without a name */

const struct fault *fault_find(const char *name); /* NULL: unknown */
void fault_list(FILE *out);

/* Comes back only when the fault did not work. */
void fault_run(const struct fault *fault);
