/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Seekable zstd in place: reads across frames, zeros, lies of the table. */
#include "inspect/image/packed.h"

#include "inspect/base/limits.h"
#include "tests/lib/tap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

enum { FRAME = 1 << 16, FRAMES = 20, PLAIN = FRAME * FRAMES };
enum { ZERO_FRAME = 7, ROOM = 2 * PLAIN };

static uint8_t plain[PLAIN], file[ROOM];

static uint8_t *put32(uint8_t *at, uint32_t v)
{
	for (int i = 0; i < 4; i++, v >>= 8)
		*at++ = (uint8_t)v;
	return at;
}

/* width 8, or 12 with a checksum each; returns the size of the file. */
static size_t make(size_t width)
{
	uint32_t sizes[FRAMES];
	size_t n = 0;

	srand(5);
	for (size_t i = 0; i < PLAIN; i++)
		plain[i] = i / FRAME == ZERO_FRAME ? 0 : (uint8_t)(rand() & 15);
	for (size_t i = 0; i < FRAMES; i++) {
		size_t k = ZSTD_compress(
			file + n, ROOM - n, plain + i * FRAME, FRAME, 1);

		sizes[i] = (uint32_t)k;
		n += k;
	}
	uint8_t *at = put32(file + n, 0x184d2a5e);
	at = put32(at, (uint32_t)(FRAMES * width + 9));
	for (size_t i = 0; i < FRAMES; i++) {
		at = put32(put32(at, sizes[i]), FRAME);
		if (width == 12)
			at = put32(at, 0x12345678);
	}
	at = put32(at, FRAMES);
	*at++ = width == 12 ? 0x80 : 0;
	at = put32(at, 0x8f92eab1);
	return (size_t)(at - file);
}

static struct packed *open_bytes(struct arena *a, size_t n)
{
	int fd = memfd_create("packed", 0);

	if (write(fd, file, n) != (ssize_t)n)
		perror("memfd");
	struct packed *p = packed_open(fd, a);
	close(fd);
	return p;
}

static void test_reads(struct arena *a, size_t width)
{
	struct packed *p = open_bytes(a, make(width));
	static uint8_t got[PLAIN];

	printf("# entries of %zu bytes\n", width);
	ok(p != NULL, "it opens");
	if (!p)
		return;
	ok(packed_size(p) == PLAIN, "its size is that of all frames");
	is_int((long)packed_unpacked(p), 0, "nothing is unpacked yet");
	is_int((long)packed_read(p, 3 * FRAME + 5, got, 100), 100, "a read");
	ok(!memcmp(got, plain + 3 * FRAME + 5, 100), "has the right bytes");
	is_int((long)packed_unpacked(p), 1, "one frame was unpacked for it");
	is_int((long)packed_read(p, 4 * FRAME - 50, got, 100), 100,
		"a read over the end of a frame");
	ok(!memcmp(got, plain + 4 * FRAME - 50, 100), "goes on in the next");
	is_int((long)packed_unpacked(p), 2, "which was unpacked for it");
	is_int((long)packed_read(p, ZERO_FRAME * FRAME, got, 8), 8, "zeros");
	ok(!memcmp(got, plain + ZERO_FRAME * FRAME, 8), "are zeros");
	is_int((long)packed_read(p, PLAIN - 10, got, 100), 10,
		"at the end there is less");
	is_int((long)packed_read(p, PLAIN, got, 1), 0, "and behind it nothing");
	is_int((long)packed_read(p, UINT64_MAX, got, 1), 0, "nor far behind");
	ok(packed_read(p, 0, got, PLAIN) == PLAIN && !memcmp(got, plain, PLAIN),
		"all of it");
	is_int((long)packed_unpacked(p), FRAMES, "each frame only once");
	packed_close(p);
}

static void test_damage(struct arena *a)
{
	size_t n = make(8);
	uint8_t got[64];

	file[10] ^= 0xff;
	memset(file + 12, 0x55, 64);
	struct packed *p = open_bytes(a, n);
	ok(p != NULL, "with a damaged frame it opens");
	if (p) {
		is_int((long)packed_read(p, 10, got, 8), 0,
			"that frame cannot be read");
		is_int((long)packed_read(p, FRAME - 4, got, 8), 0,
			"nor what begins in it");
		is_int((long)packed_read(p, FRAME, got, 8), 8, "others can");
	}
	packed_close(p);
}

/* One 32-bit word of the file is another one. */
static bool opens_with(struct arena *a, size_t from_end, uint32_t word)
{
	size_t n = make(8);

	put32(file + n - from_end, word);
	struct packed *p = open_bytes(a, n);
	packed_close(p);
	return p != NULL;
}

static void test_lies(struct arena *a)
{
	enum { FOOTER = 9, TABLE = FRAMES * 8 };
	size_t n = make(8);
	uint8_t got[64];

	ok(!opens_with(a, 4, 0x8f92eab2), "another magic at the end");
	ok(!opens_with(a, FOOTER, 0xffffffff), "more frames than there are");
	ok(!opens_with(a, FOOTER, 0), "no frames");
	ok(!opens_with(a, FOOTER + TABLE + 8, 0x184d2a50),
		"no skippable frame");
	ok(!opens_with(a, FOOTER + TABLE + 4, 77), "of another size");
	ok(!opens_with(a, FOOTER + TABLE, 0x7fffffff),
		"a frame behind the end");
	ok(!opens_with(a, FOOTER + TABLE - 4, MAX_PACKED_FRAME + 1),
		"a frame that is too large to be kept");
	ok(!open_bytes(a, n - 1), "cut off");
	ok(!open_bytes(a, 5), "almost nothing");

	n = make(8);
	put32(file + n - FOOTER - TABLE + 4, FRAME - 1);
	struct packed *p = open_bytes(a, n);
	ok(p && !packed_read(p, 0, got, 8),
		"a frame of another size than the table says is not believed");
	packed_close(p);
}

/* More than the cache holds. */
static void test_cache(struct arena *a)
{
	enum { BIG = 48 << 20, COUNT = 4 };
	uint8_t *big = malloc(BIG), *to = malloc(BIG);
	uint8_t *at = file, got;
	bool right = true;

	for (size_t i = 0; i < BIG; i++)
		big[i] = (uint8_t)(i >> 12 | 1);
	size_t k = ZSTD_compress(to, BIG, big, BIG, 1);
	for (int i = 0; i < COUNT; i++, at += k)
		memcpy(at, to, k);
	at = put32(at, 0x184d2a5e);
	at = put32(at, COUNT * 8 + 9);
	for (int i = 0; i < COUNT; i++)
		at = put32(put32(at, (uint32_t)k), BIG);
	at = put32(at, COUNT);
	*at++ = 0;
	at = put32(at, 0x8f92eab1);

	struct packed *p = open_bytes(a, (size_t)(at - file));
	for (uint64_t i = 0; p && i < 2 * COUNT; i++) {
		uint64_t where = i % COUNT * BIG + i * 5000;

		right &= packed_read(p, where, &got, 1) == 1 &&
			 got == big[where % BIG];
	}
	ok(p && right, "what does not fit the cache is right all the same");
	ok(p && packed_unpacked(p) > COUNT, "it is unpacked again");
	packed_close(p);
	free(big);
	free(to);
}

int main(void)
{
	struct arena a = { 0 };

	test_reads(&a, 8);
	test_reads(&a, 12);
	test_damage(&a);
	test_lies(&a);
	test_cache(&a);
	arena_clear(&a);
	return tap_done();
}
