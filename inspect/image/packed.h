/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A file in the seekable format of zstd, read in place: independent frames,
 * and at the end a table of their sizes.  csnap -z writes such cores.  Only
 * frames that somebody reads from are unpacked.  A core in an archive is such
 * a file's member.
 */
#include "inspect/base/arena.h"

#include <stddef.h>
#include <stdint.h>

struct packed;

/*
 * NULL: the file has no such table, or one that makes no sense, and must be
 * unpacked whole.  The descriptor stays the caller's, who may close it.
 */
struct packed *packed_open(int fd, struct arena *);
void packed_close(struct packed *);
/* A file that is not packed, by the same functions. */
struct packed *packed_open_plain(int fd, struct arena *);
/* Of the unpacked file. */
uint64_t packed_size(const struct packed *);
/* How many bytes it got: fewer only at the end, and where a frame is bad. */
size_t packed_read(struct packed *, uint64_t at, void *buf, size_t n);
/* A run of a member's bytes: where in the member, and where in the file. */
struct packed_piece {
	uint64_t at, from, size;
};
/*
 * From now on it is that member of the file: pieces in ascending order, zeros
 * between them.  They are the caller's, and stay.
 */
void packed_narrow(
	struct packed *, const struct packed_piece *, size_t n, uint64_t size);
/* All of the file again. */
void packed_widen(struct packed *);
/* How many frames were unpacked so far. */
size_t packed_unpacked(const struct packed *);
