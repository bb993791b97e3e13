/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What the blocks of the heap are: from variables whose types are known,
 * through their pointers, to blocks, through the pointers in those, and so on.
 */
#include "inspect/dwarf/frame.h"
#include "inspect/heap/heap.h"
#include "inspect/model/type.h"
#include "inspect/model/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum typed_confidence {
	TYPED_NOT,
	TYPED_LIKELY,
	TYPED_CERTAIN, /* its size is what malloc makes of that type's */
};

struct typed_seen;

struct typed_kind {
	const struct type *type; /* of one element */
	const char *name;        /* "struct room", "struct room []" */
	uint64_t size;           /* of one element; 0: not known */
	bool array;
};

struct typed {
	struct heap *heap;
	struct arena *arena;
	uint32_t *kind;      /* by chunk: index into kinds; 0: none */
	uint8_t *confidence; /* by chunk: enum typed_confidence */
	struct typed_kind *kinds;
	size_t nkinds, kinds_cap;
	uint32_t *slot; /* hash of types: index into seen */
	struct typed_seen *seen;
	size_t nseen, seen_cap;
	uint32_t *todo;
	size_t ntodo, todo_cap;
	uint64_t budget; /* objects that may still be looked at */
};

void typed_begin(struct heap *, struct arena *, struct typed *ret);
/* A variable, wherever it is. */
void typed_root(struct typed *, const struct value *);
/* All global and static variables of modules that have debug info here. */
enum err typed_globals(struct typed *);
/* From the roots through the heap; then what begins with a C++ vtable. */
enum err typed_spread(struct typed *);
/* NULL: not known. */
const struct typed_kind *typed_of(const struct typed *, size_t chunk);

/* For guess.c.  malloc's size for a request, with what may be added to it. */
bool typed_is_size_for(const struct heap_chunk *, uint64_t request);
uint32_t typed_kind_of(struct typed *, const struct type *, bool array);
void typed_set(struct typed *, uint32_t chunk, uint32_t kind, bool certain);
/* Through the blocks that were set, and on. */
enum err typed_walk(struct typed *);
