/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * heap, heap types, leaks.  The walk of the heap, who points to whom and what
 * the blocks are is each made once and kept until the core is closed; a walk
 * that was interrupted leaves nothing behind.
 */
#include "inspect/cmd/heap.h"

#include "inspect/cmd/cmd.h"
#include "inspect/heap/chunk.h"
#include "inspect/heap/guess.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_TYPED_FRAMES =
		2000,         /* of a thread, whose variables are looked at */
	MAX_LINES = 60,       /* of leaks, as text */
	MAX_ADDRESSES = 1000, /* of one group of leaks that are listed */
};

/* ---- what is kept ---- */

enum { OF_HEAP, OF_GRAPH, OF_TYPED };

/* Half a walk is of no use. */
static enum err drop(struct arena *arena, enum err e)
{
	arena_clear(arena);
	return e;
}

enum err session_heap(struct session *s, struct heap **ret)
{
	if (!s->heap) {
		struct heap *h = arena_new(&s->blocks[OF_HEAP], struct heap);
		enum err e = heap_find(
			&s->image, &s->blocks[OF_HEAP], HEAP_MAX_CHUNKS, h);

		if (e)
			return drop(&s->blocks[OF_HEAP], e);
		s->heap = h;
	}
	*ret = s->heap;
	return OK;
}

enum err session_graph(struct session *s, struct graph **ret)
{
	struct heap *h;

	TRY(session_heap(s, &h));
	if (!s->graph) {
		struct graph *g = arena_new(&s->blocks[OF_GRAPH], struct graph);
		enum err e = graph_find(h, &s->blocks[OF_GRAPH], g);

		if (e)
			return drop(&s->blocks[OF_GRAPH], e);
		s->graph = g;
	}
	*ret = s->graph;
	return OK;
}

static enum err frame_roots(
	struct session *s, const struct frame *f, struct typed *t)
{
	struct scope_ctx ctx = {
		.image = &s->image,
		.frame = f,
		.arena = &s->scratch,
	};
	struct variable *v;
	struct value value;
	size_t n;

	if (!f->has_debug || !f->scope ||
		scope_variables(f->scope, f->line, &s->scratch, &v, &n))
		return heap_check(t->heap);
	for (size_t i = 0; i < n; i++)
		if (!v[i].not_yet && !scope_value(&v[i], &ctx, &value))
			typed_root(t, &value);
	return heap_check(t->heap);
}

static enum err thread_roots(struct session *s, struct typed *t)
{
	for (size_t i = 0; i < s->core.nthreads; i++) {
		struct arena_mark mark = arena_mark(&s->scratch);
		struct trace *trace;

		TRY(session_trace_once(s, i, MAX_TYPED_FRAMES, &trace));
		for (size_t k = 0; k < trace->n && k < MAX_TYPED_FRAMES; k++)
			TRY(frame_roots(s, &trace->frames[k], t));
		arena_release(&s->scratch, mark);
	}
	return OK;
}

enum err session_typed(struct session *s, struct typed **ret)
{
	struct heap *h;

	TRY(session_heap(s, &h));
	if (!s->typed) {
		struct typed *t = arena_new(&s->blocks[OF_TYPED], struct typed);
		enum err e;

		typed_begin(h, &s->blocks[OF_TYPED], t);
		if ((e = typed_globals(t)) || (e = thread_roots(s, t)) ||
			(e = typed_spread(t)))
			return drop(&s->blocks[OF_TYPED], e);
		s->typed = t;
	}
	*ret = s->typed;
	return OK;
}

/* ---- heap ---- */

static const char *grouped(struct session *s, uint64_t n)
{
	const char *rest = "";

	for (; n >= 1000; n /= 1000)
		rest = arena_printf(
			&s->scratch, ",%03" PRIu64 "%s", n % 1000, rest);
	return arena_printf(&s->scratch, "%" PRIu64 "%s", n, rest);
}

static void sum(struct session *s, const char *key, const char *words,
	struct heap_sum v, struct out *o)
{
	out_record(o, key);
	out_text(o, "%s", words);
	out_cell(o);
	out_text(o, "%s", grouped(s, v.chunks));
	out_unum(o, ".chunks", v.chunks);
	out_cell(o);
	out_text(o, "%s", grouped(s, v.bytes));
	out_unum(o, ".bytes", v.bytes);
	out_row(o);
	out_record_end(o);
}

static void sums(struct session *s, const struct heap *h, struct out *o)
{
	static const char *const heads[] = { "", "chunks", "bytes" };
	struct heap_sum freed = { 0 };

	for (int i = HEAP_FREE; i <= HEAP_TCACHE; i++) {
		freed.chunks += h->sum[i].chunks;
		freed.bytes += h->sum[i].bytes;
	}
	out_table(o);
	out_heading(o, heads, 3);
	sum(s, "used", "used", h->sum[HEAP_USED], o);
	sum(s, "mmapped", "used, mapped each by itself", h->sum[HEAP_MMAPPED],
		o);
	sum(s, "free", "freed", freed, o);
	sum(s, "bins", "  in bins", h->sum[HEAP_FREE], o);
	sum(s, "fastbins", "  in fastbins", h->sum[HEAP_FAST], o);
	sum(s, "tcache", "  in threads' caches", h->sum[HEAP_TCACHE], o);
	sum(s, "top", "top", h->top, o);
	sum(s, "own", "malloc's own", h->sum[HEAP_OWN], o);
	if (h->sum[HEAP_BAD].chunks)
		sum(s, "damaged", "damaged", h->sum[HEAP_BAD], o);
	out_table_end(o);
}

static void arena_list(const struct heap *h, struct out *o)
{
	out_list(o, ".arena_list");
	for (size_t i = 0; i < h->narenas; i++) {
		out_record(o, NULL);
		out_addr(o, "address", h->arenas[i].addr);
		out_addr(o, "top", h->arenas[i].top);
		out_unum(o, "system_bytes", h->arenas[i].system_mem);
		out_bool(o, "main", !i);
		out_bool(o, "locked", h->arenas[i].locked);
		out_record_end(o);
	}
	out_list_end(o);
}

/* "struct room", when it is known without a walk through all types. */
static const char *kind_at(struct session *s, uint64_t chunk)
{
	struct typed *t;
	struct heap_chunk *c;

	if (session_typed(s, &t))
		return NULL;
	c = chunk_covering(t->heap, chunk);
	const struct typed_kind *k =
		c ? typed_of(t, (size_t)(c - t->heap->chunks)) : NULL;
	return k ? k->name : NULL;
}

static void errors(struct session *s, const struct heap *h, struct out *o)
{
	out_list(o, "errors");
	for (size_t i = 0; i < h->nerrors; i++) {
		const struct heap_error *e = &h->errors[i];
		const char *kind = e->before ? kind_at(s, e->before) : NULL;

		out_record(o, NULL);
		out_addr(o, ".address", e->addr);
		out_str(o, ".kind", e->kind);
		out_text(o, "%s", i ? "" : "\n");
		out_style(o, STYLE_ERROR, e->kind);
		out_text(o, ": ");
		out_str(o, "text", e->text);
		if (e->before)
			out_addr(o, ".before", e->before + HEAP_HEADER);
		if (kind)
			out_text(o, "  The block before is a %s.", kind);
		out_str(o, ".before_type", kind);
		out_text(o, "\n");
		out_record_end(o);
	}
	out_list_end(o);
	if (h->errors_left_out)
		out_text(o, "... and %zu more.\n", h->errors_left_out);
}

static void notes(const struct heap *h, struct out *o)
{
	out_list(o, "notes");
	for (size_t i = 0; i < h->nnotes; i++) {
		out_text(o, "%snote: ", i ? "" : "\n");
		out_str(o, ".", h->notes[i]);
		out_text(o, "%s\n", h->notes[i]);
	}
	out_list_end(o);
}

static enum err heap_summary(struct session *s, struct out *o)
{
	struct heap *h;

	TRY(session_heap(s, &h));
	out_text(o, "glibc's malloc (%s), %zu arena%s\n", h->layout, h->narenas,
		h->narenas == 1 ? "" : "s");
	out_str(o, ".allocator", h->allocator);
	out_str(o, ".layout", h->layout);
	out_num(o, ".arenas", (int64_t)h->narenas);
	sums(s, h, o);
	arena_list(h, o);
	errors(s, h, o);
	if (!h->nerrors)
		out_text(o, "No errors.\n");
	notes(h, o);
	return OK;
}

/* ---- heap types ---- */

struct type_row {
	const char *name; /* NULL: not known */
	uint64_t chunks, bytes;
	enum typed_confidence confidence;
};

static int by_bytes(const void *a, const void *b)
{
	const struct type_row *x = a, *y = b;

	if (!x->name != !y->name)
		return x->name ? -1 : 1;
	if (x->bytes != y->bytes)
		return x->bytes > y->bytes ? -1 : 1;
	return x->name ? strcmp(x->name, y->name) : 0;
}

static void type_line(
	struct session *s, const struct type_row *r, struct out *o)
{
	static const char *const words[] = { "unknown", "likely", "certain" };

	out_record(o, NULL);
	out_text(o, "%s", grouped(s, r->chunks));
	out_unum(o, ".chunks", r->chunks);
	out_cell(o);
	out_text(o, "%s", grouped(s, r->bytes));
	out_unum(o, ".bytes", r->bytes);
	out_cell(o);
	out_str(o, "confidence", words[r->confidence]);
	out_cell(o);
	if (r->name)
		out_styled(o, "type", STYLE_TYPE, r->name);
	else
		out_null(o, "type");
	if (!r->name)
		out_text(o, "(no typed pointer leads there)");
	out_row(o);
	out_record_end(o);
}

static enum err heap_types(struct session *s, struct out *o)
{
	static const char *const heads[] = { "Chunks", "Bytes", "Confidence",
		"Type" };
	struct typed *t;

	TRY(session_typed(s, &t));
	/* Two rows a kind: likely and certain. */
	struct type_row *row =
		arena_array(&s->scratch, struct type_row, 2 * t->nkinds);
	for (size_t i = 0; i < t->heap->n; i++) {
		const struct heap_chunk *c = &t->heap->chunks[i];
		const struct typed_kind *k = typed_of(t, i);

		if (!chunk_is_used(c))
			continue;
		struct type_row *r = &row[2 * t->kind[i] +
					  (t->confidence[i] == TYPED_CERTAIN)];
		r->name = k ? k->name : NULL;
		r->confidence = (enum typed_confidence)t->confidence[i];
		r->chunks++;
		r->bytes += chunk_usable(c);
	}
	size_t n = 0;
	for (size_t i = 0; i < 2 * t->nkinds; i++)
		if (row[i].chunks)
			row[n++] = row[i];
	if (n > 1)
		qsort(row, n, sizeof(*row), by_bytes);
	out_table(o);
	out_heading(o, heads, 4);
	out_list(o, "types");
	for (size_t i = 0; i < n; i++)
		type_line(s, &row[i], o);
	out_list_end(o);
	out_table_end(o);
	return OK;
}

/* ---- heap ADDRESS ---- */

static enum err heap_block(struct session *s, struct args *a, struct out *o)
{
	struct heap_chunk *c;
	struct heap *h;
	uint64_t addr;

	TRY(session_eval_int(s, a->text, &addr));
	TRY(session_heap(s, &h));
	c = chunk_covering(h, addr);
	if (!c)
		return err_set(ERR_NOTFOUND,
			"0x%" PRIx64 " is in no chunk of the heap.", addr);
	const char *kind = kind_at(s, c->addr);
	const char *state = heap_state_name((enum heap_state)c->state);
	out_text(o, "0x%" PRIx64 " is ", addr);
	if (addr < chunk_user(c))
		out_text(o, "in the header");
	else
		out_text(o, "%" PRIu64 " bytes into the block",
			addr - chunk_user(c));
	out_text(o, " of the chunk at ");
	out_addr(o, "chunk", c->addr);
	out_text(o, ": %s, ", state);
	out_str(o, ".state", state);
	out_addr(o, ".block", chunk_user(c));
	out_text(o, "block at 0x%" PRIx64 " of ", chunk_user(c));
	out_unum(o, "usable", chunk_usable(c));
	out_text(o, " bytes");
	out_unum(o, ".size", chunk_size(c));
	if (kind)
		out_text(o, ", %s", kind);
	out_str(o, ".type", kind);
	out_addr(o, ".arena", h->arenas[c->arena].addr);
	out_text(o, ".\n");
	return OK;
}

static enum err run_heap(struct session *s, struct args *a, struct out *o)
{
	if (!a->n)
		return heap_summary(s, o);
	if (a->n == 1 && args_is(a, 0, "types", 1))
		return heap_types(s, o);
	return heap_block(s, a, o);
}

static const char *heap_word(size_t i)
{
	return i ? NULL : "types";
}

/* ---- leaks ---- */

struct leaks {
	struct session *s;
	struct graph *g;
	struct typed *t;
	uint32_t *chunk;
	size_t n;
	uint64_t bytes[GRAPH_NONE + 1], count[GRAPH_NONE + 1];
};

/* definite first, what only may be lost last. */
static int order(uint8_t mark)
{
	static const int orders[] = { [GRAPH_DEFINITE] = 0,
		[GRAPH_CYCLE] = 1,
		[GRAPH_INDIRECT] = 2,
		[GRAPH_POSSIBLE] = 3 };

	return orders[mark];
}

static int compare(const void *a, const void *b, void *ctx)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	const struct leaks *l = ctx;
	const struct heap *h = l->g->heap;
	int c = order(l->g->mark[x]) - order(l->g->mark[y]);

	if (c)
		return c;
	if (l->t->kind[x] != l->t->kind[y])
		return l->t->kind[x] < l->t->kind[y] ? -1 : 1;
	if (l->t->confidence[x] != l->t->confidence[y])
		return l->t->confidence[x] > l->t->confidence[y] ? -1 : 1;
	if (chunk_usable(&h->chunks[x]) != chunk_usable(&h->chunks[y]))
		return h->chunks[x].units < h->chunks[y].units ? -1 : 1;
	return x < y ? -1 : x > y;
}

struct group {
	size_t first, n; /* of leaks.chunk */
	uint64_t bytes;
	int order;
};

static int by_weight(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	if (x->order != y->order)
		return x->order - y->order;
	if (x->bytes != y->bytes)
		return x->bytes > y->bytes ? -1 : 1;
	return x->first < y->first ? -1 : x->first > y->first;
}

/* One object takes 16 bytes more where a rest was too small to be a chunk. */
static bool same_group(const struct leaks *l, uint32_t x, uint32_t y)
{
	const struct heap *h = l->g->heap;
	const struct typed_kind *k = typed_of(l->t, x);

	return l->g->mark[x] == l->g->mark[y] &&
	       l->t->kind[x] == l->t->kind[y] &&
	       l->t->confidence[x] == l->t->confidence[y] &&
	       ((k && !k->array) || chunk_usable(&h->chunks[x]) ==
					    chunk_usable(&h->chunks[y]));
}

/* What a reader of text does not get is for JSON all the same. */
static void leak_fields(
	const struct leaks *l, const struct group *g, struct out *o)
{
	uint32_t first = l->chunk[g->first];
	const struct heap_chunk *chunks = l->g->heap->chunks;
	const struct typed_kind *k = typed_of(l->t, first);

	out_str(o, ".certainty",
		graph_mark_name((enum graph_mark)l->g->mark[first]));
	out_str(o, ".type", k ? k->name : NULL);
	out_bool(o, "type_certain",
		k && l->t->confidence[first] == TYPED_CERTAIN);
	out_unum(o, ".size", chunk_usable(&chunks[first]));
	out_unum(o, ".count", g->n);
	out_unum(o, ".bytes", g->bytes);
	out_list(o, ".addresses");
	for (size_t i = 0; i < g->n && i < MAX_ADDRESSES; i++)
		out_addr(o, ".", chunk_user(&chunks[l->chunk[g->first + i]]));
	out_list_end(o);
}

static void leak_line(
	const struct leaks *l, const struct group *g, struct out *o)
{
	struct session *s = l->s;
	uint32_t first = l->chunk[g->first];
	const struct heap_chunk *c = &l->g->heap->chunks[first];
	const struct typed_kind *k = typed_of(l->t, first);

	out_text(o, "%s", graph_mark_name((enum graph_mark)l->g->mark[first]));
	out_cell(o);
	out_text(o, "%s", grouped(s, g->n));
	out_cell(o);
	out_text(o, "%s", grouped(s, chunk_usable(c)));
	out_cell(o);
	out_text(o, "%s", grouped(s, g->bytes));
	out_cell(o);
	out_text(o, "0x%" PRIx64, chunk_user(c));
	out_cell(o);
	if (k)
		out_style(o, STYLE_TYPE, k->name);
	if (k && l->t->confidence[first] != TYPED_CERTAIN)
		out_text(o, "?");
	out_row(o);
}

static void leak_table(
	struct leaks *l, struct group *group, size_t n, struct out *o)
{
	static const char *const heads[] = { "Certainty", "Count", "Size",
		"Bytes", "First", "Type" };

	if (n) {
		out_table(o);
		out_heading(o, heads, 6);
	}
	out_list(o, "leaks");
	for (size_t i = 0; i < n; i++) {
		out_record(o, NULL);
		leak_fields(l, &group[i], o);
		if (i < MAX_LINES)
			leak_line(l, &group[i], o);
		out_record_end(o);
	}
	out_list_end(o);
	if (n)
		out_table_end(o);
	if (n > MAX_LINES)
		out_text(o, "... and %zu lines more, which --json has.\n",
			n - MAX_LINES);
}

static void leak_totals(const struct leaks *l, struct out *o)
{
	static const enum graph_mark marks[] = { GRAPH_DEFINITE, GRAPH_CYCLE,
		GRAPH_INDIRECT, GRAPH_POSSIBLE };
	uint64_t total = 0;

	for (size_t i = 0; i < 4; i++) {
		enum graph_mark m = marks[i];
		const char *name = graph_mark_name(m);

		total += l->bytes[m];
		out_unum(o, arena_printf(&l->s->scratch, ".%s_bytes", name),
			l->bytes[m]);
		if (l->count[m])
			out_text(o, "%s: %s bytes in %s block%s\n", name,
				grouped(l->s, l->bytes[m]),
				grouped(l->s, l->count[m]),
				l->count[m] == 1 ? "" : "s");
	}
	out_unum(o, ".total_bytes", total);
	if (!total)
		out_text(o, "No leaks: something points to every block that "
			    "is in use.\n");
	out_list(o, "inside");
	for (size_t i = 0; i < l->g->ninside; i++) {
		out_record(o, NULL);
		out_text(o,
			"note: %s blocks are held by pointers %" PRIu32
			" bytes behind their start, as programs do that keep a "
			"header of their own there: they are not counted.\n",
			grouped(l->s, l->g->inside_chunks[i]), l->g->inside[i]);
		out_num(o, ".offset", l->g->inside[i]);
		out_unum(o, ".count", l->g->inside_chunks[i]);
		out_record_end(o);
	}
	out_list_end(o);
}

static size_t group_all(struct leaks *l, struct group **ret)
{
	struct group *group = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct heap_chunk *c = &l->g->heap->chunks[l->chunk[i]];
		uint8_t mark = l->g->mark[l->chunk[i]];

		if (!i || !same_group(l, l->chunk[i - 1], l->chunk[i])) {
			group = arena_grow(
				&l->s->scratch, group, n, &cap, sizeof(*group));
			group[n++] = (struct group){ .first = i,
				.order = order(mark) };
		}
		group[n - 1].n++;
		group[n - 1].bytes += chunk_usable(c);
		l->bytes[mark] += chunk_usable(c);
		l->count[mark]++;
	}
	if (n > 1)
		qsort(group, n, sizeof(*group), by_weight);
	*ret = group;
	return n;
}

static enum err run_leaks(struct session *s, struct args *a, struct out *o)
{
	struct leaks l = { .s = s };
	struct group *group;

	if (a->n)
		return err_usage(a);
	TRY(session_graph(s, &l.g));
	TRY(session_typed(s, &l.t));
	const struct heap *h = l.g->heap; /* the same of both */
	uint8_t *lost = arena_array(&s->scratch, uint8_t, h->n + 1);
	for (size_t i = 0; i < h->n; i++) {
		lost[i] = l.g->mark[i] >= GRAPH_POSSIBLE &&
			  l.g->mark[i] != GRAPH_NONE;
		l.n += lost[i];
	}
	TRY(guess_all(l.t, lost));
	l.chunk = arena_array(&s->scratch, uint32_t, l.n + 1);
	l.n = 0;
	for (size_t i = 0; i < h->n; i++)
		if (lost[i])
			l.chunk[l.n++] = (uint32_t)i;
	if (l.n > 1)
		qsort_r(l.chunk, l.n, sizeof(*l.chunk), compare, &l);
	size_t n = group_all(&l, &group);
	leak_table(&l, group, n, o);
	leak_totals(&l, o);
	if (h->nerrors)
		out_text(o, "note: the heap is damaged (see heap): what is "
			    "lost may be a consequence.\n");
	notes(h, o);
	return OK;
}

const struct cmd cmd_heap[] = {
	{
		.name = "heap",
		.usage = "[types | EXPRESSION]",
		.summary = "What malloc holds: used, freed, errors; by type",
		.help = "Of glibc's malloc, without debug info of libc; bytes "
			"are with the chunks'\n"
			"headers.  Errors are chunks that cannot be: sizes, "
			"lists, blocks freed twice.\n"
			"heap types: blocks in use by what typed pointers from "
			"variables and other\n"
			"blocks say of them; certain where the size agrees, "
			"too; bytes without headers.\n"
			"heap EXPRESSION: the chunk that an address is in.\n"
			"    heap\n"
			"    heap types | grep room\n"
			"    heap room->guests",
		.run = run_heap,
		.word = heap_word,
		.group = GROUP_STATUS,
		.needs = CMD_CORE,
	},
	{
		.name = "leaks",
		.usage = "",
		.summary = "Blocks that the program cannot reach any more",
		.help = "definite: nothing points to it.  indirect: only lost "
			"blocks do.  cycle: lost\n"
			"blocks that point to each other.  possible: only "
			"pointers into the middle.\n"
			"Pointers are looked for in registers, stacks and all "
			"writable memory, at\n"
			"multiples of 8; a number that is equal to an address "
			"hides a leak.  Sizes are\n"
			"what malloc_usable_size() says; a type with ? is "
			"likely, without it certain."
			"\n    leaks",
		.run = run_leaks,
		.group = GROUP_STATUS,
		.needs = CMD_CORE,
	},
	{ 0 },
};
