/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A chunk begins with prev_size and size; the three low bits of size are flags,
 * and prev_size is the last word of the chunk before while that is in use
 * (glibc: malloc/malloc.c, "A chunk").
 *
 * Every word of a process may be looked up here, so that a lookup is: the
 * region by a binary search among few, the 4096 bytes by an index, and the
 * chunk by a search among those that begin there.
 */
#include "inspect/heap/chunk.h"

enum {
	PAGE_BITS = 12,
	MAX_INDEX = 1 << 28, /* pages; a terabyte */
};

bool chunk_load(struct heap *h, uint64_t addr, struct chunk_head *ret)
{
	uint64_t word[2];

	if (mem_read_part(&h->image->mem, addr, word, sizeof(word)) !=
		sizeof(word))
		return false;
	ret->prev_size = word[0];
	ret->size = word[1] & ~(uint64_t)CHUNK_FLAGS;
	ret->flags = word[1] & CHUNK_FLAGS;
	return true;
}

bool chunk_plausible(const struct chunk_head *c, uint64_t addr, uint64_t limit)
{
	return c->size >= CHUNK_MIN && c->size % HEAP_UNIT == 0 &&
	       addr < limit && c->size <= limit - addr &&
	       c->size <= CHUNK_MAX && !(c->flags & CHUNK_MMAPPED);
}

size_t chunk_chain(struct heap *h, uint64_t addr, uint64_t limit, size_t max,
	uint64_t *ret_end)
{
	struct chunk_head c, last = { 0 };
	size_t n = 0;

	for (; n < max && addr < limit && chunk_load(h, addr, &c); n++) {
		if (n && !(c.flags & CHUNK_PREV_INUSE) &&
			c.prev_size != last.size)
			break;
		if (!chunk_plausible(&c, addr, limit))
			break;
		last = c;
		addr += c.size;
	}
	*ret_end = addr;
	return n;
}

uint64_t chunk_size(const struct heap_chunk *c)
{
	return (uint64_t)c->units * HEAP_UNIT;
}

uint64_t chunk_user(const struct heap_chunk *c)
{
	return c->addr + HEAP_HEADER;
}

/* The last word of a chunk is the first of the next one's header, which a
 * mapping of its own does not have. */
uint64_t chunk_usable(const struct heap_chunk *c)
{
	uint64_t header = c->state == HEAP_MMAPPED ? HEAP_HEADER : 8;

	return chunk_size(c) - header;
}

bool chunk_is_used(const struct heap_chunk *c)
{
	return c->state == HEAP_USED || c->state == HEAP_MMAPPED;
}

bool chunk_is_freed(const struct heap_chunk *c)
{
	return c->state == HEAP_FREE || c->state == HEAP_FAST ||
	       c->state == HEAP_TCACHE;
}

struct heap_region *chunk_region(struct heap *h, uint64_t addr)
{
	size_t low = 0, high = h->nregions;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (h->regions[mid].start <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low || addr >= h->regions[low - 1].end)
		return NULL;
	return &h->regions[low - 1];
}

void chunk_index(struct heap *h, struct heap_region *r)
{
	uint64_t pages = ((r->end - r->start) >> PAGE_BITS) + 1;
	size_t at = 0;

	if (r->n < 2 || pages > MAX_INDEX)
		return;
	r->page = arena_array(h->arena, uint32_t, pages);
	for (uint64_t p = 0; p < pages; p++) {
		uint64_t addr = r->start + (p << PAGE_BITS);

		while (at + 1 < r->n &&
			h->chunks[r->first + at + 1].addr <= addr)
			at++;
		r->page[p] = (uint32_t)at;
	}
}

struct heap_chunk *chunk_covering(struct heap *h, uint64_t addr)
{
	struct heap_region *r = chunk_region(h, addr);

	if (!r || !r->n)
		return NULL;
	size_t low = 0, high = r->n;
	if (r->page) {
		uint64_t pages = ((r->end - r->start) >> PAGE_BITS) + 1;
		uint64_t p = (addr - r->start) >> PAGE_BITS;

		low = r->page[p];
		if (p + 1 < pages)
			high = (size_t)r->page[p + 1] + 1;
	}
	while (low + 1 < high) {
		size_t mid = low + (high - low) / 2;

		if (h->chunks[r->first + mid].addr <= addr)
			low = mid;
		else
			high = mid;
	}
	struct heap_chunk *c = &h->chunks[r->first + low];
	return addr >= c->addr && addr - c->addr < chunk_size(c) ? c : NULL;
}

struct heap_chunk *chunk_of_pointer(struct heap *h, uint64_t pointer)
{
	struct heap_chunk *c =
		pointer < HEAP_HEADER
			? NULL
			: chunk_covering(h, pointer - HEAP_HEADER);

	if (!c || pointer - chunk_user(c) >= chunk_usable(c))
		return NULL;
	return c;
}
