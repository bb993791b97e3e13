/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Marks, and large memory that is resized where it is. */
#include "inspect/base/arena.h"
#include "inspect/base/buf.h"
#include "tests/lib/tap.h"

#include <malloc.h>
#include <stdbool.h>

enum { LARGE = 1 << 20 };

static bool is_zero(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (p[i])
			return false;
	return true;
}

static void test_mark(void)
{
	struct arena a = { 0 };
	char *first = arena_strdup(&a, "first");
	struct arena_mark mark = arena_mark(&a);

	for (int i = 0; i < 100; i++)
		memset(arena_alloc(&a, 3000), 'x', 3000);
	memset(arena_alloc(&a, LARGE), 'x', LARGE);
	arena_release(&a, mark);
	is_str(first, "first", "what was there before the mark stays");
	ok(a.last == mark.last, "blocks that came after it are gone");
	ok(is_zero(arena_alloc(&a, 3000), 3000),
		"memory that is given again is zero");
	arena_clear(&a);
	mark = arena_mark(&a);
	arena_alloc(&a, 10);
	arena_release(&a, mark);
	ok(!a.last, "a mark in an empty arena");
}

static void test_resize(void)
{
	struct arena a = { 0 };
	char *p = arena_resize(&a, NULL, 0, 10);

	memcpy(p, "123456789", 10);
	p = arena_resize(&a, p, 10, LARGE);
	arena_strdup(&a, "something after it");
	struct arena_mark top = arena_mark(&a);

	p = arena_resize(&a, p, LARGE, 16 * LARGE);
	memset(p + 10, 'y', 16 * LARGE - 10);
	is_str(arena_strndup(&a, p, 9), "123456789",
		"what grows keeps its bytes");
	ok(a.last == top.last,
		"a large one grows where it is, below what came later");
	arena_clear(&a);
}

static void test_buf(void)
{
	struct arena a = { 0 };
	struct buf b = { .arena = &a };
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;

	for (int i = 0; i < LARGE; i++)
		buf_puts(&b, "word ");
	size_t held = mallinfo2().uordblks + mallinfo2().hblkhd - before;
	is_int(b.n, 5 * (size_t)LARGE, "a long text");
	ok(!strncmp(buf_str(&b) + b.n - 10, "word word ", 10), "to its end");
	ok(held < b.cap + b.cap / 4, "has no copies of itself behind it");
	arena_clear(&a);
}

int main(void)
{
	test_mark();
	test_resize();
	test_buf();
	return tap_done();
}
