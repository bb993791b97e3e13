/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The dynamic linker's own list of what it loaded (link.h: struct r_debug,
 * struct link_map).  It is found from the executable's PT_DYNAMIC, entry
 * DT_DEBUG.  It gives names where the core has none, and the handle by which
 * glibc knows a module's thread-local storage.
 *
 * The list is inferior memory: it may be damaged or run in a circle.
 */
#include "inspect/image/layout.h"

#include "inspect/image/phdr.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_DYNAMIC = 4096,  /* entries of one PT_DYNAMIC */
	MAX_NAMESPACES = 64, /* dlmopen: glibc has 16 */
	R_DEBUG_VERSION = 0, /* 2: r_next is there */
	R_DEBUG_MAP = 8,
	R_DEBUG_NEXT = 40,
	LINK_MAP_ADDR = 0,
	LINK_MAP_NAME = 8,
	LINK_MAP_LD = 16,
	LINK_MAP_NEXT = 24,
	LINK_MAP_SIZE = 40,
};

/* The value of a tag of PT_DYNAMIC at addr; false: not there. */
static bool dynamic_value(
	struct image *im, uint64_t addr, int64_t tag, uint64_t *ret)
{
	for (unsigned i = 0; i < MAX_DYNAMIC; i++) {
		Elf64_Dyn d;

		if (mem_read_part(&im->mem, addr + i * sizeof(d), &d,
			    sizeof(d)) != sizeof(d) ||
			d.d_tag == DT_NULL)
			return false;
		if (d.d_tag != tag)
			continue;
		*ret = d.d_un.d_val;
		return true;
	}
	return false;
}

const char *layout_soname(struct image *im, const struct module *m)
{
	const Elf64_Phdr *p =
		m->headers ? phdrs_find(m->headers, PT_DYNAMIC) : NULL;
	uint64_t at = p ? m->bias + p->p_vaddr : 0, strings, name;
	char *s;
	bool whole;

	if (!p || !dynamic_value(im, at, DT_STRTAB, &strings) ||
		!dynamic_value(im, at, DT_SONAME, &name))
		return NULL;
	/* glibc puts the run-time address there, but not into the vdso. */
	if (strings < m->start)
		strings += m->bias;
	if (mem_read_str(&im->mem, strings + name, MAX_PATH, im->arena, &s,
		    &whole) ||
		!whole || !*s)
		return NULL;
	return s;
}

bool layout_is_symbolic(struct image *im, const struct module *m)
{
	const Elf64_Phdr *p =
		m->headers ? phdrs_find(m->headers, PT_DYNAMIC) : NULL;
	uint64_t at = p ? m->bias + p->p_vaddr : 0, value;

	return p && (dynamic_value(im, at, DT_SYMBOLIC, &value) ||
			    (dynamic_value(im, at, DT_FLAGS, &value) &&
				    value & DF_SYMBOLIC));
}

/* Address of the executable's PT_DYNAMIC, by AT_PHDR or its own headers. */
static bool find_dynamic(struct image *im, uint64_t *ret)
{
	const Elf64_Phdr *dynamic;
	uint64_t at, n, bias = 0;
	bool found = false;

	if (im->exe && im->exe->headers) {
		dynamic = phdrs_find(im->exe->headers, PT_DYNAMIC);
		if (dynamic)
			*ret = im->exe->bias + dynamic->p_vaddr;
		return dynamic != NULL;
	}
	if (!image_auxv(im, AT_PHDR, &at) || !image_auxv(im, AT_PHNUM, &n))
		return false;
	for (uint64_t i = 0; i < n && i < MAX_DYNAMIC; i++) {
		Elf64_Phdr p;

		if (mem_read_part(&im->mem, at + i * sizeof(p), &p,
			    sizeof(p)) != sizeof(p))
			return false;
		if (p.p_type == PT_PHDR)
			bias = at - p.p_vaddr;
		if (p.p_type != PT_DYNAMIC)
			continue;
		*ret = p.p_vaddr;
		found = true;
	}
	*ret += bias;
	return found;
}

static uint64_t word(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static bool is_plain_path(const char *s)
{
	return *s && !strpbrk(s, "\n\t");
}

/* One struct link_map: names the module it is about, or adds it. */
static struct module *take_entry(
	struct image *im, uint64_t at, const uint8_t *entry)
{
	uint64_t ld = word(entry + LINK_MAP_LD);
	struct module *m = module_at(im, ld);
	char *name = NULL;
	bool whole = false;

	if (mem_read_str(&im->mem, word(entry + LINK_MAP_NAME), MAX_PATH,
		    im->arena, &name, &whole))
		name = NULL;
	if (!whole || !name || !is_plain_path(name))
		name = NULL;
	if (!m && name && *name == '/') {
		m = layout_add(im, name);
		m->bias = word(entry + LINK_MAP_ADDR);
		layout_sort(im);
	}
	if (!m)
		return NULL;
	m->link_map = at;
	if (!*m->path && name)
		m->path = name;
	if (name && *name == '/' && !m->is_exe)
		m->linked = name;
	return m;
}

static void walk(struct image *im, uint64_t at, unsigned *budget, bool base)
{
	uint8_t entry[LINK_MAP_SIZE];
	unsigned order = 0;

	while (at && (*budget)--) {
		if (mem_read_part(&im->mem, at, entry, sizeof(entry)) !=
			sizeof(entry))
			return;
		struct module *m = take_entry(im, at, entry);
		if (m && base && !m->link_order)
			m->link_order = ++order;
		at = word(entry + LINK_MAP_NEXT);
	}
}

/*
 * A program that was started as "ld.so PROGRAM" is, to the kernel, ld.so: then
 * the one whose DT_DEBUG the dynamic linker has filled in is the program.
 */
static bool find_debug(struct image *im, uint64_t *ret)
{
	uint64_t dynamic = 0;

	if (find_dynamic(im, &dynamic) &&
		dynamic_value(im, dynamic, DT_DEBUG, ret))
		return *ret != 0;
	for (size_t i = 0; i < im->nmodules; i++) {
		struct module *m = im->modules[i];
		const Elf64_Phdr *p =
			m->headers ? phdrs_find(m->headers, PT_DYNAMIC) : NULL;

		if (!p ||
			!dynamic_value(
				im, m->bias + p->p_vaddr, DT_DEBUG, ret) ||
			!*ret)
			continue;
		if (im->exe)
			im->exe->is_exe = false;
		im->exe = m;
		m->is_exe = true;
		return true;
	}
	return false;
}

bool layout_link_map(struct image *im)
{
	uint64_t debug, map, version;
	unsigned budget = MAX_LINK_MAP;

	if (!find_debug(im, &debug))
		return false;
	for (int i = 0; debug && i < MAX_NAMESPACES; i++) {
		if (mem_read_uint(&im->mem, debug + R_DEBUG_MAP, 8, &map) ||
			mem_read_uint(
				&im->mem, debug + R_DEBUG_VERSION, 4, &version))
			break;
		walk(im, map, &budget, i == 0);
		if (version < 2 || mem_read_uint(&im->mem, debug + R_DEBUG_NEXT,
					   8, &debug))
			break;
	}
	return true;
}

static int compare_order(const void *a, const void *b)
{
	const struct module *x = *(struct module *const *)a;
	const struct module *y = *(struct module *const *)b;

	/* 0 less 1 is the largest: after all others, by address. */
	if (x->link_order != y->link_order)
		return x->link_order - 1 < y->link_order - 1 ? -1 : 1;
	return x->start < y->start ? -1 : x->start > y->start;
}

struct module **image_link_order(struct image *im)
{
	if (im->nordered == im->nmodules)
		return im->ordered;
	im->ordered = arena_array(im->arena, struct module *, im->nmodules);
	im->nordered = im->nmodules;
	for (size_t i = 0; i < im->nmodules; i++)
		im->ordered[i] = im->modules[i];
	qsort(im->ordered, im->nordered, sizeof(*im->ordered), compare_order);
	return im->ordered;
}
