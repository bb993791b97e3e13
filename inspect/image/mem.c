/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Segments are added in any order and may overlap; the first read sorts them
 * and cuts them so that they do not.  That is one sweep over the sorted bases
 * with a heap of the segments that are open at the place, newest on top:
 * O(n log n) for cores with a hundred thousand mappings.  Afterwards a lookup
 * is a binary search, and usually not even that, because most reads hit the
 * segment of the read before.
 */
#include "inspect/image/mem.h"

#include "inspect/base/limits.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void mem_init(struct mem *m, struct arena *a)
{
	*m = (struct mem){ .arena = a };
}

void mem_add(struct mem *m, const struct segment *s)
{
	if (!s->size)
		return;
	m->seg = arena_grow(m->arena, m->seg, m->n, &m->cap, sizeof(*m->seg));
	struct segment *to = &m->seg[m->n++];
	*to = *s;
	/* The last byte of the address space is given up: ends stay below. */
	if (to->size > UINT64_MAX - to->base)
		to->size = UINT64_MAX - to->base;
	m->flat = false;
}

static size_t read_bytes(
	const struct segment *s, uint64_t addr, void *buf, size_t n)
{
	memcpy(buf, (const char *)s->ctx + s->offset + (addr - s->base), n);
	return n;
}

void mem_add_bytes(struct mem *m, uint64_t base, const void *bytes, size_t n,
	const char *what)
{
	mem_add(m, &(struct segment){
			   .base = base,
			   .size = n,
			   .read = read_bytes,
			   .what = what,
			   .ctx = bytes,
		   });
}

/* ---- making it flat ---- */

/* Indexes of segments, the newest on top. */
struct heap {
	size_t *top;
	size_t n;
};

static void heap_push(struct heap *h, size_t index)
{
	size_t i = h->n++;

	while (i && h->top[(i - 1) / 2] < index) {
		h->top[i] = h->top[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	h->top[i] = index;
}

static void heap_pop(struct heap *h)
{
	size_t last = h->top[--h->n], i = 0;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= h->n)
			break;
		if (child + 1 < h->n && h->top[child + 1] > h->top[child])
			child++;
		if (h->top[child] <= last)
			break;
		h->top[i] = h->top[child];
		i = child;
	}
	h->top[i] = last;
}

static uint64_t segment_end(const struct segment *s)
{
	return s->base + s->size;
}

struct by_base {
	uint64_t base;
	size_t index;
};

static int compare_base(const void *a, const void *b)
{
	const struct by_base *x = a, *y = b;

	if (x->base != y->base)
		return x->base < y->base ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* in[index] answers for at..end; one piece with what is before, if it did. */
static void flat_add(struct mem *out, const struct segment *in, size_t index,
	uint64_t at, uint64_t end, size_t *last)
{
	if (out->n && *last == index &&
		segment_end(&out->seg[out->n - 1]) == at) {
		out->seg[out->n - 1].size += end - at;
		return;
	}
	struct segment part = in[index];
	part.base = at;
	part.size = end - at;
	part.offset += at - in[index].base;
	mem_add(out, &part);
	*last = index;
}

static void sweep(struct mem *out, const struct segment *in,
	const struct by_base *order, size_t n, struct heap *open)
{
	uint64_t at = 0;
	size_t last = 0;

	for (size_t next = 0; next < n || open->n;) {
		if (!open->n && at < order[next].base)
			at = order[next].base;
		while (next < n && order[next].base <= at)
			heap_push(open, order[next++].index);
		while (open->n && segment_end(&in[open->top[0]]) <= at)
			heap_pop(open);
		if (!open->n)
			continue;

		uint64_t end = segment_end(&in[open->top[0]]);
		if (next < n && order[next].base < end)
			end = order[next].base;
		flat_add(out, in, open->top[0], at, end, &last);
		at = end;
	}
}

static void flatten(struct mem *m)
{
	struct mem out = { .arena = m->arena };
	size_t n = m->n;

	if (n) {
		struct by_base *order =
			arena_array(m->arena, struct by_base, n);
		struct heap open = { .top = arena_array(m->arena, size_t, n) };

		for (size_t i = 0; i < n; i++)
			order[i] = (struct by_base){ m->seg[i].base, i };
		qsort(order, n, sizeof(*order), compare_base);
		sweep(&out, m->seg, order, n, &open);
	}
	m->seg = out.seg;
	m->n = out.n;
	m->cap = out.cap;
	m->last = 0;
	m->flat = true;
}

/* ---- reading ---- */

static bool covers(const struct segment *s, uint64_t addr)
{
	return addr >= s->base && addr - s->base < s->size;
}

const struct segment *mem_at(struct mem *m, uint64_t addr)
{
	if (!m->flat)
		flatten(m);
	if (m->last < m->n && covers(&m->seg[m->last], addr))
		return &m->seg[m->last];

	size_t low = 0, high = m->n;
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (m->seg[mid].base <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low || !covers(&m->seg[low - 1], addr))
		return NULL;
	m->last = low - 1;
	return &m->seg[low - 1];
}

/* Somebody could get the file, and has put its bytes into memory. */
static bool is_demanded(struct mem *m, const struct segment *s, uint64_t addr)
{
	return s->absent == ABSENT_NO_FILE && m->demand &&
	       m->demand(m->demand_ctx, addr);
}

size_t mem_read_part(struct mem *m, uint64_t addr, void *buf, size_t n)
{
	size_t done = 0;

	while (done < n) {
		const struct segment *s = mem_at(m, addr + done);

		if (s && !s->read && is_demanded(m, s, addr + done))
			continue;
		if (!s || !s->read)
			break;
		uint64_t room = s->size - (addr + done - s->base);
		size_t want = n - done < room ? n - done : (size_t)room;
		size_t got = s->read(s, addr + done, (char *)buf + done, want);
		done += got;
		if (got < want)
			break;
	}
	return done;
}

/* GDB's words, and then why: at is the first address that failed. */
static enum err unreadable(struct mem *m, uint64_t at)
{
	const char *why;

	if (mem_absent(m, at, &why) == PRESENT)
		why = "reading it failed";
	return err_set(ERR_FAULT,
		"Cannot access memory at address 0x%" PRIx64 "%s%s", at,
		why ? ": " : "", why ? why : "");
}

enum err mem_read(struct mem *m, uint64_t addr, void *buf, size_t n)
{
	if (m->interrupted && *m->interrupted)
		return err_set(ERR_INTERRUPTED, "Interrupted");
	size_t got = mem_read_part(m, addr, buf, n);
	if (got == n)
		return OK;
	return unreadable(m, addr + got);
}

enum err mem_read_uint(struct mem *m, uint64_t addr, size_t n, uint64_t *ret)
{
	uint64_t v = 0;

	if (n != 1 && n != 2 && n != 4 && n != 8)
		return err_set(ERR_TYPE, "No integer has %zu bytes", n);
	TRY(mem_read(m, addr, &v, n));
	*ret = v;
	return OK;
}

enum err mem_read_str(struct mem *m, uint64_t addr, size_t max, struct arena *a,
	char **ret, bool *ret_whole)
{
	char chunk[256], *text = NULL;
	size_t n = 0, cap = 0;

	if (max > MAX_STRING)
		max = MAX_STRING;
	for (;;) {
		size_t want = max - n < sizeof(chunk) ? max - n : sizeof(chunk);
		size_t got = mem_read_part(m, addr + n, chunk, want);
		size_t len = strnlen(chunk, got);

		if (!got && !n && want)
			return mem_read(m, addr, chunk, 1);
		if (n + len + 1 > cap) {
			char *wider = arena_alloc(a, cap = 2 * (n + len + 1));

			if (n)
				memcpy(wider, text, n);
			text = wider;
		}
		memcpy(text + n, chunk, len);
		n += len;
		text[n] = '\0';
		if (len < want || n == max) {
			*ret = text;
			if (ret_whole)
				*ret_whole = len < got;
			return OK;
		}
	}
}

enum absent mem_absent(struct mem *m, uint64_t addr, const char **ret_why)
{
	const struct segment *s = mem_at(m, addr);
	const char *why = NULL;
	enum absent absent = PRESENT;

	if (!s) {
		absent = ABSENT_UNMAPPED;
		why = "nothing is mapped there";
	} else if (!s->read) {
		absent = s->absent;
		why = s->why;
	}
	if (ret_why)
		*ret_why = why;
	return absent;
}
