/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libelf maps the file.  The descriptor stays open with it, because libdw
 * takes from it the folder in which it looks for .dwo and dwz files.
 */
#include "inspect/image/elffile.h"

#include "inspect/base/cleanup.h"

#include <elfutils/libdwelf.h>
#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

static struct build_id read_build_id(Elf *elf)
{
	struct build_id id = { .n = 0 };
	const void *bytes;
	ssize_t n = dwelf_elf_gnu_build_id(elf, &bytes);

	if (n > 0 && n <= MAX_BUILD_ID) {
		memcpy(id.bytes, bytes, (size_t)n);
		id.n = (size_t)n;
	}
	return id;
}

static enum err check_kind(Elf *elf, const char *path, bool relocatable)
{
	if (!elf || elf_kind(elf) != ELF_K_ELF)
		return err_set(ERR_BADDATA, "%s: not an ELF file", path);
	const Elf64_Ehdr *h = elf64_getehdr(elf);
	if (!h)
		return err_set(ERR_BADDATA, "%s: a 32-bit ELF file", path);
	if (h->e_type != ET_EXEC && h->e_type != ET_DYN &&
		!(relocatable && h->e_type == ET_REL))
		return err_set(ERR_BADDATA,
			"%s: neither an executable nor a shared library", path);
	return OK;
}

static enum err open_file(struct elf_file *ret, struct arena *a,
	const char *path, bool relocatable)
{
	_cleanup_(close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	*ret = (struct elf_file){ .fd = -1 };
	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys("%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(ERR_BADDATA, "%s: not a file", path);
	elf_version(EV_CURRENT);
	Elf *elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	enum err e = check_kind(elf, path, relocatable);
	if (e) {
		elf_end(elf);
		return e;
	}
	struct stamp stamp = stamp_of(fd);
	*ret = (struct elf_file){
		.fd = take_fd(&fd),
		.elf = elf,
		.path = arena_strdup(a, path),
		.stamp = stamp,
		.id = read_build_id(elf),
	};
	return OK;
}

enum err elf_file_open(struct elf_file *ret, struct arena *a, const char *path)
{
	return open_file(ret, a, path, false);
}

enum err elf_file_open_dwz(
	struct elf_file *ret, struct arena *a, const char *path)
{
	return open_file(ret, a, path, true);
}

void elf_file_close(struct elf_file *f)
{
	if (!f->elf)
		return;
	if (f->unpacked)
		elf_file_close(f->unpacked);
	elf_end(f->elf);
	if (f->fd >= 0)
		close(f->fd);
	*f = (struct elf_file){ .fd = -1 };
}

bool elf_has_section(struct Elf *elf, const char *name)
{
	size_t names;
	Elf_Scn *scn = NULL;

	if (!elf || elf_getshdrstrndx(elf, &names) < 0)
		return false;
	while ((scn = elf_nextscn(elf, scn))) {
		GElf_Shdr shdr;

		if (!gelf_getshdr(scn, &shdr) || shdr.sh_type == SHT_NOBITS)
			continue;
		const char *s = elf_strptr(elf, names, shdr.sh_name);
		if (s && !strcmp(s, name))
			return true;
	}
	return false;
}

bool elf_is_debug_only(struct Elf *elf)
{
	for (Elf_Scn *scn = NULL; (scn = elf_nextscn(elf, scn));) {
		GElf_Shdr shdr;

		if (gelf_getshdr(scn, &shdr) && shdr.sh_type == SHT_NOBITS &&
			shdr.sh_flags & SHF_EXECINSTR)
			return true;
	}
	return false;
}

uint32_t elf_file_crc(const struct elf_file *f)
{
	size_t n;
	const char *p = elf_rawfile(f->elf, &n);

	return p ? (uint32_t)crc32_z(0, (const Bytef *)p, n) : 0;
}
