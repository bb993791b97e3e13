/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Bytes of memory that may not be there, one after the other, through a window
 * filled by crashd_peek: one system call a byte would be slow.  Sticky: past
 * the end, or over unreadable memory, it gives zeros and sets `bad`.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CRASHD_CURSOR_WINDOW = 256 };

struct crashd_cursor {
	uint64_t at, end;
	uint64_t base; /* of the window */
	size_t n;
	bool bad;
	uint8_t window[CRASHD_CURSOR_WINDOW];
};

void crashd_cursor_init(struct crashd_cursor *, uint64_t at, uint64_t end);
uint8_t crashd_cursor_u8(struct crashd_cursor *);
/* Little-endian, n <= 8. */
uint64_t crashd_cursor_bytes(struct crashd_cursor *, int n);
uint64_t crashd_cursor_uleb(struct crashd_cursor *);
int64_t crashd_cursor_sleb(struct crashd_cursor *);
