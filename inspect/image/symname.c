/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The function that a call site names is often in a library, and the program
 * is asked first: sorting a million symbols to learn that none is called
 * "pause" would be most of a backtrace.  The name is searched in the string
 * table as bytes; a hit counts if a symbol that is defined begins there, with
 * the name's end or a version behind it.  Both tables are read in pieces, as
 * their mapping would stay in memory.
 */
#include "inspect/image/symname.h"

#include "inspect/base/cleanup.h"
#include "inspect/image/elffile.h"

#include <gelf.h>
#include <stdint.h>
#include <string.h>

enum {
	PIECE = 1 << 18,
	FEW_SYMBOLS = 20000, /* a table of them is made as fast */
	MAX_HITS = 64,
	MAX_NAME = 1024,
	MAX_SOUGHT = 4, /* then the table costs less */
};

struct hits {
	uint64_t at[MAX_HITS]; /* offsets in the string table */
	size_t n;
};

static bool read_whole(int fd, void *to, size_t n, uint64_t at)
{
	return pread(fd, to, n, (off_t)at) == (ssize_t)n;
}

/* False: too many, or it cannot be read. */
static bool search_strings(
	int fd, const GElf_Shdr *s, const char *name, struct hits *ret)
{
	_cleanup_(free) char *piece = malloc(PIECE);
	size_t len = strlen(name);

	/* Pieces overlap by the name and the byte behind it. */
	for (uint64_t at = 0; at + len < s->sh_size; at += PIECE - len) {
		uint64_t left = s->sh_size - at;
		size_t n = left < PIECE ? (size_t)left : PIECE;
		const char *hit = piece;

		if (!piece || !read_whole(fd, piece, n, s->sh_offset + at))
			return false;
		while ((hit = memmem(
				hit, (size_t)(piece + n - hit), name, len))) {
			if (hit + len < piece + n &&
				(!hit[len] || hit[len] == '@')) {
				if (ret->n == MAX_HITS)
					return false;
				ret->at[ret->n++] =
					at + (uint64_t)(hit - piece);
			}
			hit++;
		}
	}
	return true;
}

/* Whether none of the symbols that are defined has one of these names. */
static bool none_defined(int fd, const GElf_Shdr *s, const struct hits *hits)
{
	enum { ROWS = PIECE / sizeof(Elf64_Sym) };
	_cleanup_(free) Elf64_Sym *row = malloc(ROWS * sizeof(*row));
	uint64_t n = s->sh_size / sizeof(*row);

	for (uint64_t from = 0; hits->n && from < n; from += ROWS) {
		size_t here = n - from < ROWS ? (size_t)(n - from) : ROWS;

		if (!row || !read_whole(fd, row, here * sizeof(*row),
				    s->sh_offset + from * sizeof(*row)))
			return false;
		for (size_t i = 0; i < here; i++)
			for (size_t k = 0; k < hits->n; k++)
				if (row[i].st_name == hits->at[k] &&
					row[i].st_shndx != SHN_UNDEF)
					return false;
	}
	return true;
}

static bool find_tables(Elf *elf, GElf_Shdr *ret_symbols, GElf_Shdr *ret_names)
{
	Elf_Scn *scn = NULL;

	while ((scn = elf_nextscn(elf, scn)))
		if (gelf_getshdr(scn, ret_symbols) &&
			ret_symbols->sh_type == SHT_SYMTAB)
			break;
	if (!scn || ret_symbols->sh_flags & SHF_COMPRESSED)
		return false;
	scn = elf_getscn(elf, ret_symbols->sh_link);
	return scn && gelf_getshdr(scn, ret_names) &&
	       ret_names->sh_type == SHT_STRTAB &&
	       !(ret_names->sh_flags & SHF_COMPRESSED);
}

bool symname_is_missing(struct module *m, const char *name)
{
	const struct elf_file *f = m->main_file;
	size_t len = strlen(name);
	GElf_Shdr symbols, names;
	struct hits hits = { .n = 0 };

	if (m->symtab || m->elf_is_memory || !f || f->elf != m->elf ||
		f->fd < 0 || !len || len > MAX_NAME || strchr(name, '@') ||
		!find_tables(m->elf, &symbols, &names) ||
		symbols.sh_size / sizeof(Elf64_Sym) < FEW_SYMBOLS ||
		m->names_sought++ >= MAX_SOUGHT)
		return false;
	return search_strings(f->fd, &names, name, &hits) &&
	       none_defined(f->fd, &symbols, &hits);
}
