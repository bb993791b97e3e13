/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the memory of the arenas to a table of chunks.  Each region is walked
 * from header to header; whether a chunk is in use is said by a flag in the
 * next one.  A header that cannot be one is an error with an address, and the
 * walk goes on where a row of believable chunks begins again, so that one
 * overflow does not hide the rest.
 *
 * Chunks that wait in fastbins and thread caches look like used ones: lists.c
 * marks them.
 */
#include "inspect/heap/heap.h"

#include "inspect/base/buf.h"
#include "inspect/heap/allocator.h"
#include "inspect/heap/chunk.h"
#include "inspect/heap/lists.h"
#include "inspect/heap/ptmalloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_ERRORS = 1000, /* that are kept; the others are counted */
	MAX_NOTES = 100,
	MAX_RESYNC = 1 << 26, /* bytes looked at behind a broken header */
	RESYNC_CHAIN = 6,
	CHECK_EACH = 4096, /* chunks between two looks for ^C */
};

const char *heap_state_name(enum heap_state state)
{
	static const char *const names[HEAP_STATES] = {
		[HEAP_USED] = "used",
		[HEAP_MMAPPED] = "mmapped",
		[HEAP_FREE] = "free",
		[HEAP_FAST] = "fastbin",
		[HEAP_TCACHE] = "tcache",
		[HEAP_OWN] = "allocator",
		[HEAP_BAD] = "damaged",
	};

	return names[state];
}

void heap_note(struct heap *h, const char *fmt, ...)
{
	struct buf b = { .arena = h->arena };
	va_list ap;

	if (h->nnotes >= MAX_NOTES)
		return;
	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	h->notes = arena_grow(h->arena, h->notes, h->nnotes, &h->notes_cap,
		sizeof(*h->notes));
	h->notes[h->nnotes++] = buf_str(&b);
}

void heap_error(struct heap *h, uint64_t addr, uint64_t before,
	const char *kind, const char *fmt, ...)
{
	struct buf b = { .arena = h->arena };
	va_list ap;

	if (h->nerrors >= MAX_ERRORS) {
		h->errors_left_out++;
		return;
	}
	va_start(ap, fmt);
	buf_vprintf(&b, fmt, ap);
	va_end(ap);
	h->errors = arena_grow(h->arena, h->errors, h->nerrors, &h->errors_cap,
		sizeof(*h->errors));
	h->errors[h->nerrors++] = (struct heap_error){
		.addr = addr,
		.before = before,
		.kind = kind,
		.text = buf_str(&b),
	};
}

enum err heap_check(const struct heap *h)
{
	const volatile int *interrupted = h->image->mem.interrupted;

	if (interrupted && *interrupted)
		return err_set(ERR_INTERRUPTED, "Interrupted.");
	return OK;
}

/* ---- the walk ---- */

static enum err chunk_add(struct heap *h, const struct heap_region *r,
	uint64_t addr, uint64_t size, enum heap_state state)
{
	if (h->n >= h->max)
		return err_set(ERR_LIMIT,
			"The heap has more than %zu chunks: not read.", h->max);
	h->chunks = arena_grow(
		h->arena, h->chunks, h->n, &h->cap, sizeof(*h->chunks));
	h->chunks[h->n++] = (struct heap_chunk){
		.addr = addr,
		.units = (uint32_t)((size < CHUNK_MAX ? size : CHUNK_MAX) /
				    HEAP_UNIT),
		.arena = r->arena,
		.state = (uint8_t)state,
	};
	return h->n % CHECK_EACH ? OK : heap_check(h);
}

/* Where chunks can be told apart again, behind addr. */
static uint64_t resync(struct heap *h, uint64_t addr, uint64_t end)
{
	uint64_t stop = end - addr > MAX_RESYNC ? addr + MAX_RESYNC : end, at;

	for (addr += HEAP_UNIT; addr < stop; addr += HEAP_UNIT)
		if (chunk_chain(h, addr, end, RESYNC_CHAIN, &at) ==
				RESYNC_CHAIN ||
			at == end)
			return addr;
	return end;
}

/* The one before is free: its size stands in this header, too. */
static void check_freed(struct heap *h, const struct heap_region *r,
	uint64_t addr, const struct chunk_head *c)
{
	struct heap_chunk *last = &h->chunks[h->n - 1];

	if (h->n == r->first || last->state == HEAP_BAD)
		return;
	last->state = HEAP_FREE;
	if (c->prev_size != chunk_size(last))
		heap_error(h, addr, last->addr, "prev-size-mismatch",
			"The chunk at 0x%" PRIx64
			" says that the free one before it has 0x%" PRIx64
			" bytes, but the one at 0x%" PRIx64 " has 0x%" PRIx64
			".",
			addr, c->prev_size, last->addr, chunk_size(last));
}

static enum err broken(struct heap *h, const struct heap_region *r,
	const struct chunk_head *c, uint64_t *addr)
{
	uint64_t before = h->n > r->first ? h->chunks[h->n - 1].addr : 0;
	uint64_t to = resync(h, *addr, r->end);

	if (before)
		heap_error(h, *addr, before, "bad-size",
			"The chunk at 0x%" PRIx64
			" has the impossible size 0x%" PRIx64
			": its header was overwritten, likely from the block "
			"before it at 0x%" PRIx64 ".",
			*addr, c->size | c->flags, before + HEAP_HEADER);
	else
		heap_error(h, *addr, 0, "bad-size",
			"The chunk at 0x%" PRIx64
			" has the impossible size 0x%" PRIx64
			": its header was overwritten.",
			*addr, c->size | c->flags);
	TRY(chunk_add(h, r, *addr, to - *addr, HEAP_BAD));
	*addr = to;
	return OK;
}

/* Two headers too small to be chunks end a piece of memory that could not grow
 * (glibc: sysmalloc, "fencepost"). */
static bool is_fence(const struct chunk_head *c)
{
	return c->size <= HEAP_UNIT && c->flags & CHUNK_PREV_INUSE &&
	       !(c->flags & CHUNK_MMAPPED);
}

static enum err fence(
	struct heap *h, const struct heap_region *r, uint64_t *addr)
{
	uint64_t to = resync(h, *addr, r->end);

	/* Somebody else has moved the program break in between. */
	TRY(chunk_add(h, r, *addr, to - *addr, HEAP_OWN));
	*addr = to;
	return OK;
}

static enum err walk(struct heap *h, struct heap_region *r)
{
	uint64_t addr = r->start;
	struct chunk_head c;

	r->first = h->n;
	while (addr < r->end) {
		if (!chunk_load(h, addr, &c)) {
			heap_note(h,
				"0x%" PRIx64 "-0x%" PRIx64
				" of the heap is not in the core.",
				addr, r->end);
			TRY(chunk_add(h, r, addr, r->end - addr, HEAP_BAD));
			break;
		}
		bool good = chunk_plausible(&c, addr, r->end);
		if (good && h->n > r->first && !(c.flags & CHUNK_PREV_INUSE))
			check_freed(h, r, addr, &c);
		if (is_fence(&c)) {
			TRY(fence(h, r, &addr));
		} else if (!good) {
			TRY(broken(h, r, &c, &addr));
		} else {
			TRY(chunk_add(h, r, addr, c.size, HEAP_USED));
			addr += c.size;
		}
	}
	if (r->is_top && !r->top_bad && h->n > r->first &&
		chunk_load(h, r->end, &c) && !(c.flags & CHUNK_PREV_INUSE))
		check_freed(h, r, r->end, &c);
	if (r->top_bad)
		heap_error(h, r->end,
			h->n > r->first ? h->chunks[h->n - 1].addr : 0,
			"corrupted-top",
			"The top chunk of the arena, at 0x%" PRIx64
			", has an impossible size: it was overwritten.",
			r->end);
	r->n = h->n - r->first;
	chunk_index(h, r);
	return OK;
}

static int by_start(const void *a, const void *b)
{
	const struct heap_region *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

static enum err walk_all(struct heap *h)
{
	uint64_t last = 0;

	if (h->nregions > 1)
		qsort(h->regions, h->nregions, sizeof(*h->regions), by_start);
	for (size_t i = 0; i < h->nregions; i++) {
		struct heap_region *r = &h->regions[i];

		if (r->start < last)
			return err_set(ERR_BADDATA,
				"The arenas of the heap overlap at 0x%" PRIx64
				": it is damaged beyond what can be read.",
				r->start);
		last = r->end;
		if (!r->mmapped) {
			TRY(walk(h, r));
			continue;
		}
		r->first = h->n;
		TRY(chunk_add(h, r, r->start, r->end - r->start, HEAP_MMAPPED));
		r->n = 1;
	}
	return OK;
}

/* Does every byte that the arenas have from the system stand in a region? */
static void check_arenas(struct heap *h)
{
	for (size_t i = 0; i < h->nregions; i++)
		if (!h->regions[i].mmapped)
			h->arenas[h->regions[i].arena].found +=
				(h->regions[i].top_bad ? h->regions[i].limit
						       : h->regions[i].end) -
				h->regions[i].start;
	for (size_t i = 0; i < h->narenas; i++) {
		const struct heap_arena *a = &h->arenas[i];

		if (a->found + HEAP_UNIT < a->system_mem)
			heap_note(h,
				"The arena at 0x%" PRIx64 " has %" PRIu64
				" bytes from the system, of which %" PRIu64
				" were found.",
				a->addr, a->system_mem, a->found);
		if (a->locked)
			heap_note(h,
				"The arena at 0x%" PRIx64
				" was locked: a thread was changing it, and "
				"its lists may be half done.",
				a->addr);
	}
}

enum err heap_find(struct image *image, struct arena *arena, size_t max_chunks,
	struct heap *ret)
{
	struct heap h = { .image = image, .arena = arena, .max = max_chunks };
	const char *other;

	if (!image->core)
		return err_set(ERR_UNSUPPORTED, "heap needs a core.");
	other = allocator_other(image, arena);
	if (other)
		return err_set(ERR_UNSUPPORTED, "%s", other);
	TRY(ptmalloc_find(&h));
	TRY(walk_all(&h));
	check_arenas(&h);
	TRY(lists_find(&h));
	for (size_t i = 0; i < h.n; i++) {
		struct heap_sum *sum = &h.sum[h.chunks[i].state];

		sum->chunks++;
		sum->bytes += chunk_size(&h.chunks[i]);
	}
	*ret = h;
	return OK;
}
