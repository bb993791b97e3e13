/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A process from its core.  First only the core's bytes are memory: from them
 * the modules and their build-ids are found.  Then memory is put together
 * again, with the bytes of the files that were verified:
 *
 *	what was mapped, without reason to know more      (weakest)
 *	ranges of files that are missing or wrong
 *	writable parts of files, unless the core is one without private memory
 *	what the core has lost
 *	read-only parts of files: they cannot have changed
 *	bytes of the core                                 (strongest)
 */
#include "inspect/image/image.h"

#include "inspect/image/demand.h"
#include "inspect/image/find.h"
#include "inspect/image/layout.h"
#include "inspect/image/memelf.h"
#include "inspect/image/phdr.h"
#include "inspect/image/root.h"

#include <stdlib.h>
#include <string.h>

/* ---- mappings ---- */

static const struct core_load *load_at(const struct core *c, uint64_t addr)
{
	size_t low = 0, high = c->nloads;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (c->loads[mid].addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low || addr - c->loads[low - 1].addr >= c->loads[low - 1].memsz)
		return NULL;
	return &c->loads[low - 1];
}

static int compare_maps(const void *a, const void *b)
{
	const struct mapping *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static void take_maps(struct image *im, const struct core *c)
{
	im->maps = arena_array(im->arena, struct mapping, c->nfiles);
	im->nmaps = c->nfiles;
	for (size_t i = 0; i < c->nfiles; i++) {
		const struct core_file *f = &c->files[i];
		const struct core_load *load = load_at(c, f->start);
		struct mapping *m = &im->maps[i];

		*m = (struct mapping){
			.start = f->start,
			.end = f->end,
			.offset = f->offset,
			.path = f->path,
		};
		if (load)
			m->exec = load->flags & PF_X ? EXEC_YES : EXEC_NO;
		m->deleted = layout_clean_path(im->arena, &m->path);
	}
	if (im->nmaps)
		qsort(im->maps, im->nmaps, sizeof(*im->maps), compare_maps);
}

/* ---- memory ---- */

/*
 * Whether the core was to hold private memory at all (coredump_filter bit 0):
 * then what it left out of a private mapping of a file was never written.  The
 * stack tells.
 */
static bool has_private_memory(const struct core *c)
{
	for (size_t i = 0; i < c->nthreads; i++) {
		uint64_t sp = c->threads[i].regs.v[c->arch->sp];
		const struct core_load *l = load_at(c, sp);

		if (l)
			return l->filesz != 0;
	}
	return true;
}

static void build_memory(struct image *im, const struct core *c)
{
	mem_init(&im->mem, im->arena);
	core_map_left_out(c, &im->mem);
	layout_map_missing(im);
	if (has_private_memory(c))
		layout_map_files(im, true);
	core_map_cut_off(c, &im->mem);
	layout_map_files(im, false);
	core_map_bytes(c, &im->mem);
}

void image_remap(struct image *im)
{
	struct mem before = im->mem;

	build_memory(im, im->core);
	im->mem.interrupted = before.interrupted;
	im->mem.demand = before.demand;
	im->mem.demand_ctx = before.demand_ctx;
}

/* ---- what the first screen has to say ---- */

static const char *human_size(struct arena *a, uint64_t n)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB",
		"TiB" };
	size_t unit = 0;
	double size = (double)n;

	while (size >= 1024 && unit < 4) {
		size /= 1024;
		unit++;
	}
	return arena_printf(a, unit ? "%.1f %s" : "%.0f %s", size, units[unit]);
}

static const char *are_missing(struct arena *a, uint64_t n)
{
	return n == 1 ? "1 byte of it is missing"
		      : arena_printf(
				a, "%s of it are missing", human_size(a, n));
}

static size_t count_cut(const struct core *c)
{
	size_t cut = 0;

	for (size_t i = 0; i < c->nloads; i++)
		cut += c->loads[i].filesz &&
		       (c->loads[i].offset > c->size ||
			       c->size - c->loads[i].offset <
				       c->loads[i].filesz);
	return cut;
}

static size_t count_lost_stacks(struct image *im, const struct core *c)
{
	size_t lost = 0;

	for (size_t i = 0; i < c->nthreads; i++)
		lost += mem_absent(&im->mem, c->threads[i].regs.v[c->arch->sp],
				NULL) == ABSENT_TRUNCATED;
	return lost;
}

static void note_truncation(struct image *im, const struct core *c)
{
	if (c->cut)
		image_note(im, "%s: %s; what comes after is missing", c->path,
			c->cut);
	if (!c->missing)
		return;
	size_t lost = count_lost_stacks(im, c);
	image_note(im,
		"%s is cut off: %s (all or part of %zu of "
		"%zu mappings%s); full disk, RLIMIT_CORE, or a size limit of "
		"the collector",
		c->path, are_missing(im->arena, c->missing), count_cut(c),
		c->nloads,
		lost ? arena_printf(im->arena,
			       ", the stacks of %zu of %zu threads among them",
			       lost, c->nthreads)
		     : "");
}

static void note_modules(struct image *im)
{
	const char *later = find_can_fetch(im)
				    ? "; debuginfod is asked when it is needed"
				    : "";
	size_t bad = 0;

	for (size_t i = 0; i < im->nmodules; i++) {
		const struct module *m = im->modules[i];
		bool wrong =
			m->state == MODULE_WRONG || m->state == MODULE_MISSING;

		if (m->is_exe && wrong)
			image_note(im, "%s%s%s",
				m->state == MODULE_WRONG ? "Not used: " : "",
				m->why, later);
		else if (m->state == MODULE_FORCED)
			image_note(
				im, "Used all the same (--force): %s", m->why);
		else if (m->is_exe && m->state == MODULE_UNVERIFIED)
			image_note(im,
				"%s is used, but the core has no build-id to "
				"verify it by (its ELF headers were left out, "
				"or it has none)",
				m->file);
		else
			bad += wrong;
	}
	if (bad)
		image_note(im,
			"%zu of %zu libraries are missing or not the ones that "
			"ran; the command \"libraries\" names them",
			bad, im->nmodules);
	if (!im->exe)
		image_note(im,
			"The core does not tell which file ran (its command "
			"was \"%s\"); name the executable",
			im->core->psargs ? im->core->psargs : "not recorded");
}

static void note_core(struct image *im, const struct core *c)
{
	if (c->no_notes)
		image_note(im,
			"%s has no threads (NT_PRSTATUS): registers and stacks "
			"are not known",
			c->path);
	else if (c->n32)
		image_note(im,
			"%zu of %zu threads ran 32-bit code: their registers "
			"are i386's, which cinspect does not read; gdb with "
			"the program does",
			c->n32, c->nthreads);
	else if (!c->nfiles && !c->missing)
		image_note(im,
			"%s has no list of mapped files (NT_FILE); modules "
			"are found by their ELF headers in memory",
			c->path);
}

static bool has_link_map(const struct image *im)
{
	for (size_t i = 0; i < im->nmodules; i++)
		if (im->modules[i]->link_map)
			return true;
	return false;
}

enum err image_open_core(struct image *ret, struct arena *a, struct core *c,
	const char *exe, const struct find_options *find)
{
	*ret = (struct image){
		.arena = a,
		.arch = c->arch,
		.core = c,
		.auxv = c->auxv,
		.nauxv = c->nauxv,
		.pid = c->pid,
	};
	if (find)
		ret->find = *find;
	layout_allow_files();
	mem_init(&ret->mem, a);
	core_map(c, &ret->mem);
	take_maps(ret, c);
	layout_discover(ret, exe);
	build_memory(ret, c);
	/* With the executable's file in memory, the list may be found now. */
	if (!has_link_map(ret) && layout_link_map(ret)) {
		layout_find(ret, exe);
		build_memory(ret, c);
	}
	memelf_make_all(ret);
	root_load(ret, c);
	note_core(ret, c);
	note_truncation(ret, c);
	note_modules(ret);
	demand_on_read(ret);
	return OK;
}
