/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * MiniDebugInfo: a stripped file's own function symbols, as an .xz-packed ELF
 * file in the section .gnu_debugdata (Fedora, Debian's Go packages).
 */
#include "inspect/image/symtab.h"

#include <gelf.h>
#include <lzma.h>
#include <string.h>

enum { MAX_MINI = 1 << 28, MINI_STEP = 1 << 20 };

static Elf_Data *find_section(Elf *elf, const char *name)
{
	size_t names;
	Elf_Scn *scn = NULL;

	if (elf_getshdrstrndx(elf, &names) < 0)
		return NULL;
	while ((scn = elf_nextscn(elf, scn))) {
		GElf_Shdr h;
		const char *s = gelf_getshdr(scn, &h)
					? elf_strptr(elf, names, h.sh_name)
					: NULL;

		if (s && !strcmp(s, name))
			return elf_rawdata(scn, NULL);
	}
	return NULL;
}

/* All of it, or NULL: damaged, or larger than makes sense. */
static uint8_t *unpack(struct arena *a, const Elf_Data *d, size_t *ret_size)
{
	lzma_stream s = LZMA_STREAM_INIT;
	size_t size = 4 * d->d_size + MINI_STEP, done = 0;
	uint8_t *out = NULL;
	lzma_ret r = lzma_stream_decoder(&s, UINT64_MAX, 0);

	s.next_in = d->d_buf;
	s.avail_in = d->d_size;
	while (r == LZMA_OK && size <= MAX_MINI) {
		uint8_t *wider = arena_alloc(a, size);

		if (done)
			memcpy(wider, out, done);
		out = wider;
		s.next_out = out + done;
		s.avail_out = size - done;
		r = lzma_code(&s, LZMA_FINISH);
		done = size - s.avail_out;
		if (r == LZMA_OK && s.avail_out)
			break;
		size *= 2;
	}
	lzma_end(&s);
	*ret_size = done;
	return r == LZMA_STREAM_END ? out : NULL;
}

struct Elf *symtab_mini_elf(struct arena *a, struct Elf *elf)
{
	Elf_Data *d = find_section(elf, ".gnu_debugdata");
	size_t size;

	if (!d || !d->d_buf || d->d_size > MAX_MINI / 4)
		return NULL;
	uint8_t *image = unpack(a, d, &size);
	return image ? elf_memory((char *)image, size) : NULL;
}
