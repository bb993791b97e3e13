/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A copy of the module's memory, with headers changed so that it is a valid
 * ELF file of the same layout: offsets in the file are addresses minus start,
 * and there are no section headers (they are not mapped; the vdso's are, and
 * stay).  libdw then finds .eh_frame through PT_GNU_EH_FRAME.
 *
 * Only what is completely there is used: the segments of unwind information
 * and, when present, of code.  Holes elsewhere are zeros that nobody reads.
 */
#include "inspect/image/memelf.h"

#include "inspect/image/phdr.h"

#include <gelf.h>
#include <string.h>

enum { MAX_MEMORY_ELF = 1 << 28 }; /* the largest libraries have 200 MB */

/* The PT_LOAD that vaddr lies in. */
static const Elf64_Phdr *load_of(const struct phdrs *h, uint64_t vaddr)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->ph[i].p_type == PT_LOAD && vaddr >= h->ph[i].p_vaddr &&
			vaddr - h->ph[i].p_vaddr < h->ph[i].p_memsz)
			return &h->ph[i];
	return NULL;
}

/* The headers lie: phdrs_span does not count those that make no sense. */
static bool inside(const Elf64_Phdr *p, uint64_t low, uint64_t high)
{
	return p->p_vaddr >= low && p->p_vaddr < high &&
	       p->p_memsz <= high - p->p_vaddr && p->p_filesz <= p->p_memsz;
}

static void copy_loads(struct image *im, const struct module *m, uint64_t low,
	uint64_t high, uint8_t *image)
{
	for (size_t i = 0; i < m->headers->n; i++) {
		const Elf64_Phdr *p = &m->headers->ph[i];

		if (p->p_type == PT_LOAD && inside(p, low, high))
			mem_read_part(&im->mem, m->bias + p->p_vaddr,
				image + (p->p_vaddr - low), (size_t)p->p_memsz);
	}
}

/* The segment with the unwind information is all there. */
static bool unwindable(struct image *im, const struct module *m, uint64_t low,
	uint64_t high, uint8_t *image)
{
	const Elf64_Phdr *eh = phdrs_find(m->headers, PT_GNU_EH_FRAME);
	const Elf64_Phdr *p = eh ? load_of(m->headers, eh->p_vaddr) : NULL;

	if (!p || !inside(p, low, high))
		return false;
	return mem_read_part(&im->mem, m->bias + p->p_vaddr,
		       image + (p->p_vaddr - low),
		       (size_t)p->p_filesz) == p->p_filesz;
}

/* Sections are kept where the file's layout is the memory's, as in a vdso. */
static bool keeps_sections(const struct phdrs *h, uint64_t low, uint64_t size)
{
	uint64_t table = (uint64_t)h->header.e_shnum * sizeof(Elf64_Shdr);

	for (size_t i = 0; i < h->n; i++)
		if (h->ph[i].p_type == PT_LOAD &&
			h->ph[i].p_offset != h->ph[i].p_vaddr - low)
			return false;
	return h->header.e_shoff && h->header.e_shoff <= size &&
	       table <= size - h->header.e_shoff;
}

static bool patch_headers(
	const struct phdrs *h, uint64_t low, uint64_t size, uint8_t *image)
{
	Elf64_Ehdr e = h->header;
	uint64_t table = h->n * sizeof(Elf64_Phdr);

	if (e.e_phoff > size || table > size - e.e_phoff)
		return false;
	if (!keeps_sections(h, low, size)) {
		e.e_shoff = 0;
		e.e_shnum = 0;
		e.e_shstrndx = 0;
	}
	memcpy(image, &e, sizeof(e));
	for (size_t i = 0; i < h->n; i++) {
		Elf64_Phdr p = h->ph[i];

		p.p_offset = p.p_vaddr - low;
		if (p.p_type == PT_LOAD)
			p.p_filesz = p.p_memsz;
		memcpy(image + e.e_phoff + i * sizeof(p), &p, sizeof(p));
	}
	return true;
}

static void make(struct image *im, struct module *m)
{
	uint64_t low, high;

	if (!phdrs_span(m->headers, &low, &high) ||
		high - low > MAX_MEMORY_ELF || high - low < sizeof(Elf64_Ehdr))
		return;
	uint8_t *image = arena_alloc(im->arena, (size_t)(high - low));
	if (!m->is_vdso && !unwindable(im, m, low, high, image))
		return;
	copy_loads(im, m, low, high, image);
	if (!patch_headers(m->headers, low, high - low, image))
		return;
	elf_version(EV_CURRENT);
	m->elf = elf_memory((char *)image, (size_t)(high - low));
	m->elf_is_memory = m->elf != NULL;
	if (m->elf && (m->is_vdso || m->state == MODULE_MISSING))
		m->state = MODULE_IN_CORE;
}

void memelf_make_all(struct image *im)
{
	for (size_t i = 0; i < im->nmodules; i++) {
		struct module *m = im->modules[i];

		if (!m->elf && m->headers && m->has_range)
			make(im, m);
	}
}
