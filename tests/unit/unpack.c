/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Five packers: whole, several streams, cut off, damaged, padded. */
#include "inspect/image/unpack.h"

#include "tests/lib/tap.h"

#include <bzlib.h>
#include <lz4frame.h>
#include <lzma.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

enum { PLAIN = 3 << 20, PACKED = 4 << 20 };

static uint8_t plain[PLAIN], packed[2 * PACKED];

/* Random bytes, a large run of zeros, text. */
static void make_plain(void)
{
	srand(3);
	for (size_t i = 0; i < PLAIN / 3; i++)
		plain[i] = (uint8_t)rand();
	for (size_t i = PLAIN - PLAIN / 3; i < PLAIN; i++)
		plain[i] = (uint8_t)('a' + i % 23);
}

static size_t pack(const char *kind, uint8_t *to)
{
	size_t n = 0;

	switch (*kind) {
	case 'z':
		return ZSTD_compress(to, PACKED, plain, PLAIN, 1);
	case 'l':
		return LZ4F_compressFrame(to, PACKED, plain, PLAIN, NULL);
	case 'x':
		lzma_easy_buffer_encode(0, LZMA_CHECK_CRC32, NULL, plain, PLAIN,
			to, &n, PACKED);
		return n;
	case 'b': {
		unsigned size = PACKED;

		BZ2_bzBuffToBuffCompress(
			(char *)to, &size, (char *)plain, PLAIN, 1, 0, 0);
		return size;
	}
	default: {
		z_stream s = { .next_in = plain,
			.avail_in = PLAIN,
			.next_out = to,
			.avail_out = PACKED };

		deflateInit2(&s, 1, Z_DEFLATED, 16 + MAX_WBITS, 8,
			Z_DEFAULT_STRATEGY);
		deflate(&s, Z_FINISH);
		deflateEnd(&s);
		return PACKED - s.avail_out;
	}
	}
}

/* Unpacks n bytes of packed; *ret is mapped. */
static enum err unpack(const char *kind, size_t n, uint8_t **ret,
	size_t *ret_size, size_t *ret_blocks, const char **ret_cut)
{
	int fd = memfd_create("packed", 0), out;
	struct stat st;

	if (write(fd, packed, n) != (ssize_t)n)
		perror("memfd");
	enum err e = unpack_file(fd, "packed", kind, NULL, &out, ret_cut);
	close(fd);
	if (e)
		return e;
	fstat(out, &st);
	*ret_size = (size_t)st.st_size;
	*ret_blocks = (size_t)st.st_blocks * 512;
	*ret = mmap(NULL, *ret_size, PROT_READ, MAP_PRIVATE, out, 0);
	close(out);
	return OK;
}

static void test(const char *kind)
{
	size_t n = pack(kind, packed), size = 0, blocks = 0;
	const char *cut = "?";
	uint8_t *p = NULL;

	printf("# %s: %zu bytes\n", kind, n);
	is_str(unpack_kind(packed, n), kind, "it is known by its first bytes");
	is_int(unpack(kind, n, &p, &size, &blocks, &cut), OK, "it unpacks");
	ok(size == PLAIN && !memcmp(p, plain, PLAIN) && !cut, "to all of it");
	ok(blocks < PLAIN - PLAIN / 4, "with a hole for the zeros");

	memcpy(packed + n, packed, n);
	is_int(unpack(kind, 2 * n, &p, &size, &blocks, &cut), OK,
		"two streams unpack");
	ok(size == 2 * PLAIN && !memcmp(p + PLAIN, plain, PLAIN) && !cut,
		"to both");

	memset(packed + n, 0, 512);
	is_int(unpack(kind, n + 512, &p, &size, &blocks, &cut), OK,
		"with zeros after it, it unpacks");
	ok(size == PLAIN && !cut, "and they do not count");

	is_int(unpack(kind, n - 5000, &p, &size, &blocks, &cut), OK,
		"cut off, it unpacks");
	ok(size < PLAIN && size && !memcmp(p, plain, size) && cut &&
			strstr(cut, "too early"),
		"as far as it goes, and says so");

	for (size_t i = n / 2; i < n / 2 + 64; i++)
		packed[i] ^= 0x5a;
	enum err e = unpack(kind, n, &p, &size, &blocks, &cut);
	ok(!e && (cut || size == PLAIN), "damage is survived");
	is_int(unpack(kind, 8, &p, &size, &blocks, &cut), ERR_BADDATA,
		"nothing at all is an error");
}

int main(void)
{
	static const char *const kinds[] = { "zstd", "xz", "lz4", "gzip",
		"bzip2" };

	make_plain();
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		test(kinds[i]);
	ok(!unpack_kind((const uint8_t *)"\177ELF\2\1", 6),
		"ELF is not packed");
	return tap_done();
}
