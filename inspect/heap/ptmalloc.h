/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Where glibc's malloc keeps its arenas and their memory. */
#include "inspect/heap/heap.h"

/* From main_arena, the first word of its bins[] (fd of the first bin). */
enum {
	/* struct malloc_state, relative to bins: the same in all of 2.23 to
	 * 2.42; what stands before top differs. */
	BINS_TOP = -16,
	BINS_COUNT = 127,
	BINS_NEXT = 2048,
	BINS_SYSTEM_MEM = 2072,
	BINS_STATE_END = 2088,
	BINS_FASTBINS = -96,
	FASTBIN_COUNT = 10,
};

/* Fills arenas and regions, mappings of single chunks included. */
enum err ptmalloc_find(struct heap *);
