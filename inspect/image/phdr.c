/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernel dumps the first page of every mapped ELF file (coredump_filter
 * bit 4), and that page nearly always has the program headers and the build-id
 * note.  Sizes are bounded before anything is allocated.
 */
#include "inspect/image/phdr.h"

#include "inspect/image/note.h"

#include <gelf.h>
#include <string.h>

enum {
	MAX_PHDRS = 4096, /* linkers make about 13 */
};

static bool is_loadable(const Elf64_Ehdr *h)
{
	return !memcmp(h->e_ident, ELFMAG, SELFMAG) &&
	       h->e_ident[EI_CLASS] == ELFCLASS64 &&
	       h->e_ident[EI_DATA] == ELFDATA2LSB &&
	       (h->e_type == ET_EXEC || h->e_type == ET_DYN);
}

bool phdrs_from_mem(
	struct phdrs *ret, struct arena *a, struct mem *m, uint64_t addr)
{
	Elf64_Ehdr h;

	if (mem_read_part(m, addr, &h, sizeof(h)) != sizeof(h) ||
		!is_loadable(&h) || h.e_phentsize != sizeof(Elf64_Phdr) ||
		!h.e_phnum || h.e_phnum > MAX_PHDRS)
		return false;
	size_t size = h.e_phnum * sizeof(Elf64_Phdr);
	Elf64_Phdr *ph = arena_alloc(a, size);
	if (mem_read_part(m, addr + h.e_phoff, ph, size) != size)
		return false;
	*ret = (struct phdrs){ h, ph, h.e_phnum };
	return true;
}

bool phdrs_from_elf(struct phdrs *ret, struct arena *a, struct Elf *elf)
{
	const Elf64_Ehdr *h = elf ? elf64_getehdr(elf) : NULL;
	size_t n;

	if (!h || !is_loadable(h) || elf_getphdrnum(elf, &n) < 0 || !n ||
		n > MAX_PHDRS)
		return false;
	const Elf64_Phdr *ph = elf64_getphdr(elf);
	if (!ph)
		return false;
	/* libelf may give an address inside the file, aligned to nothing. */
	*ret = (struct phdrs){ *h, arena_memdup(a, ph, n * sizeof(*ph)), n };
	return true;
}

const Elf64_Phdr *phdrs_find(const struct phdrs *p, uint32_t type)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->ph[i].p_type == type)
			return &p->ph[i];
	return NULL;
}

bool phdrs_span(const struct phdrs *p, uint64_t *ret_low, uint64_t *ret_high)
{
	uint64_t low = UINT64_MAX, high = 0;

	for (size_t i = 0; i < p->n; i++) {
		const Elf64_Phdr *ph = &p->ph[i];

		if (ph->p_type != PT_LOAD || !ph->p_memsz ||
			ph->p_memsz > UINT64_MAX / 2 ||
			ph->p_vaddr > UINT64_MAX / 2 - PAGE_SIZE)
			continue;
		if (page_floor(ph->p_vaddr) < low)
			low = page_floor(ph->p_vaddr);
		if (page_ceil(ph->p_vaddr + ph->p_memsz) > high)
			high = page_ceil(ph->p_vaddr + ph->p_memsz);
	}
	if (low >= high)
		return false;
	*ret_low = low;
	*ret_high = high;
	return true;
}

static struct build_id note_build_id(const uint8_t *p, size_t n)
{
	struct bytes b = bytes_of(p, n);
	struct build_id id = { .n = 0 };
	struct note note;

	while (note_next(&b, &note)) {
		if (!note_is(&note, "GNU", NT_GNU_BUILD_ID) || !note.size ||
			note.size > MAX_BUILD_ID)
			continue;
		memcpy(id.bytes, note.desc, note.size);
		id.n = note.size;
		break;
	}
	return id;
}

/* ---- notes ---- */

enum {
	MAX_NOTES = 4096, /* bytes of one PT_NOTE that are looked at */
	/* systemd: docs/ELF_PACKAGE_METADATA.md */
	NT_PACKAGE = (int)0xcafe1a7e,
};

struct build_id phdrs_build_id(
	const struct phdrs *p, struct mem *m, uint64_t bias)
{
	struct build_id id = { .n = 0 };
	uint8_t notes[MAX_NOTES];

	for (size_t i = 0; i < p->n && !id.n; i++) {
		const Elf64_Phdr *ph = &p->ph[i];
		size_t n = ph->p_memsz < sizeof(notes) ? (size_t)ph->p_memsz
						       : sizeof(notes);

		if (ph->p_type != PT_NOTE)
			continue;
		n = mem_read_part(m, bias + ph->p_vaddr, notes, n);
		id = note_build_id(notes, n);
	}
	return id;
}

/* The string at a key of a flat object of JSON; NULL: there is none, or one
 * with escapes, which names and versions do not have. */
static const char *json_string(
	struct arena *a, const char *json, const char *key)
{
	const char *at = strstr(json, arena_printf(a, "\"%s\"", key));

	if (!at)
		return NULL;
	at += strlen(key) + 2;
	at += strspn(at, " \t\n");
	if (*at++ != ':')
		return NULL;
	at += strspn(at, " \t\n");
	if (*at++ != '"')
		return NULL;
	size_t n = strcspn(at, "\"\\");
	return n && at[n] == '"' ? arena_strndup(a, at, n) : NULL;
}

static const char *package_of(struct arena *a, const struct note *note)
{
	const char *json =
		arena_strndup(a, (const char *)note->desc, note->size);
	const char *name = json_string(a, json, "name");
	const char *version = json_string(a, json, "version");
	const char *type = json_string(a, json, "type");

	if (!name)
		return NULL;
	return arena_printf(a, "%s%s%s (package%s%s)", name, version ? " " : "",
		version ? version : "", type ? ", " : "", type ? type : "");
}

const char *phdrs_package(
	const struct phdrs *p, struct mem *m, uint64_t bias, struct arena *a)
{
	uint8_t notes[MAX_NOTES];

	for (size_t i = 0; i < p->n; i++) {
		const Elf64_Phdr *ph = &p->ph[i];
		size_t n = ph->p_memsz < sizeof(notes) ? (size_t)ph->p_memsz
						       : sizeof(notes);
		struct note note;

		if (ph->p_type != PT_NOTE)
			continue;
		struct bytes b = bytes_of(
			notes, mem_read_part(m, bias + ph->p_vaddr, notes, n));
		while (note_next(&b, &note))
			if (note_is(&note, "FDO", (uint32_t)NT_PACKAGE))
				return package_of(a, &note);
	}
	return NULL;
}
