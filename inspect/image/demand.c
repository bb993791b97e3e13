/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * At the start a missing file is only named.  A file that arrives later takes
 * the way of all others: its build-id is verified, its bytes go below those of
 * the core.  What was opened of the module's memory in its place stays open,
 * because others may hold on to it.
 */
#include "inspect/image/demand.h"

#include "inspect/image/find.h"

static void fetch_file(struct image *im, struct module *m)
{
	struct Elf *former = m->elf_is_memory ? m->elf : NULL;

	if (!find_fetched_file(im, m))
		return;
	m->former_elf = former;
	m->elf_is_memory = false;
	image_remap(im);
}

bool demand_file(struct image *im, struct module *m)
{
	bool missing = !m->elf || m->elf_is_memory;

	if (m->tried_fetch || m->is_vdso || !missing || !im->core ||
		!find_can_fetch(im))
		return false;
	m->tried_fetch = true;
	fetch_file(im, m);
	return !m->elf_is_memory && m->elf;
}

static bool on_read(void *ctx, uint64_t addr)
{
	struct image *im = ctx;
	struct module *m = module_at(im, addr);

	return m && demand_file(im, m);
}

void demand_on_read(struct image *im)
{
	im->mem.demand = on_read;
	im->mem.demand_ctx = im;
}
