/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Handles are opened when somebody asks: most modules of most cores are never
 * looked into.  CFI comes from the ELF file itself, because .eh_frame is not in
 * debug files; DWARF from the file or, more often, from its debug file.
 */
#include "inspect/image/module.h"

#include "inspect/image/demand.h"
#include "inspect/image/ehcfi.h"
#include "inspect/image/elffile.h"
#include "inspect/image/find.h"
#include "inspect/image/image.h"
#include "inspect/image/unpacked.h"

#include <elf.h>
#include <elfutils/libdw.h>
#include <gelf.h>
#include <string.h>
#include <unistd.h>

enum { MAX_NESTED = 4 };

/* How a user's word names a module, the surest way first. */
enum match { MATCH_PATH, MATCH_BASE, MATCH_STEM };

const char *build_id_hex(const struct build_id *id, struct arena *a)
{
	static const char digits[] = "0123456789abcdef";

	if (!id->n)
		return "none";
	char *hex = arena_alloc(a, 2 * id->n + 1);
	for (size_t i = 0; i < id->n; i++) {
		hex[2 * i] = digits[id->bytes[i] >> 4];
		hex[2 * i + 1] = digits[id->bytes[i] & 15];
	}
	return hex;
}

bool build_id_equal(const struct build_id *a, const struct build_id *b)
{
	return a->n == b->n && !memcmp(a->bytes, b->bytes, a->n);
}

struct module *module_at(const struct image *im, uint64_t addr)
{
	size_t low = 0, high = im->nmodules;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (im->modules[mid]->start <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	/* A module may lie in the hole of another one's span. */
	for (int look = 0; low-- && look < MAX_NESTED; look++)
		if (addr < im->modules[low]->end)
			return im->modules[low];
	return NULL;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* "libc", "libc.so" and "libc.so.6" all mean libc.so.6. */
static bool name_matches(const char *base, const char *name)
{
	size_t n = strlen(name);

	if (strncmp(base, name, n))
		return false;
	return !base[n] || !strncmp(base + n, ".so", 3) ||
	       (base[n] == '.' && strstr(name, ".so"));
}

static bool matches(const char *path, const char *name, enum match how)
{
	switch (how) {
	case MATCH_PATH:
		return !strcmp(path, name);
	case MATCH_BASE:
		return !strcmp(base_name(path), name);
	default:
		return name_matches(base_name(path), name);
	}
}

struct module *module_find(const struct image *im, const char *name)
{
	for (enum match how = MATCH_PATH; how <= MATCH_STEM; how++)
		for (size_t i = 0; i < im->nmodules; i++) {
			struct module *m = im->modules[i];

			if (matches(m->path, name, how) ||
				matches(module_name(m), name, how))
				return m;
		}
	return NULL;
}

const char *module_name(const struct module *m)
{
	return m->linked ? m->linked : m->path;
}

const char *module_section(const struct module *m, uint64_t addr)
{
	size_t names;

	if (!m->elf || m->elf_is_memory || elf_getshdrstrndx(m->elf, &names))
		return NULL;
	for (Elf_Scn *scn = NULL; (scn = elf_nextscn(m->elf, scn));) {
		GElf_Shdr sh;

		if (gelf_getshdr(scn, &sh) && sh.sh_flags & SHF_ALLOC &&
			!(sh.sh_flags & SHF_TLS) &&
			addr - m->bias - sh.sh_addr < sh.sh_size)
			return elf_strptr(m->elf, names, sh.sh_name);
	}
	return NULL;
}

static bool has_dwarf(struct Elf *elf)
{
	return elf_has_section(elf, ".debug_info") ||
	       elf_has_section(elf, ".zdebug_info");
}

struct Dwarf *module_dwarf(struct image *im, struct module *m)
{
	struct elf_file *file = m->main_file;
	struct Elf *elf = m->elf;

	if (m->tried_dwarf)
		return m->dwarf;
	m->tried_dwarf = true;
	if (m->is_vdso) {
		m->debug_why = "the kernel's vdso comes without debug info";
		return NULL;
	}
	if (!elf || m->elf_is_memory || !has_dwarf(elf)) {
		find_debug_file(im, m);
		elf = m->debug_elf;
		file = m->separate_file;
	}
	if (!elf)
		return NULL;
	m->dwarf = file ? unpacked_dwarf(file, im->find.cache, im->arena)
			: dwarf_begin_elf(elf, DWARF_C_READ, NULL);
	if (!m->dwarf) {
		m->debug_why = arena_printf(im->arena,
			"the debug info in %s cannot be read: %s",
			m->debug_file ? m->debug_file : m->file,
			dwarf_errmsg(-1));
		return NULL;
	}
	find_alt_file(im, m);
	return m->dwarf;
}

bool module_has_dwarf(struct image *im, struct module *m)
{
	bool no_debuginfod = im->find.no_debuginfod;

	if (m->tried_dwarf)
		return m->dwarf;
	im->find.no_debuginfod = true;
	module_dwarf(im, m);
	im->find.no_debuginfod = no_debuginfod;
	/* Who needs it may ask again, with servers. */
	m->tried_dwarf = m->dwarf || !find_can_fetch(im);
	return m->dwarf;
}

struct Dwarf_CFI_s *module_eh_cfi(struct image *im, struct module *m)
{
	if (m->tried_eh_cfi)
		return m->eh_cfi;
	m->tried_eh_cfi = true;
	if (!m->elf)
		demand_file(im, m);
	if (m->elf)
		m->eh_cfi = ehcfi_open(m->elf,
			m->main_file && !m->elf_is_memory ? m->main_file->fd
							  : -1,
			im->arena, &m->eh_view);
	return m->eh_cfi;
}

struct Dwarf_CFI_s *module_debug_cfi(struct image *im, struct module *m)
{
	if (m->tried_debug_cfi)
		return m->debug_cfi;
	m->tried_debug_cfi = true;
	struct Dwarf *dwarf = module_dwarf(im, m);
	if (dwarf)
		m->debug_cfi = dwarf_getcfi(dwarf);
	return m->debug_cfi;
}

const char *module_mark(const struct module *m)
{
	switch (m->state) {
	case MODULE_FORCED:
		return "[forced: the file's build-id differs]";
	case MODULE_WRONG:
		return "[wrong file: its build-id differs]";
	case MODULE_MISSING:
		return "[file missing]";
	case MODULE_OK:
	case MODULE_UNVERIFIED:
	case MODULE_IN_CORE:
		break;
	}
	return NULL;
}

void module_close(struct module *m)
{
	if (m->eh_cfi)
		dwarf_cfi_end(m->eh_cfi);
	ehcfi_close(m->eh_view);
	if (m->dwarf)
		dwarf_end(m->dwarf);
	if (m->alt)
		dwarf_end(m->alt);
	if (m->package_dwarf)
		dwarf_end(m->package_dwarf);
	for (struct more_handles *h = m->more; h; h = h->next) {
		if (h->dwarf)
			dwarf_end(h->dwarf);
		elf_end(h->elf);
	}
	if (m->elf_is_memory)
		elf_end(m->elf);
	elf_end(m->former_elf);
	elf_end(m->mini_elf);
	if (m->package_main)
		elf_file_close(m->package_main);
	if (m->names_fd > 0)
		close(m->names_fd);
	if (m->package)
		elf_file_close(m->package);
	if (m->alt_file)
		elf_file_close(m->alt_file);
	if (m->separate_file)
		elf_file_close(m->separate_file);
	if (m->main_file)
		elf_file_close(m->main_file);
}
