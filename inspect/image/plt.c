/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Names for stubs of the procedure linkage table, which no symbol table has.
 * A stub is a jump through a slot of the GOT (ff 25 disp32, after an endbr64
 * or a bnd prefix perhaps), and the relocation of that slot has the name.  So
 * the sections are read as code rather than by the linkers' conventions, of
 * which there are too many (.plt, .plt.sec, .plt.got, lazy or not).
 */
#include "inspect/image/symtab.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

enum { STUB = 16, STUB_GOT = 8, MAX_STUBS = 1 << 20, SLOT_RANK = 7 };

struct slot {
	uint64_t addr; /* in the GOT */
	const char *name;
	bool is_plt;
};

struct slots {
	struct slot *v;
	size_t n, cap;
};

/* The names of what the relocations of one section fill in. */
static void add_relocations(struct symtab *t, Elf *elf, const GElf_Shdr *h,
	Elf_Data *rela, struct slots *slots)
{
	Elf_Scn *scn = elf_getscn(elf, h->sh_link);
	GElf_Shdr symbols;
	Elf_Data *d = scn ? elf_getdata(scn, NULL) : NULL;

	if (!d || !d->d_buf || !gelf_getshdr(scn, &symbols))
		return;
	size_t nsyms = d->d_size / sizeof(Elf64_Sym);
	size_t n = rela->d_size / sizeof(Elf64_Rela);
	for (size_t i = 0; i < n && slots->n < MAX_STUBS; i++) {
		Elf64_Rela r;
		Elf64_Sym sym;

		memcpy(&r, (char *)rela->d_buf + i * sizeof(r), sizeof(r));
		uint64_t type = ELF64_R_TYPE(r.r_info);
		uint64_t index = ELF64_R_SYM(r.r_info);
		const char *name = NULL;

		if (type == R_X86_64_IRELATIVE) /* as binutils call it */
			name = arena_printf(t->arena, "*ABS*+0x%llx",
				(unsigned long long)r.r_addend);
		else if ((type == R_X86_64_JUMP_SLOT ||
				 type == R_X86_64_GLOB_DAT) &&
			 index < nsyms) {
			memcpy(&sym, (char *)d->d_buf + index * sizeof(sym),
				sizeof(sym));
			name = elf_strptr(elf, symbols.sh_link, sym.st_name);
		}
		if (!name || !*name)
			continue;
		slots->v = arena_grow(t->arena, slots->v, slots->n, &slots->cap,
			sizeof(*slots->v));
		slots->v[slots->n++] = (struct slot){
			.addr = r.r_offset,
			.name = name,
			.is_plt = type == R_X86_64_JUMP_SLOT,
		};
	}
}

static int compare_slots(const void *a, const void *b)
{
	const struct slot *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* The GOT slot that a stub at addr jumps through, or 0. */
static uint64_t slot_of(const uint8_t *code, size_t size, uint64_t addr)
{
	for (size_t i = 0; i + 6 <= size; i++) {
		int32_t distance;

		if (code[i] != 0xff || code[i + 1] != 0x25)
			continue;
		memcpy(&distance, code + i + 2, 4);
		return addr + i + 6 + (uint64_t)(int64_t)distance;
	}
	return 0;
}

static void add_stubs(struct symtab *t, const GElf_Shdr *h, Elf_Data *code,
	size_t stub, const struct slots *slots)
{
	for (size_t at = 0; at + stub <= code->d_size; at += stub) {
		struct slot key = { .addr = slot_of((uint8_t *)code->d_buf + at,
					    stub, h->sh_addr + at) };
		const struct slot *s = bsearch(&key, slots->v, slots->n,
			sizeof(*slots->v), compare_slots);

		if (!s)
			continue;
		symtab_add(t, &(struct symtab_entry){
				      .addr = h->sh_addr + at,
				      .size = stub,
				      .end = h->sh_addr + at + stub,
				      .name = arena_printf(
					      t->arena, "%s@plt", s->name),
				      .is_func = true,
			      });
	}
}

static void add_slot(struct symtab *t, const struct slot *s)
{
	if (s->is_plt)
		symtab_add(t, &(struct symtab_entry){
				      .addr = s->addr,
				      .size = 8,
				      .end = s->addr + 8,
				      .name = arena_printf(
					      t->arena, "%s@got[plt]", s->name),
				      .rank = SLOT_RANK,
			      });
}

/* Calls fn for every section that has contents. */
static void each_section(Elf *elf,
	void (*fn)(Elf *, const char *name, const GElf_Shdr *, Elf_Data *,
		void *ctx),
	void *ctx)
{
	size_t names;
	Elf_Scn *scn = NULL;

	if (elf_getshdrstrndx(elf, &names) < 0)
		return;
	while ((scn = elf_nextscn(elf, scn))) {
		GElf_Shdr h;

		if (!gelf_getshdr(scn, &h) || !(h.sh_flags & SHF_ALLOC) ||
			(h.sh_type != SHT_PROGBITS && h.sh_type != SHT_RELA))
			continue;
		const char *name = elf_strptr(elf, names, h.sh_name);
		Elf_Data *d = elf_getdata(scn, NULL);
		if (name && d && d->d_buf)
			fn(elf, name, &h, d, ctx);
	}
}

struct plt {
	struct symtab *symtab;
	struct slots slots;
};

static void take_relocations(
	Elf *elf, const char *name, const GElf_Shdr *h, Elf_Data *d, void *ctx)
{
	struct plt *plt = ctx;

	(void)name;
	if (h->sh_type == SHT_RELA)
		add_relocations(plt->symtab, elf, h, d, &plt->slots);
}

static void take_stubs(
	Elf *elf, const char *name, const GElf_Shdr *h, Elf_Data *d, void *ctx)
{
	struct plt *plt = ctx;
	bool got = !strcmp(name, ".plt.got");

	(void)elf;
	if (got || !strcmp(name, ".plt") || !strcmp(name, ".plt.sec"))
		add_stubs(plt->symtab, h, d,
			got && h->sh_entsize == STUB_GOT ? STUB_GOT : STUB,
			&plt->slots);
}

void symtab_add_plt(struct symtab *t, struct Elf *elf)
{
	struct plt plt = { .symtab = t };
	const Elf64_Ehdr *h = elf64_getehdr(elf);

	if (!h || h->e_machine != EM_X86_64)
		return;
	each_section(elf, take_relocations, &plt);
	if (!plt.slots.n)
		return;
	for (size_t i = 0; i < plt.slots.n; i++)
		add_slot(t, &plt.slots.v[i]);
	qsort(plt.slots.v, plt.slots.n, sizeof(*plt.slots.v), compare_slots);
	each_section(elf, take_stubs, &plt);
}
