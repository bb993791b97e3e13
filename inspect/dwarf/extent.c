/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DW_AT_ranges has every part of a function; a symbol table has a symbol for
 * each: gcc's and clang's second one is called NAME.cold, and is local, so that
 * several may have that name.  The nearest before or after is not asked for:
 * the part whose name is its own is the only one of a symbol without twins.
 */
#include "inspect/dwarf/extent.h"

#include "inspect/dwarf/attr.h"
#include "inspect/dwarf/unit.h"
#include "inspect/image/symbol.h"

#include <stdlib.h>
#include <string.h>

struct extents {
	struct arena *arena;
	struct extent *v;
	size_t n, cap;
};

static void add(struct extents *x, uint64_t start, uint64_t end)
{
	if (end <= start)
		return;
	x->v = arena_grow(x->arena, x->v, x->n, &x->cap, sizeof(*x->v));
	x->v[x->n++] = (struct extent){ start, end };
}

static int by_start(const void *a, const void *b)
{
	const struct extent *x = a, *y = b;

	return (x->start > y->start) - (x->start < y->start);
}

static const struct function *function_at(
	struct image *image, uint64_t pc, struct unit **ret)
{
	uint64_t link_pc;

	*ret = unit_at(image, pc, &link_pc);
	return *ret ? unit_function(*ret, link_pc) : NULL;
}

static bool of_dwarf(struct image *image, uint64_t pc, struct extents *x,
	uint64_t *ret_entry)
{
	struct unit *u;
	const struct function *f = function_at(image, pc, &u);
	Dwarf_Addr base, start, end, entry;
	ptrdiff_t at = 0;

	if (!f)
		return false;
	uint64_t bias = u->units->module->bias;
	Dwarf_Die die = f->die;
	while ((at = dwarf_ranges(&die, at, &base, &start, &end)) > 0)
		if (start >= FIRST_REAL_PC)
			add(x, start + bias, end + bias);
	if (!x->n)
		add(x, f->start + bias, f->end + bias);
	/* The first range is the function's own (gcc and clang). */
	*ret_entry = x->v[0].start;
	if (!dwarf_entrypc(&die, &entry) || !dwarf_lowpc(&die, &entry))
		*ret_entry = entry + bias;
	return true;
}

static bool of_symbols(struct image *image, uint64_t pc, struct extents *x,
	uint64_t *ret_entry)
{
	struct symbol sym, other;
	static const char cold[] = ".cold";

	if (!symbol_at(image, pc, &sym) || !sym.is_func)
		return false;
	uint64_t end = sym.size ? sym.addr + sym.size : pc + 1;
	add(x, sym.addr, end);
	*ret_entry = sym.addr;
	const char *tail = strstr(sym.name, cold);
	const char *name =
		tail ? arena_strndup(
			       x->arena, sym.name, (size_t)(tail - sym.name))
		     : arena_printf(x->arena, "%s%s", sym.name, cold);
	if (symbol_find(image, sym.module, name, &other) && other.is_func &&
		other.size) {
		add(x, other.addr, other.addr + other.size);
		*ret_entry = tail ? other.addr : sym.addr;
	}
	return true;
}

size_t extent_of(struct image *image, uint64_t pc, struct arena *arena,
	struct extent **ret, uint64_t *ret_entry)
{
	struct extents x = { .arena = arena };

	if (!of_dwarf(image, pc, &x, ret_entry) &&
		!of_symbols(image, pc, &x, ret_entry))
		return 0;
	qsort(x.v, x.n, sizeof(*x.v), by_start);
	*ret = x.v;
	return x.n;
}

bool extent_noreturn(struct image *image, uint64_t pc)
{
	struct unit *u;
	const struct function *f = function_at(image, pc, &u);
	Dwarf_Die die;

	if (!f)
		return false;
	die = f->die;
	return attr_flag(&die, DW_AT_noreturn);
}
