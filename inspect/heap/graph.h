/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Who points to whom: what the program can still reach of its blocks, and, of
 * the rest, which ones are the heads of what was lost.
 */
#include "inspect/heap/heap.h"

enum graph_mark {
	GRAPH_LOST,     /* while it is not known better */
	GRAPH_REACHED,  /* by pointers to the starts of blocks */
	GRAPH_POSSIBLE, /* only by pointers into the middle of some block */
	GRAPH_DEFINITE, /* nobody points to it */
	GRAPH_INDIRECT, /* only lost ones point to it */
	GRAPH_CYCLE,    /* it is in a circle of lost ones */
	GRAPH_NONE,     /* not a block of the program */
};

enum { GRAPH_MAX_INSIDE = 8 };

struct graph {
	struct heap *heap;
	struct arena *arena;
	uint8_t *mark; /* enum graph_mark, by chunk */
	/* Programs whose blocks are known by a place inside (behind a header
	 * of their own, or a struct at the end) point there, always as far. */
	uint32_t inside[GRAPH_MAX_INSIDE];
	uint64_t inside_chunks[GRAPH_MAX_INSIDE];
	size_t ninside;
};

/* Marks every chunk. */
enum err graph_find(struct heap *, struct arena *, struct graph *ret);
const char *graph_mark_name(enum graph_mark);

/*
 * Calls fn for each aligned word of the process that is not the allocator's:
 * writable memory outside of the heap and above the stack pointers; blocks in
 * use are not among them.
 */
enum err graph_each_root(struct heap *,
	void (*fn)(void *ctx, uint64_t addr, uint64_t word), void *ctx);
