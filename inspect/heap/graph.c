/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Roots are all memory with data that is not the heap's, registers of all
 * threads, and stacks from the stack pointer up; libc's own arenas and what
 * lies below a stack pointer are not, since both hold pointers to blocks that
 * nobody has any more.
 *
 * Reached is first what pointers to the starts of blocks lead to; then, what
 * pointers into blocks lead to, which may be numbers by accident: "possible".
 * A program whose blocks have a header of its own points behind it, always as
 * far: hundreds of blocks that are only pointed to at the same distance show
 * that, and such pointers then count as if they were to the start.
 *
 * What is not reached has heads: strongly connected components that no other
 * one points to (Tarjan's algorithm, with a stack of our own).  A head that is
 * one block is a definite leak, a head of several is a cycle, and all that
 * hangs on them is indirect.
 */
#include "inspect/heap/graph.h"

#include "inspect/heap/chunk.h"
#include "inspect/heap/ptmalloc.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

enum {
	BLOCK = 1 << 16,
	RED_ZONE = 128,       /* psABI x86-64, 3.2.2 */
	INSIDE_REACH = 65536, /* bytes from a block's start */
	INSIDE_CHUNKS = 256,  /* that make a distance believable */
};

const char *graph_mark_name(enum graph_mark mark)
{
	static const char *const names[] = {
		[GRAPH_LOST] = "lost",
		[GRAPH_REACHED] = "reachable",
		[GRAPH_POSSIBLE] = "possible",
		[GRAPH_DEFINITE] = "definite",
		[GRAPH_INDIRECT] = "indirect",
		[GRAPH_CYCLE] = "cycle",
		[GRAPH_NONE] = "free",
	};

	return names[mark];
}

/* ---- roots ---- */

struct hole {
	uint64_t start, end;
};

struct holes {
	struct hole *hole;
	size_t n, cap;
};

static void hole_add(
	struct holes *l, struct arena *arena, uint64_t start, uint64_t end)
{
	if (start >= end)
		return;
	l->hole = arena_grow(arena, l->hole, l->n, &l->cap, sizeof(*l->hole));
	l->hole[l->n++] = (struct hole){ start, end };
}

static int by_start(const void *a, const void *b)
{
	const struct hole *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

/* Is it a stack that grows down to the load's start?  glibc puts the thread's
 * own data above the stack, the kernel the auxiliary vector's strings. */
static bool is_stack(const struct image *image, const struct core_load *l,
	const struct core_thread *t)
{
	enum { AT_RANDOM_ENTRY = 25 };
	uint64_t fs = t->regs.v[image->arch->fs_base], random;
	uint64_t end = l->addr + l->memsz;

	if (fs > l->addr && fs < end)
		return true;
	return image_auxv(image, AT_RANDOM_ENTRY, &random) &&
	       random > l->addr && random < end;
}

/* Dead parts of stacks. */
static void holes_of_stacks(struct heap *h, struct holes *ret)
{
	const struct core *core = h->image->core;

	for (size_t t = 0; t < core->nthreads; t++) {
		const struct core_thread *thread = &core->threads[t];
		uint64_t sp = thread->regs.v[h->image->arch->sp];

		for (size_t i = 0; i < core->nloads; i++) {
			const struct core_load *l = &core->loads[i];

			if (sp >= l->addr && sp - l->addr < l->memsz) {
				if (is_stack(h->image, l, thread) &&
					sp - l->addr > RED_ZONE)
					hole_add(ret, h->arena, l->addr,
						sp - RED_ZONE);
				break;
			}
		}
	}
}

static void holes_find(struct heap *h, struct holes *ret)
{
	for (size_t i = 0; i < h->nregions; i++)
		hole_add(ret, h->arena, h->regions[i].start,
			h->regions[i].limit);
	for (size_t i = 0; i < h->narenas; i++)
		hole_add(ret, h->arena, h->arenas[i].addr,
			h->arenas[i].bins + BINS_STATE_END);
	holes_of_stacks(h, ret);
	if (ret->n > 1)
		qsort(ret->hole, ret->n, sizeof(*ret->hole), by_start);
}

typedef void word_fn(void *ctx, uint64_t addr, uint64_t word);

/* Where to go on behind what cannot be read at addr. */
static uint64_t behind_gap(struct heap *h, uint64_t addr)
{
	const struct segment *s = mem_at(&h->image->mem, addr);

	return s && !s->read ? (s->base + s->size + 7) & ~UINT64_C(7)
			     : (addr & ~UINT64_C(4095)) + 4096;
}

static enum err scan(
	struct heap *h, uint64_t from, uint64_t to, word_fn *fn, void *ctx)
{
	uint64_t word[BLOCK / 8];

	for (uint64_t at = (from + 7) & ~UINT64_C(7); at < to;) {
		size_t want = to - at < BLOCK ? (size_t)(to - at) : BLOCK;
		size_t n = mem_read_part(&h->image->mem, at, word, want);

		for (size_t i = 0; i < n / 8; i++)
			if (word[i] >= BLOCK)
				fn(ctx, at + 8 * i, word[i]);
		TRY(heap_check(h));
		at = n == want ? at + want : behind_gap(h, at + n);
	}
	return OK;
}

enum err graph_each_root(struct heap *h, word_fn *fn, void *ctx)
{
	const struct core *core = h->image->core;
	struct holes holes = { 0 };

	holes_find(h, &holes);
	for (size_t i = 0; i < core->nloads; i++) {
		const struct core_load *l = &core->loads[i];
		uint64_t at = l->addr, end = l->addr + l->memsz;

		/* What became read-only after relocation was written, too. */
		if (!(l->flags & PF_W) && (l->flags & PF_X || !l->filesz))
			continue;
		for (size_t k = 0; k < holes.n && at < end; k++) {
			const struct hole *x = &holes.hole[k];

			if (x->end <= at || x->start >= end)
				continue;
			TRY(scan(h, at, x->start, fn, ctx));
			at = x->end;
		}
		TRY(scan(h, at, end, fn, ctx));
	}
	return OK;
}

/* ---- marking ---- */

struct queue {
	uint32_t *at;
	size_t n, cap;
};

struct walk {
	struct graph *g;
	struct queue todo;
	struct queue inner; /* pointed to in the middle, once each */
	uint8_t *inner_seen;
	uint32_t *offset; /* by inner: the smallest distance from the start */
	enum graph_mark mark; /* of what is found now */
	bool cxx;             /* the process has a C++ library */
	bool inner_counts;    /* pointers into blocks are as good */
};

static void push(struct walk *w, struct queue *q, uint32_t chunk)
{
	q->at = arena_grow(w->g->arena, q->at, q->n, &q->cap, sizeof(*q->at));
	q->at[q->n++] = chunk;
}

static bool is_inside(const struct graph *g, uint64_t distance)
{
	for (size_t i = 0; i < g->ninside; i++)
		if (g->inside[i] == distance)
			return true;
	return false;
}

static bool is_vtable(struct heap *h, uint64_t addr)
{
	uint64_t word;

	return mem_read_part(&h->image->mem, addr, &word, 8) == 8 &&
	       word % 8 == 0 && module_at(h->image, word);
}

/*
 * What a pointer into a block may be and still mean the whole of it: memory
 * aligned by malloc inside of a mapping (a header of its own says how far in);
 * in C++ a second base class, with a vtable like the first, and an array behind
 * the count of its elements (Itanium C++ ABI, 2.7).
 */
static bool means_block(
	const struct walk *w, const struct heap_chunk *c, uint64_t pointer)
{
	struct heap *h = w->g->heap;
	uint64_t distance = pointer - chunk_user(c), count;
	struct chunk_head head;

	if (c->state == HEAP_MMAPPED && distance % HEAP_UNIT == 0 &&
		chunk_load(h, pointer - HEAP_HEADER, &head) &&
		head.flags == CHUNK_MMAPPED && head.prev_size == distance &&
		head.size == chunk_size(c) - distance)
		return true;
	if (!w->cxx || distance % 8)
		return false;
	if (distance == 8 &&
		mem_read_part(&h->image->mem, chunk_user(c), &count, 8) == 8 &&
		count && count <= chunk_usable(c) - 8)
		return true;
	return is_vtable(h, pointer) && is_vtable(h, chunk_user(c));
}

static bool has_cxx(const struct image *image)
{
	for (size_t i = 0; i < image->nmodules; i++)
		if (strstr(image->modules[i]->path, "libstdc++.") ||
			strstr(image->modules[i]->path, "libc++."))
			return true;
	return false;
}

static void meet(void *ctx, uint64_t addr, uint64_t word)
{
	struct walk *w = ctx;
	struct heap *h = w->g->heap;
	struct heap_chunk *c = chunk_of_pointer(h, word);

	(void)addr;
	if (!c)
		return;
	uint32_t i = (uint32_t)(c - h->chunks);
	if (w->g->mark[i] != GRAPH_LOST)
		return;
	uint64_t distance = word - chunk_user(c);
	if (!distance || w->inner_counts || is_inside(w->g, distance) ||
		means_block(w, c, word)) {
		w->g->mark[i] = (uint8_t)w->mark;
		push(w, &w->todo, i);
	} else if (!w->inner_seen[i]) {
		w->inner_seen[i] = true;
		push(w, &w->inner, i);
		w->offset[i] = (uint32_t)(distance > UINT32_MAX ? UINT32_MAX
								: distance);
	} else if (distance < w->offset[i]) {
		w->offset[i] = (uint32_t)distance;
	}
}

static enum err drain(struct walk *w)
{
	struct heap *h = w->g->heap;

	while (w->todo.n) {
		const struct heap_chunk *c =
			&h->chunks[w->todo.at[--w->todo.n]];
		uint64_t user = chunk_user(c);

		TRY(scan(h, user, user + chunk_usable(c), meet, w));
	}
	return OK;
}

/* The thread pointer's second word is the address of the second element of the
 * vector of TLS blocks (glibc: sysdeps/x86_64/nptl/tls.h, INSTALL_DTV). */
static void tls_vectors(struct walk *w)
{
	struct image *image = w->g->heap->image;
	const struct core *core = image->core;

	for (size_t t = 0; t < core->nthreads; t++) {
		uint64_t fs = core->threads[t].regs.v[image->arch->fs_base];
		uint64_t dtv;

		if (mem_read_part(&image->mem, fs + 8, &dtv, 8) == 8)
			meet(w, fs + 8, dtv - 16);
	}
}

static void registers(struct walk *w)
{
	const struct image *image = w->g->heap->image;
	const struct core *core = image->core;

	for (size_t t = 0; t < core->nthreads; t++)
		for (unsigned k = 0; k < image->arch->nregs; k++)
			if (core->threads[t].regs.known >> k & 1)
				meet(w, 0, core->threads[t].regs.v[k]);
}

/* The vector registers hold two pointers where code copies them. */
static void vectors(struct walk *w)
{
	struct heap *h = w->g->heap;
	const struct core *core = h->image->core;

	for (size_t t = 0; t < core->nthreads; t++) {
		struct arena_mark mark = arena_mark(w->g->arena);
		const struct vregs *v =
			core_vregs(core, &core->threads[t], w->g->arena);
		uint64_t word[VREG_MAX * VREG_SIZE / 8];

		memset(word, 0, sizeof(word));
		for (unsigned k = 0; v && k < VREG_MAX; k++)
			memcpy(word + (size_t)k * VREG_SIZE / 8, v->v[k],
				v->size[k]);
		arena_release(w->g->arena, mark);
		for (size_t i = 0; i < sizeof(word) / 8; i++)
			if (word[i] >= BLOCK)
				meet(w, 0, word[i]);
	}
}

/* The distance at which most of those are that are only held inside. */
static bool find_inside(struct walk *w)
{
	struct graph *g = w->g;
	uint32_t *count = arena_array(g->arena, uint32_t, INSIDE_REACH);
	uint64_t left = 0;
	uint32_t best = 0;

	if (g->ninside >= GRAPH_MAX_INSIDE)
		return false;
	for (size_t i = 0; i < w->inner.n; i++) {
		uint32_t chunk = w->inner.at[i];

		if (g->mark[chunk] != GRAPH_LOST)
			continue;
		left++;
		if (w->offset[chunk] < INSIDE_REACH)
			count[w->offset[chunk]]++;
	}
	for (uint32_t i = 1; i < INSIDE_REACH; i++)
		if (count[i] > count[best])
			best = i;
	if (count[best] < INSIDE_CHUNKS || count[best] < left / 4)
		return false;
	g->inside_chunks[g->ninside] = count[best];
	g->inside[g->ninside++] = best;
	return true;
}

static enum err again(struct walk *w, bool known_only)
{
	size_t n = w->inner.n;

	for (size_t i = 0; i < n; i++) {
		uint32_t chunk = w->inner.at[i];

		if (w->g->mark[chunk] != GRAPH_LOST ||
			(known_only && !is_inside(w->g, w->offset[chunk])))
			continue;
		w->g->mark[chunk] = (uint8_t)w->mark;
		push(w, &w->todo, chunk);
		TRY(drain(w));
	}
	return OK;
}

static enum err reach(struct graph *g)
{
	struct heap *h = g->heap;
	struct walk w = {
		.g = g,
		.mark = GRAPH_REACHED,
		.cxx = has_cxx(h->image),
		.inner_seen = arena_array(g->arena, uint8_t, h->n),
		.offset = arena_array(g->arena, uint32_t, h->n),
	};

	registers(&w);
	tls_vectors(&w);
	vectors(&w);
	TRY(graph_each_root(h, meet, &w));
	/* What cannot be told apart may be in use. */
	for (size_t i = 0; i < h->n; i++) {
		const struct heap_chunk *c = &h->chunks[i];

		if (c->state == HEAP_BAD)
			TRY(scan(
				h, c->addr, c->addr + chunk_size(c), meet, &w));
	}
	TRY(drain(&w));
	while (find_inside(&w))
		for (size_t before = 0; before != w.inner.n;) {
			before = w.inner.n;
			TRY(again(&w, true));
		}
	w.mark = GRAPH_POSSIBLE;
	w.inner_counts = true;
	return again(&w, false);
}

/* ---- what is lost ---- */

enum { UNSEEN = 0 };

/* A block on the path: its edges are at the end of all edges. */
struct step {
	uint32_t chunk;
	size_t edge, edges_begin, edges_end;
};

struct tarjan {
	struct graph *g;
	uint32_t *order; /* by chunk; UNSEEN, or when it was seen first */
	uint32_t *low;   /* the earliest on the stack that it reaches */
	uint32_t clock;
	uint8_t *on_stack;
	struct queue stack;
	struct queue edges;
	struct step *path;
	size_t depth, cap;
	uint32_t *component;  /* by chunk */
	uint32_t ncomponents; /* and below, by component */
	uint8_t *entered;     /* somebody else points to it */
	size_t entered_cap;
	uint32_t from;
};

static void edge(void *ctx, uint64_t addr, uint64_t word)
{
	struct tarjan *t = ctx;
	struct heap *h = t->g->heap;
	struct heap_chunk *c = chunk_of_pointer(h, word);

	(void)addr;
	if (!c)
		return;
	uint32_t i = (uint32_t)(c - h->chunks);
	if (t->g->mark[i] != GRAPH_LOST || i == t->from)
		return;
	struct queue *q = &t->edges;
	q->at = arena_grow(t->g->arena, q->at, q->n, &q->cap, sizeof(*q->at));
	q->at[q->n++] = i;
}

static enum err enter(struct tarjan *t, uint32_t chunk)
{
	struct heap *h = t->g->heap;
	const struct heap_chunk *c = &h->chunks[chunk];
	struct walk w = { .g = t->g };

	t->order[chunk] = t->low[chunk] = ++t->clock;
	t->on_stack[chunk] = true;
	push(&w, &t->stack, chunk);
	t->path = arena_grow(
		t->g->arena, t->path, t->depth, &t->cap, sizeof(*t->path));
	struct step *s = &t->path[t->depth++];
	s->chunk = chunk;
	s->edges_begin = s->edge = t->edges.n;
	t->from = chunk;
	TRY(scan(h, chunk_user(c), chunk_user(c) + chunk_usable(c), edge, t));
	s->edges_end = t->edges.n;
	return OK;
}

static void component(struct tarjan *t, uint32_t chunk)
{
	uint32_t member, n = 0;

	t->entered = arena_grow(t->g->arena, t->entered, t->ncomponents,
		&t->entered_cap, sizeof(*t->entered));
	t->entered[t->ncomponents] = 0;
	do {
		member = t->stack.at[--t->stack.n];
		t->on_stack[member] = false;
		t->component[member] = t->ncomponents;
		n++;
	} while (member != chunk);
	if (n > 1)
		t->entered[t->ncomponents] |= 2; /* a circle */
	t->ncomponents++;
}

static enum err visit(struct tarjan *t, uint32_t start)
{
	TRY(enter(t, start));
	while (t->depth) {
		struct step *s = &t->path[t->depth - 1];
		uint32_t me = s->chunk;

		if (s->edge < s->edges_end) {
			uint32_t to = t->edges.at[s->edge];

			if (t->order[to] == UNSEEN) {
				TRY(enter(t, to));
				continue; /* the edge is seen again after it */
			}
			s->edge++;
			if (!t->on_stack[to])
				t->entered[t->component[to]] |= 1;
			else if (t->low[to] < t->low[me])
				t->low[me] = t->low[to];
			continue;
		}
		t->edges.n = s->edges_begin;
		t->depth--;
		if (t->low[me] == t->order[me])
			component(t, me);
	}
	return OK;
}

static enum err heads(struct graph *g)
{
	struct heap *h = g->heap;
	struct tarjan t = {
		.g = g,
		.order = arena_array(g->arena, uint32_t, h->n),
		.low = arena_array(g->arena, uint32_t, h->n),
		.on_stack = arena_array(g->arena, uint8_t, h->n),
		.component = arena_array(g->arena, uint32_t, h->n),
	};

	for (size_t i = 0; i < h->n; i++)
		if (g->mark[i] == GRAPH_LOST && t.order[i] == UNSEEN)
			TRY(visit(&t, (uint32_t)i));
	for (size_t i = 0; i < h->n; i++) {
		if (g->mark[i] != GRAPH_LOST)
			continue;
		uint8_t entered = t.entered[t.component[i]];
		g->mark[i] = entered & 1   ? GRAPH_INDIRECT
			     : entered & 2 ? GRAPH_CYCLE
					   : GRAPH_DEFINITE;
	}
	return OK;
}

enum err graph_find(struct heap *h, struct arena *arena, struct graph *ret)
{
	struct graph g = {
		.heap = h,
		.arena = arena,
		.mark = arena_array(arena, uint8_t, h->n + 1),
	};

	for (size_t i = 0; i < h->n; i++)
		if (!chunk_is_used(&h->chunks[i]))
			g.mark[i] = GRAPH_NONE;
	TRY(reach(&g));
	TRY(heads(&g));
	*ret = g;
	return OK;
}
