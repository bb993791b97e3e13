/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Segments that overlap, provenance, and reads that run into nothing. */
#include "inspect/image/mem.h"

#include "tests/lib/tap.h"

#include <stdlib.h>
#include <string.h>

static const struct segment hole = {
	.base = 0x3000,
	.size = 0x1000,
	.absent = ABSENT_NOT_IN_CORE,
	.what = "core",
	.why = "left out",
};

static void test_overlap(struct arena *a)
{
	char low[0x100], high[0x100], inner[0x10], got[0x20];
	struct mem m;

	memset(low, 'l', sizeof(low));
	memset(high, 'h', sizeof(high));
	memset(inner, 'i', sizeof(inner));
	mem_init(&m, a);
	mem_add_bytes(&m, 0x1000, low, sizeof(low), "low");
	mem_add_bytes(&m, 0x1080, high, sizeof(high), "high");
	mem_add_bytes(&m, 0x1020, inner, sizeof(inner), "inner");

	ok(!mem_read(&m, 0x1010, got, 0x20), "a read may cross segments");
	ok(!memcmp(got, "llllllllllllllll", 16) &&
			!memcmp(got + 16, "iiiiiiiiiiiiiiii", 16),
		"the later segment wins over the one around it");
	is_int(m.n, 4, "the outer segment is cut in two");
	is_str(mem_at(&m, 0x1030)->what, "low", "it goes on after the inner");
	ok(!mem_read(&m, 0x107f, got, 2) && got[0] == 'l' && got[1] == 'h',
		"the later one wins where both overlap");
	is_str(mem_at(&m, 0x117f)->what, "high", "its last byte is its own");
	ok(!mem_at(&m, 0x1180), "nothing is after the last byte");
	ok(!mem_at(&m, 0xfff), "nothing is before the first byte");

	mem_add_bytes(&m, 0x1000, inner, 1, "late");
	ok(!mem_read(&m, 0x1000, got, 2) && got[0] == 'i' && got[1] == 'l',
		"a segment added after the first read wins too");
}

static void test_random(struct arena *a)
{
	enum { SPACE = 512, ROUNDS = 200 };
	static uint8_t bytes[ROUNDS][64];
	bool same = true;

	srand(1);
	for (int round = 0; round < 50; round++) {
		uint8_t want[SPACE] = { 0 };
		bool there[SPACE] = { false };
		struct mem m;

		mem_init(&m, a);
		for (int i = 0; i < 1 + round * 4 && i < ROUNDS; i++) {
			size_t base = (size_t)rand() % (SPACE - 64);
			size_t n = (size_t)rand() % 64;

			for (size_t k = 0; k < n; k++) {
				bytes[i][k] = (uint8_t)rand();
				want[base + k] = bytes[i][k];
				there[base + k] = true;
			}
			mem_add_bytes(&m, base, bytes[i], n, "x");
		}
		for (size_t i = 0; i < SPACE; i++) {
			uint8_t b;
			bool got = mem_read_part(&m, i, &b, 1) == 1;

			same &= got == there[i] && (!got || b == want[i]);
		}
	}
	ok(same, "random overlaps read like an array painted in order");
}

static void test_absent(struct arena *a)
{
	uint8_t page[0x1000] = { 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	const char *why;
	uint64_t v;
	char got[16];
	struct mem m;

	mem_init(&m, a);
	mem_add_bytes(&m, 0x2000, page, sizeof(page), "core");
	mem_add(&m, &hole);
	is_int(mem_read(&m, 0x2ffc, got, 8), ERR_FAULT,
		"a read that runs into a hole fails");
	ok(strstr(err_msg(), "0x3000") && strstr(err_msg(), "left out"),
		"and names the first address that failed, and why");
	is_int(mem_read_part(&m, 0x2ffc, got, 8), 4,
		"what is before the hole can be had");
	is_int(mem_absent(&m, 0x3000, &why), ABSENT_NOT_IN_CORE,
		"a hole has its reason");
	is_str(why, "left out", "and its words");
	is_int(mem_absent(&m, 0x2000, &why), PRESENT, "a byte is present");
	is_int(mem_absent(&m, 0x9000, NULL), ABSENT_UNMAPPED,
		"elsewhere nothing is mapped");
	ok(!mem_read_uint(&m, 0x2001, 2, &v) && v == 0x0302,
		"integers are little-endian");
	is_int(mem_read_uint(&m, 0x2000, 3, &v), ERR_TYPE,
		"no integer has three bytes");
	is_int(mem_read(&m, UINT64_MAX - 3, got, 16), ERR_FAULT,
		"a read does not wrap around the end");
}

static void test_strings(struct arena *a)
{
	static char text[2000];
	bool whole;
	char *s;
	struct mem m;

	memset(text, 'x', sizeof(text));
	memcpy(text, "short", 6);
	mem_init(&m, a);
	mem_add_bytes(&m, 0x1000, text, sizeof(text), "core");
	ok(!mem_read_str(&m, 0x1000, 100, a, &s, &whole) && whole &&
			!strcmp(s, "short"),
		"a string ends at its NUL");
	ok(!mem_read_str(&m, 0x1006, 100, a, &s, &whole) && !whole &&
			strlen(s) == 100,
		"or at the limit");
	ok(!mem_read_str(&m, 0x1006, 10000, a, &s, &whole) && !whole &&
			strlen(s) == sizeof(text) - 6,
		"or where memory ends");
	ok(!mem_read_str(&m, 0x1005, 10, a, &s, &whole) && whole && !*s,
		"the empty string is whole");
	is_int(mem_read_str(&m, 0x5000, 10, a, &s, &whole), ERR_FAULT,
		"no first byte is an error");
}

static void test_interrupt(struct arena *a)
{
	volatile int flag = 1;
	char b[4] = { 0 };
	struct mem m;

	mem_init(&m, a);
	mem_add_bytes(&m, 0, b, sizeof(b), "x");
	m.interrupted = &flag;
	is_int(mem_read(&m, 0, b, 1), ERR_INTERRUPTED, "^C ends a read");
}

static void test_end_of_space(struct arena *a)
{
	struct segment top = { .base = UINT64_MAX - 0xfff,
		.size = UINT64_MAX,
		.absent = ABSENT_TRUNCATED };
	struct mem m;

	mem_init(&m, a);
	mem_add(&m, &top);
	mem_add(&m, &hole);
	is_int(mem_absent(&m, UINT64_MAX - 1, NULL), ABSENT_TRUNCATED,
		"a size beyond the end of the space is cut");
	is_int(mem_absent(&m, 0x3fff, NULL), ABSENT_NOT_IN_CORE,
		"and disturbs nobody");
}

struct supply {
	struct mem *mem;
	bool has_it;
	int asked;
};

static bool supply(void *ctx, uint64_t addr)
{
	struct supply *s = ctx;

	(void)addr;
	s->asked++;
	if (s->has_it)
		mem_add_bytes(s->mem, 0x1000, "from the file", 14, "file");
	return s->has_it;
}

static void test_demand(struct arena *a)
{
	struct mem m;
	struct supply s = { &m, false, 0 };
	char got[14];

	mem_init(&m, a);
	mem_add(&m, &(struct segment){ .base = 0x1000,
			    .size = 0x1000,
			    .absent = ABSENT_NO_FILE });
	mem_add(&m, &(struct segment){ .base = 0x2000,
			    .size = 0x1000,
			    .absent = ABSENT_NOT_IN_CORE });
	m.demand = supply;
	m.demand_ctx = &s;
	is_int(mem_read(&m, 0x2000, got, 1), ERR_FAULT, "left out");
	is_int(s.asked, 0, "is no reason to ask for a file");
	is_int(mem_read(&m, 0x1000, got, 14), ERR_FAULT, "a missing file");
	is_int(s.asked, 1, "is asked for, once a read");
	s.has_it = true;
	is_int(mem_read(&m, 0x1000, got, 14), OK, "and read when it came");
	is_str(got, "from the file", "with its bytes");
	is_int(s.asked, 2, "which are there from then on");
}

int main(void)
{
	struct arena a = { 0 };

	test_overlap(&a);
	test_random(&a);
	test_absent(&a);
	test_strings(&a);
	test_interrupt(&a);
	test_end_of_space(&a);
	test_demand(&a);
	arena_clear(&a);
	return tap_done();
}
