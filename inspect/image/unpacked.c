/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libdw unpacks every section of debug info when it opens a file, whatever is
 * asked then: for libc alone that takes longer than all the rest of a
 * backtrace.  So the sections are written once to a file of their own, an ELF
 * file without anything else, and mapped from there.
 *
 * The copy is named by the build-id.  It ends in a struct seal with the size
 * and time of the file that it was made of and a sum of every byte, and counts
 * only with all of them right: a copy that was cut off or damaged, is of
 * another file of that build-id or is somebody else's, is made again.
 *
 * libdw 0.188 cannot read what is packed by zstd at all, and who reads sections
 * past libdw knows no .zdebug_* (GNU's older way: "ZLIB", the size, the data).
 * Those are unpacked always, into memory where there is no folder to keep it
 * in.
 *
 * Split debug info is left alone: libdw looks for .dwo files in the folder of
 * the file that it has opened.
 */
#include "inspect/image/unpacked.h"

#include "inspect/base/cleanup.h"
#include "inspect/image/cache.h"

#include <elfutils/libdw.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <zlib.h>
#include <zstd.h>

enum {
	MAX_NAME = 32,            /* ".debug_line_str" and the like */
	MAX_SECTIONS = 64,        /* DWARF 5 has 16 */
	MIN_COPY = 1 << 18,       /* smaller ones are unpacked as fast */
	MAX_COPY = 1 << 29,       /* of one file */
	MAX_RATIO = 1032,         /* zlib's technical documentation */
	MAX_ZSTD_RATIO = 1 << 15, /* RFC 8878: a block of 128 KiB in 4 bytes */
	ALIGNMENT = 64,
	PACKED_ZLIB = ELFCOMPRESS_ZLIB,
	PACKED_ZSTD = 2, /* ELFCOMPRESS_ZSTD, which glibc 2.36 lacks */
};

static const char seal_magic[8] = "cinspdw1";

struct seal {
	char magic[8];
	uint64_t size, seconds, nanoseconds; /* of the original */
	uint64_t sum[4]; /* of all that stands before the seal */
};

struct part {
	GElf_Shdr header;
	char name[MAX_NAME];
	const uint8_t *bytes; /* as they are in the file */
	size_t size;
	unsigned packed; /* 0: it is not */
	uint64_t whole, align, at;
};

struct copy {
	struct part part[MAX_SECTIONS];
	size_t n;
	bool needed;                 /* libdw cannot do without */
	uint64_t names, table, size; /* where they are; the size without seal */
};

/* ---- what is to be copied ---- */

static uint64_t aligned(uint64_t n)
{
	return (n + ALIGNMENT - 1) & ~(uint64_t)(ALIGNMENT - 1);
}

static const char gnu_packed[] = ".zdebug_";

static bool is_wanted(const char *name)
{
	return !strncmp(name, ".debug_", 7) || !strncmp(name, gnu_packed, 8) ||
	       !strcmp(name, ".gnu_debugaltlink");
}

/* "ZLIB" and the size, highest byte first; what is not so is not packed. */
static void read_gnu_header(struct part *p)
{
	enum { HEADER = 12 };

	if (p->size < HEADER || memcmp(p->bytes, "ZLIB", 4))
		return;
	p->packed = PACKED_ZLIB;
	p->whole = 0;
	for (int i = 4; i < HEADER; i++)
		p->whole = p->whole << 8 | p->bytes[i];
	p->bytes += HEADER;
	p->size -= HEADER;
}

/* SHF_COMPRESSED: a header of the section's own (gABI, "Section Compression").
 * False: one that nobody could believe. */
static bool read_header(struct part *p)
{
	Elf64_Chdr h;

	if (p->size < sizeof(h))
		return false;
	memcpy(&h, p->bytes, sizeof(h));
	p->bytes += sizeof(h);
	p->size -= sizeof(h);
	p->whole = h.ch_size;
	p->align = h.ch_addralign;
	p->packed = h.ch_type;
	return p->packed == PACKED_ZSTD || p->packed == PACKED_ZLIB;
}

static bool add_part(struct copy *c, Elf_Scn *scn, const char *name)
{
	struct part *p = &c->part[c->n];
	Elf_Data *d = elf_rawdata(scn, NULL);
	bool gnu = !strncmp(name, gnu_packed, sizeof(gnu_packed) - 1);

	if (c->n == MAX_SECTIONS || !d || !gelf_getshdr(scn, &p->header))
		return false;
	snprintf(p->name, sizeof(p->name), ".%s", name + 1 + gnu);
	p->bytes = d->d_buf;
	p->size = p->whole = d->d_size;
	p->align = p->header.sh_addralign;
	p->packed = 0;
	if (gnu)
		read_gnu_header(p);
	else if (p->header.sh_flags & SHF_COMPRESSED && !read_header(p))
		return false;
	if ((p->packed == PACKED_ZLIB && p->whole / MAX_RATIO > p->size) ||
		(p->packed == PACKED_ZSTD &&
			p->whole / MAX_ZSTD_RATIO > p->size))
		return false;
	c->needed |= gnu || p->packed == PACKED_ZSTD;
	c->n++;
	return p->whole <= MAX_COPY && p->align <= ALIGNMENT;
}

/* True: it has packed debug info that is worth it. */
static bool plan(struct copy *c, Elf *elf)
{
	Elf_Scn *scn = NULL;
	uint64_t at = aligned(sizeof(Elf64_Ehdr)), names = 1, packed = 0;
	size_t strings;

	if (elf_getshdrstrndx(elf, &strings))
		return false;
	while ((scn = elf_nextscn(elf, scn))) {
		GElf_Shdr h;
		const char *name = gelf_getshdr(scn, &h)
					   ? elf_strptr(elf, strings, h.sh_name)
					   : NULL;

		if (!name || h.sh_type == SHT_NOBITS || !is_wanted(name))
			continue;
		if (!strcmp(name, ".debug_addr") || !add_part(c, scn, name))
			return false;
	}
	for (size_t i = 0; i < c->n; i++) {
		struct part *p = &c->part[i];

		p->at = at;
		at = aligned(at + p->whole);
		names += strlen(p->name) + 1;
		packed += p->packed ? p->whole : 0;
	}
	c->names = at;
	c->table = aligned(at + names + sizeof(".shstrtab"));
	c->size = aligned(c->table + (c->n + 2) * sizeof(Elf64_Shdr));
	return (c->needed || packed >= MIN_COPY) && c->size <= MAX_COPY;
}

/* ---- the seal ---- */

/* All but the sum of the bytes. */
static bool seal_of(int original, uint64_t n, struct seal *ret)
{
	struct stat st;

	if (fstat(original, &st) < 0)
		return false;
	*ret = (struct seal){
		.size = (uint64_t)st.st_size,
		.seconds = (uint64_t)st.st_mtim.tv_sec,
		.nanoseconds = (uint64_t)st.st_mtim.tv_nsec,
		.sum = { n },
	};
	memcpy(ret->magic, seal_magic, sizeof(ret->magic));
	return true;
}

/* Read, not mapped: what is summed need not be in memory afterwards. */
static bool is_sealed(int original, int fd, uint64_t n)
{
	enum { PIECE = 1 << 16 };
	_cleanup_(free) uint8_t *piece = malloc(PIECE);
	struct seal found, right;

	if (!piece || n < sizeof(found) + sizeof(Elf64_Ehdr))
		return false;
	n -= sizeof(found);
	if (pread(fd, &found, sizeof(found), (off_t)n) != sizeof(found) ||
		!seal_of(original, n, &right))
		return false;
	for (uint64_t at = 0; at < n; at += PIECE) {
		size_t size = n - at < PIECE ? (size_t)(n - at) : PIECE;

		if (pread(fd, piece, size, (off_t)at) != (ssize_t)size)
			return false;
		cache_sum(piece, size, right.sum);
	}
	return !memcmp(&found, &right, sizeof(found));
}

/* ---- making it ---- */

static bool fill_part(const struct part *p, uint8_t *to)
{
	uLongf size = p->whole;

	if (p->packed == PACKED_ZSTD)
		return ZSTD_decompress(to, p->whole, p->bytes, p->size) ==
		       p->whole;
	if (!p->packed) {
		memcpy(to, p->bytes, p->size);
		return true;
	}
	return uncompress(to, &size, p->bytes, p->size) == Z_OK &&
	       size == p->whole;
}

bool unpacked_section(
	Elf_Scn *scn, const char *name, struct arena *a, struct bytes *ret)
{
	struct copy *c = arena_new(a, struct copy);
	struct part *p = c->part;

	if (!add_part(c, scn, name))
		return false;
	*ret = bytes_of(p->bytes, p->size);
	if (!p->packed)
		return true;
	uint8_t *to = arena_alloc(a, p->whole);
	*ret = bytes_of(to, p->whole);
	return fill_part(p, to);
}

static bool fill(const struct copy *c, Elf *elf, uint8_t *to)
{
	Elf64_Ehdr *h = (Elf64_Ehdr *)to;
	Elf64_Shdr *s = (Elf64_Shdr *)(to + c->table);
	char *names = (char *)to + c->names;
	uint64_t used = 1;

	*h = *elf64_getehdr(elf);
	h->e_phoff = h->e_phnum = 0;
	h->e_shoff = c->table;
	h->e_shnum = (Elf64_Half)(c->n + 2);
	h->e_shstrndx = (Elf64_Half)(c->n + 1);
	for (size_t i = 0; i < c->n; i++) {
		const struct part *p = &c->part[i];

		s[i + 1] = (Elf64_Shdr){
			.sh_name = (Elf64_Word)used,
			.sh_type = p->header.sh_type,
			.sh_flags =
				p->header.sh_flags & ~(uint64_t)SHF_COMPRESSED,
			.sh_entsize = p->header.sh_entsize,
			.sh_addralign = p->align,
			.sh_offset = p->at,
			.sh_size = p->whole,
		};
		strcpy(names + used, p->name);
		used += strlen(p->name) + 1;
		if (!fill_part(p, to + p->at))
			return false;
	}
	s[c->n + 1] = (Elf64_Shdr){
		.sh_name = (Elf64_Word)used,
		.sh_type = SHT_STRTAB,
		.sh_offset = c->names,
		.sh_size = used + sizeof(".shstrtab"),
		.sh_addralign = 1,
	};
	strcpy(names + used, ".shstrtab");
	return true;
}

static bool write_copy(
	const struct copy *c, const struct elf_file *original, int fd)
{
	uint64_t size = c->size + sizeof(struct seal);
	struct seal seal;

	uint8_t *to =
		mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (to == MAP_FAILED)
		return false;
	bool done = fill(c, original->elf, to) &&
		    seal_of(original->fd, c->size, &seal);
	if (done) {
		cache_sum(to, c->size, seal.sum);
		memcpy(to + c->size, &seal, sizeof(seal));
	}
	munmap(to, size);
	return done;
}

/* ---- the folder ---- */

/* Opens a copy that is whole. */
static struct elf_file *open_copy(
	const struct elf_file *original, const char *path, struct arena *a)
{
	_cleanup_(close) int fd = cache_open(path);
	struct elf_file f;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) ||
		!is_sealed(original->fd, fd, (uint64_t)st.st_size) ||
		elf_file_open(&f, a, path))
		return NULL;
	cache_used(fd);
	return arena_memdup(a, &f, sizeof(f));
}

static bool make_copy(const struct copy *c, const struct elf_file *original,
	const char *folder, const char *path, struct arena *a)
{
	char *temporary;
	_cleanup_(close) int fd = cache_create(
		folder, c->size + sizeof(struct seal), a, &temporary);

	if (fd < 0)
		return false;
	if (write_copy(c, original, fd))
		return cache_commit(temporary, path);
	unlink(temporary);
	return false;
}

/* One that nobody else sees. */
static struct elf_file *copy_in_memory(
	const struct copy *c, const struct elf_file *original, struct arena *a)
{
	_cleanup_(close) int fd = memfd_create("debug info", MFD_CLOEXEC);
	struct elf_file f;

	if (fd < 0 || ftruncate(fd, (off_t)(c->size + sizeof(struct seal))) ||
		!write_copy(c, original, fd) ||
		elf_file_open(&f, a, arena_printf(a, "/proc/self/fd/%d", fd)))
		return NULL;
	return arena_memdup(a, &f, sizeof(f));
}

static struct elf_file *kept_copy(const struct copy *c,
	const struct elf_file *f, const char *folder, struct arena *a)
{
	if (!folder || !f->id.n || !cache_ready(folder))
		return NULL;
	const char *path =
		arena_printf(a, "%s/%s", folder, build_id_hex(&f->id, a));
	struct elf_file *copy = open_copy(f, path, a);

	if (!copy && make_copy(c, f, folder, path, a))
		copy = open_copy(f, path, a);
	return copy;
}

static struct elf_file *copy_of(
	struct elf_file *f, const char *folder, struct arena *a)
{
	struct copy *c = arena_new(a, struct copy);

	if (f->fd < 0 || !plan(c, f->elf))
		return NULL;
	struct elf_file *copy = kept_copy(c, f, folder, a);
	return copy || !c->needed ? copy : copy_in_memory(c, f, a);
}

struct Dwarf *unpacked_dwarf(
	struct elf_file *f, const char *cache, struct arena *a)
{
	f->unpacked = copy_of(f, cache, a);
	Dwarf *dwarf = f->unpacked ? dwarf_begin_elf(f->unpacked->elf,
					     DWARF_C_READ, NULL)
				   : NULL;

	return dwarf ? dwarf : dwarf_begin_elf(f->elf, DWARF_C_READ, NULL);
}
