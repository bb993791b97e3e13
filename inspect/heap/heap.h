/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What malloc holds: every chunk of every arena, in the order of addresses,
 * with what is wrong among them.  glibc's malloc, without debug info of libc;
 * other allocators are recognised and named.
 */
#include "inspect/base/arena.h"
#include "inspect/base/err.h"
#include "inspect/image/image.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum heap_state {
	HEAP_USED,    /* the program has it */
	HEAP_MMAPPED, /* the program has it, in a mapping of its own */
	HEAP_FREE,    /* in a bin, or about to be */
	HEAP_FAST,    /* freed, in a fastbin */
	HEAP_TCACHE,  /* freed, in a thread's cache */
	HEAP_OWN,     /* the allocator's: a thread's cache itself */
	HEAP_BAD,     /* bytes whose chunks cannot be told apart */
	HEAP_STATES,
};

enum {
	HEAP_UNIT = 16,   /* chunks are aligned to it */
	HEAP_HEADER = 16, /* from a chunk to what malloc returned */
	/* 2 GiB of table: a heap of 4 GiB at least. */
	HEAP_MAX_CHUNKS = 1 << 27,
};

struct heap_chunk {
	uint64_t addr;   /* of the header; the program's is 16 higher */
	uint32_t units;  /* size with header / 16 */
	uint16_t arena;  /* index into arenas */
	uint8_t state;   /* enum heap_state */
	bool listed : 1; /* FREE: found in a bin */
};

/* Memory that is chunks from start to end, and then maybe the top. */
struct heap_region {
	uint64_t start, end;
	uint64_t limit; /* end of the memory behind it: the top's end */
	uint16_t arena;
	bool mmapped;    /* one chunk with a mapping of its own */
	bool is_top;     /* the arena's top follows at end */
	bool top_bad;    /* and has an impossible size */
	size_t first, n; /* chunks */
	uint32_t *page;  /* by 4096 bytes from start: chunk that covers it */
};

struct heap_arena {
	uint64_t addr, bins, fastbins, top, system_mem;
	bool noncontiguous, locked;
	uint64_t found; /* bytes of its regions */
};

struct heap_error {
	uint64_t addr;    /* of what is wrong */
	const char *kind; /* "bad-size", "double-free", ... */
	const char *text; /* one sentence */
	uint64_t before;  /* the chunk whose end was written past, or 0 */
};

struct heap_sum {
	uint64_t chunks, bytes; /* bytes with headers */
};

struct heap {
	struct image *image;
	struct arena *arena;
	const char *allocator;     /* "glibc" */
	const char *layout;        /* what of its layout was recognised */
	struct heap_arena *arenas; /* the first is main_arena */
	size_t narenas, arenas_cap;
	struct heap_region *regions; /* sorted */
	size_t nregions, regions_cap;
	struct heap_chunk *chunks; /* sorted */
	size_t n, cap, max;
	struct heap_sum sum[HEAP_STATES];
	struct heap_sum top;
	struct heap_error *errors;
	size_t nerrors, errors_cap, errors_left_out;
	const char **notes; /* what could not be verified */
	size_t nnotes, notes_cap;
	bool links_known, safe_linking; /* pointers in lists are mixed */
	uint64_t expected_mmaps, expected_mmapped; /* of mp_ */
	bool has_expected;
	bool incomplete; /* not all memory of the arenas was found */
};

/*
 * Walks it, up to so many chunks (ERR_LIMIT).  ERR_UNSUPPORTED with a sentence
 * for an allocator that is not understood, ERR_NOTFOUND when there is none to
 * be found.
 */
enum err heap_find(
	struct image *, struct arena *, size_t max_chunks, struct heap *ret);
const char *heap_state_name(enum heap_state);
void heap_note(struct heap *, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void heap_error(struct heap *, uint64_t addr, uint64_t before, const char *kind,
	const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* Was there a ^C?  Then the sentence is kept, too. */
enum err heap_check(const struct heap *);
