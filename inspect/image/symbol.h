/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * ELF symbol tables: address to name and back.  One sorted table per module,
 * made on first use from .symtab (or the debug file's), .dynsym and
 * .gnu_debugdata, because libdwfl scans linearly at every query.  Global
 * before weak before local, sized before unsized, function before object.
 */
#include "inspect/image/image.h"

#include <stdbool.h>
#include <stdint.h>

struct symbol {
	const char *name; /* without "@VERSION" */
	uint64_t addr;    /* run-time address */
	uint64_t size;
	bool is_func, is_global, is_tls;
	bool is_ifunc; /* addr is the code that chooses the function */
	struct module *module;
};

/*
 * The symbol that addr lies in; false: none.  A symbol without size reaches
 * to the next one.
 */
bool symbol_at(struct image *, uint64_t addr, struct symbol *ret);
/*
 * The same by the module's own file alone, as a machine without its debug file
 * sees it, and with the alias that elfutils takes; "f@@V" may be the name.
 */
bool symbol_own_at(struct image *, uint64_t addr, struct symbol *ret);
/* The best symbol of that name in one module (NULL: in all, executable first).
 */
bool symbol_find(
	struct image *, struct module *, const char *name, struct symbol *ret);
/*
 * Where the code of a module (user; NULL: of any) finds an object that a
 * library exports at addr: the executable may have the copy that all use
 * (R_X86_64_COPY), or one of its own that comes first.  False: there.
 */
bool symbol_bound(struct image *, struct module *, const struct module *user,
	uint64_t addr, uint64_t *ret);
/* The dynamic linker: what it has of libc's is for itself. */
bool symbol_is_linkers(const struct module *);
/* Calls fn for each symbol of a module, sorted by address, until it returns
 * false. */
void symbol_each(struct image *, struct module *,
	bool (*fn)(const struct symbol *, void *ctx), void *ctx);
