/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Inferior memory: an address space made of segments, each with its own read
 * function, and a provenance for every byte.  Core file, verified executable,
 * live process, byte array: the same mem_read().  A segment added later wins
 * over an earlier one where they overlap.  A segment may also stand for bytes
 * that are known to be unknown: it has a reason instead of a read function.
 *
 * Sources in the order of trust: bytes in the core (p_filesz), then the
 * verified file of a private mapping, then nothing.  Never zeros.
 */
#include "inspect/base/absent.h"
#include "inspect/base/arena.h"
#include "inspect/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct segment;
/*
 * Reads up to n bytes at addr, which is inside the segment, and returns how
 * many it got from addr on: fewer only where the source ends or fails there.
 */
typedef size_t segment_read_fn(
	const struct segment *, uint64_t addr, void *buf, size_t n);

struct segment {
	uint64_t base, size;
	segment_read_fn *read; /* NULL: absent, see why */
	enum absent absent;    /* when read is NULL */
	const char *what;      /* "core", or the path of a file */
	const char *why;       /* absent: a sentence's rest, or NULL */
	const void *ctx;       /* for read: bytes, or a struct of its own */
	uint64_t offset;       /* for read: where base is in ctx */
	int fd;                /* for read */
};

struct mem {
	struct arena *arena;
	struct segment *seg; /* sorted and free of overlap once flat is set */
	size_t n, cap;
	bool flat;
	size_t last;                     /* the segment that was hit last */
	const volatile int *interrupted; /* ^C: set by ui, may be NULL */
	/* A read meets ABSENT_NO_FILE: true when it shall be tried again. */
	bool (*demand)(void *ctx, uint64_t addr);
	void *demand_ctx;
};

void mem_init(struct mem *, struct arena *);
/* Copies the segment; what, why and ctx must outlive the mem. */
void mem_add(struct mem *, const struct segment *);
/* Bytes that are in our own memory: tests, and images made by hand. */
void mem_add_bytes(struct mem *, uint64_t base, const void *bytes, size_t n,
	const char *what);

/* The segment that answers for addr, or NULL: nothing is mapped there. */
const struct segment *mem_at(struct mem *, uint64_t addr);
/* All n bytes, or an error that names the first address that failed. */
enum err mem_read(struct mem *, uint64_t addr, void *buf, size_t n);
/* As many bytes from addr on as are known; 0 if not even one. */
size_t mem_read_part(struct mem *, uint64_t addr, void *buf, size_t n);
/* A little-endian integer of 1, 2, 4 or 8 bytes. */
enum err mem_read_uint(struct mem *, uint64_t addr, size_t n, uint64_t *ret);
/* A C string of at most max bytes; *ret_whole: its NUL was seen. */
enum err mem_read_str(struct mem *, uint64_t addr, size_t max, struct arena *,
	char **ret, bool *ret_whole);
/* Why addr is not known (PRESENT if it is); *ret_why a sentence's rest. */
enum absent mem_absent(struct mem *, uint64_t addr, const char **ret_why);
