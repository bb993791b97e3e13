/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * All names of a module, by number (in the order of the units) and by name.
 * Made by several threads, or read from the cache block by block as it is
 * asked for: looking up one name of a program with millions reads a handful of
 * blocks.
 */
#include "inspect/dwarf/namescan.h"
#include "inspect/dwarf/unit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct namecache;

enum {
	NAMES_BLOCK = 1 << 16, /* bytes */
	NAMES_INDEXES = NAMES_BLOCK / sizeof(uint32_t),
};

_Static_assert(NAMES_CHUNK * sizeof(struct slim) == NAMES_BLOCK, "one size");

/* Where the arrays are: blocks, NULL as long as they are in the cache alone. */
struct nametable {
	struct units *units;
	struct namescan_file file[2]; /* as libelf has them, for names */
	size_t n, nbuckets;           /* buckets: a power of two */
	struct slim **entry;          /* by number */
	uint32_t **order;             /* numbers by bucket, then by number */
	uint32_t **bucket;            /* where each begins; one more at end */
	const char **other;           /* names that are in no section */
	size_t nother, other_cap;
	struct namecache *cache; /* or NULL */
};

/* NULL: interrupted, or there is no debug info. */
struct nametable *nametable_get(struct image *, struct module *);
/* Makes the blocks anew from the debug info: the cache is damaged. */
void nametable_remake(struct nametable *);

/* Room for blocks, none of them there: n and nbuckets are set. */
void nametable_room(struct nametable *);

const struct slim *nametable_at(struct nametable *, size_t i);
const char *nametable_name(const struct nametable *, const struct slim *);
struct unit *nametable_unit(const struct nametable *, const struct slim *);
Dwarf_Die nametable_die(const struct nametable *, const struct slim *);

/* The numbers of all that have a name, in order. */
struct namesearch {
	struct nametable *table;
	const char *name;
	uint8_t hash;
	size_t at, end; /* in order */
};

struct namesearch nametable_search(struct nametable *, const char *name);
/* False: no more of them. */
bool namesearch_next(struct namesearch *, size_t *ret);
