/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bytes of files that the core left out.
 *
 * The kernel leaves a private mapping of a file out as long as nobody wrote to
 * it: then the file has the same bytes (fs/coredump.c, vma_dump_size).  Only
 * the files of modules can be verified, so only they are used; of any other
 * file the name is all that we know.  A page is taken from where the program
 * headers and the list of mappings agree that it lies.
 */
#include "inspect/image/layout.h"

#include "inspect/base/gone.h"
#include "inspect/image/phdr.h"

#include <gelf.h>
#include <string.h>

static size_t read_file(
	const struct segment *s, uint64_t addr, void *buf, size_t n)
{
	const char *from = (const char *)s->ctx + s->offset + (addr - s->base);

	memcpy(buf, from, n);
	return gone_before(from, n);
}

/* The file's bytes for start..end of memory, which begin at offset. */
static void add_bytes(struct image *im, const struct module *m, uint64_t start,
	uint64_t end, uint64_t offset)
{
	size_t size;
	const char *bytes = elf_rawfile(m->elf, &size);

	if (!bytes || start >= end || offset >= size)
		return;
	if (end - start > size - offset)
		end = start + (size - offset);
	mem_add(&im->mem, &(struct segment){
				  .base = start,
				  .size = end - start,
				  .read = read_file,
				  .what = m->file,
				  .ctx = bytes,
				  .offset = offset,
			  });
}

/* What of a PT_LOAD comes from the file, as addresses and offset. */
struct part {
	uint64_t start, end, offset;
};

static struct part part_of(const struct module *m, const Elf64_Phdr *p)
{
	struct part part = {
		.start = m->bias + page_floor(p->p_vaddr),
		.end = m->bias + p->p_vaddr + p->p_filesz,
		.offset = page_floor(p->p_offset),
	};

	/* Beyond p_filesz a writable page is bss, another one is the file's. */
	if (!(p->p_flags & PF_W))
		part.end = page_ceil(part.end);
	return part;
}

static void add_mapped_part(
	struct image *im, const struct module *m, const struct part *p)
{
	for (size_t i = 0; i < im->nmaps; i++) {
		const struct mapping *map = &im->maps[i];

		if (map->start >= p->end)
			break;
		if (map->end <= p->start || !map->claimed)
			continue;
		uint64_t start = map->start > p->start ? map->start : p->start;
		uint64_t end = map->end < p->end ? map->end : p->end;
		if (map->offset + (start - map->start) ==
			p->offset + (start - p->start))
			add_bytes(im, m, start, end,
				p->offset + (start - p->start));
	}
}

static void add_module(struct image *im, const struct module *m, bool writable)
{
	for (size_t i = 0; i < m->headers->n; i++) {
		const Elf64_Phdr *p = &m->headers->ph[i];

		if (p->p_type != PT_LOAD || !p->p_filesz ||
			!(p->p_flags & PF_W) == writable)
			continue;
		struct part part = part_of(m, p);
		if (part.end < part.start)
			continue;
		if (im->nmaps)
			add_mapped_part(im, m, &part);
		else
			add_bytes(im, m, part.start, part.end, part.offset);
	}
}

void layout_map_files(struct image *im, bool writable)
{
	for (size_t i = 0; i < im->nmodules; i++) {
		const struct module *m = im->modules[i];

		if (m->elf && !m->elf_is_memory && m->headers && m->has_range)
			add_module(im, m, writable);
	}
}

static void add_absent(struct image *im, uint64_t start, uint64_t end,
	enum absent absent, const char *what, const char *why)
{
	mem_add(&im->mem, &(struct segment){
				  .base = start,
				  .size = end - start,
				  .absent = absent,
				  .what = what,
				  .why = why,
			  });
}

void layout_map_missing(struct image *im)
{
	for (size_t i = 0; i < im->nmaps; i++) {
		const struct mapping *map = &im->maps[i];

		if (!map->claimed)
			add_absent(im, map->start, map->end, ABSENT_NOT_IN_CORE,
				map->path,
				arena_printf(im->arena,
					"%s is mapped there, and the core "
					"leaves it out",
					map->path));
	}
	for (size_t i = 0; i < im->nmodules; i++) {
		const struct module *m = im->modules[i];

		if (!m->has_range || m->is_vdso)
			continue;
		if (m->state == MODULE_WRONG || m->state == MODULE_MISSING)
			add_absent(im, m->start, m->end, ABSENT_NO_FILE,
				m->path,
				arena_printf(im->arena,
					"it is in %s, and that file is %s",
					m->path,
					m->state == MODULE_WRONG
						? "not the one that ran"
						: "missing"));
	}
}
