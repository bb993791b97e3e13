/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every skeleton unit names its own (DWARF 5, 3.1.2; GNU's form before that).
 */
#include "inspect/dwarf/splits.h"

#include "inspect/dwarf/attr.h"
#include "inspect/dwarf/unit.h"

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
