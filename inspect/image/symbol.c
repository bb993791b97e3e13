/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An address is looked up by binary search, then back over symbols that begin
 * earlier, as far as any of those reaches.  A symbol with a size that contains
 * the address wins over one without.  Names are looked up through a hash
 * table, made when the first name is asked for.
 */
#include "inspect/image/symbol.h"

#include "inspect/base/hash.h"
#include "inspect/image/layout.h"
#include "inspect/image/symname.h"
#include "inspect/image/symtab.h"

#include <string.h>

static struct symbol symbol_of(struct module *m, const struct symtab_entry *e)
{
	return (struct symbol){
		.name = e->name,
		.addr = e->is_tls ? e->addr : e->addr + m->bias,
		.size = e->size,
		.is_func = e->is_func,
		.is_global = e->is_global,
		.is_tls = e->is_tls,
		.is_ifunc = e->is_ifunc,
		.module = m,
	};
}

/* How many entries begin at or before addr. */
static size_t upper_bound(const struct symtab *t, uint64_t addr)
{
	size_t low = 0, high = t->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (t->v[mid].addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The later start is the inner symbol; of one start, the higher rank. */
static bool is_better(
	const struct symtab_entry *e, const struct symtab_entry *best)
{
	if (!best || !best->size != !e->size)
		return !best || e->size;
	return e->addr == best->addr;
}

static const struct symtab_entry *entry_at(const struct symtab *t, uint64_t at)
{
	const struct symtab_entry *best = NULL;

	for (size_t i = upper_bound(t, at); i-- && t->reach[i] > at;) {
		const struct symtab_entry *e = &t->v[i];

		if (best && best->size && e->addr != best->addr)
			break;
		if (at < e->end && !e->is_tls && is_better(e, best))
			best = e;
	}
	return best;
}

static bool found(
	struct module *m, const struct symtab_entry *e, struct symbol *ret)
{
	if (!e)
		return false;
	*ret = symbol_of(m, e);
	return true;
}

bool symbol_at(struct image *im, uint64_t addr, struct symbol *ret)
{
	struct module *m = module_at(im, addr);

	return m && found(m, entry_at(symtab_get(im, m), addr - m->bias), ret);
}

static bool has_alias(const struct symtab *t, const struct symtab_entry *e)
{
	return (e > t->v && e[-1].addr == e->addr) ||
	       (e + 1 < t->v + t->n && e[1].addr == e->addr);
}

bool symbol_own_at(struct image *im, uint64_t addr, struct symbol *ret)
{
	struct module *m = module_at(im, addr);
	const struct symtab_entry *e;
	const struct symtab *t;
	const char *first;

	if (!m)
		return false;
	t = symtab_own(im, m);
	e = entry_at(t, addr - m->bias);
	if (!found(m, e, ret))
		return false;
	first = has_alias(t, e) ? symtab_first_name(m, e->addr) : NULL;
	if (first)
		ret->name = first;
	return true;
}

/* ---- by name ---- */

static uint32_t hash_of(const char *s)
{
	return hash32_on(HASH32_START, s, strlen(s));
}

static void make_slots(struct symtab *t)
{
	t->nslots = 16;
	while (t->nslots < 2 * t->n)
		t->nslots *= 2;
	t->slots = arena_array(t->arena, uint32_t, t->nslots);
	for (size_t i = 0; i < t->n; i++) {
		size_t at = hash_of(t->v[i].name) & (t->nslots - 1);

		while (t->slots[at])
			at = (at + 1) & (t->nslots - 1);
		t->slots[at] = (uint32_t)i + 1;
	}
}

/* What a program that is linked today would get by this name. */
static bool binds_before(
	const struct symtab_entry *a, const struct symtab_entry *b)
{
	if (a->is_old != b->is_old)
		return !a->is_old;
	if (a->is_global != b->is_global)
		return a->is_global;
	return a->rank > b->rank;
}

static const struct symtab_entry *find_entry(struct symtab *t, const char *name)
{
	const struct symtab_entry *best = NULL;

	if (!t->slots)
		make_slots(t);
	size_t at = hash_of(name) & (t->nslots - 1);
	for (; t->slots[at]; at = (at + 1) & (t->nslots - 1)) {
		const struct symtab_entry *e = &t->v[t->slots[at] - 1];

		if (strcmp(e->name, name))
			continue;
		if (!best || binds_before(e, best))
			best = e;
	}
	return best;
}

static bool find_in(struct image *im, struct module *m, const char *name,
	struct symbol *ret)
{
	const struct symtab_entry *e =
		symname_is_missing(m, name)
			? NULL
			: find_entry(symtab_get(im, m), name);

	if (!e)
		return false;
	*ret = symbol_of(m, e);
	return true;
}

bool symbol_bound(struct image *im, struct module *m, const struct module *user,
	uint64_t addr, uint64_t *ret)
{
	if (!im->exe || m == im->exe || !m->link_order ||
		(m == user && layout_is_symbolic(im, m)))
		return false;
	const struct symtab *t = symtab_exported(im, m);
	struct symtab *exe = symtab_exported(im, im->exe);

	/* environ is __environ, too, and the program has one of them. */
	for (size_t i = upper_bound(t, addr - m->bias);
		i-- && t->v[i].addr == addr - m->bias;) {
		const struct symtab_entry *e = find_entry(exe, t->v[i].name);

		if (!t->v[i].is_global || t->v[i].is_tls || !e ||
			!e->is_global || e->is_func || e->is_tls)
			continue;
		*ret = e->addr + im->exe->bias;
		return true;
	}
	return false;
}

bool symbol_is_linkers(const struct module *m)
{
	const char *slash = m->path ? strrchr(m->path, '/') : NULL;
	const char *name = slash ? slash + 1 : m->path;

	/* ld-linux-x86-64.so.2, ld-2.31.so, ld-musl-x86_64.so.1. */
	return name && !strncmp(name, "ld-", 3) && strstr(name, ".so");
}

bool symbol_find(struct image *im, struct module *m, const char *name,
	struct symbol *ret)
{
	if (m)
		return find_in(im, m, name, ret);
	if (im->exe && find_in(im, im->exe, name, ret))
		return true;
	/* The dynamic linker has a strlen of its own that nobody else calls:
	 * it comes after all others, as it does in the order of loading. */
	struct symbol sym;
	bool found = false;
	struct module **order = image_link_order(im);
	for (size_t i = 0; i < im->nmodules; i++) {
		struct module *one = order[i];

		if (one == im->exe || (found && symbol_is_linkers(one)) ||
			!find_in(im, one, name, &sym))
			continue;
		*ret = sym;
		if (!symbol_is_linkers(one))
			return true;
		found = true;
	}
	return found;
}

void symbol_each(struct image *im, struct module *m,
	bool (*fn)(const struct symbol *, void *ctx), void *ctx)
{
	const struct symtab *t = symtab_get(im, m);

	for (size_t i = 0; i < t->n; i++) {
		struct symbol s = symbol_of(m, &t->v[i]);

		if (!fn(&s, ctx))
			return;
	}
}
