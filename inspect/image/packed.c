/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The packed file is mapped, the table is checked against its size, and a read
 * finds its frame by binary search.  Unpacked frames are kept until they are
 * more than MAX_PACKED_CACHE bytes together; then the one that was not used
 * for the longest time goes.  A frame of nothing but zeros, of which cores have
 * many, is remembered as that and takes no room.
 *
 * Whoever wrote the table may lie: a frame that does not unpack to the size
 * that the table gives it is unreadable, and nothing else is.
 *
 * Format: zstd's contrib/seekable_format/zstd_seekable_compression_format.md.
 */
#include "inspect/image/packed.h"

#include "inspect/base/gone.h"
#include "inspect/base/limits.h"

#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <zstd.h>

enum {
	SKIPPABLE = 0x184d2a5e,
	SKIP_HEADER = 8, /* magic, size of what follows */
	FOOTER = 9,      /* frames, descriptor, magic */
	HAS_CHECKSUMS = 0x80,
	RESERVED = 0x7c,
};
#define SEEKABLE UINT32_C(0x8f92eab1)

enum part_state { PART_UNKNOWN, PART_KEPT, PART_ZEROS, PART_BAD };

/* A frame. */
struct part {
	uint64_t from, at; /* in the packed file, in the unpacked one */
	uint32_t packed, size;
	enum part_state state;
	uint8_t *bytes; /* PART_KEPT */
	uint64_t used;  /* when */
};

struct packed {
	const uint8_t *map;
	size_t map_size;
	struct part *part;
	size_t n, last, unpacked;
	uint64_t size, clock, kept;
	ZSTD_DCtx *zstd; /* NULL: the file is not packed */
	bool narrow;     /* to a member: */
	const struct packed_piece *piece;
	size_t npieces;
	uint64_t member_size;
};

/* ---- the table ---- */

static uint32_t get32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[3] << 24;
}

/* Frames one after the other from the beginning; false: more than there is. */
static bool take_entries(
	struct packed *p, const uint8_t *entry, size_t width, uint64_t room)
{
	uint64_t from = 0, at = 0;

	for (size_t i = 0; i < p->n; i++, entry += width) {
		struct part *f = &p->part[i];

		*f = (struct part){ .from = from,
			.at = at,
			.packed = get32(entry),
			.size = get32(entry + 4) };
		from += f->packed;
		at += f->size;
		if (from > room || f->size > MAX_PACKED_FRAME)
			return false;
	}
	p->size = at;
	return at != 0;
}

static bool read_table(struct packed *p, struct arena *a)
{
	if (p->map_size < SKIP_HEADER + FOOTER)
		return false;
	const uint8_t *footer = p->map + p->map_size - FOOTER;
	size_t width = footer[4] & HAS_CHECKSUMS ? 12 : 8;

	if (get32(footer + 5) != SEEKABLE || footer[4] & RESERVED)
		return false;
	p->n = get32(footer);
	uint64_t table = p->n * width + FOOTER;
	if (table + SKIP_HEADER > p->map_size)
		return false;
	uint64_t start = p->map_size - table - SKIP_HEADER;
	const uint8_t *skip = p->map + start;
	if (get32(skip) != SKIPPABLE || get32(skip + 4) != table)
		return false;
	p->part = arena_array(a, struct part, p->n);
	return take_entries(p, skip + SKIP_HEADER, width, start);
}

static struct packed *map_file(int fd, struct arena *a)
{
	struct packed *p = arena_new(a, struct packed);
	struct stat st;

	if (fstat(fd, &st) || st.st_size <= 0)
		return NULL;
	p->map_size = (size_t)st.st_size;
	void *map = mmap(NULL, p->map_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (map == MAP_FAILED)
		return NULL;
	p->map = map;
	return p;
}

struct packed *packed_open(int fd, struct arena *a)
{
	struct packed *p = map_file(fd, a);

	if (!p)
		return NULL;
	p->zstd = read_table(p, a) ? ZSTD_createDCtx() : NULL;
	if (p->zstd)
		return p;
	munmap((void *)(uintptr_t)p->map, p->map_size);
	return NULL;
}

struct packed *packed_open_plain(int fd, struct arena *a)
{
	struct packed *p = map_file(fd, a);

	if (p)
		p->size = p->map_size;
	return p;
}

void packed_close(struct packed *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n; i++)
		if (p->part[i].state == PART_KEPT)
			munmap(p->part[i].bytes, p->part[i].size);
	ZSTD_freeDCtx(p->zstd);
	munmap((void *)(uintptr_t)p->map, p->map_size);
	*p = (struct packed){ 0 };
}

/* ---- frames ---- */

static bool all_zeros(const uint8_t *p, size_t n)
{
	return !p[0] && !memcmp(p, p + 1, n - 1);
}

static void drop(struct packed *p, struct part *f)
{
	munmap(f->bytes, f->size);
	f->bytes = NULL;
	f->state = PART_UNKNOWN;
	p->kept -= f->size;
}

static void make_room(struct packed *p, uint64_t size)
{
	while (p->kept && p->kept + size > MAX_PACKED_CACHE) {
		struct part *oldest = NULL;

		for (size_t i = 0; i < p->n; i++)
			if (p->part[i].state == PART_KEPT &&
				(!oldest || p->part[i].used < oldest->used))
				oldest = &p->part[i];
		drop(p, oldest);
	}
}

static void unpack(struct packed *p, struct part *f)
{
	make_room(p, f->size);
	void *to = mmap(NULL, f->size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	f->state = PART_BAD;
	if (to == MAP_FAILED)
		return;
	p->unpacked++;
	if (ZSTD_decompressDCtx(p->zstd, to, f->size, p->map + f->from,
		    f->packed) != f->size ||
		gone_before(p->map + f->from, f->packed) != f->packed) {
		munmap(to, f->size);
		return;
	}
	if (all_zeros(to, f->size)) {
		munmap(to, f->size);
		f->state = PART_ZEROS;
		return;
	}
	f->bytes = to;
	f->state = PART_KEPT;
	p->kept += f->size;
}

static bool covers(const struct part *f, uint64_t at)
{
	return at >= f->at && at - f->at < f->size;
}

/* The frame that has the byte; at is inside the file. */
static struct part *part_at(struct packed *p, uint64_t at)
{
	size_t low = 0, high = p->n;

	if (covers(&p->part[p->last], at))
		return &p->part[p->last];
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (p->part[mid].at <= at)
			low = mid + 1;
		else
			high = mid;
	}
	p->last = low - 1;
	return &p->part[low - 1];
}

static size_t read_plain(
	const struct packed *p, uint64_t at, void *buf, size_t n)
{
	if (at >= p->size)
		return 0;
	if (n > p->size - at)
		n = (size_t)(p->size - at);
	memcpy(buf, p->map + at, n);
	return gone_before(p->map + at, n);
}

static size_t read_frames(struct packed *p, uint64_t at, void *buf, size_t n)
{
	size_t done = 0;

	while (done < n && at < p->size) {
		struct part *f = part_at(p, at);
		size_t into = (size_t)(at - f->at);
		size_t k =
			f->size - into < n - done ? f->size - into : n - done;

		if (f->state == PART_UNKNOWN)
			unpack(p, f);
		f->used = ++p->clock;
		if (f->state == PART_BAD)
			break;
		if (f->state == PART_ZEROS)
			memset((uint8_t *)buf + done, 0, k);
		else
			memcpy((uint8_t *)buf + done, f->bytes + into, k);
		done += k;
		at += k;
	}
	return done;
}

static size_t read_file(struct packed *p, uint64_t at, void *buf, size_t n)
{
	return p->zstd ? read_frames(p, at, buf, n) : read_plain(p, at, buf, n);
}

/* ---- a member ---- */

/* The first piece that ends behind the byte, or npieces. */
static size_t piece_at(const struct packed *p, uint64_t at)
{
	size_t low = 0, high = p->npieces;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (p->piece[mid].at + p->piece[mid].size <= at)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static size_t read_member(struct packed *p, uint64_t at, void *buf, size_t n)
{
	uint8_t *to = buf;
	size_t done = 0;

	if (at >= p->member_size)
		return 0;
	if (n > p->member_size - at)
		n = (size_t)(p->member_size - at);
	for (size_t i = piece_at(p, at); done < n; i++) {
		const struct packed_piece *q =
			i < p->npieces ? &p->piece[i] : NULL;
		uint64_t here = at + done;
		uint64_t hole = !q ? n - done : q->at > here ? q->at - here : 0;
		size_t zeros = hole < n - done ? (size_t)hole : n - done;

		memset(to + done, 0, zeros);
		done += zeros;
		if (done == n)
			break;
		uint64_t into = at + done - q->at;
		size_t k = q->size - into < n - done ? (size_t)(q->size - into)
						     : n - done;
		size_t got = read_file(p, q->from + into, to + done, k);
		done += got;
		if (got < k)
			break;
	}
	return done;
}

void packed_narrow(struct packed *p, const struct packed_piece *piece, size_t n,
	uint64_t size)
{
	p->narrow = true;
	p->piece = piece;
	p->npieces = n;
	p->member_size = size;
}

void packed_widen(struct packed *p)
{
	p->narrow = false;
}

size_t packed_read(struct packed *p, uint64_t at, void *buf, size_t n)
{
	return p->narrow ? read_member(p, at, buf, n)
			 : read_file(p, at, buf, n);
}

uint64_t packed_size(const struct packed *p)
{
	return p->narrow ? p->member_size : p->size;
}

size_t packed_unpacked(const struct packed *p)
{
	return p->unpacked;
}
