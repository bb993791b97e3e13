/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Packed files: .zst, .xz, .lz4, .gz, .bz2, told by their first bytes.  The
 * only file that needs the libraries for it, so that a program that opens no
 * packed cores need not link them.
 */
#include "inspect/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* The bytes that are enough to tell. */
enum { UNPACK_MAGIC = 6 };

/* "zstd", "xz", "lz4", "gzip", "bzip2", or NULL: none of them. */
static inline const char *unpack_kind(const uint8_t *magic, size_t n)
{
	static const struct {
		const char *name, *magic;
		size_t n;
	} kinds[] = {
		{ "zstd", "\x28\xb5\x2f\xfd", 4 },
		{ "xz", "\xfd\x37zXZ\0", 6 },
		{ "lz4", "\x04\x22\x4d\x18", 4 },
		{ "gzip", "\x1f\x8b", 2 },
		{ "bzip2", "BZh", 3 },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (n >= kinds[i].n &&
			!memcmp(magic, kinds[i].magic, kinds[i].n))
			return kinds[i].name;
	return NULL;
}

/* Told from time to time how far it is. */
struct unpack_watch {
	/* false ends it */
	bool (*go_on)(void *ctx, uint64_t done, uint64_t total);
	void *ctx;
	/* Bytes that are no holes, for each that is packed, and so many more:
	 * beyond that it is a bomb.  0: there is no limit. */
	uint64_t max_ratio, max_small;
};

/* The first bytes of what is packed in fd; how many could be had. */
size_t unpack_head(int fd, const char *kind, void *buf, size_t n);

/*
 * Unpacks all of fd into a file without a name (in $TMPDIR or /var/tmp), with
 * holes for zeros, and gives its descriptor.  Packed data that ends too early
 * or goes bad gives what came out before, and *ret_cut says so (NULL: it is
 * whole).  path is for sentences; the watch may be NULL.  A full disk: the
 * sentence says how many bytes are needed.
 */
enum err unpack_file(int fd, const char *path, const char *kind,
	const struct unpack_watch *, int *ret_fd, const char **ret_cut);
