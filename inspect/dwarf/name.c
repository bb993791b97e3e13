/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The ELF symbol says that there is something; debug info knows better what a
 * function is called: frame_push, where the symbol is frame_push.isra.0.  As in
 * gdb, its name is taken unless the symbol starts further in.
 */
#include "inspect/dwarf/name.h"

#include "inspect/dwarf/demangle.h"
#include "inspect/dwarf/language.h"
#include "inspect/dwarf/scope.h"
#include "inspect/image/symbol.h"

#include <string.h>

/* With its parameters, where a linkage name tells them: its own, or where it
 * has none, as when a parameter's type is local, the symbol's. */
static const char *name_of_function(
	const struct scope *function, const struct symbol *sym)
{
	if (!language_nests(function->language))
		return function->name;
	if (function->linkage_name)
		return function->linkage_name;
	return function->low_pc == sym->addr ? sym->name : function->name;
}

/* Whether debug info of C++ and the like has a function there. */
static bool prefer_function(struct image *im, struct symbol *sym, uint64_t addr)
{
	struct scope *scope;
	size_t n;

	if (scope_at(im, addr, &scope, &n) || !n)
		return false;
	const struct scope *function = &scope[n - 1];
	if (function->name && function->low_pc && function->low_pc <= addr &&
		function->low_pc >= sym->addr) {
		sym->name = name_of_function(function, sym);
		sym->addr = function->low_pc;
	}
	return language_nests(function->language);
}

/* Labels of assembly have neither type nor size. */
static bool is_code(const struct symbol *sym)
{
	const char *section = module_section(sym->module, sym->addr);

	return section &&
	       (!strncmp(section, ".text", 5) || !strncmp(section, ".plt", 4) ||
		       !strcmp(section, ".init") || !strcmp(section, ".fini"));
}

const char *name_of_address(
	struct image *im, uint64_t addr, struct arena *arena)
{
	struct symbol sym;
	bool described = false;

	if (!symbol_at(im, addr, &sym))
		return NULL;
	if (sym.is_func)
		described = prefer_function(im, &sym, addr);
	else if (sym.size ? addr - sym.addr >= sym.size : !is_code(&sym))
		return NULL; /* what follows a section's last symbol, and data
			      * of no size: __bss_start names no variable */
	sym.name = described ? demangle_signature(sym.name, arena)
			     : demangle_symbol(sym.name, arena);
	if (addr == sym.addr)
		return arena_strdup(arena, sym.name);
	return arena_printf(arena, "%s+%llu", sym.name,
		(unsigned long long)(addr - sym.addr));
}
