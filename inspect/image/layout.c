/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From mappings to modules.
 *
 * A module begins with a mapping of offset 0 of its file.  The program headers
 * there, when they are in memory, tell its extent and which file it should be;
 * a mapping of offset 0 is not enough, because small libraries map their first
 * page twice, and because programs map ELF files as data: the executable
 * segment must be mapped where the headers want it.  Where the headers are not
 * in memory, the run of mappings of one file must do.
 *
 * A core without NT_FILE (old tools, more than 4 MiB of names) still has the
 * ELF headers in its PT_LOADs.
 */
#include "inspect/image/layout.h"

#include "crashd/note.h"
#include "inspect/image/elffile.h"
#include "inspect/image/find.h"
#include "inspect/image/phdr.h"

#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

bool layout_clean_path(struct arena *a, const char **path)
{
	static const char mark[] = " (deleted)";
	size_t n = strlen(*path), tail = sizeof(mark) - 1;

	if (n <= tail || strcmp(*path + n - tail, mark))
		return false;
	*path = arena_strndup(a, *path, n - tail);
	return true;
}

void layout_allow_files(void)
{
	struct rlimit l;

	if (!getrlimit(RLIMIT_NOFILE, &l) && l.rlim_cur < l.rlim_max) {
		l.rlim_cur = l.rlim_max;
		setrlimit(RLIMIT_NOFILE, &l);
	}
}

struct module *layout_add(struct image *im, const char *path)
{
	size_t cap = im->modules_cap;

	im->modules = arena_grow(im->arena, im->modules, im->nmodules, &cap,
		sizeof(*im->modules));
	im->modules_cap = cap;
	struct module *m = arena_new(im->arena, struct module);
	m->path = path;
	m->state = MODULE_MISSING;
	im->modules[im->nmodules++] = m;
	return m;
}

static int compare_modules(const void *a, const void *b)
{
	const struct module *x = *(struct module *const *)a;
	const struct module *y = *(struct module *const *)b;

	return x->start < y->start ? -1 : x->start > y->start;
}

void layout_sort(struct image *im)
{
	if (im->nmodules)
		qsort(im->modules, im->nmodules, sizeof(*im->modules),
			compare_modules);
}

/* ---- one module ---- */

/* The index of the mapping that addr is in, or nmaps. */
static size_t map_at(const struct image *im, uint64_t addr)
{
	size_t low = 0, high = im->nmaps;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (im->maps[mid].end <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < im->nmaps && im->maps[low].start <= addr)
		return low;
	return im->nmaps;
}

static bool executable_at(const struct image *im, uint64_t addr)
{
	const struct core *c = im->core;

	for (size_t i = 0; c && i < c->nloads; i++)
		if (addr >= c->loads[i].addr &&
			addr - c->loads[i].addr < c->loads[i].memsz)
			return c->loads[i].flags & PF_X;
	return false;
}

/* The first executable PT_LOAD is mapped, from its place in that file. */
static bool text_is_mapped(const struct image *im, const struct phdrs *h,
	uint64_t bias, const char *path)
{
	for (size_t i = 0; i < h->n; i++) {
		const Elf64_Phdr *p = &h->ph[i];

		if (p->p_type != PT_LOAD || !(p->p_flags & PF_X))
			continue;
		if (!p->p_filesz && p->p_memsz)
			return false; /* a debug file, mapped to be read */
		uint64_t addr = bias + page_floor(p->p_vaddr);
		if (!path)
			return executable_at(im, addr);
		size_t at = map_at(im, addr);
		if (at == im->nmaps)
			return false;
		const struct mapping *m = &im->maps[at];
		return !strcmp(m->path, path) && m->exec != EXEC_NO &&
		       m->offset + (addr - m->start) == page_floor(p->p_offset);
	}
	return true; /* nothing executable: a library of data */
}

/* The bias that puts the ELF header at start. */
static bool bias_of(const struct phdrs *h, uint64_t start, uint64_t *ret_bias)
{
	for (size_t i = 0; i < h->n; i++) {
		const Elf64_Phdr *p = &h->ph[i];

		if (p->p_type != PT_LOAD || page_floor(p->p_offset))
			continue;
		*ret_bias = start - page_floor(p->p_vaddr);
		return true;
	}
	return false;
}

static void set_range(struct module *m, const struct phdrs *h, uint64_t bias)
{
	uint64_t low, high;

	m->bias = bias;
	if (!phdrs_span(h, &low, &high))
		return;
	m->start = bias + low;
	m->end = bias + high;
	m->has_range = true;
}

/* A module whose ELF header is in memory at start; path NULL: not known. */
static struct module *add_from_memory(
	struct image *im, uint64_t start, const char *path)
{
	struct phdrs h;
	uint64_t bias, low, high;

	if (!phdrs_from_mem(&h, im->arena, &im->mem, start) ||
		!bias_of(&h, start, &bias) || !phdrs_span(&h, &low, &high) ||
		!text_is_mapped(im, &h, bias, path))
		return NULL;
	struct module *m = layout_add(im, path ? path : "");
	m->headers = arena_memdup(im->arena, &h, sizeof(h));
	m->wanted = phdrs_build_id(&h, &im->mem, bias);
	set_range(m, &h, bias);
	return m;
}

/* The mappings of one file that follow each other, from the one at i on. */
static size_t run_of(const struct image *im, size_t i)
{
	size_t end = i + 1;

	while (end < im->nmaps && !strcmp(im->maps[end].path, im->maps[i].path))
		end++;
	return end;
}

/* Without its header in memory: does it look like code? */
static bool looks_like_module(const struct image *im, size_t i, size_t end)
{
	const char *slash = strrchr(im->maps[i].path, '/');
	uint64_t entry;

	if (strstr(slash ? slash : im->maps[i].path, ".so"))
		return true;
	for (size_t k = i; k < end; k++) {
		const struct mapping *m = &im->maps[k];

		if (m->exec == EXEC_YES)
			return true;
		if (image_auxv(im, AT_ENTRY, &entry) && entry >= m->start &&
			entry < m->end)
			return true;
	}
	return false;
}

static struct module *add_from_run(struct image *im, size_t i)
{
	size_t end = run_of(im, i);
	uint8_t byte;

	/* Its first byte can be read, so it is known not to be ELF. */
	if (mem_read_part(&im->mem, im->maps[i].start, &byte, 1) ||
		!looks_like_module(im, i, end))
		return NULL;
	struct module *m = layout_add(im, im->maps[i].path);
	m->start = im->maps[i].start;
	m->end = im->maps[end - 1].end;
	m->has_range = true;
	return m;
}

static void add_from_maps(struct image *im)
{
	for (size_t i = 0; i < im->nmaps && im->nmodules < MAX_MODULES; i++) {
		const struct mapping *first = &im->maps[i];

		if (first->offset || first->claimed)
			continue;
		struct module *m =
			add_from_memory(im, first->start, first->path);
		if (!m)
			m = add_from_run(im, i);
		if (!m)
			continue;
		m->deleted = first->deleted;
		for (size_t k = i; k < im->nmaps && im->maps[k].start < m->end;
			k++)
			if (!strcmp(im->maps[k].path, first->path))
				im->maps[k].claimed = true;
	}
}

/* Small libraries map their first page twice; modules come sorted here. */
static bool inside_last(const struct image *im, uint64_t addr)
{
	return im->nmodules && addr < im->modules[im->nmodules - 1]->end;
}

/* Without NT_FILE: a PT_LOAD that begins with an ELF header. */
static void add_from_loads(struct image *im)
{
	const struct core *c = im->core;

	for (size_t i = 0; i < c->nloads && im->nmodules < MAX_MODULES; i++)
		if (c->loads[i].filesz >= sizeof(Elf64_Ehdr) &&
			!inside_last(im, c->loads[i].addr))
			add_from_memory(im, c->loads[i].addr, NULL);
}

static void add_vdso(struct image *im)
{
	struct phdrs h;
	uint64_t start, low, high;

	if (!image_auxv(im, AT_SYSINFO_EHDR, &start))
		return;
	for (size_t i = 0; i < im->nmodules; i++)
		if (im->modules[i]->start == start) {
			im->modules[i]->path = "[vdso]";
			im->modules[i]->is_vdso = true;
			return;
		}
	if (!phdrs_from_mem(&h, im->arena, &im->mem, start) ||
		!phdrs_span(&h, &low, &high))
		return;
	struct module *m = layout_add(im, "[vdso]");
	m->is_vdso = true;
	m->headers = arena_memdup(im->arena, &h, sizeof(h));
	set_range(m, &h, start - low);
	m->wanted = phdrs_build_id(&h, &im->mem, m->bias);
}

/* ---- the executable ---- */

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Its name where no mapping has it: the kernel's AT_EXECFN, or PRPSINFO. */
static const char *exe_name(struct image *im)
{
	uint64_t addr;
	char *name;
	bool whole;

	if (image_auxv(im, AT_EXECFN, &addr) &&
		!mem_read_str(
			&im->mem, addr, MAX_PATH, im->arena, &name, &whole) &&
		whole && *name)
		return name;
	return im->core && im->core->fname ? im->core->fname : "[executable]";
}

static struct module *exe_by_auxv(const struct image *im)
{
	uint64_t addr;

	if (image_auxv(im, AT_PHDR, &addr) || image_auxv(im, AT_ENTRY, &addr))
		return module_at(im, addr);
	return NULL;
}

/* Without auxv: by the user's name, the command's, or the ELF type. */
static struct module *exe_by_name(const struct image *im, const char *exe_path)
{
	const char *fname = im->core ? im->core->fname : NULL;

	for (size_t i = 0; exe_path && i < im->nmodules; i++)
		if (!strcmp(base_name(im->modules[i]->path),
			    base_name(exe_path)))
			return im->modules[i];
	for (size_t i = 0; fname && *fname && i < im->nmodules; i++)
		if (!strncmp(base_name(im->modules[i]->path), fname, 15))
			return im->modules[i];
	for (size_t i = 0; i < im->nmodules; i++) {
		const struct phdrs *h = im->modules[i]->headers;

		if (h && (h->header.e_type == ET_EXEC ||
				 phdrs_find(h, PT_INTERP)))
			return im->modules[i];
	}
	return NULL;
}

/*
 * The user's file may be another module: the program that was started as
 * "ld.so PROGRAM", where the kernel thinks that ld.so is the executable.
 */
static struct module *exe_by_build_id(struct image *im, const char *exe_path)
{
	struct module *found = NULL;
	struct elf_file f;

	if (elf_file_open(&f, im->arena, exe_path))
		return NULL;
	for (size_t i = 0; f.id.n && i < im->nmodules; i++)
		if (build_id_equal(&im->modules[i]->wanted, &f.id))
			found = im->modules[i];
	elf_file_close(&f);
	return found;
}

/* No module is it: where the user's file was, according to the kernel. */
static struct module *exe_from_file(struct image *im, const char *exe_path)
{
	struct phdrs h;
	struct elf_file f;
	struct module *m = NULL;
	uint64_t addr, bias = 0;

	if (elf_file_open(&f, im->arena, exe_path))
		return NULL;
	if (phdrs_from_elf(&h, im->arena, f.elf)) {
		if (image_auxv(im, AT_ENTRY, &addr))
			bias = addr - h.header.e_entry;
		m = layout_add(im, exe_name(im));
		m->is_exe = true;
		if (bias % PAGE_SIZE == 0 &&
			(h.header.e_type == ET_EXEC) == (bias == 0))
			set_range(m, &h, bias);
	}
	elf_file_close(&f);
	return m;
}

/* Where the core has no first page of a file, csnap's note may have its id. */
static void add_noted_ids(struct image *im)
{
	const struct core *c = im->core;

	for (size_t i = 0; c && i < c->nids; i++) {
		const struct crashd_build_id *id = &c->ids[i];

		for (size_t k = 0; k < im->nmodules; k++) {
			struct module *m = im->modules[k];

			if (m->wanted.n || m->start != id->start || !id->size ||
				id->size > sizeof(id->id))
				continue;
			memcpy(m->wanted.bytes, id->id, id->size);
			m->wanted.n = id->size;
		}
	}
}

static void choose_exe(struct image *im, const char *exe_path)
{
	struct module *exe;

	add_noted_ids(im);
	exe = exe_path ? exe_by_build_id(im, exe_path) : NULL;
	if (!exe)
		exe = exe_by_auxv(im);
	if (!exe)
		exe = exe_by_name(im, exe_path);
	if (!exe && exe_path)
		exe = exe_from_file(im, exe_path);
	if (!exe)
		return;
	exe->is_exe = true;
	if (!*exe->path)
		exe->path = exe_name(im);
	im->exe = exe;
}

/* ---- all of them ---- */

static void find_module(
	struct image *im, struct module *m, const char *exe_path)
{
	struct phdrs h;
	uint64_t bias;

	if (m->is_vdso || m->elf || m->why)
		return;
	find_file(im, m, m->is_exe ? exe_path : NULL);
	if (m->headers || !phdrs_from_elf(&h, im->arena, m->elf))
		return;
	m->headers = arena_memdup(im->arena, &h, sizeof(h));
	if (!m->has_range)
		set_range(m, &h, m->bias);
	else if (bias_of(&h, m->start, &bias))
		set_range(m, &h, bias);
}

/* The executable first: where it is tells where others may be. */
void layout_find(struct image *im, const char *exe_path)
{
	if (im->exe)
		find_module(im, im->exe, exe_path);
	for (size_t i = 0; i < im->nmodules; i++)
		find_module(im, im->modules[i], exe_path);
	layout_sort(im);
}

/* Names for what no list has a name for; and the vdso by its own. */
static void name_module(struct image *im, struct module *m)
{
	const char *soname = *m->path ? m->path : layout_soname(im, m);

	if (soname && !strncmp(soname, "linux-vdso", 10)) {
		m->path = "[vdso]";
		m->is_vdso = true;
	} else if (*m->path)
		return;
	else if (m->is_exe)
		m->path = exe_name(im);
	else if (soname)
		m->path = soname;
	else
		m->path = arena_printf(im->arena, "[0x%" PRIx64 "]", m->start);
}

void layout_discover(struct image *im, const char *exe_path)
{
	add_from_maps(im);
	if (!im->nmaps && im->core)
		add_from_loads(im);
	add_vdso(im);
	layout_sort(im);
	choose_exe(im, exe_path);
	layout_link_map(im);
	for (size_t i = 0; i < im->nmodules; i++)
		name_module(im, im->modules[i]);
	layout_find(im, exe_path);
}
