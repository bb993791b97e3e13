/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every skeleton unit names its own (DWARF 5, 3.1.2; GNU's form before that).
 */
#include "inspect/dwarf/splits.h"

#include "inspect/dwarf/attr.h"
#include "inspect/dwarf/unit.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *either(Dwarf_Die *cu, unsigned name, unsigned gnu)
{
	const char *s = attr_own_str(cu, name);

	return s || !gnu ? s : attr_own_str(cu, gnu);
}

void splits_list(struct image *image, struct module *m, struct split **ret,
	size_t *ret_n)
{
	struct units *us = units_of(image, m);
	struct split *list = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; us && !us->dwp && i < us->n; i++) {
		struct unit *u = &us->unit[i];
		const char *name = u->type == DW_UT_skeleton
					   ? either(&u->cu, DW_AT_dwo_name,
						     DW_AT_GNU_dwo_name)
					   : NULL;

		if (!name)
			continue;
		list = arena_grow(image->arena, list, n, &cap, sizeof(*list));
		list[n++] = (struct split){
			.name = name,
			.folder = either(&u->cu, DW_AT_comp_dir, 0),
		};
	}
	*ret = list;
	*ret_n = n;
}

/* libelf maps files privately, to be read. */
static bool make_writable(const char *at, size_t n)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t start = (uintptr_t)at & ~(page - 1);

	return !mprotect((void *)start, (uintptr_t)at + n - start,
		PROT_READ | PROT_WRITE);
}

void splits_relative(
	const struct image *image, const char *name, struct split_name *ret)
{
	size_t n = name ? strlen(name) : 0;
	size_t skip = n ? strspn(name, "/") : 0;

	ret->at = NULL;
	if (!image->find.bundle || !skip || skip == n ||
		!make_writable(name, n + 1))
		return;
	ret->at = (char *)(uintptr_t)name;
	ret->before = arena_strdup(image->arena, name);
	memmove(ret->at, name + skip, n - skip + 1);
}

void splits_restore(const struct split_name *s)
{
	if (s->at)
		strcpy(s->at, s->before);
}
