/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The names at the top of a unit, read from the bytes of .debug_info alone:
 * no libdw, no allocation but the results', so that many threads can do it.
 * What it cannot read is said, and libdw's slower way is taken for that unit.
 */
#include "inspect/base/arena.h"
#include "inspect/dwarf/unit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a name is: an offset into one of these. */
enum name_place {
	NAME_NONE, /* an enum without a name */
	NAME_INFO,
	NAME_STR,
	NAME_LINE_STR,
	NAME_ALT_INFO,
	NAME_ALT_STR,
	NAME_ALT_LINE_STR,
	NAME_OTHER, /* not in these: a pointer of the index's own */
	NAME_PLACES,
};

/*
 * A name that was found; small, because there are millions in a large
 * program, and as the cache has it: all the rest is read from the DIE.
 */
struct slim {
	uint32_t name; /* offset into its place */
	uint32_t die;  /* bytes from the unit's own DIE */
	uint32_t unit; /* number in struct units */
	uint16_t tag;
	uint8_t flags; /* SLIM_* */
	uint8_t hash;  /* eight bits that the bucket's number does not have */
};

enum {
	SLIM_KIND = 0x0f,        /* enum index_kind */
	SLIM_DECLARATION = 0x10, /* DW_AT_declaration */
	SLIM_PLACE = 5,          /* enum name_place, shifted by that */
};

struct namescan_abbrevs;

struct namescan_section {
	const uint8_t *p;
	size_t n;
	uint64_t offset; /* in fd, when strings are read from there: apart */
	int fd;
	bool apart;
};

/* Sections of a file. */
struct namescan_file {
	struct namescan_section info, abbrev, str, line_str, str_offsets;
};

struct namescan_unit {
	const uint8_t *start, *die, *end; /* of the header; of the first DIE */
	const struct namescan_abbrevs *abbrevs;
	uint64_t str_offsets; /* where its own begin */
	uint8_t address_size, offset_size, file;
	uint16_t version;
	bool nest;   /* names are looked for in types too */
	bool usable; /* or else: by libdw */
};

struct namescan {
	struct namescan_file file[2]; /* of the module, its alternate file */
	struct namescan_unit *unit;   /* by number; sorted within a file */
	size_t n, nalt;               /* units from nalt on are of file[1] */
	struct arena *arena;
};

struct namescan_memo {
	uint64_t key; /* 0: free */
	uint32_t hash;
};

/* What one thread has found. */
struct namescan_found {
	struct arena arena;
	struct slim **chunk; /* of NAMES_CHUNK each */
	uint32_t **hash;     /* of the whole name */
	size_t nchunks, chunks_cap, hashes_cap, n;
	struct arena memo_arena;
	struct namescan_memo *memo; /* of names that were hashed */
	size_t nmemo, memo_cap;
};

enum { NAMES_CHUNK = 4096 };

/* Reads the headers and abbreviations of every unit. */
void namescan_open(struct namescan *, struct units *, struct arena *);
/* Adds the names of unit i; false: it could not be read, nothing is added. */
bool namescan_unit(const struct namescan *, size_t i, struct namescan_found *);
void namescan_add(struct namescan_found *, const struct slim *, uint32_t hash);
/* Gives back what only served to find: before others need the room. */
void namescan_done(struct namescan_found *);
/* The bytes of a place; names before its last NUL are whole. */
struct namescan_section namescan_place(
	const struct namescan_file file[2], enum name_place);
uint32_t namescan_hash(const char *name);
