/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where a module's symbols come from, in the order of richness:
 *
 *	.symtab of the file, or of its debug file: all there is
 *	.dynsym and .gnu_debugdata, when there is no .symtab
 *	PT_DYNAMIC's table in memory, when there is no file
 *
 * and stubs of the PLT, which no table has.  Several symbols may share an
 * address, lie inside each other, or have no size; each entry therefore knows
 * where it ends, and the table how far back a search must look.
 */
#include "inspect/image/symtab.h"

#include "inspect/image/demand.h"
#include "inspect/image/phdr.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_SYMBOLS = 1 << 26,
	MAX_DYNAMIC = 4096,
	VERSION_HIDDEN = 0x8000, /* VERSYM_HIDDEN of binutils */
};

void symtab_add(struct symtab *t, const struct symtab_entry *e)
{
	if (t->n >= MAX_SYMBOLS)
		return;
	t->v = arena_grow(t->arena, t->v, t->n, &t->cap, sizeof(*t->v));
	t->v[t->n++] = *e;
}

/* Sized, then functions, then objects. */
static uint8_t rank_of(const Elf64_Sym *s)
{
	unsigned type = ELF64_ST_TYPE(s->st_info);
	unsigned kind = type == STT_FUNC || type == STT_GNU_IFUNC ? 2
			: type == STT_OBJECT                      ? 1
								  : 0;

	return (uint8_t)((s->st_size != 0) << 2 | kind);
}

static bool is_wanted(const Elf64_Sym *s, const char *name)
{
	switch (ELF64_ST_TYPE(s->st_info)) {
	case STT_NOTYPE:
	case STT_OBJECT:
	case STT_FUNC:
	case STT_COMMON:
	case STT_TLS:
	case STT_GNU_IFUNC:
		break;
	default:
		return false;
	}
	/* Labels of the assembler are nobody's names. */
	return name && *name && strncmp(name, ".L", 2) && s->st_shndx &&
	       s->st_shndx != SHN_ABS && s->st_shndx != SHN_COMMON;
}

/* "memcpy@@GLIBC_2.14" is memcpy. */
static const char *without_version(
	struct arena *a, const char *name, bool *ret_versioned)
{
	const char *at = strchr(name + 1, '@');

	*ret_versioned = at != NULL;
	return at ? arena_strndup(a, name, (size_t)(at - name)) : name;
}

/*
 * Which of several aliases is the name of an address: GDB takes the one whose
 * string is last in memory, which is the versioned (public) one, and of a pair
 * like __data_start and data_start, which share their tail, the short one.
 * People compare; so do we.
 */
static uint64_t order_of(
	const struct symtab *t, const Elf64_Sym *s, bool versioned)
{
	return versioned ? UINT64_C(1) << 32 | t->n : s->st_name;
}

static void add_symbol(struct symtab *t, const Elf64_Sym *s, const char *name,
	uint64_t limit, bool hidden)
{
	unsigned type = ELF64_ST_TYPE(s->st_info);
	uint64_t size = s->st_size <= UINT64_MAX - s->st_value ? s->st_size : 0;
	bool versioned;
	const char *plain = without_version(t->arena, name, &versioned);

	symtab_add(t,
		&(struct symtab_entry){
			.addr = s->st_value,
			.size = size,
			.end = size ? s->st_value + size : limit,
			.name = plain,
			.order = order_of(t, s, versioned),
			.rank = rank_of(s),
			.is_func = type == STT_FUNC || type == STT_GNU_IFUNC,
			.is_global = ELF64_ST_BIND(s->st_info) != STB_LOCAL,
			.is_tls = type == STT_TLS,
			.is_ifunc = type == STT_GNU_IFUNC,
			.is_old = hidden || (versioned && !strstr(name, "@@")),
		});
}

/* ---- from sections ---- */

struct sections {
	GElf_Shdr *v;
	size_t n;
};

static struct sections sections_of(struct arena *a, Elf *elf)
{
	struct sections s = { 0 };
	Elf_Scn *scn = NULL;

	if (elf_getshdrnum(elf, &s.n) < 0 || s.n > MAX_SYMBOLS)
		return (struct sections){ 0 };
	s.v = arena_array(a, GElf_Shdr, s.n);
	while ((scn = elf_nextscn(elf, scn)))
		if (elf_ndxscn(scn) < s.n)
			gelf_getshdr(scn, &s.v[elf_ndxscn(scn)]);
	return s;
}

/* False: in a section that is not mapped.  *ret: the end of its section. */
static bool section_limit(
	const struct sections *s, const Elf64_Sym *sym, uint64_t *ret)
{
	if (sym->st_shndx >= s->n) {
		*ret = sym->st_value; /* SHN_XINDEX and the like */
		return true;
	}
	const GElf_Shdr *h = &s->v[sym->st_shndx];
	*ret = h->sh_addr + h->sh_size;
	return h->sh_flags & SHF_ALLOC;
}

/*
 * The versions of .dynsym's symbols, whose names do not have them there: bit
 * 15 says that this one is not the default (gABI symbol versioning,
 * VERSYM_HIDDEN).  NULL: no versions.
 */
static Elf_Data *versions_of(const struct sections *s, Elf *elf, uint32_t type)
{
	for (size_t i = 1; type == SHT_DYNSYM && i < s->n; i++)
		if (s->v[i].sh_type == SHT_GNU_versym)
			return elf_getdata(elf_getscn(elf, i), NULL);
	return NULL;
}

/* Row i of a table; libelf's buffer may be aligned to nothing. */
static bool table_row(const Elf_Data *d, size_t i, void *row, size_t size)
{
	if (!d || !d->d_buf || i >= d->d_size / size)
		return false;
	memcpy(row, (const char *)d->d_buf + i * size, size);
	return true;
}

static void add_row(struct symtab *t, Elf *elf, const struct sections *s,
	const Elf64_Sym *sym, uint32_t strings, bool hidden)
{
	const char *name = elf_strptr(elf, strings, sym->st_name);
	uint64_t limit;

	if (is_wanted(sym, name) && section_limit(s, sym, &limit))
		add_symbol(t, sym, name, limit, hidden);
}

/* True if there was such a table with something in it. */
static bool add_table(struct symtab *t, Elf *elf, uint32_t type)
{
	struct sections s = sections_of(t->arena, elf);
	Elf_Data *versions = versions_of(&s, elf, type);
	size_t before = t->n;

	for (size_t i = 1; i < s.n; i++) {
		Elf64_Sym sym;
		uint16_t version;

		if (s.v[i].sh_type != type)
			continue;
		Elf_Data *d = elf_getdata(elf_getscn(elf, i), NULL);
		for (size_t k = 1; table_row(d, k, &sym, sizeof(sym)); k++)
			add_row(t, elf, &s, &sym, s.v[i].sh_link,
				table_row(versions, k, &version,
					sizeof(version)) &&
					version & VERSION_HIDDEN);
	}
	return t->n > before;
}

/* ---- from memory ---- */

struct dynamic {
	uint64_t symtab, strtab, strsz, hash;
};

/* glibc adds the bias to these entries in memory; the vdso's have none. */
static uint64_t run_time(const struct module *m, uint64_t addr)
{
	return addr >= m->start && addr < m->end ? addr : m->bias + addr;
}

static bool read_dynamic(
	struct image *im, const struct module *m, struct dynamic *ret)
{
	const Elf64_Phdr *p =
		m->headers ? phdrs_find(m->headers, PT_DYNAMIC) : NULL;

	for (unsigned i = 0; p && i < MAX_DYNAMIC; i++) {
		Elf64_Dyn d;

		if (mem_read_part(&im->mem,
			    m->bias + p->p_vaddr + i * sizeof(d), &d,
			    sizeof(d)) != sizeof(d) ||
			d.d_tag == DT_NULL)
			break;
		uint64_t at = run_time(m, d.d_un.d_ptr);
		switch (d.d_tag) {
		case DT_SYMTAB:
			ret->symtab = at;
			break;
		case DT_STRTAB:
			ret->strtab = at;
			break;
		case DT_STRSZ:
			ret->strsz = d.d_un.d_val;
			break;
		case DT_HASH:
			ret->hash = at;
			break;
		}
	}
	return ret->symtab && ret->strtab && ret->strsz;
}

/* DT_HASH has the number; otherwise the strings follow the symbols. */
static uint64_t count_dynamic(struct image *im, const struct dynamic *d)
{
	uint32_t head[2];

	if (d->hash && mem_read_part(&im->mem, d->hash, head, sizeof(head)) ==
			       sizeof(head))
		return head[1];
	return d->strtab > d->symtab
		       ? (d->strtab - d->symtab) / sizeof(Elf64_Sym)
		       : 0;
}

static void add_dynamic(
	struct symtab *t, struct image *im, const struct module *m)
{
	struct dynamic d = { 0 };

	if (!read_dynamic(im, m, &d) || d.strsz > MAX_SYMBOLS)
		return;
	uint64_t n = count_dynamic(im, &d);
	if (n > MAX_SYMBOLS)
		return;
	char *names = arena_alloc(t->arena, (size_t)d.strsz + 1);
	size_t have = mem_read_part(&im->mem, d.strtab, names, (size_t)d.strsz);
	for (uint64_t i = 1; i < n; i++) {
		Elf64_Sym s;

		if (mem_read_part(&im->mem, d.symtab + i * sizeof(s), &s,
			    sizeof(s)) != sizeof(s))
			break;
		if (s.st_name < have && is_wanted(&s, names + s.st_name))
			add_symbol(t, &s, names + s.st_name, s.st_value, false);
	}
}

/* ---- making it ---- */

static int compare_entries(const void *a, const void *b)
{
	const struct symtab_entry *x = a, *y = b;

	if (x->addr != y->addr)
		return x->addr < y->addr ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank > y->rank ? -1 : 1;
	return x->order > y->order ? -1 : x->order < y->order;
}

void symtab_finish(struct symtab *t)
{
	uint64_t reach = 0, next = UINT64_MAX;

	if (!t->n)
		return;
	qsort(t->v, t->n, sizeof(*t->v), compare_entries);
	for (size_t i = t->n; i--;) {
		struct symtab_entry *e = &t->v[i];

		if (i + 1 < t->n && t->v[i + 1].addr > e->addr)
			next = t->v[i + 1].addr;
		if (!e->size && e->end > next)
			e->end = next;
	}
	t->reach = arena_array(t->arena, uint64_t, t->n);
	for (size_t i = 0; i < t->n; i++) {
		if (!t->v[i].is_tls && t->v[i].end > reach)
			reach = t->v[i].end;
		t->reach[i] = reach;
	}
}

static void add_small(struct symtab *t, struct image *im, struct module *m)
{
	add_table(t, m->elf, SHT_DYNSYM);
	if (!m->mini_elf)
		m->mini_elf = symtab_mini_elf(im->arena, m->elf);
	if (m->mini_elf)
		add_table(t, m->mini_elf, SHT_SYMTAB);
}

static bool borrow(struct symtab *t, const struct module *m)
{
	t->borrowed = m->debug_elf && add_table(t, m->debug_elf, SHT_SYMTAB);
	return t->borrowed;
}

static void fill(struct symtab *t, struct image *im, struct module *m)
{
	if (!m->elf || m->elf_is_memory) {
		module_dwarf(im, m);
		if (borrow(t, m))
			return;
		if (!demand_file(im, m)) {
			if (!m->elf || !add_table(t, m->elf, SHT_DYNSYM))
				add_dynamic(t, im, m);
			return;
		}
	}
	if (!add_table(t, m->elf, SHT_SYMTAB)) {
		module_dwarf(im, m); /* finds the debug file */
		if (!borrow(t, m))
			add_small(t, im, m);
	}
	symtab_add_plt(t, m->elf);
}

struct symtab *symtab_get(struct image *im, struct module *m)
{
	if (m->symtab)
		return m->symtab;
	m->symtab = arena_new(im->arena, struct symtab);
	m->symtab->arena = im->arena;
	fill(m->symtab, im, m);
	symtab_finish(m->symtab);
	return m->symtab;
}

struct symtab *symtab_own(struct image *im, struct module *m)
{
	struct symtab *t = symtab_get(im, m), *own;

	if (!t->borrowed)
		return t;
	if (t->own)
		return t->own;
	own = t->own = arena_new(im->arena, struct symtab);
	own->arena = im->arena;
	if (m->elf && !m->elf_is_memory)
		add_small(own, im, m);
	else if (!m->elf || !add_table(own, m->elf, SHT_DYNSYM))
		add_dynamic(own, im, m);
	symtab_finish(own);
	return own;
}

struct symtab *symtab_exported(struct image *im, struct module *m)
{
	struct symtab *t = symtab_get(im, m), *x = t->exported;

	if (x)
		return x;
	x = t->exported = arena_new(im->arena, struct symtab);
	x->arena = im->arena;
	if (!m->elf || m->elf_is_memory || !add_table(x, m->elf, SHT_DYNSYM))
		add_dynamic(x, im, m);
	symtab_finish(x);
	return x;
}

/* ---- aliases ---- */

static int binding_of(const Elf64_Sym *s)
{
	switch (ELF64_ST_BIND(s->st_info)) {
	case STB_GLOBAL:
	case STB_GNU_UNIQUE:
		return 2;
	case STB_WEAK:
		return 1;
	default:
		return 0;
	}
}

struct choice {
	uint64_t addr;
	const char *name;
	int binding;
};

static void choose(
	struct choice *c, Elf *elf, const Elf64_Sym *sym, uint32_t strings)
{
	unsigned type = ELF64_ST_TYPE(sym->st_info);
	const char *name;

	if (sym->st_value != c->addr || !sym->st_size || !sym->st_shndx ||
		(type != STT_FUNC && type != STT_GNU_IFUNC) ||
		(c->name && binding_of(sym) <= c->binding))
		return;
	name = elf_strptr(elf, strings, sym->st_name);
	if (!name || !*name)
		return;
	c->name = name;
	c->binding = binding_of(sym);
}

static void choose_from(struct choice *c, Elf *elf, uint32_t type)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr h;

	while (!c->name && (scn = elf_nextscn(elf, scn))) {
		Elf64_Sym sym;

		if (!gelf_getshdr(scn, &h) || h.sh_type != type)
			continue;
		Elf_Data *d = elf_getdata(scn, NULL);
		for (size_t i = 1; table_row(d, i, &sym, sizeof(sym)); i++)
			choose(c, elf, &sym, h.sh_link);
	}
}

const char *symtab_first_name(const struct module *m, uint64_t addr)
{
	struct choice c = { .addr = addr };

	if (!m->elf || m->elf_is_memory)
		return NULL;
	choose_from(&c, m->elf, SHT_SYMTAB);
	choose_from(&c, m->elf, SHT_DYNSYM);
	if (m->mini_elf)
		choose_from(&c, m->mini_elf, SHT_SYMTAB);
	return c.name;
}
