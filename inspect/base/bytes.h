/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A bounded cursor over untrusted bytes.  Sticky: past the end every read
 * gives 0 and sets .bad, so that a record is read field by field and checked
 * once.  Little-endian, as every architecture that is built in.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
	const uint8_t *p, *end;
	bool bad;
};

static inline struct bytes bytes_of(const void *p, size_t n)
{
	return (struct bytes){ .p = p, .end = (const uint8_t *)p + n };
}

static inline size_t bytes_left(const struct bytes *b)
{
	return (size_t)(b->end - b->p);
}

/* A pointer to the next n bytes, or NULL and .bad. */
static inline const uint8_t *bytes_take(struct bytes *b, size_t n)
{
	if (b->bad || bytes_left(b) < n) {
		b->bad = true;
		return NULL;
	}
	b->p += n;
	return b->p - n;
}

static inline uint64_t bytes_uint(struct bytes *b, size_t n)
{
	const uint8_t *p = bytes_take(b, n);
	uint64_t v = 0;

	if (p)
		memcpy(&v, p, n);
	return v;
}

static inline uint8_t bytes_u8(struct bytes *b)
{
	return (uint8_t)bytes_uint(b, 1);
}

static inline uint16_t bytes_u16(struct bytes *b)
{
	return (uint16_t)bytes_uint(b, 2);
}

static inline uint32_t bytes_u32(struct bytes *b)
{
	return (uint32_t)bytes_uint(b, 4);
}

static inline uint64_t bytes_u64(struct bytes *b)
{
	return bytes_uint(b, 8);
}

/* A NUL-terminated string inside the bytes, or NULL and .bad. */
static inline const char *bytes_str(struct bytes *b)
{
	const uint8_t *nul = b->bad ? NULL : memchr(b->p, 0, bytes_left(b));

	if (!nul) {
		b->bad = true;
		return NULL;
	}
	return (const char *)bytes_take(b, (size_t)(nul - b->p) + 1);
}

/* DWARF 5, 7.6; bits past the 64th are dropped. */
static inline uint64_t bytes_uleb(struct bytes *b)
{
	uint64_t v = 0;

	for (unsigned shift = 0;; shift += 7) {
		uint8_t byte = bytes_u8(b);

		if (shift < 64)
			v |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return v;
	}
}

static inline int64_t bytes_sleb(struct bytes *b)
{
	uint64_t v = 0;

	for (unsigned shift = 0;; shift += 7) {
		uint8_t byte = bytes_u8(b);

		if (shift < 64)
			v |= (uint64_t)(byte & 0x7f) << shift;
		if (byte & 0x80)
			continue;
		if (byte & 0x40 && shift + 7 < 64)
			v |= UINT64_MAX << (shift + 7);
		return (int64_t)v;
	}
}
