/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bins are circular and double: each neighbour has to point back.  Fastbins
 * and thread caches are single; since glibc 2.32 their pointers are mixed with
 * the address that they stand at ("safe-linking": fd ^ (&fd >> 12)).  Which of
 * the two it is is seen by the ends of the lists: a plain one ends in 0.
 *
 * A thread's cache is a block of its own, found by the pointer to it among the
 * thread-local variables of libc, at the same distance from every thread's
 * pointer; so that neither a symbol nor a version is needed.
 */
#include "inspect/heap/lists.h"

#include "inspect/heap/chunk.h"
#include "inspect/heap/ptmalloc.h"

#include <inttypes.h>
#include <string.h>

enum {
	TLS_WORDS = 1 << 13, /* of each thread that are looked at */
	MAX_CACHED = 1 << 20,
	CACHE_BINS = 76, /* of the largest layout */
	MAX_WRONG = 4,   /* bins of a cache that may be damaged */
};

/* struct tcache_perthread_struct: counts, then entries. */
static const struct cache_layout {
	uint32_t chunk; /* size of the block that it is */
	unsigned bins, count_size;
	bool remaining; /* counts what still fits in, not what is there */
	const char *name;
} layouts[] = {
	{ 0x290, 64, 2, false, "2.30 to 2.41" },
	{ 0x250, 64, 1, false, "2.26 to 2.29" },
	{ 0x300, 76, 2, true, "2.42" },
};

struct cache {
	const struct cache_layout *layout;
	uint64_t addr;
	int thread;
	unsigned count[CACHE_BINS];
	uint64_t entry[CACHE_BINS];
};

static uint64_t follow(const struct heap *h, uint64_t at, uint64_t word)
{
	return h->safe_linking ? word ^ at >> 12 : word;
}

/* One link says how links are written, when it is an end or leads to a chunk
 * in one way only. */
static void learn(struct heap *h, uint64_t at)
{
	uint64_t word;

	if (h->links_known || mem_read_part(&h->image->mem, at, &word, 8) != 8)
		return;
	uint64_t mixed = word ^ at >> 12;
	bool plain_end = !word || chunk_of_pointer(h, word);
	bool mixed_end = !mixed || chunk_of_pointer(h, mixed);
	if (plain_end == mixed_end)
		return;
	h->links_known = true;
	h->safe_linking = mixed_end;
}

/* ---- thread caches ---- */

static bool cache_load(struct heap *h, uint64_t addr, struct cache *ret)
{
	struct heap_chunk *c = chunk_of_pointer(h, addr);
	uint8_t bytes[CACHE_BINS * 10];

	if (!c || chunk_user(c) != addr || c->state != HEAP_USED)
		return false;
	ret->layout = NULL;
	for (size_t i = 0; i < sizeof(layouts) / sizeof(*layouts); i++)
		/* 16 more where a rest was too small to be a chunk. */
		if (chunk_size(c) == layouts[i].chunk ||
			chunk_size(c) == layouts[i].chunk + HEAP_UNIT)
			ret->layout = &layouts[i];
	if (!ret->layout)
		return false;
	const struct cache_layout *l = ret->layout;
	size_t counts = (size_t)l->bins * l->count_size;
	size_t n = counts + (size_t)l->bins * 8;
	if (mem_read_part(&h->image->mem, addr, bytes, n) != n)
		return false;
	for (unsigned i = 0; i < l->bins; i++) {
		uint16_t wide;

		memcpy(&wide, bytes + 2 * (size_t)i, 2);
		ret->count[i] = l->count_size == 1 ? bytes[i] : wide;
		memcpy(&ret->entry[i], bytes + counts + 8 * (size_t)i, 8);
	}
	ret->addr = addr;
	return true;
}

/* Bins with blocks of the right size; -1: it is something else. */
static int cache_score(struct heap *h, const struct cache *c)
{
	unsigned wrong = 0;
	int score = 0;

	for (unsigned i = 0; i < c->layout->bins; i++) {
		struct heap_chunk *e;

		if (!c->layout->remaining && !c->count[i] != !c->entry[i])
			wrong++;
		else if (c->entry[i]) {
			e = chunk_of_pointer(h, c->entry[i]);
			if (!e || chunk_user(e) != c->entry[i] ||
				(i < 64 &&
					chunk_size(e) !=
						CHUNK_MIN + 16 * (uint64_t)i))
				wrong++;
			else
				score++;
		}
	}
	return wrong > MAX_WRONG ? -1 : score;
}

/* How far below the thread pointers the pointer to the cache is; 0: nowhere. */
static size_t cache_offset(struct heap *h)
{
	const struct core *core = h->image->core;
	uint64_t *word = arena_array(h->arena, uint64_t, TLS_WORDS);
	uint32_t *votes = arena_array(h->arena, uint32_t, TLS_WORDS + 1);
	size_t best = 0;

	for (size_t t = 0; t < core->nthreads; t++) {
		uint64_t fs = core->threads[t].regs.v[h->image->arch->fs_base];
		size_t n = TLS_WORDS;
		struct cache c;

		/* The nearest words that are there at all. */
		while (n &&
			(fs < 8 * n || mem_read_part(&h->image->mem, fs - 8 * n,
					       word, 8 * n) != 8 * n))
			n /= 2;
		for (size_t i = 0; i < n; i++) {
			int score = cache_load(h, word[i], &c)
					    ? cache_score(h, &c)
					    : -1;

			if (score >= 0)
				votes[n - i] += 1 + 8 * (uint32_t)score;
		}
	}
	for (size_t i = 1; i <= TLS_WORDS; i++)
		if (votes[i] > votes[best])
			best = i;
	return best * 8;
}

static void twice(struct heap *h, const struct heap_chunk *c, const char *list)
{
	heap_error(h, c->addr, 0, "double-free",
		"The block at 0x%" PRIx64 " (0x%" PRIx64
		" bytes) is in %s, though it is freed already: "
		"it was freed twice.",
		chunk_user(c), chunk_usable(c), list);
}

/* A list of blocks that all are freed; link: where in a block the pointer to
 * the next one is, from what the pointers point to. */
struct list {
	const char *name, *kind;
	enum heap_state state;
	uint64_t first, from; /* from: where first stands */
	uint64_t size;        /* of its chunks; 0: several */
	uint64_t link;        /* from the chunk's start */
	bool to_user;         /* pointers are to the user's bytes */
};

static uint64_t list_walk(struct heap *h, const struct list *l)
{
	uint64_t at = l->first, from = l->from, n = 0;

	for (; at && n < MAX_CACHED; n++) {
		uint64_t addr = l->to_user ? at - HEAP_HEADER : at, word;
		struct heap_chunk *c = chunk_covering(h, addr);

		if (!c || c->addr != addr) {
			heap_error(h, from, 0, l->kind,
				"The link at 0x%" PRIx64
				" in %s leads to 0x%" PRIx64
				", which is no block of the heap: a "
				"freed block was written to, or what was freed "
				"was none.",
				from, l->name, at);
			break;
		}
		if (chunk_is_freed(c)) {
			twice(h, c, l->name);
			break;
		}
		if (c->state != HEAP_USED ||
			(l->size && chunk_size(c) != l->size)) {
			heap_error(h, c->addr, 0, l->kind,
				"The chunk at 0x%" PRIx64
				" has the size 0x%" PRIx64 " but is in %s.",
				c->addr, chunk_size(c), l->name);
			break;
		}
		c->state = (uint8_t)l->state;
		from = c->addr + l->link;
		if (mem_read_part(&h->image->mem, from, &word, 8) != 8)
			break;
		at = follow(h, from, word);
	}
	return n;
}

static void cache_walk(struct heap *h, const struct cache *c)
{
	struct heap_chunk *own = chunk_of_pointer(h, c->addr);

	own->state = HEAP_OWN;
	for (unsigned i = 0; i < c->layout->bins; i++) {
		uint64_t size = i < 64 ? CHUNK_MIN + 16 * (uint64_t)i : 0;
		struct list l = {
			.name = arena_printf(h->arena,
				"the cache of thread %d for chunks of "
				"0x%" PRIx64 " bytes",
				c->thread, size),
			.kind = "tcache",
			.state = HEAP_TCACHE,
			.first = c->entry[i],
			.from = c->addr +
				c->layout->bins *
					(c->layout->count_size + 0UL) +
				8 * (uint64_t)i,
			.size = size,
			.link = HEAP_HEADER,
			.to_user = true,
		};
		size_t errors = h->nerrors + h->errors_left_out;
		uint64_t n = list_walk(h, &l);

		if (!c->layout->remaining && n != c->count[i] &&
			errors == h->nerrors + h->errors_left_out)
			heap_error(h, c->addr, 0, "tcache",
				"There are %" PRIu64
				" blocks in %s, which counts %u.",
				n, l.name, c->count[i]);
	}
}

static enum err caches(struct heap *h)
{
	const struct core *core = h->image->core;
	size_t offset = cache_offset(h), found = 0;
	struct cache *all = arena_array(
		h->arena, struct cache, offset ? core->nthreads : 0);

	for (size_t t = 0; offset && t < core->nthreads; t++) {
		uint64_t fs = core->threads[t].regs.v[h->image->arch->fs_base];
		uint64_t at;

		if (mem_read_part(&h->image->mem, fs - offset, &at, 8) != 8 ||
			!cache_load(h, at, &all[found]))
			continue;
		all[found++].thread = core->threads[t].id;
	}
	for (size_t i = 0; i < found; i++)
		for (unsigned b = 0; b < all[i].layout->bins; b++)
			if (all[i].entry[b])
				learn(h, all[i].entry[b]);
	for (size_t i = 0; i < found; i++) {
		TRY(heap_check(h));
		cache_walk(h, &all[i]);
	}
	if (found)
		h->layout =
			arena_printf(h->arena, "glibc %s", all[0].layout->name);
	else if (core->nthreads)
		heap_note(h, "No thread's cache of freed blocks was found: "
			     "blocks in one would be counted as used.");
	return OK;
}

/* ---- fastbins and bins ---- */

static void fastbins(struct heap *h, const struct heap_arena *a)
{
	uint64_t first[FASTBIN_COUNT];

	if (mem_read_part(&h->image->mem, a->fastbins, first, sizeof(first)) !=
		sizeof(first))
		return;
	for (unsigned i = 0; i < FASTBIN_COUNT; i++)
		if (first[i])
			learn(h, first[i] + HEAP_HEADER);
	for (unsigned i = 0; i < FASTBIN_COUNT; i++) {
		struct list l = {
			.name = arena_printf(h->arena,
				"the fastbin for chunks of 0x%x bytes of the "
				"arena at 0x%" PRIx64,
				CHUNK_MIN + 16 * i, a->addr),
			.kind = "fastbin",
			.state = HEAP_FAST,
			.first = first[i],
			.from = a->fastbins + 8 * (uint64_t)i,
			.size = CHUNK_MIN + 16 * (uint64_t)i,
			.link = HEAP_HEADER,
		};
		(void)list_walk(h, &l);
	}
}

/* One circular list.  What comes after a broken link is not followed. */
static enum err bin(struct heap *h, const struct heap_arena *a, unsigned index)
{
	uint64_t head = a->bins + 16 * (uint64_t)index - HEAP_HEADER;
	uint64_t at = head, next;

	for (size_t n = 0; n <= h->n; n++) {
		uint64_t link[2]; /* fd, bk */
		struct heap_chunk *c;

		if (mem_read_part(&h->image->mem, at + 16, &next, 8) != 8)
			return OK;
		c = next == head ? NULL : chunk_covering(h, next);
		if (next != head &&
			(!c || c->addr != next || c->state != HEAP_FREE)) {
			heap_error(h, at, 0, "broken-list",
				"Bin %u of the arena at 0x%" PRIx64
				" leads from 0x%" PRIx64 " to 0x%" PRIx64
				", which is not a free chunk: a freed block "
				"was written to.",
				index + 1, a->addr, at, next);
			return OK;
		}
		if (mem_read_part(&h->image->mem, next + 16, link, 16) != 16)
			return OK;
		if (link[1] != at) {
			heap_error(h, next, 0, "broken-list",
				"The chunk at 0x%" PRIx64
				" in bin %u of the arena at 0x%" PRIx64
				" points back to 0x%" PRIx64
				", not to 0x%" PRIx64
				": a freed block was written to.",
				next, index + 1, a->addr, link[1], at);
			return OK;
		}
		if (!c)
			return OK;
		if (c->listed)
			return OK; /* a circle without the head: said above */
		c->listed = true;
		at = next;
		if (n % 4096 == 4095)
			TRY(heap_check(h));
	}
	return OK;
}

/* A free chunk that no list has: while an arena is being changed it happens. */
static void unlisted(struct heap *h)
{
	for (size_t i = 0; i < h->n; i++) {
		const struct heap_chunk *c = &h->chunks[i];

		if (c->state == HEAP_FREE && !c->listed && !h->nerrors &&
			!h->arenas[c->arena].locked)
			heap_note(h,
				"The free chunk at 0x%" PRIx64
				" is in no list of its arena.",
				c->addr);
	}
}

enum err lists_find(struct heap *h)
{
	/* A list leads through memory that is not known then. */
	if (h->incomplete)
		return OK;
	TRY(caches(h));
	for (size_t i = 0; i < h->narenas; i++) {
		fastbins(h, &h->arenas[i]);
		for (unsigned b = 0; b < BINS_COUNT; b++)
			TRY(bin(h, &h->arenas[i], b));
	}
	unlisted(h);
	return OK;
}
