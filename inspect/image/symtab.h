/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The symbols of one module, in link-time addresses, sorted once.  symbol.h is
 * the way in; here is how a table is filled.
 */
#include "inspect/image/image.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symtab_entry {
	uint64_t addr, size;
	uint64_t end; /* of what it answers for; unsized: the next symbol */
	const char *name;
	uint64_t order; /* among aliases of one rank: the highest wins */
	uint8_t rank;   /* the higher, the better a name for its address */
	bool is_func, is_global, is_tls, is_ifunc;
	bool is_old; /* f@V and not f@@V: only programs linked long ago mean it
		      */
};

struct symtab {
	struct arena *arena;
	struct symtab_entry *v; /* by address, best first */
	size_t n, cap;
	uint64_t *reach;    /* the highest end of v[0..i] */
	uint32_t *slots;    /* hash table of names: index + 1; NULL: not yet */
	size_t nslots;      /* power of two */
	bool borrowed;      /* from a debug file: the module's own has fewer */
	struct symtab *own; /* by symtab_own(), or NULL */
	struct symtab *exported; /* by symtab_exported(), or NULL */
};

/* The module's table, made on first use; never NULL. */
struct symtab *symtab_get(struct image *, struct module *);
/* The same without what a separate debug file adds; asks no server. */
struct symtab *symtab_own(struct image *, struct module *);
/* What other modules may bind to: .dynsym alone. */
struct symtab *symtab_exported(struct image *, struct module *);
/*
 * Of the symbols at a link-time address, the name that elfutils chooses, and so
 * systemd-coredump writes: global before weak before local, then the first of
 * the table.  NULL: none, or no file.
 */
const char *symtab_first_name(const struct module *, uint64_t addr);
/* Copies the entry; its name must outlive the table. */
void symtab_add(struct symtab *, const struct symtab_entry *);
/* After the last: sorts, and finds out where each entry ends. */
void symtab_finish(struct symtab *);
/* Adds "name@plt" for stubs of the procedure linkage table, and the GOT's. */
void symtab_add_plt(struct symtab *, struct Elf *);
/* .gnu_debugdata of elf, unpacked: an ELF handle, or NULL. */
struct Elf *symtab_mini_elf(struct arena *, struct Elf *elf);
