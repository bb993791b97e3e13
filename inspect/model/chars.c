/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text in the inferior: only as much is read as can be shown, because a buffer
 * of a gigabyte is text too; and what breaks off says why where it does.
 */
#include "inspect/model/chars.h"

#include "inspect/base/limits.h"
#include "inspect/model/format.h"
#include "inspect/model/quote.h"

#include <string.h>

enum { CHUNK = 64 * 1024 };

void chars_at(const struct type *elem, uint64_t addr, const struct print_ctx *p,
	struct buf *b)
{
	const struct print_options *o = p->options;
	struct value_ctx *ctx = p->values;
	unsigned width = (unsigned)type_size(elem);
	size_t limit = o->elements && o->elements < MAX_STRING ? o->elements
							       : MAX_STRING;
	uint8_t *bytes = arena_alloc(ctx->arena, (limit + 1) * width);
	struct quote q = {
		.bytes = bytes,
		.width = width,
		.prefix = type_text_prefix(elem),
		.repeats = o->repeats,
		.limit = (unsigned)limit,
	};
	size_t got = mem_read_part(ctx->mem, addr, bytes, (limit + 1) * width) /
		     width;
	uint32_t c = 1;

	while (q.n < got && q.n < limit && c) {
		c = 0;
		memcpy(&c, bytes + q.n++ * width, width);
	}
	bool torn = c && q.n < limit;
	if (c && q.n == limit && got > limit) {
		memcpy(&c, bytes + limit * width, width);
		q.more = c != 0;
	}
	if (q.n || !torn)
		quote_string(&q, b);
	if (torn) {
		uint64_t end = addr + (uint64_t)q.n * width;
		enum absent a = mem_absent(ctx->mem, end, NULL);
		struct value at = value_at(elem, end);

		format_absent(&at, a == PRESENT ? ABSENT_UNMAPPED : a, b);
	}
}

/* As much of the start of an array as is known. */
static size_t load_start(
	struct value_ctx *ctx, const struct value *v, void *bytes, size_t n)
{
	enum absent absent;

	if (!value_load(v, ctx, bytes, n, &absent))
		return n;
	if (v->loc.kind != LOC_ADDR)
		return 0;
	return mem_read_part(ctx->mem, v->loc.addr + v->loc.offset, bytes, n);
}

/* How often the last character of q follows again in the array. */
static size_t same_after(struct value_ctx *ctx, const struct value *v,
	const struct quote *q, uint64_t count)
{
	const uint8_t *last = q->bytes + (q->n - 1) * q->width;
	uint8_t *chunk = arena_alloc(ctx->arena, CHUNK);
	struct value rest = *v;
	size_t more = 0;

	for (uint64_t i = q->n; i < count;) {
		uint64_t n = CHUNK / q->width;

		if (n > count - i)
			n = count - i;
		rest.loc = loc_add(&v->loc, (int64_t)(i * q->width));
		n = load_start(ctx, &rest, chunk, (size_t)n * q->width) /
		    q->width;
		for (uint64_t k = 0; k < n; k++, more++)
			if (memcmp(chunk + k * q->width, last, q->width))
				return more;
		if (!n)
			break;
		i += n;
	}
	return more;
}

static size_t run_start(const struct quote *q)
{
	size_t i = q->n - 1;

	while (i && !memcmp(q->bytes + (i - 1) * q->width,
			    q->bytes + i * q->width, q->width))
		i--;
	return i;
}

static void stop_at_null(struct quote *q)
{
	size_t n = 0;
	uint32_t c;

	for (; n < q->n && (!q->limit || n < q->limit); n++) {
		c = 0;
		memcpy(&c, q->bytes + n * q->width, q->width);
		if (!c)
			break;
	}
	q->more = q->limit && n == q->limit && n < q->n;
	q->n = n;
}

/*
 * An array of characters; false: not even its first one is known.  Only its
 * start is loaded, unless there is no limit; what follows is looked at when
 * the run that the start ends in may be shown.
 */
bool chars_array(
	const struct value *v, const struct print_ctx *p, struct buf *b)
{
	const struct print_options *o = p->options;
	const struct type *array = type_strip(v->type);
	const struct type *elem = type_target(array);
	struct value_ctx *ctx = p->values;
	unsigned width = (unsigned)type_size(elem);
	uint64_t count = type_size(array) / width;
	uint64_t most = (o->elements ? CHUNK : MAX_VALUE_SIZE) / width;

	if (most <= o->elements)
		most = (uint64_t)o->elements + 1;
	if (most > MAX_VALUE_SIZE / width)
		most = MAX_VALUE_SIZE / width;
	size_t n = (size_t)(count < most ? count : most);
	uint8_t *bytes = arena_alloc(ctx->arena, n * width);
	struct quote q = {
		.bytes = bytes,
		.n = load_start(ctx, v, bytes, n * width) / width,
		.width = width,
		.prefix = type_text_prefix(elem),
		.repeats = o->repeats,
		.limit = o->elements,
	};
	if (!q.n)
		return false;
	bool torn = q.n < n;
	if (o->null_stop)
		stop_at_null(&q);
	else if (!torn && q.repeats && q.limit && run_start(&q) < q.limit)
		q.tail = same_after(ctx, v, &q, count);
	if (!o->null_stop)
		q.more = torn || q.n + q.tail < count;
	quote_string(&q, b);
	if (torn && (!q.limit || q.n < q.limit)) {
		struct value at = value_at(
			elem, v->loc.addr + v->loc.offset + q.n * width);

		format_absent(&at, value_unknown(&at, ctx, NULL), b);
	}
	return true;
}
