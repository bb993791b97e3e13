/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* One chunk of malloc: its header in memory, and its row in the table. */
#include "inspect/heap/heap.h"

enum {
	CHUNK_PREV_INUSE = 1,
	CHUNK_MMAPPED = 2,
	CHUNK_OTHER_ARENA = 4,
	CHUNK_FLAGS = 7,
	CHUNK_MIN = 32,
};

/* 64 GiB: units have 32 bits. */
#define CHUNK_MAX ((uint64_t)UINT32_MAX * HEAP_UNIT)

struct chunk_head {
	uint64_t prev_size, size; /* size without flags */
	unsigned flags;
};

bool chunk_load(struct heap *, uint64_t addr, struct chunk_head *ret);
/* Could a chunk at addr, in memory that ends at limit, have this header? */
bool chunk_plausible(const struct chunk_head *, uint64_t addr, uint64_t limit);
/* How many plausible chunks follow each other from addr on, max at most;
 * *ret_end: where it stops. */
size_t chunk_chain(struct heap *, uint64_t addr, uint64_t limit, size_t max,
	uint64_t *ret_end);

uint64_t chunk_size(const struct heap_chunk *);
/* What malloc returned, and how many bytes of it may be used. */
uint64_t chunk_user(const struct heap_chunk *);
uint64_t chunk_usable(const struct heap_chunk *);
bool chunk_is_used(const struct heap_chunk *);
/* Freed, in whatever list. */
bool chunk_is_freed(const struct heap_chunk *);
/* The chunk whose header or bytes are at addr; NULL: none. */
struct heap_chunk *chunk_covering(struct heap *, uint64_t addr);
/* The chunk whose user bytes a pointer is to; NULL: none. */
struct heap_chunk *chunk_of_pointer(struct heap *, uint64_t pointer);
/* The region that has addr, or NULL. */
struct heap_region *chunk_region(struct heap *, uint64_t addr);
/* Fills a region's page table from its chunks. */
void chunk_index(struct heap *, struct heap_region *);
