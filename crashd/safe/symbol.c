/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scan of .dynsym in memory.  Its length is not stored anywhere: it is the
 * end of the longest chain of DT_GNU_HASH (or nchain of DT_HASH).  glibc
 * relocates the addresses in .dynamic in place, except where it is read-only
 * (the vDSO): an address below the bias still lacks it.
 */
#include "crashd/safe/symbol.h"

#include "crashd/safe/peek.h"

#include <elf.h>

enum {
	MAX_DYNAMIC = 256,
	MAX_SYMBOLS = 1 << 20,
	CHUNK = 32,
};

struct tables {
	uint64_t symtab, strtab, gnu_hash, hash;
};

static bool find_tables(uint64_t dynamic, uint64_t bias, struct tables *ret)
{
	*ret = (struct tables){ 0 };
	for (int i = 0; i < MAX_DYNAMIC; i++) {
		Elf64_Dyn dyn;
		uint64_t at;

		if (crashd_peek(dynamic + (uint64_t)i * sizeof dyn, &dyn,
			    sizeof dyn) != sizeof dyn)
			return false;
		at = dyn.d_un.d_ptr < bias ? dyn.d_un.d_ptr + bias
					   : dyn.d_un.d_ptr;
		if (dyn.d_tag == DT_NULL)
			break;
		if (dyn.d_tag == DT_SYMTAB)
			ret->symtab = at;
		else if (dyn.d_tag == DT_STRTAB)
			ret->strtab = at;
		else if (dyn.d_tag == DT_GNU_HASH)
			ret->gnu_hash = at;
		else if (dyn.d_tag == DT_HASH)
			ret->hash = at;
	}
	return ret->symtab && ret->strtab;
}

static uint32_t count_gnu(uint64_t hash)
{
	uint32_t header[4], last = 0, chunk[CHUNK], link;
	uint64_t buckets, chains;

	if (crashd_peek(hash, header, sizeof header) != sizeof header)
		return 0;
	/* header: nbuckets, symoffset, bloom words of 8 bytes, shift */
	buckets = hash + sizeof header + 8ULL * header[2];
	chains = buckets + 4ULL * header[0];
	for (uint32_t i = 0; i < header[0] && i < MAX_SYMBOLS; i += CHUNK) {
		size_t n = header[0] - i < CHUNK ? header[0] - i : CHUNK;

		if (crashd_peek(buckets + 4ULL * i, chunk, 4 * n) != 4 * n)
			return 0;
		for (size_t k = 0; k < n; k++)
			if (chunk[k] > last)
				last = chunk[k];
	}
	if (last < header[1])
		return header[1];
	do {
		if (last > MAX_SYMBOLS ||
			crashd_peek(chains + 4ULL * (last - header[1]), &link,
				4) != 4)
			return 0;
		last++;
	} while (!(link & 1));
	return last;
}

static uint32_t count_symbols(const struct tables *t)
{
	uint32_t header[2];

	if (t->gnu_hash)
		return count_gnu(t->gnu_hash);
	if (t->hash &&
		crashd_peek(t->hash, header, sizeof header) == sizeof header)
		return header[1];
	return 0;
}

static bool covers(const Elf64_Sym *s, uint64_t value)
{
	int type = ELF64_ST_TYPE(s->st_info);

	if (s->st_shndx == SHN_UNDEF || s->st_value > value)
		return false;
	if (type != STT_FUNC && type != STT_GNU_IFUNC && type != STT_NOTYPE)
		return false;
	return value - s->st_value < s->st_size ||
	       (s->st_size == 0 && s->st_value == value);
}

bool crashd_symbol_at(uint64_t dynamic, uint64_t bias, uint64_t pc, char *name,
	size_t size, uint64_t *offset)
{
	struct tables t;
	uint32_t count;

	if (!find_tables(dynamic, bias, &t))
		return false;
	count = count_symbols(&t);
	if (count > MAX_SYMBOLS)
		return false;
	for (uint32_t i = 0; i < count; i += CHUNK) {
		Elf64_Sym sym[CHUNK];
		size_t n = count - i < CHUNK ? count - i : CHUNK;

		if (crashd_peek(t.symtab + (uint64_t)i * sizeof sym[0], sym,
			    n * sizeof sym[0]) != n * sizeof sym[0])
			return false;
		for (size_t k = 0; k < n; k++) {
			if (!covers(&sym[k], pc - bias))
				continue;
			*offset = pc - bias - sym[k].st_value;
			return crashd_peek_str(
				t.strtab + sym[k].st_name, name, size);
		}
	}
	return false;
}
