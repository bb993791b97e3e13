/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Memory that dies together.  A session has two arenas: one that lives until
 * the core is closed, one that is emptied after every command.  Nothing is
 * freed by hand.  Allocation never fails: sizes that come from a file are
 * checked against limits.h before, so running out is our own bug and aborts.
 */
#include <stddef.h>

struct arena_block;
struct arena {
	struct arena_block *last; /* NULL in a new or emptied arena */
};

/* Zeroed, aligned to 16. */
void *arena_alloc(struct arena *, size_t size);
void *arena_memdup(struct arena *, const void *, size_t);
char *arena_strdup(struct arena *, const char *);
char *arena_strndup(struct arena *, const char *, size_t);
char *arena_printf(struct arena *, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/*
 * Room for one more element in a growing array: returns the array, moved when
 * needed (what was large is gone then from where it was).  *cap is kept by this
 * function; start with NULL, 0, 0.
 */
void *arena_grow(struct arena *, void *v, size_t n, size_t *cap, size_t size);
/*
 * The same bytes in size bytes of room, moved when needed, and what they took
 * before is given back where that can be: for what is large and has one
 * pointer to it.  The new room is not zeroed.
 */
void *arena_resize(struct arena *, void *p, size_t old, size_t size);
/* Everything goes; the arena can be used again. */
void arena_clear(struct arena *);

/* What is allocated from a mark on can go before the rest, if nothing older
 * was resized since. */
struct arena_mark {
	struct arena_block *last;
	size_t used;
};

struct arena_mark arena_mark(const struct arena *);
void arena_release(struct arena *, struct arena_mark);

#define arena_new(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define arena_array(arena, type, n)                                            \
	((type *)arena_alloc((arena), sizeof(type) * (size_t)(n)))
