/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * tar, as far as bundles need it: ordinary files, with holes.  Written as POSIX
 * (pax) with GNU's sparse files of version 1.0; read as that, as GNU's own
 * format, and as old ustar.
 */
#include "inspect/base/arena.h"
#include "inspect/base/buf.h"
#include "inspect/image/packed.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TAR_BLOCK = 512 };

struct tar_member {
	const char *name; /* relative, without empty, "." and ".." components */
	uint64_t size;    /* with its holes */
	int64_t seconds;  /* when it was changed */
	uint32_t nanoseconds;
	const struct packed_piece *piece; /* its data */
	size_t n;
	bool cut; /* the archive ends before it does */
};

struct tar {
	struct tar_member *member;
	size_t n, cap;
	size_t *slot; /* of names: a hash table of numbers from 1 */
	size_t nslots;
	const char *cut; /* why there may be more, or NULL */
	size_t refused;  /* links, devices, names that lead elsewhere ... */
	const char *why; /* the first of them was refused, or NULL */
};

/* All members of an archive; what is not to be believed is left out. */
void tar_read(struct packed *, struct arena *, struct tar *ret);
/* The member of that name, or NULL. */
const struct tar_member *tar_find(const struct tar *, const char *name);

/* Without "." and empty components; NULL: absolute, or it leads elsewhere. */
const char *tar_clean_name(struct arena *, const char *name);

/* What stands in front of a member's data.  from of its pieces does not
 * count; a file without holes has one piece, or none. */
void tar_put_header(struct buf *, const struct tar_member *);
/* Bytes of data that follow. */
uint64_t tar_data_size(const struct tar_member *);
/* Zeros after them, up to the next block. */
size_t tar_padding(uint64_t size);
