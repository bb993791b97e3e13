/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A chain of blocks, each filled from the front.  A request that is larger
 * than a block gets a block of its own, so big arrays cost no waste, and can
 * be resized where they are.
 */
#include "inspect/base/arena.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 64 * 1024, ALIGN = 16 };

struct arena_block {
	struct arena_block *prev;
	size_t used, size;
	_Alignas(ALIGN) char data[];
};

static void *arena_block_new(struct arena *a, size_t size)
{
	size_t room = size > BLOCK_SIZE ? size : BLOCK_SIZE;
	struct arena_block *b = calloc(1, sizeof(*b) + room);

	if (!b)
		abort();
	b->size = room;
	b->used = size;
	b->prev = a->last;
	a->last = b;
	return b->data;
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct arena_block *b = a->last;
	size_t need = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);

	if (need < size)
		abort();
	if (!b || b->size - b->used < need)
		return arena_block_new(a, need);
	b->used += need;
	return b->data + b->used - need;
}

void *arena_memdup(struct arena *a, const void *p, size_t n)
{
	void *copy = arena_alloc(a, n);

	if (n)
		memcpy(copy, p, n);
	return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
	return arena_memdup(a, s, strlen(s) + 1);
}

char *arena_strndup(struct arena *a, const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *copy = arena_alloc(a, len + 1);

	memcpy(copy, s, len);
	return copy;
}

char *arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;

	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	if (n < 0)
		abort();
	char *s = arena_alloc(a, (size_t)n + 1);
	vsnprintf(s, (size_t)n + 1, fmt, again);
	va_end(again);
	va_end(ap);
	return s;
}

/* Large ones begin their block and have it for themselves. */
static struct arena_block **block_link(struct arena *a, void *p)
{
	struct arena_block **link = &a->last;

	while ((*link)->data != (char *)p)
		link = &(*link)->prev;
	return link;
}

static void block_free(struct arena *a, void *p)
{
	struct arena_block **link = block_link(a, p), *b = *link;

	*link = b->prev;
	free(b);
}

static void *block_resize(struct arena *a, void *p, size_t size)
{
	struct arena_block **link = block_link(a, p), *b = *link;

	b = realloc(b, sizeof(*b) + size);
	if (!b)
		abort();
	b->size = b->used = size;
	*link = b;
	return b->data;
}

void *arena_grow(struct arena *a, void *v, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return v;
	size_t more = *cap ? *cap * 2 : 8;
	void *wider = arena_alloc(a, more * size);

	if (n)
		memcpy(wider, v, n * size);
	if (*cap * size > BLOCK_SIZE)
		block_free(a, v);
	*cap = more;
	return wider;
}

void *arena_resize(struct arena *a, void *p, size_t old, size_t size)
{
	if (old > BLOCK_SIZE && size > BLOCK_SIZE)
		return block_resize(a, p, size);
	void *moved = arena_alloc(a, size);

	if (old)
		memcpy(moved, p, old < size ? old : size);
	return moved;
}

struct arena_mark arena_mark(const struct arena *a)
{
	return (struct arena_mark){ a->last, a->last ? a->last->used : 0 };
}

void arena_release(struct arena *a, struct arena_mark mark)
{
	while (a->last != mark.last) {
		struct arena_block *b = a->last;

		a->last = b->prev;
		free(b);
	}
	if (!a->last || a->last->size > BLOCK_SIZE)
		return; /* a large one is never shared */
	memset(a->last->data + mark.used, 0, a->last->used - mark.used);
	a->last->used = mark.used;
}

void arena_clear(struct arena *a)
{
	arena_release(a, (struct arena_mark){ NULL, 0 });
}
