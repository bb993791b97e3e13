/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * .eh_frame_hdr has a sorted table of functions.  libdw 0.188 goes through the
 * sections in their order and stops at .eh_frame; where the header stands
 * behind it, as gold puts it, libdw never sees the table, and reads all of
 * .eh_frame at the first question: a tenth of a second for a large program.
 * Without section headers it goes by PT_GNU_EH_FRAME, which is always right.
 * So such a file is mapped once more, and that mapping says that it has no
 * sections.
 */
#include "inspect/image/ehcfi.h"

#include <elf.h>
#include <elfutils/libdw.h>
#include <gelf.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>

struct ehcfi {
	void *map;
	size_t size;
	Elf *elf;
};

static bool header_is_behind(Elf *elf)
{
	Elf_Scn *scn = NULL;
	bool frames = false;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return false;
	while ((scn = elf_nextscn(elf, scn))) {
		GElf_Shdr sh;
		const char *s = gelf_getshdr(scn, &sh)
					? elf_strptr(elf, names, sh.sh_name)
					: NULL;

		if (!s)
			continue;
		if (!strcmp(s, ".eh_frame_hdr"))
			return frames;
		frames |= !strcmp(s, ".eh_frame");
	}
	return false;
}

/* Private to us: one page of it is ever written. */
static bool view_open(struct ehcfi *v, Elf *elf, int fd)
{
	if (!elf_rawfile(elf, &v->size) || v->size < sizeof(Elf64_Ehdr))
		return false;
	void *map =
		mmap(NULL, v->size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

	if (map == MAP_FAILED)
		return false;

	Elf64_Ehdr *eh = map;

	eh->e_shoff = 0;
	eh->e_shnum = 0;
	eh->e_shstrndx = SHN_UNDEF;
	v->map = map;
	v->elf = elf_memory(map, v->size);
	return v->elf != NULL;
}

struct Dwarf_CFI_s *ehcfi_open(
	struct Elf *elf, int fd, struct arena *arena, struct ehcfi **ret_view)
{
	struct ehcfi *v;
	Dwarf_CFI *cfi = NULL;

	*ret_view = NULL;
	if (fd < 0 || !header_is_behind(elf))
		return dwarf_getcfi_elf(elf);
	v = arena_new(arena, struct ehcfi);
	if (view_open(v, elf, fd))
		cfi = dwarf_getcfi_elf(v->elf);
	if (cfi) {
		*ret_view = v;
		return cfi;
	}
	ehcfi_close(v);
	return dwarf_getcfi_elf(elf);
}

void ehcfi_close(struct ehcfi *v)
{
	if (!v)
		return;
	elf_end(v->elf);
	if (v->map)
		munmap(v->map, v->size);
	*v = (struct ehcfi){ 0 };
}
