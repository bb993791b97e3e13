/* SPDX-License-Identifier: Apache-2.0 */
/* LEB128 as in DWARF 5, 7.6: what does not fit in 64 bits is dropped. */
#include "crashd/safe/cursor.h"

#include "crashd/safe/peek.h"

void crashd_cursor_init(struct crashd_cursor *c, uint64_t at, uint64_t end)
{
	c->at = at;
	c->end = end;
	c->base = 0;
	c->n = 0;
	c->bad = end < at;
}

uint8_t crashd_cursor_u8(struct crashd_cursor *c)
{
	if (c->bad || c->at >= c->end) {
		c->bad = true;
		return 0;
	}
	if (c->at < c->base || c->at - c->base >= c->n) {
		uint64_t left = c->end - c->at;

		c->base = c->at;
		c->n = crashd_peek(c->at, c->window,
			left < CRASHD_CURSOR_WINDOW ? left
						    : CRASHD_CURSOR_WINDOW);
		if (!c->n) {
			c->bad = true;
			return 0;
		}
	}
	return c->window[c->at++ - c->base];
}

uint64_t crashd_cursor_bytes(struct crashd_cursor *c, int n)
{
	uint64_t v = 0;

	for (int i = 0; i < n; i++)
		v |= (uint64_t)crashd_cursor_u8(c) << (8 * i);
	return v;
}

uint64_t crashd_cursor_uleb(struct crashd_cursor *c)
{
	uint64_t v = 0;
	int shift = 0;
	uint8_t b;

	do {
		b = crashd_cursor_u8(c);
		if (shift < 64)
			v |= (uint64_t)(b & 0x7f) << shift;
		shift += 7;
	} while (b & 0x80);
	return v;
}

int64_t crashd_cursor_sleb(struct crashd_cursor *c)
{
	uint64_t v = 0;
	int shift = 0;
	uint8_t b;

	do {
		b = crashd_cursor_u8(c);
		if (shift < 64)
			v |= (uint64_t)(b & 0x7f) << shift;
		shift += 7;
	} while (b & 0x80);
	if (shift < 64 && b & 0x40)
		v |= ~0ULL << shift;
	return (int64_t)v;
}
