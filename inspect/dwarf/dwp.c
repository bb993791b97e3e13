/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libdw 0.188 knows .dwo files, but no packages of them.  So the unit that is
 * wanted is cut out of the package and put into a .dwo file, which libdw opens
 * and maps, and which is removed at once.
 *
 * The index is a hash table of unit ids; each row tells, for every section,
 * where the unit's part of it lies (DWARF 5, 7.3.5.3; version 2, of GNU and
 * DWARF 4, differs in the numbers of the sections).  The strings are common to
 * all units and go with each.
 *
 * libdw looks for a .dwo file first in the folder of the file that has the
 * skeleton, which it takes from the descriptor that the ELF file was opened
 * with.  Once libelf has mapped the file, the descriptor's number serves for
 * nothing else; so it is given, before libdw looks at it, to an empty file in a
 * folder of our own.  That folder exists only while a unit is unpacked, and is
 * made anew each time, so that nobody else can put anything into it.
 *
 * A name that leads out of that folder ("/obj/a.dwo", "../obj/a.dwo") is
 * changed where libdw reads it, in our private mapping of the file, while the
 * unit is unpacked.
 */
#include "inspect/dwarf/dwp.h"

#include "inspect/base/bytes.h"
#include "inspect/base/cleanup.h"
#include "inspect/image/elffile.h"
#include "inspect/image/unpacked.h"

#include <dwarf.h>
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum part {
	PART_INFO,
	PART_ABBREV,
	PART_LINE,
	PART_LOC,
	PART_STR_OFFSETS,
	PART_RNGLISTS,
	PART_TYPES, /* version 2: type units have a section of their own */
	PARTS,
	PART_STR = PARTS, /* not cut */
	ALL_PARTS,
};

enum { MAX_COLUMNS = 16, MAX_NAME = 512 };

static const char *const names_5[ALL_PARTS] = {
	[PART_INFO] = ".debug_info.dwo",
	[PART_ABBREV] = ".debug_abbrev.dwo",
	[PART_LINE] = ".debug_line.dwo",
	[PART_LOC] = ".debug_loclists.dwo",
	[PART_STR_OFFSETS] = ".debug_str_offsets.dwo",
	[PART_RNGLISTS] = ".debug_rnglists.dwo",
	[PART_TYPES] = ".debug_types.dwo",
	[PART_STR] = ".debug_str.dwo",
};

/* .debug_cu_index, or .debug_tu_index. */
struct index {
	unsigned version; /* 2 or 5; 0: there is none */
	uint32_t columns, units, slots;
	int part[MAX_COLUMNS]; /* of each column; -1: not wanted */
	const uint8_t *hash, *index, *offsets, *sizes;
};

struct dwp {
	struct arena *arena;
	Elf *elf;
	struct bytes whole[ALL_PARTS];
	struct index units, types;
	uint16_t machine;
	char *folder;
	char *tamed, *before; /* a name that is changed now, and was so */
	Elf *main_elf;
	Dwarf *dwarf;
};

/* ---- the index --------------------------------------------------------- */

static const char *part_name(unsigned version, unsigned part)
{
	return part == PART_LOC && version == 2 ? ".debug_loc.dwo"
						: names_5[part];
}

/* DW_SECT_* by version. */
static int part_of_column(unsigned version, uint32_t id)
{
	switch (id) {
	case 1:
		return PART_INFO;
	case 2:
		return version == 2 ? PART_TYPES : -1;
	case 3:
		return PART_ABBREV;
	case 4:
		return PART_LINE;
	case 5:
		return PART_LOC;
	case 6:
		return PART_STR_OFFSETS;
	case 8:
		return version == 5 ? PART_RNGLISTS : -1;
	default:
		return -1;
	}
}

/* Arena NULL: of a file that libdw has opened, and unpacked. */
static struct bytes section(Elf *elf, const char *name, struct arena *a)
{
	struct bytes found;
	Elf_Scn *scn = NULL;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return bytes_of("", 0);
	while ((scn = elf_nextscn(elf, scn))) {
		Elf64_Shdr *sh = elf64_getshdr(scn);
		const char *s = sh ? elf_strptr(elf, names, sh->sh_name) : NULL;

		if (!s || strcmp(s, name))
			continue;
		if (sh->sh_flags & SHF_COMPRESSED)
			return a && unpacked_section(scn, name, a, &found)
				       ? found
				       : bytes_of("", 0);
		Elf_Data *data = elf_getdata(scn, NULL);

		if (data)
			return bytes_of(data->d_buf, data->d_size);
		break;
	}
	return bytes_of("", 0);
}

static uint32_t word_at(const uint8_t *table, size_t i)
{
	uint32_t v;

	memcpy(&v, table + 4 * i, sizeof(v));
	return v;
}

static bool index_read(struct index *p, struct bytes b)
{
	/* 5: a half word and padding; 2: a word. */
	p->version = bytes_u32(&b) & 0xffff;
	p->columns = bytes_u32(&b);
	p->units = bytes_u32(&b);
	p->slots = bytes_u32(&b);
	if (b.bad || (p->version != 2 && p->version != 5) ||
		p->columns > MAX_COLUMNS || !p->slots ||
		p->slots & (p->slots - 1))
		return false;
	p->hash = bytes_take(&b, (size_t)p->slots * 8);
	p->index = bytes_take(&b, (size_t)p->slots * 4);
	for (uint32_t i = 0; i < p->columns; i++)
		p->part[i] = part_of_column(p->version, bytes_u32(&b));
	p->offsets = bytes_take(&b, (size_t)p->units * p->columns * 4);
	p->sizes = bytes_take(&b, (size_t)p->units * p->columns * 4);
	return !b.bad;
}

/* The row, from 0; -1: not there. */
static int64_t index_find_row(const struct index *p, uint64_t id)
{
	uint32_t mask = p->slots - 1;
	uint32_t slot = (uint32_t)id & mask;
	uint32_t step = ((uint32_t)(id >> 32) & mask) | 1;

	for (uint32_t i = 0; i < p->slots; i++) {
		uint32_t row = word_at(p->index, slot);
		uint64_t have;

		memcpy(&have, p->hash + 8 * (size_t)slot, sizeof(have));
		if (!row)
			return -1;
		if (have == id)
			return row <= p->units ? (int64_t)row - 1 : -1;
		slot = (slot + step) & mask;
	}
	return -1;
}

static bool unit_parts(const struct dwp *p, const struct index *index,
	uint64_t id, struct bytes part[ALL_PARTS])
{
	int64_t row = index->version ? index_find_row(index, id) : -1;

	if (row < 0)
		return false;
	for (unsigned i = 0; i < ALL_PARTS; i++)
		part[i] = bytes_of("", 0);
	part[PART_STR] = p->whole[PART_STR];
	for (uint32_t i = 0; i < index->columns; i++) {
		size_t cell = (size_t)row * index->columns + i;
		struct bytes b;

		if (index->part[i] < 0)
			continue;
		b = p->whole[index->part[i]];
		bytes_take(&b, word_at(index->offsets, cell));
		const uint8_t *at = bytes_take(&b, word_at(index->sizes, cell));

		if (!at)
			return false;
		part[index->part[i]] =
			bytes_of(at, word_at(index->sizes, cell));
	}
	return true;
}

/* ---- a file of one unit ------------------------------------------------ */

static bool put(int fd, const void *p, size_t n)
{
	const char *at = p;

	while (n) {
		ssize_t w = write(fd, at, n);

		if (w <= 0)
			return false;
		at += w;
		n -= (size_t)w;
	}
	return true;
}

/* Header, contents one after the other, names, table of sections. */
static bool put_elf(int fd, uint16_t machine, unsigned version,
	struct bytes part[ALL_PARTS])
{
	Elf64_Ehdr eh = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
			ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_REL,
		.e_machine = machine,
		.e_version = EV_CURRENT,
		.e_ehsize = sizeof(eh),
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = ALL_PARTS + 2,
		.e_shstrndx = ALL_PARTS + 1,
	};
	Elf64_Shdr sh[ALL_PARTS + 2] = { 0 };
	char names[MAX_NAME] = "";
	size_t n = 1;
	uint64_t at = sizeof(eh);

	for (unsigned i = 0; i < ALL_PARTS; i++) {
		size_t len = bytes_left(&part[i]);

		sh[i + 1] = (Elf64_Shdr){
			.sh_name = (Elf64_Word)n,
			.sh_type = SHT_PROGBITS,
			.sh_offset = at,
			.sh_size = len,
			.sh_addralign = 1,
		};
		strcpy(names + n, part_name(version, i));
		n += strlen(part_name(version, i)) + 1;
		at += len;
	}
	sh[ALL_PARTS + 1] = (Elf64_Shdr){
		.sh_name = 0,
		.sh_type = SHT_STRTAB,
		.sh_offset = at,
		.sh_size = n,
		.sh_addralign = 1,
	};
	eh.e_shoff = at + n;
	if (!put(fd, &eh, sizeof(eh)))
		return false;
	for (unsigned i = 0; i < ALL_PARTS; i++)
		if (!put(fd, part[i].p, bytes_left(&part[i])))
			return false;
	return put(fd, names, n) && put(fd, sh, sizeof(sh));
}

/* Makes or removes the folders of the name below our own; deepest last. */
static bool each_folder(
	const struct dwp *p, const char *name, bool make, int *ret_error)
{
	char path[PATH_MAX];
	size_t top = strlen(p->folder);

	snprintf(path, sizeof(path), "%s/%s", p->folder, name);
	if (make) {
		for (char *s = path + top; (s = strchr(s, '/')); s++) {
			*s = 0;
			if (mkdir(path, 0700)) {
				*ret_error = errno;
				return false;
			}
			*s = '/';
		}
		return true;
	}
	unlink(path);
	for (char *s; (s = strrchr(path, '/')) && s >= path + top;) {
		*s = 0;
		rmdir(path);
	}
	return true;
}

/* Makes it a name that stays in our folder: of the same length, and with no
 * empty, "." or ".." components. */
static void tame(struct dwp *p, const char *name)
{
	size_t n = strlen(name);

	/* libdw's strings are in the mapping, or in what it has unpacked. */
	p->tamed = (char *)(uintptr_t)name;
	p->before = arena_strndup(p->arena, name, n);
	for (size_t i = 0; i < n; i++) {
		bool starts = !i || name[i - 1] == '/';

		if (starts && (name[i] == '/' || name[i] == '.'))
			p->tamed[i] = '_';
	}
}

static void restore(struct dwp *p)
{
	if (p->tamed)
		memcpy(p->tamed, p->before, strlen(p->before));
	p->tamed = NULL;
}

static bool fits(const struct dwp *p, const char *name)
{
	return *name && strlen(p->folder) + strlen(name) + 2 < PATH_MAX;
}

bool dwp_unpack(struct dwp *p, uint64_t id, const char *dwo_name)
{
	struct bytes part[ALL_PARTS];
	char path[PATH_MAX];
	int error;

	if (!dwo_name || !fits(p, dwo_name) ||
		!unit_parts(p, &p->units, id, part))
		return false;
	tame(p, dwo_name);
	if (!each_folder(p, dwo_name, true, &error)) {
		restore(p);
		return false;
	}
	snprintf(path, sizeof(path), "%s/%s", p->folder, dwo_name);
	_cleanup_(close) int fd =
		open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd >= 0 && put_elf(fd, p->machine, p->units.version, part))
		return true;
	dwp_pack(p, dwo_name);
	return false;
}

void dwp_pack(struct dwp *p, const char *dwo_name)
{
	int error;

	if (dwo_name && p->tamed)
		each_folder(p, dwo_name, false, &error);
	restore(p);
}

/* ---- type units -------------------------------------------------------- */

/* What the header says: DWARF 5, 7.5.1.3, and DWARF 4, 7.5.1.2. */
static bool header_signature(struct bytes unit, uint64_t *ret)
{
	uint16_t version;

	bytes_u32(&unit);
	version = bytes_u16(&unit);
	if (version == 5) {
		uint8_t kind = bytes_u8(&unit);

		if (kind != DW_UT_type && kind != DW_UT_split_type)
			return false;
		bytes_take(&unit, 1 + 4);
	} else if (version == 4) {
		bytes_take(&unit, 4 + 1);
	}
	*ret = bytes_u64(&unit);
	return !unit.bad;
}

/* Type units in .debug_types.dwo sections, until the function has enough. */
struct types_walk {
	bool (*fn)(uint64_t signature, void *ctx);
	void *ctx;
	bool enough;
	struct bytes unit; /* the last one */
};

/* 32-bit DWARF, as compilers write it. */
static void each_in_section(struct types_walk *w, struct bytes b)
{
	while (bytes_left(&b) > 4) {
		struct bytes start = b;
		uint32_t length = bytes_u32(&b);

		uint64_t signature;

		if (length >= 0xfffffff0 || !bytes_take(&b, length))
			return;
		w->unit = bytes_of(start.p, (size_t)length + 4);
		if (header_signature(w->unit, &signature) &&
			!w->fn(signature, w->ctx)) {
			w->enough = true;
			return;
		}
	}
}

/* gcc gives every type unit a section of its own, all of the same name, of
 * which libdw takes the first. */
static void each_in_elf(struct types_walk *w, Elf *elf)
{
	size_t names;

	if (!elf || elf_getshdrstrndx(elf, &names))
		return;
	for (Elf_Scn *scn = NULL;
		!w->enough && (scn = elf_nextscn(elf, scn));) {
		Elf64_Shdr *sh = elf64_getshdr(scn);
		const char *s = sh ? elf_strptr(elf, names, sh->sh_name) : NULL;
		Elf_Data *d;

		if (s && !strcmp(s, names_5[PART_TYPES]) &&
			(d = elf_getdata(scn, NULL)) && d->d_buf)
			each_in_section(w, bytes_of(d->d_buf, d->d_size));
	}
}

static bool is_another(uint64_t signature, void *ctx)
{
	const uint64_t *wanted = ctx;

	return signature != *wanted;
}

static bool find_in_elf(Elf *elf, uint64_t signature, struct bytes *ret)
{
	struct types_walk w = { .fn = is_another, .ctx = &signature };

	each_in_elf(&w, elf);
	*ret = w.unit;
	return w.enough;
}

void dwp_each_type_unit(const struct dwp *p, Elf *dwo,
	bool (*fn)(uint64_t signature, void *ctx), void *ctx)
{
	struct types_walk w = { .fn = fn, .ctx = ctx };

	if (dwo)
		each_in_elf(&w, dwo);
	if (dwo || !p || !p->types.version)
		return;
	for (uint32_t i = 0; i < p->types.slots; i++) {
		uint64_t signature;

		memcpy(&signature, p->types.hash + 8 * (size_t)i,
			sizeof(signature));
		if (word_at(p->types.index, i) && !fn(signature, ctx))
			return;
	}
}

static bool parts_in_elf(
	Elf *elf, uint64_t signature, struct bytes part[ALL_PARTS])
{
	if (!find_in_elf(elf, signature, &part[PART_TYPES]))
		return false;
	for (unsigned i = 0; i < ALL_PARTS; i++)
		if (i != PART_TYPES)
			part[i] = section(elf, part_name(2, i), NULL);
	part[PART_INFO] = bytes_of("", 0);
	return true;
}

bool dwp_type_unit(const struct dwp *p, Elf *dwo, uint64_t signature, int fd)
{
	struct bytes part[ALL_PARTS];
	unsigned version = p ? p->units.version : 2;

	if (dwo ? !parts_in_elf(dwo, signature, part)
		: !p || !unit_parts(p, &p->types, signature, part))
		return false;
	/* libdw wants one of a few sections, which types do without. */
	if (!bytes_left(&part[PART_LINE]))
		part[PART_LINE] = bytes_of("\0\0\0\0", 4);
	return put_elf(fd, EM_X86_64, dwo ? 2 : version, part);
}

/* ---- opening ----------------------------------------------------------- */

/* The module closes what the package has open. */
static struct elf_file *owner_of(struct dwp *p, Elf *elf, int fd)
{
	struct elf_file *f = arena_new(p->arena, struct elf_file);

	f->elf = elf;
	f->fd = fd;
	if (!elf)
		cleanup_close(&fd);
	return f;
}

/* The descriptor of the mapped file becomes one of an empty file in a folder
 * of our own; both are gone when libdw has seen their names. */
static bool open_main(struct dwp *p, struct module *m)
{
	const char *file = m->debug_file ? m->debug_file : m->file;
	const char *tmp = getenv("TMPDIR");
	char anchor[PATH_MAX];

	p->folder = arena_printf(p->arena, "%s/cinspect-XXXXXX",
		tmp && *tmp == '/' ? tmp : "/tmp");
	if (!mkdtemp(p->folder))
		return false;
	snprintf(anchor, sizeof(anchor), "%s/file", p->folder);
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	int empty = open(anchor, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	p->main_elf =
		fd < 0 ? NULL : elf_begin(fd, ELF_C_READ_MMAP_PRIVATE, NULL);
	m->package_main = owner_of(p, p->main_elf, fd);
	if (p->main_elf && empty >= 0 && elf_rawfile(p->main_elf, NULL) &&
		dup3(empty, fd, O_CLOEXEC) == fd)
		p->dwarf = dwarf_begin_elf(p->main_elf, DWARF_C_READ, NULL);
	m->package_dwarf = p->dwarf;
	cleanup_close(&empty);
	unlink(anchor);
	rmdir(p->folder);
	return p->dwarf != NULL;
}

/* Beside the file with the debug info, or beside the program. */
static int package_open(
	struct module *m, struct arena *arena, const char **ret_path)
{
	const char *const beside[] = { m->debug_file, m->file };
	int fd = -1;

	for (size_t i = 0; i < 2 && fd < 0; i++) {
		if (!beside[i])
			continue;
		*ret_path = arena_printf(arena, "%s.dwp", beside[i]);
		fd = open(*ret_path, O_RDONLY | O_CLOEXEC);
	}
	return fd;
}

struct dwp *dwp_open(struct image *image, struct module *m)
{
	const char *path = NULL;
	int fd = package_open(m, image->arena, &path);

	if (fd < 0)
		return NULL;
	struct dwp *p = arena_new(image->arena, struct dwp);
	GElf_Ehdr eh;

	p->arena = image->arena;
	p->elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	m->package = owner_of(p, p->elf, fd);
	if (!p->elf || !gelf_getehdr(p->elf, &eh) ||
		!index_read(&p->units,
			section(p->elf, ".debug_cu_index", p->arena))) {
		image_note(image,
			"%s is not a package of debug info that can be read: "
			"no .debug_cu_index of version 2 or 5",
			path);
		return NULL;
	}
	if (!index_read(
		    &p->types, section(p->elf, ".debug_tu_index", p->arena)))
		p->types.version = 0;
	p->machine = eh.e_machine;
	for (unsigned i = 0; i < ALL_PARTS; i++)
		p->whole[i] = section(
			p->elf, part_name(p->units.version, i), p->arena);
	if (!open_main(p, m)) {
		image_note(image,
			"%s cannot be used: no folder for temporary files "
			"($TMPDIR or /tmp)",
			path);
		return NULL;
	}
	return p;
}

Dwarf *dwp_dwarf(const struct dwp *p)
{
	return p->dwarf;
}
