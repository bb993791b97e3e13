/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Where a pause went, in ns: the threads come to a stop; mappings are read;
 * registers are; what is left of making the child then; memory is copied; the
 * threads are let go.
 */
#include <stdint.h>

struct phases {
	int64_t stop, maps, threads, clone, copy, resume;
};

/* CLOCK_MONOTONIC. */
int64_t phases_now(void);
/* Adds the time since *at to one of them, and begins the next. */
void phases_end(int64_t *phase, int64_t *at);
