/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The file is mapped (or, packed with a table of its frames, unpacked where it
 * is read: headers and notes are copies then), and everything in it is checked
 * against its size before it is believed: a core may be cut off anywhere, by a
 * full disk, by RLIMIT_CORE, by systemd's ProcessSizeMax, or may lie.
 *
 * What each PT_LOAD says: p_memsz bytes were mapped at p_vaddr, the first
 * p_filesz of them are in the file.  The rest was left out by whoever wrote
 * the core.  Bytes that are promised beyond the end of the file are gone, and
 * that is a different reason.
 *
 * More than 65534 segments: e_phnum is PN_XNUM and the number is in a section
 * header, which Linux puts at the very end of the file (gABI, "e_phnum").  In
 * a core that is cut off it is gone; then the first PT_NOTE tells, because it
 * follows the program headers.
 */
#include "inspect/image/core.h"

#include "inspect/base/cleanup.h"
#include "inspect/base/gone.h"
#include "inspect/base/limits.h"
#include "inspect/image/note.h"
#include "inspect/image/packed.h"
#include "inspect/image/unpack.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- is it a core at all? ---- */

static const char *elf_type_name(unsigned type)
{
	switch (type) {
	case ET_REL:
		return "an object file";
	case ET_EXEC:
		return "an executable";
	case ET_DYN:
		return "an executable or a shared library";
	default:
		return "an ELF file of an unknown type";
	}
}

/* What else people pass by mistake, told by the first bytes. */
static const char *other_file(const uint8_t *p, size_t n)
{
	if (n >= 4 && !memcmp(p, "MDMP", 4))
		return "a minidump";
	if (n >= 2 && !memcmp(p, "#!", 2))
		return "a script";
	if (n >= 8 && !memcmp(p, "!<arch>\n", 8))
		return "a static library";
	if (n >= 8 && !memcmp(p, "KDUMP   ", 8))
		return "a kernel dump";
	if (n >= 4 && !memcmp(p, "PK\3\4", 4))
		return "a zip archive";
	size_t text = 0, look = n < 256 ? n : 256;
	while (text < look && (p[text] >= ' ' || strchr("\t\n\r\f", p[text])))
		text++;
	return text == look ? "a text file" : "not an ELF file";
}

static enum err check_ident(const char *path, const uint8_t *p, size_t n)
{
	if (!n)
		return err_set(ERR_BADDATA,
			"%s: the file is empty; a core was not written (full "
			"disk? RLIMIT_CORE?)",
			path);
	if (n < SELFMAG || memcmp(p, ELFMAG, SELFMAG))
		return err_set(ERR_BADDATA, "%s: not a core but %s", path,
			other_file(p, n));
	if (n < sizeof(Elf64_Ehdr))
		return err_set(ERR_BADDATA,
			"%s: cut off after %zu bytes, inside the ELF header",
			path, n);
	return OK;
}

static enum err check_header(struct core *c, const Elf64_Ehdr *h)
{
	/* e_type and e_machine are at the same place in 32-bit files. */
	if (h->e_ident[EI_DATA] != ELFDATA2LSB)
		return err_set(ERR_BADDATA,
			"%s: a big-endian ELF file; cinspect is built for "
			"x86-64 only",
			c->path);
	if (h->e_type != ET_CORE)
		return err_set(ERR_BADDATA, "%s: not a core but %s (%s)",
			c->path, elf_type_name(h->e_type),
			arch_machine_name(h->e_machine));
	if (h->e_ident[EI_CLASS] != ELFCLASS64)
		return err_set(ERR_BADDATA,
			"%s: a core of a 32-bit program (%s); cinspect is "
			"built for x86-64 only: open it with gdb, and name "
			"the program",
			c->path, arch_machine_name(h->e_machine));
	c->arch = arch_of_machine(h->e_machine);
	if (!c->arch)
		return err_set(ERR_BADDATA,
			"%s: a core of %s; cinspect is built for x86-64 only",
			c->path, arch_machine_name(h->e_machine));
	if (h->e_phentsize != sizeof(Elf64_Phdr))
		return err_set(ERR_BADDATA,
			"%s: its program headers have %u bytes instead of %zu",
			c->path, h->e_phentsize, sizeof(Elf64_Phdr));
	return OK;
}

/* ---- its bytes ---- */

/* n bytes at offset that stay; *n becomes what could be had. */
static const uint8_t *view(
	const struct core *c, struct arena *a, uint64_t offset, uint64_t *n)
{
	if (!c->packed)
		return c->data + offset;
	if (*n > MAX_PACKED_NOTES)
		*n = MAX_PACKED_NOTES;
	uint8_t *copy = arena_alloc(a, (size_t)*n);
	*n = packed_read(c->packed, offset, copy, (size_t)*n);
	return copy;
}

/* False: it is not all there. */
static bool copy_out(const struct core *c, uint64_t offset, void *to, size_t n)
{
	if (offset > c->size || n > c->size - offset)
		return false;
	if (c->packed)
		return packed_read(c->packed, offset, to, n) == n;
	memcpy(to, c->data + offset, n);
	return true;
}

/* ---- program headers ---- */

/* How many of the n bytes at offset the file really has. */
static uint64_t bytes_present(const struct core *c, uint64_t offset, uint64_t n)
{
	if (offset >= c->size)
		return 0;
	return n < c->size - offset ? n : c->size - offset;
}

static uint64_t count_headers(const struct core *c, const Elf64_Ehdr *h)
{
	Elf64_Shdr section;
	Elf64_Phdr first;

	if (h->e_phnum != PN_XNUM)
		return h->e_phnum;
	if (h->e_shoff && copy_out(c, h->e_shoff, &section, sizeof(section)))
		return section.sh_info;
	if (!copy_out(c, h->e_phoff, &first, sizeof(first)))
		return 0;
	if (first.p_type != PT_NOTE || first.p_offset < h->e_phoff)
		return 0;
	return (first.p_offset - h->e_phoff) / sizeof(first);
}

static void add_load(struct core *c, const Elf64_Phdr *p)
{
	if (!p->p_memsz || p->p_memsz > UINT64_MAX - p->p_vaddr)
		return;
	uint64_t filesz = p->p_filesz < p->p_memsz ? p->p_filesz : p->p_memsz;
	c->loads[c->nloads++] = (struct core_load){
		.addr = p->p_vaddr,
		.memsz = p->p_memsz,
		.filesz = filesz,
		.offset = p->p_offset,
		.flags = p->p_flags,
	};
}

static int compare_loads(const void *a, const void *b)
{
	const struct core_load *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static enum err read_headers(struct core *c, struct arena *a, uint64_t *ret_n,
	const uint8_t **ret_headers)
{
	Elf64_Ehdr h;

	if (!copy_out(c, 0, &h, sizeof(h)))
		return err_set(
			ERR_BADDATA, "%s: cut off in its header", c->path);
	TRY(check_header(c, &h));
	uint64_t n = count_headers(c, &h);
	if (n > MAX_SEGMENTS)
		return err_set(ERR_BADDATA,
			"%s: claims %llu program headers; at most %d make "
			"sense",
			c->path, (unsigned long long)n, MAX_SEGMENTS);
	uint64_t promised = n * sizeof(Elf64_Phdr);
	uint64_t have = bytes_present(c, h.e_phoff, promised);
	const uint8_t *headers = view(c, a, h.e_phoff, &have);
	c->missing += promised - have;
	n = have / sizeof(Elf64_Phdr);
	if (!n)
		return err_set(ERR_BADDATA,
			"%s: %s, nothing of the process is in it", c->path,
			promised ? "cut off before its program headers"
				 : "a core without program headers");
	c->loads = arena_array(a, struct core_load, n);
	*ret_n = n;
	*ret_headers = headers;
	return OK;
}

static void load_notes(struct core *c, struct arena *a, struct note_reader *r,
	uint64_t offset, uint64_t n)
{
	const uint8_t *bytes = view(c, a, offset, &n);

	note_load(r, bytes_of(bytes, (size_t)n));
}

static enum err load_headers(struct core *c, struct arena *a)
{
	struct note_reader notes = { .core = c, .arena = a };
	const uint8_t *headers = NULL;
	uint64_t n = 0;

	TRY(read_headers(c, a, &n, &headers));
	for (uint64_t i = 0; i < n; i++) {
		Elf64_Phdr p;

		memcpy(&p, headers + i * sizeof(p), sizeof(p));
		if (p.p_type != PT_LOAD && p.p_type != PT_NOTE)
			continue;
		uint64_t have = bytes_present(c, p.p_offset, p.p_filesz);
		if (__builtin_add_overflow(
			    c->missing, p.p_filesz - have, &c->missing))
			c->missing = UINT64_MAX;
		if (p.p_type == PT_LOAD)
			add_load(c, &p);
		else if (have)
			load_notes(c, a, &notes, p.p_offset, have);
	}
	note_finish(&notes);
	qsort(c->loads, c->nloads, sizeof(*c->loads), compare_loads);
	c->no_notes = !c->nthreads;
	return OK;
}

/* ---- opening ---- */

static enum err open_regular(const char *path, int *ret)
{
	_cleanup_(close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return err_sys("%s", path);
	if (fstat(fd, &st) < 0)
		return err_sys("%s", path);
	if (S_ISDIR(st.st_mode))
		return err_set(ERR_BADDATA, "%s: a folder, not a core", path);
	if (!S_ISREG(st.st_mode))
		return err_set(ERR_BADDATA,
			"%s: not a regular file; copy it to one first", path);
	*ret = take_fd(&fd);
	return OK;
}

/* Packed: opened in place, or *fd becomes that of the unpacked file. */
static enum err unpack(struct core *c, struct arena *a, int *fd,
	const struct unpack_watch *watch)
{
	uint8_t magic[UNPACK_MAGIC];
	ssize_t n = pread(*fd, magic, sizeof(magic), 0);

	if (n < 0)
		return err_sys("%s", c->path);
	c->compression = unpack_kind(magic, (size_t)n);
	if (!c->compression)
		return OK;

	if (!strcmp(c->compression, "zstd"))
		c->packed = packed_open(*fd, a);
	if (c->packed)
		return OK;
	int unpacked;
	TRY(unpack_file(
		*fd, c->path, c->compression, watch, &unpacked, &c->cut));
	close(*fd);
	*fd = unpacked;
	return OK;
}

static enum err map(struct core *c, struct arena *a, int fd)
{
	uint64_t head = 256; /* for a sentence about what else it is */
	struct stat st;

	if (c->packed) {
		c->size = packed_size(c->packed);
		const uint8_t *bytes = view(c, a, 0, &head);
		if (head)
			return check_ident(c->path, bytes, head);
		return err_set(
			ERR_BADDATA, "%s: its packed data is damaged", c->path);
	}
	if (fstat(fd, &st) < 0)
		return err_sys("%s", c->path);
	c->size = (uint64_t)st.st_size;
	if (!c->size)
		return check_ident(c->path, NULL, 0);
	void *p = mmap(NULL, c->size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return err_sys("%s: cannot map it", c->path);
	c->data = p;
	return check_ident(c->path, c->data, c->size);
}

enum err core_open_bytes(
	struct core *ret, struct arena *a, const void *bytes, size_t n)
{
	*ret = (struct core){ .path = "core", .data = bytes, .size = n };
	TRY(check_ident(ret->path, ret->data, n));
	return load_headers(ret, a);
}

enum err core_open(struct core *ret, struct arena *a, const char *path,
	const struct unpack_watch *watch)
{
	_cleanup_(close) int fd = -1;
	enum err e;

	*ret = (struct core){ .path = arena_strdup(a, path) };
	TRY(open_regular(path, &fd));
	TRY(unpack(ret, a, &fd, watch));
	e = map(ret, a, fd);
	ret->mapped = ret->data ? ret->size : 0;
	if (ret->mapped) {
		ret->stamp = stamp_of(fd);
		ret->fd = take_fd(&fd);
	}
	if (!e)
		e = load_headers(ret, a);
	if (e)
		core_close(ret);
	return e;
}

enum err core_open_within(struct core *ret, struct arena *a, const char *path,
	struct packed *packed)
{
	*ret = (struct core){ .path = arena_strdup(a, path), .packed = packed };
	enum err e = map(ret, a, -1);
	if (!e)
		e = load_headers(ret, a);
	if (e)
		core_close(ret);
	return e;
}

void core_close(struct core *c)
{
	if (c->mapped)
		munmap((void *)(uintptr_t)c->data, c->mapped);
	packed_close(c->packed);
	if (c->fd > 0)
		close(c->fd);
	c->fd = 0;
	c->packed = NULL;
	c->data = NULL;
	c->size = 0;
	c->mapped = 0;
}

void core_forget(const struct core *c)
{
	if (c->mapped)
		madvise((void *)(uintptr_t)c->data, c->mapped, MADV_DONTNEED);
}

const struct vregs *core_vregs(
	const struct core *c, const struct core_thread *t, struct arena *arena)
{
	if (!t->fp)
		return NULL;
	struct vregs *v = arena_new(arena, struct vregs);

	arch_load_vregs(c->arch, v, t->fp);
	return v;
}

bool core_auxv(const struct core *c, uint64_t type, uint64_t *ret)
{
	for (size_t i = 0; i < c->nauxv; i++) {
		if (c->auxv[i].type != type)
			continue;
		*ret = c->auxv[i].value;
		return true;
	}
	return false;
}

int core_elf_type(const char *path)
{
	_cleanup_(close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	uint8_t head[EI_NIDENT + 2];
	uint16_t type;

	if (fd < 0)
		return -1;
	ssize_t n = pread(fd, head, sizeof(head), 0);
	if (n >= UNPACK_MAGIC && unpack_kind(head, (size_t)n))
		return -2;
	if (n < (ssize_t)sizeof(head) || memcmp(head, ELFMAG, SELFMAG))
		return -1;
	memcpy(&type, head + EI_NIDENT, sizeof(type));
	return type;
}

/* ---- as memory ---- */

static size_t read_core(
	const struct segment *s, uint64_t addr, void *buf, size_t n)
{
	const uint8_t *from =
		(const uint8_t *)s->ctx + s->offset + (addr - s->base);

	memcpy(buf, from, n);
	return gone_before(from, n);
}

static size_t read_packed(
	const struct segment *s, uint64_t addr, void *buf, size_t n)
{
	/* The cache of frames changes; the core does not. */
	return packed_read((struct packed *)(uintptr_t)s->ctx,
		s->offset + (addr - s->base), buf, n);
}

static const char left_out[] =
	"the core leaves it out (coredump_filter, or MADV_DONTDUMP)";
static const char unreadable[] = "csnap could not read that page";
static const char cut_off[] = "the core file ends before it";

void core_map_left_out(const struct core *c, struct mem *m)
{
	for (size_t i = 0; i < c->nloads; i++)
		mem_add(m, &(struct segment){
				   .base = c->loads[i].addr,
				   .size = c->loads[i].memsz,
				   .absent = ABSENT_NOT_IN_CORE,
				   .what = "core",
				   .why = left_out,
			   });
}

void core_map_cut_off(const struct core *c, struct mem *m)
{
	for (size_t i = 0; i < c->nloads; i++)
		mem_add(m, &(struct segment){
				   .base = c->loads[i].addr,
				   .size = c->loads[i].filesz,
				   .absent = ABSENT_TRUNCATED,
				   .what = "core",
				   .why = cut_off,
			   });
}

void core_map_bytes(const struct core *c, struct mem *m)
{
	for (size_t i = 0; i < c->nloads; i++) {
		const struct core_load *l = &c->loads[i];

		mem_add(m,
			&(struct segment){
				.base = l->addr,
				.size = bytes_present(c, l->offset, l->filesz),
				.read = c->packed ? read_packed : read_core,
				.what = "core",
				.ctx = c->packed ? (const void *)c->packed
						 : c->data,
				.offset = l->offset,
			});
	}
	for (size_t i = 0; i < c->nlost; i++)
		mem_add(m, &(struct segment){
				   .base = c->lost[i].start,
				   .size = c->lost[i].end - c->lost[i].start,
				   .absent = ABSENT_NOT_IN_CORE,
				   .what = "core",
				   .why = unreadable,
			   });
}

void core_map(const struct core *c, struct mem *m)
{
	core_map_left_out(c, m);
	core_map_cut_off(c, m);
	core_map_bytes(c, m);
}
