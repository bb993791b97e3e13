/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Heaps by hand, in the layouts of several versions of glibc: what stands
 * before the bins, the threads' caches, plain and mixed links; then damage, and
 * blocks that are lost in every way.
 */
#include "inspect/heap/heap.h"

#include "inspect/heap/chunk.h"
#include "inspect/heap/graph.h"
#include "tests/lib/tap.h"

#include <elf.h>
#include <string.h>

enum {
	LIBC = 0x20000000,
	HEAP = 0x10000000,
	TLS = 0x30000000,
	LIBC_SIZE = 0x4000,
	HEAP_SIZE = 0x10000,
	TLS_SIZE = 0x1000,
	FS = TLS + 0xf00,
	ARENA = LIBC + 0x100,
	MP = LIBC + 0x2000,
	ROOT = LIBC + 0x3000,
};

struct layout {
	const char *name;
	unsigned before;     /* bytes from the arena to its bins */
	uint64_t cache;      /* size of a thread's cache's chunk; 0: none */
	unsigned count_size; /* of the cache */
	bool mixed;
};

static uint8_t libc[LIBC_SIZE], heap[HEAP_SIZE], tls[TLS_SIZE];
static const struct layout *now;
static uint64_t next_chunk, top;

static void put(uint64_t addr, uint64_t word)
{
	uint8_t *p = addr >= TLS    ? tls + addr % TLS_SIZE
		     : addr >= LIBC ? libc + addr % LIBC_SIZE
				    : heap + addr % HEAP_SIZE;

	memcpy(p, &word, 8);
}

/* A chunk after the last one; returns its address. */
static uint64_t chunk(uint64_t size, unsigned flags)
{
	uint64_t at = next_chunk;

	put(at + 8, size | flags);
	next_chunk += size;
	return at;
}

static void link_to(uint64_t at, uint64_t to)
{
	put(at, now->mixed ? to ^ at >> 12 : to);
}

/* An arena with empty lists, mp_, and a cache of the one thread. */
static uint64_t begin(const struct layout *l)
{
	uint64_t bins = ARENA + l->before;

	now = l;
	memset(libc, 0, sizeof(libc));
	memset(heap, 0, sizeof(heap));
	memset(tls, 0, sizeof(tls));
	next_chunk = HEAP;
	for (uint64_t i = 0; i < 127; i++) {
		put(bins + 16 * i, bins + 16 * i - 16);
		put(bins + 16 * i + 8, bins + 16 * i - 16);
	}
	put(bins + 2048, ARENA);
	put(bins + 2072, HEAP_SIZE);
	put(MP + 96, HEAP);
	put(MP + 64, UINT64_C(65536));
	if (!l->cache)
		return 0;
	uint64_t cache = chunk(l->cache, CHUNK_PREV_INUSE) + 16;
	put(FS - 72, cache);
	return cache;
}

static void end(void)
{
	top = next_chunk;
	put(top + 8, (HEAP + HEAP_SIZE - top) | CHUNK_PREV_INUSE);
	put(ARENA + now->before - 16, top);
}

static struct image image;
static struct core core;
static struct arena arena;

static enum err find(struct heap *ret)
{
	static struct core_load loads[] = {
		{ HEAP, HEAP_SIZE, HEAP_SIZE, 0, PF_R | PF_W },
		{ LIBC, LIBC_SIZE, LIBC_SIZE, 0, PF_R | PF_W },
		{ TLS, TLS_SIZE, TLS_SIZE, 0, PF_R | PF_W },
	};
	static struct core_thread thread;
	static struct module module = { .path = "/lib/libc.so.6",
		.start = LIBC,
		.end = LIBC + LIBC_SIZE,
		.has_range = true,
		.state = MODULE_MISSING };
	static struct module *modules[] = { &module };

	arena_clear(&arena);
	module.symtab = NULL;
	module.names_sought = 0;
	image = (struct image){ .arena = &arena,
		.arch = arch_of_machine(EM_X86_64),
		.core = &core,
		.modules = modules,
		.nmodules = 1 };
	thread.regs.v[image.arch->fs_base] = FS;
	thread.id = 1;
	core = (struct core){ .arch = image.arch,
		.loads = loads,
		.nloads = 3,
		.threads = &thread,
		.nthreads = 1 };
	mem_init(&image.mem, &arena);
	mem_add_bytes(&image.mem, HEAP, heap, sizeof(heap), "heap");
	mem_add_bytes(&image.mem, LIBC, libc, sizeof(libc), "libc");
	mem_add_bytes(&image.mem, TLS, tls, sizeof(tls), "tls");
	return heap_find(&image, &arena, HEAP_MAX_CHUNKS, ret);
}

static void counts(const struct layout *l)
{
	uint64_t cache = begin(l);
	uint64_t bins = ARENA + l->before;
	unsigned bin_count = l->cache == 0x300 ? 76 : 64;
	struct heap h;

	uint64_t a = chunk(0x30, 1), b = chunk(0x30, 1), c = chunk(0x40, 1);
	uint64_t d = chunk(0x500, 1), e = chunk(0x20, 0);
	uint64_t f = chunk(0x30, 1);

	if (cache) { /* a and b wait in the second list of the cache */
		uint64_t entries = cache + bin_count * l->count_size;
		uint16_t count = l->cache == 0x300 ? 5 : 2;

		memcpy(heap + (cache - HEAP) + l->count_size, &count,
			l->count_size);
		put(entries + 8, a + 16);
		link_to(a + 16, b + 16);
		link_to(b + 16, 0);
	}
	put(bins - 96 + 8, f); /* f is in the second fastbin */
	link_to(f + 16, 0);
	put(bins, d); /* d is in the first bin */
	put(bins + 8, d);
	put(d + 16, bins - 16);
	put(d + 24, bins - 16);
	put(e, 0x500);
	end();
	ok(find(&h) == OK, l->name);
	is_int((long)h.nerrors, 0, "no errors");
	is_int((long)h.sum[HEAP_USED].chunks, cache ? 2 : 4, "used");
	is_int((long)h.sum[HEAP_TCACHE].chunks, cache ? 2 : 0, "in a cache");
	is_int((long)h.sum[HEAP_FAST].chunks, 1, "in a fastbin");
	is_int((long)h.sum[HEAP_FREE].bytes, 0x500, "in a bin");
	is_int((long)h.sum[HEAP_OWN].chunks, cache ? 1 : 0, "malloc's own");
	ok(chunk_of_pointer(&h, c + 16 + 5) == chunk_covering(&h, c),
		"a pointer into a block");
	ok(!chunk_of_pointer(&h, top + 16), "the top is no block");
	ok(h.has_expected, "mp_ is recognised");
}

static const struct layout layouts[] = {
	{ "2.32 to 2.41", 112, 0x290, 2, true },
	{ "2.30, plain links", 112, 0x290, 2, false },
	{ "2.27 to 2.29", 112, 0x250, 1, false },
	{ "2.26", 104, 0x250, 1, false },
	{ "2.25, no caches", 104, 0, 0, false },
	{ "2.42", 112, 0x300, 2, true },
};

static void has_error(const struct heap *h, const char *kind, uint64_t addr,
	uint64_t before, const char *name)
{
	bool found = false;

	for (size_t i = 0; i < h->nerrors; i++)
		found |= !strcmp(h->errors[i].kind, kind) &&
			 h->errors[i].addr == addr &&
			 h->errors[i].before == before;
	ok(found, name);
}

static void damage(void)
{
	uint64_t cache = begin(&layouts[0]), a[24];
	struct heap h;

	for (size_t i = 0; i < 24; i++)
		a[i] = chunk(0x30, 1);
	end();
	put(a[10] + 8, 0x4141414141414141);
	ok(find(&h) == OK, "a header that was written over");
	has_error(&h, "bad-size", a[10], a[9], "is named, and who is before");
	ok(chunk_covering(&h, a[20])->addr == a[20], "the walk goes on");
	ok(chunk_covering(&h, a[10])->state == HEAP_BAD, "behind a gap");

	put(a[10] + 8, 0x31);
	put(cache, UINT64_C(2) << 16); /* counts[1], then entries[1] */
	put(cache + 128 + 8, a[3] + 16);
	link_to(a[3] + 16, a[4] + 16);
	link_to(a[4] + 16, a[3] + 16);
	ok(find(&h) == OK, "a list that leads back into itself");
	has_error(&h, "double-free", a[3], 0, "is a block freed twice");

	put(a[4] + 16, 0x4242424242424242);
	ok(find(&h) == OK, "a link that was written over");
	has_error(&h, "tcache", a[4] + 16, 0, "is named");

	put(cache + 128 + 8, 0);
	put(cache, 0);
	put(top + 8, UINT64_MAX);
	ok(find(&h) == OK, "a top that was written over");
	has_error(
		&h, "corrupted-top", top, a[23], "is named, and who is before");

	put(ARENA + 112 + 2048, ARENA + 64);
	ok(find(&h) == ERR_NOTFOUND, "arenas that do not lead back are none");
}

static const char *mark_of(struct heap *h, struct graph *g, uint64_t chunk_addr)
{
	size_t k = (size_t)(chunk_covering(h, chunk_addr) - h->chunks);

	return graph_mark_name((enum graph_mark)g->mark[k]);
}

static void leaks(void)
{
	static const char *const want[] = { "reachable", "reachable",
		"possible", "definite", "indirect", "cycle", "cycle",
		"indirect" };
	uint64_t a[8];
	struct heap h;
	struct graph g;

	begin(&layouts[0]);
	for (size_t i = 0; i < 8; i++)
		a[i] = chunk(0x30, 1);
	end();
	put(ROOT, a[0] + 16);         /* a global */
	put(a[0] + 24, a[1] + 16);    /* through it */
	put(ROOT + 8, a[2] + 16 + 8); /* into the middle */
	put(a[3] + 16, a[4] + 16);    /* 3 is lost, and 4 with it */
	put(a[5] + 16, a[6] + 16);    /* a circle */
	put(a[6] + 32, a[5] + 16);
	put(a[6] + 16, a[7] + 24); /* from there, into the middle */
	ok(find(&h) == OK && graph_find(&h, &arena, &g) == OK, "a graph");
	for (size_t i = 0; i < 8; i++)
		is_str(mark_of(&h, &g, a[i]), want[i], want[i]);
	put(a[7] + 16, a[7] + 16);
	put(a[6] + 16, 0);
	ok(find(&h) == OK && graph_find(&h, &arena, &g) == OK, "a graph");
	is_str(mark_of(&h, &g, a[7]), "definite",
		"who points to himself is lost for certain");
}

int main(void)
{
	struct heap h;

	for (size_t i = 0; i < sizeof(layouts) / sizeof(*layouts); i++)
		counts(&layouts[i]);
	damage();
	leaks();
	begin(&layouts[0]);
	memset(libc, 0, sizeof(libc));
	ok(find(&h) == ERR_NOTFOUND, "no arena, no heap");
	arena_clear(&arena);
	return tap_done();
}
