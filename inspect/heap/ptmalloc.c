/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * main_arena by its symbol, or, in a stripped libc, by what it looks like: its
 * 127 bins are circular lists, most of them empty, and an empty one holds its
 * own address twice.  Nothing else in a data segment does that a hundred times
 * in a row.  `next` after the bins leads through all arenas and back, which
 * also tells where the struct begins, and with that its layout.
 *
 * Other arenas lie in heaps: mappings aligned to their largest size, with a
 * heap_info at the start that says how large the heap is and which one came
 * before it (glibc: malloc/arena.c).  The main arena has the program break,
 * and, when that could not grow, pieces elsewhere that end in two chunks too
 * small to be any.  Large blocks have a mapping each, whose header says so.
 *
 * mp_.mmapped_mem counts the latter; mp_ is found by its neighbour sbrk_base,
 * and is what the search is checked against.
 */
#include "inspect/heap/ptmalloc.h"

#include "inspect/heap/chunk.h"
#include "inspect/image/symbol.h"

#include <elf.h>
#include <inttypes.h>
#include <string.h>

enum {
	PAGE = 4096,
	BLOCK = 1 << 20,
	MAX_ARENAS = 65535,  /* 8 per processor; an index of 16 bits */
	MAX_HEAPS = 1 << 20, /* regions of all kinds */
	MIN_EMPTY = 8,       /* empty bins that make a set of bins believable */
	MAX_STRANGE = 4,     /* lists that may be broken */
	GOOD_CHAIN = 8,      /* chunks in a row that are no accident */
	MP_REACH = 1 << 16,
};

struct extent {
	uint64_t start, end;
};

static bool word_at(struct heap *h, uint64_t addr, uint64_t *ret)
{
	return mem_read_part(&h->image->mem, addr, ret, 8) == 8;
}

static const struct core_load *load_at(const struct heap *h, uint64_t addr)
{
	const struct core *core = h->image->core;

	for (size_t i = 0; i < core->nloads; i++)
		if (addr >= core->loads[i].addr &&
			addr - core->loads[i].addr < core->loads[i].memsz)
			return &core->loads[i];
	return NULL;
}

/* Writable memory around addr without a gap. */
static bool extent_at(const struct heap *h, uint64_t addr, struct extent *ret)
{
	const struct core_load *l = load_at(h, addr), *more;

	if (!l || !(l->flags & PF_W))
		return false;
	*ret = (struct extent){ l->addr, l->addr + l->memsz };
	while ((more = load_at(h, ret->end)) && more->flags & PF_W &&
		more->memsz)
		ret->end = more->addr + more->memsz;
	while (ret->start && (more = load_at(h, ret->start - 1)) &&
		more->flags & PF_W)
		ret->start = more->addr;
	return true;
}

static uint64_t align_up(uint64_t addr, uint64_t to)
{
	return (addr + to - 1) / to * to;
}

/* ---- main_arena ---- */

/* Do these 127 lists look like malloc's? */
static bool are_bins(struct heap *h, uint64_t bins)
{
	uint64_t word[2 * BINS_COUNT];
	unsigned empty = 0, strange = 0;

	if (mem_read_part(&h->image->mem, bins, word, sizeof(word)) !=
		sizeof(word))
		return false;
	for (unsigned i = 0; i < BINS_COUNT; i++) {
		uint64_t self = bins + 16 * (uint64_t)i - HEAP_HEADER;
		uint64_t fd = word[2 * i], bk = word[2 * i + 1], back;

		if (fd == self && bk == self)
			empty++;
		else if (!fd || fd % HEAP_UNIT || !word_at(h, fd + 24, &back) ||
			 back != self)
			strange++;
	}
	return empty >= MIN_EMPTY && strange <= MAX_STRANGE;
}

/* Follows next from the arena whose bins are there; it must come back to its
 * start, which lies 112 bytes before the bins, or 104 before glibc 2.27. */
static bool ring(struct heap *h, uint64_t bins, unsigned before)
{
	uint64_t start = bins - before, at = start;

	h->narenas = 0;
	do {
		uint64_t b = at + before, next;

		if (h->narenas >= MAX_ARENAS)
			return false;
		h->arenas = arena_grow(h->arena, h->arenas, h->narenas,
			&h->arenas_cap, sizeof(*h->arenas));
		h->arenas[h->narenas++] = (struct heap_arena){
			.addr = at,
			.bins = b,
			.fastbins = b + (uint64_t)(int64_t)BINS_FASTBINS,
		};
		if (!word_at(h, b + BINS_NEXT, &next) || next % 8)
			return false;
		at = next;
	} while (at != start);
	return true;
}

static bool is_main_arena(struct heap *h, uint64_t bins)
{
	return are_bins(h, bins) && (ring(h, bins, 112) || ring(h, bins, 104));
}

/* The word at addr is part of an empty list: of which bin? */
static bool main_arena_around(struct heap *h, uint64_t addr)
{
	for (uint64_t i = 0; i < BINS_COUNT && 16 * i <= addr; i++)
		if (is_main_arena(h, addr - 16 * i))
			return true;
	return false;
}

/* Looks at every second word; bins are aligned to 8, not to 16. */
static bool scan_words(
	struct heap *h, uint64_t addr, const uint64_t *word, size_t n)
{
	unsigned run = 0;

	for (size_t i = 0; i + 1 < n; i += 2) {
		uint64_t self = addr + 8 * i - HEAP_HEADER;

		run = word[i] == self && word[i + 1] == self ? run + 1 : 0;
		if (run == MIN_EMPTY && main_arena_around(h, addr + 8 * i))
			return true;
	}
	return false;
}

static bool scan_block(struct heap *h, uint64_t addr, size_t n)
{
	uint64_t *word = arena_alloc(h->arena, n);

	n = mem_read_part(&h->image->mem, addr, word, n) / 8;
	return scan_words(h, addr, word, n) ||
	       (n && scan_words(h, addr + 8, word + 1, n - 1));
}

static bool scan_module(struct heap *h, const struct module *m)
{
	const struct core *core = h->image->core;

	for (size_t i = 0; i < core->nloads; i++) {
		const struct core_load *l = &core->loads[i];

		if (!(l->flags & PF_W) || l->addr + l->memsz <= m->start ||
			l->addr >= m->end)
			continue;
		/* Blocks overlap by more than the bins. */
		for (uint64_t at = l->addr; at < l->addr + l->memsz;
			at += BLOCK - PAGE) {
			struct arena_mark mark = arena_mark(h->arena);
			uint64_t left = l->addr + l->memsz - at;
			bool found;

			found = scan_block(
				h, at, left < BLOCK ? (size_t)left : BLOCK);
			if (found)
				return true;
			arena_release(h->arena, mark);
			h->arenas = NULL;
			h->arenas_cap = 0;
			if (heap_check(h))
				return false;
		}
	}
	return false;
}

static bool by_symbol(struct heap *h)
{
	struct symbol s;

	return symbol_find(h->image, NULL, "main_arena", &s) &&
	       (is_main_arena(h, s.addr + 112) ||
		       is_main_arena(h, s.addr + 104));
}

static bool by_pattern(struct heap *h)
{
	struct image *image = h->image;

	for (size_t i = 0; i < image->nmodules; i++)
		if (image->modules[i]->has_range &&
			scan_module(h, image->modules[i]))
			return true;
	return false;
}

/* ---- regions ---- */

static struct heap_region *region_add(
	struct heap *h, size_t arena, uint64_t start, uint64_t end)
{
	if (start >= end || h->nregions >= MAX_HEAPS)
		return NULL;
	h->regions = arena_grow(h->arena, h->regions, h->nregions,
		&h->regions_cap, sizeof(*h->regions));
	struct heap_region *r = &h->regions[h->nregions++];
	*r = (struct heap_region){ .start = start,
		.end = end,
		.limit = end,
		.arena = (uint16_t)arena };
	return r;
}

/* The region that ends at the arena's top; its size goes up to limit. */
static void region_to_top(
	struct heap *h, size_t arena, uint64_t start, uint64_t limit)
{
	struct heap_arena *a = &h->arenas[arena];
	struct chunk_head top;
	bool good = chunk_load(h, a->top, &top) && top.size >= HEAP_UNIT &&
		    top.size <= limit - a->top;

	struct heap_region *r = region_add(h, arena, start, a->top);
	if (r) {
		r->is_top = true;
		r->top_bad = !good;
		r->limit = good ? a->top + top.size : limit;
	}
	if (good) {
		h->top.chunks++;
		h->top.bytes += top.size;
		a->found += top.size;
	}
}

struct heap_info {
	uint64_t arena, prev, size;
};

static bool heap_info(struct heap *h, uint64_t addr, struct heap_info *ret)
{
	return mem_read_part(&h->image->mem, addr, ret, sizeof(*ret)) ==
	       sizeof(*ret);
}

/* Heaps are aligned to their largest size: 64 MiB, or four huge pages. */
static uint64_t heap_alignment(struct heap *h, uint64_t arena)
{
	static const uint64_t sizes[] = { 1 << 26, 1 << 23, UINT64_C(1) << 32 };
	struct heap_info info;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		uint64_t at = arena & ~(sizes[i] - 1);

		if (heap_info(h, at, &info) && info.arena == arena &&
			info.size <= sizes[i])
			return sizes[i];
	}
	return 0;
}

static void thread_arena(struct heap *h, size_t i)
{
	struct heap_arena *a = &h->arenas[i];
	uint64_t alignment = heap_alignment(h, a->addr);
	uint64_t first = a->addr & ~(alignment - 1);
	uint64_t at = a->top & ~(alignment - 1);
	/* 32 bytes; 48 since glibc 2.35. */
	uint64_t header = a->addr - first;
	struct heap_info info;

	if (!alignment || header > 64) {
		heap_error(h, a->addr, 0, "bad-arena",
			"The arena at 0x%" PRIx64
			" is not at the start of a heap.",
			a->addr);
		return;
	}
	for (unsigned n = 0; at && n < MAX_HEAPS; n++, at = info.prev) {
		if (!heap_info(h, at, &info) || info.arena != a->addr ||
			info.size > alignment) {
			heap_error(h, at, 0, "bad-heap",
				"The heap at 0x%" PRIx64
				" of the arena at 0x%" PRIx64
				" has lost its header.",
				at, a->addr);
			return;
		}
		uint64_t start = align_up(
			at == first ? a->bins + BINS_STATE_END : at + header,
			HEAP_UNIT);
		a->found += start - at;
		if ((a->top & ~(alignment - 1)) == at)
			region_to_top(h, i, start, at + info.size);
		else
			region_add(h, i, start, at + info.size);
		if (at == first || info.prev == at)
			break;
	}
}

/* ---- mp_ ---- */

struct mp {
	uint64_t sbrk_base, mmapped_mem, n_mmaps;
};

/*
 * Is this word mp_.sbrk_base?  Before it stand mmapped_mem and its maximum,
 * and the number of mappings with its maximum: 36 and 28 bytes before since
 * glibc 2.35, 32 and 24 in older ones.
 */
static bool is_mp(struct heap *h, uint64_t at, struct mp *ret)
{
	uint32_t w[10];
	uint64_t mem[3];

	if (mem_read_part(&h->image->mem, at - 40, w, sizeof(w)) != sizeof(w) ||
		mem_read_part(&h->image->mem, at - 16, mem, sizeof(mem)) !=
			sizeof(mem))
		return false;
	for (unsigned old = 0; old < 2; old++) {
		uint32_t n = w[1 + old], limit = w[2 + old], max = w[3 + old];

		if (n > max || !limit || mem[0] > mem[1] || mem[0] % PAGE ||
			!n != !mem[0] || !max != !mem[1])
			continue;
		*ret = (struct mp){ mem[2], mem[0], n };
		return true;
	}
	return false;
}

/* Does a heap begin there, with so many chunks that can be believed? */
static bool begins(struct heap *h, uint64_t addr, uint64_t limit, size_t good)
{
	uint64_t end;
	struct chunk_head c;

	if (addr % HEAP_UNIT || !chunk_load(h, addr, &c) ||
		!(c.flags & CHUNK_PREV_INUSE))
		return false;
	return chunk_chain(h, addr, limit, good, &end) == good || end == limit;
}

static bool find_mp(struct heap *h, const struct extent *brk, struct mp *ret)
{
	uint64_t addr = h->arenas[0].addr & ~UINT64_C(7);
	uint64_t from = addr > MP_REACH ? addr - MP_REACH : 0;

	for (uint64_t at = from; at < addr + MP_REACH; at += 8) {
		uint64_t base;

		if (!word_at(h, at, &base) || base < brk->start ||
			base >= brk->end || base % 8)
			continue;
		if (is_mp(h, at, ret) && begins(h, align_up(base, HEAP_UNIT),
						 h->arenas[0].top, 1))
			return true;
	}
	return false;
}

/* ---- the main arena ---- */

/* Pieces that are not the program break: from the start of a page, to two
 * chunks of 16 bytes, or to the top. */
static bool other_piece(struct heap *h, uint64_t start, uint64_t limit)
{
	struct chunk_head c;
	uint64_t end;

	if (!begins(h, start, limit, GOOD_CHAIN))
		return false;
	size_t n = chunk_chain(h, start, limit, SIZE_MAX, &end);
	if (h->arenas[0].top > start && end > h->arenas[0].top &&
		h->arenas[0].top < limit) {
		region_to_top(h, 0, start, limit);
		return true;
	}
	if (!n || !chunk_load(h, end, &c) || c.size != HEAP_UNIT)
		return false;
	region_add(h, 0, start, end);
	h->arenas[0].found += 2 * HEAP_UNIT;
	return true;
}

static void main_arena(struct heap *h)
{
	struct heap_arena *a = &h->arenas[0];
	struct extent brk;
	struct mp mp;

	if (a->top == a->bins - HEAP_HEADER) {
		heap_note(h, "The main arena has no memory: malloc gave only "
			     "blocks with a mapping of their own, or none.");
		return;
	}
	if (!extent_at(h, a->top, &brk)) {
		heap_error(h, a->top, 0, "corrupted-top",
			"The main arena's top, 0x%" PRIx64
			", is not in writable memory.",
			a->top);
		return;
	}
	if (find_mp(h, &brk, &mp)) {
		h->has_expected = true;
		h->expected_mmaps = mp.n_mmaps;
		h->expected_mmapped = mp.mmapped_mem;
		region_to_top(h, 0, align_up(mp.sbrk_base, HEAP_UNIT), brk.end);
		return;
	}
	if (begins(h, brk.start, a->top, GOOD_CHAIN)) {
		region_to_top(h, 0, brk.start, brk.end);
		return;
	}
	/* The top is in a piece elsewhere, from some page on. */
	for (uint64_t at = brk.start; at < a->top; at += PAGE) {
		uint64_t end;

		if (!begins(h, at, a->top, GOOD_CHAIN))
			continue;
		chunk_chain(h, at, a->top, SIZE_MAX, &end);
		if (end == a->top) {
			region_to_top(h, 0, at, brk.end);
			return;
		}
	}
	heap_note(h, "Where the main arena's memory begins could not be "
		     "established: it is not counted.");
}

/* ---- mappings ---- */

static bool is_file(const struct heap *h, const struct core_load *l)
{
	const struct core *core = h->image->core;

	for (size_t i = 0; i < core->nfiles; i++)
		if (core->files[i].start < l->addr + l->memsz &&
			core->files[i].end > l->addr)
			return true;
	return false;
}

/* A chunk that is a mapping: from a page's start, whole pages long. */
static uint64_t mapping_at(struct heap *h, uint64_t addr, uint64_t limit)
{
	struct chunk_head c;

	if (!chunk_load(h, addr, &c) || c.prev_size ||
		c.flags != CHUNK_MMAPPED || !c.size || c.size % PAGE ||
		c.size > CHUNK_MAX || c.size > limit - addr)
		return 0;
	return c.size;
}

static const struct heap_region *taken(
	const struct heap *h, size_t n, uint64_t addr)
{
	for (size_t i = 0; i < n; i++)
		if (addr >= (h->regions[i].start & ~(uint64_t)(PAGE - 1)) &&
			addr < h->regions[i].limit)
			return &h->regions[i];
	return NULL;
}

static void scan_pages(struct heap *h, size_t known, struct extent x)
{
	for (uint64_t at = x.start; at < x.end;) {
		const struct heap_region *r = taken(h, known, at);
		uint64_t size;

		const struct segment *s = mem_at(&h->image->mem, at);

		if (r || (s && !s->read)) {
			at = align_up(r ? r->limit : s->base + s->size, PAGE);
			continue;
		}
		size = mapping_at(h, at, x.end);
		if (size) {
			struct heap_region *m = region_add(h, 0, at, at + size);

			if (m)
				m->mmapped = true;
		} else if (h->arenas[0].noncontiguous &&
			   other_piece(h, at, x.end)) {
			size = h->regions[h->nregions - 1].limit - at;
		}
		at += size ? align_up(size, PAGE) : PAGE;
		if (heap_check(h))
			return;
	}
}

static void mappings(struct heap *h)
{
	const struct core *core = h->image->core;
	size_t known = h->nregions;

	for (size_t i = 0; i < core->nloads; i++) {
		const struct core_load *l = &core->loads[i];
		struct extent x = { l->addr, l->addr + l->memsz };

		/* What is one after the other may be one mapping. */
		if (!(l->flags & PF_W) || is_file(h, l))
			continue;
		while (i + 1 < core->nloads &&
			core->loads[i + 1].addr == x.end &&
			core->loads[i + 1].flags & PF_W &&
			!is_file(h, &core->loads[i + 1]))
			x.end += core->loads[++i].memsz;
		scan_pages(h, known, x);
	}
}

static void check_mappings(struct heap *h)
{
	uint64_t n = 0, bytes = 0;

	for (size_t i = 0; i < h->nregions; i++)
		if (h->regions[i].mmapped) {
			n++;
			bytes += h->regions[i].end - h->regions[i].start;
		}
	if (!h->has_expected && n)
		heap_note(h, "mp_ could not be established: nothing confirms "
			     "the number of blocks with a mapping of their "
			     "own.");
	else if (h->has_expected &&
		 (n != h->expected_mmaps || bytes != h->expected_mmapped))
		heap_note(h,
			"malloc counts %" PRIu64 " blocks with a mapping of "
			"their own, %" PRIu64 " bytes; %" PRIu64
			" with %" PRIu64 " were found.",
			h->expected_mmaps, h->expected_mmapped, n, bytes);
}

enum err ptmalloc_find(struct heap *h)
{
	enum { NONCONTIGUOUS = 2 };

	if (!by_symbol(h) && !by_pattern(h)) {
		TRY(heap_check(h));
		return err_set(ERR_NOTFOUND,
			"No heap: glibc's main_arena is not in the core, or "
			"malloc was never called.");
	}
	h->allocator = "glibc";
	h->layout = h->arenas[0].bins - h->arenas[0].addr == 112
			    ? "2.27 or newer"
			    : "older than 2.27";
	for (size_t i = 0; i < h->narenas; i++) {
		struct heap_arena *a = &h->arenas[i];
		uint64_t word = 0;

		(void)word_at(
			h, a->bins + (uint64_t)(int64_t)BINS_TOP, &a->top);
		(void)word_at(h, a->bins + BINS_SYSTEM_MEM, &a->system_mem);
		if (word_at(h, a->addr, &word)) {
			a->locked = (uint32_t)word != 0;
			a->noncontiguous = word >> 32 & NONCONTIGUOUS && !i;
		}
	}
	main_arena(h);
	for (size_t i = 1; i < h->narenas; i++)
		thread_arena(h, i);
	mappings(h);
	check_mappings(h);
	return heap_check(h);
}
