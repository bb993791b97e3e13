/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Memory that is got ready before the pause, for what is copied in it: the
 * first touch of a page would cost more than the copy.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { STAGE_WORKERS = 16 }; /* threads that fill it, at most */

/* For so many bytes, and what the process may grow by until it stands. */
size_t stage_size(uint64_t expect);
/* Can the machine, and csnap's control group, spare it twice over? */
bool stage_has_room(uint64_t expect);
/* Not touched yet; NULL: there is no such memory.  To be unmapped. */
void *stage_map(size_t size);
/* By so many threads; what is not touched costs page faults later. */
void stage_touch(void *, size_t size, unsigned workers);
