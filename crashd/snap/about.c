/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All of it could be read in the pause, and would then be of its moment; but a
 * thousand descriptors cost ten milliseconds, and a core is rarely asked about
 * the descriptor that was opened in the last of them.
 *
 * Build ids are taken from memory, where a debugger that has the core alone
 * may not find them: coredump_filter can leave out the first page of a file.
 */
#include "crashd/snap/about.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	MAX_FILES = 16384,
	MAX_TEXT = 1 << 20, /* of a file of /proc */
	MAX_HEADERS = 64,
	MAX_NOTES = 4096,
	MAX_IDS = 8192,
};

/* ---- texts ---- */

static void read_text(FILE *to, const struct target *target, const char *name)
{
	static char buf[4096];
	size_t n, all = 0;
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/task/%d/%s", target->pid,
		target->tid, name);

	FILE *file = fopen(path, "re");

	while (file && all < MAX_TEXT &&
		(n = fread(buf, 1, sizeof buf, file)) > 0)
		all += fwrite(buf, 1, n, to);
	if (file)
		fclose(file);
}

static void put_escaped(const char *s, FILE *to)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == '\\' || *s == 0x7f)
			fprintf(to, "\\%03o", (unsigned char)*s);
		else
			putc(*s, to);
}

static void put_file(int folder, const struct target *target, const char *fd,
	char *link, FILE *to)
{
	char path[64], line[128];
	long long pos = 0;
	unsigned flags = 0;

	snprintf(path, sizeof path, "/proc/%d/task/%d/fdinfo/%.16s",
		target->pid, target->tid, fd);

	FILE *info = fopen(path, "re");
	ssize_t n = readlinkat(folder, fd, link, PATH_MAX);

	while (info && fgets(line, sizeof line, info)) {
		(void)sscanf(line, "pos: %lld", &pos);
		(void)sscanf(line, "flags: %o", &flags);
	}
	if (info)
		fclose(info);
	if (n < 0)
		return;
	link[n] = 0;
	fprintf(to, "%s\t%o\t%lld\t", fd, flags, pos);
	put_escaped(link, to);
	putc('\n', to);
}

static int by_number(const struct dirent **a, const struct dirent **b)
{
	return atoi((*a)->d_name) - atoi((*b)->d_name);
}

static int is_number(const struct dirent *entry)
{
	return entry->d_name[0] >= '0' && entry->d_name[0] <= '9';
}

static void read_files(FILE *to, const struct target *target)
{
	static char link[PATH_MAX + 1];
	struct dirent **list;
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/task/%d/fd", target->pid,
		target->tid);

	int n = scandir(path, &list, is_number, by_number);
	int folder = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; i < n; i++) {
		if (i < MAX_FILES && folder >= 0)
			put_file(folder, target, list[i]->d_name, link, to);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	if (folder >= 0)
		close(folder);
}

static void read_texts(struct about *about, const struct target *target)
{
	static const struct {
		uint32_t type;
		const char *name; /* NULL: the descriptors */
	} texts[ABOUT_TEXTS] = {
		{ CRASHD_NOTE_FILES, NULL },
		{ CRASHD_NOTE_LIMITS, "limits" },
		{ CRASHD_NOTE_CGROUP, "cgroup" },
		{ CRASHD_NOTE_STATUS, "status" },
	};

	for (size_t i = 0; i < ABOUT_TEXTS; i++) {
		FILE *to = open_memstream(
			&about->text[i].text, &about->text[i].size);

		about->text[i].type = texts[i].type;
		if (!to)
			continue;
		if (texts[i].name)
			read_text(to, target, texts[i].name);
		else
			read_files(to, target);
		fclose(to);
	}
}

/* ---- build ids ---- */

static bool load(
	struct core_source *source, uint64_t addr, void *to, size_t size)
{
	return source->read(source, addr, to, size) == (long)size;
}

/* NT_GNU_BUILD_ID among the notes, whose alignment is 4 (gABI). */
static bool find_id(const char *notes, size_t size, struct crashd_build_id *ret)
{
	size_t at = 0;

	while (size - at >= sizeof(Elf64_Nhdr)) {
		Elf64_Nhdr head;

		memcpy(&head, notes + at, sizeof head);
		at += sizeof head;

		uint64_t name = ((uint64_t)head.n_namesz + 3) & ~3ull;
		uint64_t desc = ((uint64_t)head.n_descsz + 3) & ~3ull;

		if (name > size - at || desc > size - at - name)
			return false;
		if (head.n_type == NT_GNU_BUILD_ID && head.n_namesz == 4 &&
			!memcmp(notes + at, "GNU", 4) && head.n_descsz &&
			head.n_descsz <= sizeof ret->id) {
			ret->size = head.n_descsz;
			memcpy(ret->id, notes + at + name, head.n_descsz);
			return true;
		}
		at += name + desc;
	}
	return false;
}

/* Of the ELF file whose first page is at start. */
static bool read_id(
	struct core_source *source, uint64_t start, struct crashd_build_id *ret)
{
	Elf64_Phdr ph[MAX_HEADERS];
	char notes[MAX_NOTES];
	Elf64_Ehdr head;
	uint64_t base = start;

	*ret = (struct crashd_build_id){ .start = start };
	if (!load(source, start, &head, sizeof head) ||
		memcmp(head.e_ident, ELFMAG, SELFMAG) ||
		head.e_ident[EI_CLASS] != ELFCLASS64 ||
		head.e_phentsize != sizeof *ph || head.e_phnum > MAX_HEADERS ||
		!load(source, start + head.e_phoff, ph,
			head.e_phnum * sizeof *ph))
		return false;
	for (size_t i = 0; i < head.e_phnum; i++)
		if (ph[i].p_type == PT_LOAD && ph[i].p_offset == 0)
			base = start - ph[i].p_vaddr;
	for (size_t i = 0; i < head.e_phnum; i++)
		if (ph[i].p_type == PT_NOTE && ph[i].p_filesz <= MAX_NOTES &&
			load(source, base + ph[i].p_vaddr, notes,
				ph[i].p_filesz) &&
			find_id(notes, ph[i].p_filesz, ret))
			return true;
	return false;
}

static void read_ids(struct about *about, struct core_source *source,
	const struct map *map, size_t nmaps)
{
	size_t most = 0;

	for (size_t i = 0; i < nmaps; i++)
		most += map[i].inode && map[i].offset == 0;
	about->id = calloc(most < MAX_IDS ? most : MAX_IDS, sizeof *about->id);
	for (size_t i = 0; i < nmaps && about->id && about->nids < MAX_IDS; i++)
		if (map[i].inode && map[i].offset == 0 &&
			map[i].perms & MAP_PERM_READ &&
			/* of a file elsewhere a read may wait, or fail */
			!(map[i].flags & (MAP_FLAG_IO | MAP_FLAG_UFFD |
						 MAP_FLAG_SHARED)) &&
			read_id(source, map[i].start, about->id + about->nids))
			about->nids++;
}

/* ---- all of it ---- */

void about_read(struct about *about, const struct target *target,
	struct core_source *source, const struct map *map, size_t nmaps)
{
	*about = (struct about){ 0 };
	read_texts(about, target);
	read_ids(about, source, map, nmaps);
}

void about_notes(const struct about *about, struct elfcore *core)
{
	for (size_t i = 0; i < ABOUT_TEXTS; i++)
		if (about->text[i].size)
			crashd_elfcore_note(core, "crashd", about->text[i].type,
				about->text[i].text, about->text[i].size);
	if (about->nids)
		crashd_elfcore_note(core, "crashd", CRASHD_NOTE_BUILD_IDS,
			about->id, about->nids * sizeof *about->id);
}

size_t about_size(const struct about *about)
{
	size_t size = about->nids * sizeof *about->id;

	for (size_t i = 0; i < ABOUT_TEXTS; i++)
		size += about->text[i].size;
	return size;
}

void about_close(struct about *about)
{
	for (size_t i = 0; i < ABOUT_TEXTS; i++)
		free(about->text[i].text);
	free(about->id);
	*about = (struct about){ 0 };
}
