/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * FNV-1a (RFC 9923), in 32 and 64 bits: short keys, no enemy.  A hash is taken
 * on from what came before, so a key may lie in pieces.  The values stand in
 * files (the cache of names): they cannot change without that file's format.
 */
#include <stddef.h>
#include <stdint.h>

static const uint32_t HASH32_START = 2166136261u;
static const uint64_t HASH64_START = UINT64_C(14695981039346656037);

static inline uint32_t hash32_on(uint32_t h, const void *data, size_t n)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * 16777619u;
	return h;
}

static inline uint64_t hash64_on(uint64_t h, const void *data, size_t n)
{
	const uint8_t *p = data;

	for (size_t i = 0; i < n; i++)
		h = (h ^ p[i]) * UINT64_C(1099511628211);
	return h;
}
