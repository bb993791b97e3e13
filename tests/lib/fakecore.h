/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * ELF cores made by hand: a growing buffer, notes, PT_LOADs in the order they
 * are added.  Everything is laid out by fakecore_finish(); a test then damages
 * or cuts the bytes as it likes.
 */
#include <elf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FAKE_LOADS = 64, FAKE_NOTES = 1 << 16, FAKE_SIZE = 1 << 20 };

struct fakecore {
	Elf64_Ehdr header;
	Elf64_Phdr load[FAKE_LOADS];
	const void *bytes[FAKE_LOADS];
	size_t nloads;
	uint8_t notes[FAKE_NOTES];
	size_t notes_size;
	uint8_t data[FAKE_SIZE];
	size_t size;
};

static inline struct fakecore *fakecore_new(void)
{
	struct fakecore *c = calloc(1, sizeof(*c));

	memcpy(c->header.e_ident, ELFMAG, SELFMAG);
	c->header.e_ident[EI_CLASS] = ELFCLASS64;
	c->header.e_ident[EI_DATA] = ELFDATA2LSB;
	c->header.e_ident[EI_VERSION] = EV_CURRENT;
	c->header.e_type = ET_CORE;
	c->header.e_machine = EM_X86_64;
	c->header.e_version = EV_CURRENT;
	c->header.e_phoff = sizeof(Elf64_Ehdr);
	c->header.e_ehsize = sizeof(Elf64_Ehdr);
	c->header.e_phentsize = sizeof(Elf64_Phdr);
	return c;
}

static inline void fakecore_load(struct fakecore *c, uint64_t addr,
	uint64_t memsz, const void *bytes, uint64_t filesz, unsigned flags)
{
	c->bytes[c->nloads] = bytes;
	c->load[c->nloads++] = (Elf64_Phdr){
		.p_type = PT_LOAD,
		.p_flags = flags,
		.p_vaddr = addr,
		.p_memsz = memsz,
		.p_filesz = filesz,
	};
}

static inline void fakecore_note(struct fakecore *c, const char *owner,
	uint32_t type, const void *desc, size_t size)
{
	uint32_t owner_size = (uint32_t)strlen(owner) + 1;
	uint32_t head[3] = { owner_size, (uint32_t)size, type };
	uint8_t *p = c->notes + c->notes_size;

	memcpy(p, head, sizeof(head));
	memcpy(p + 12, owner, owner_size);
	p += 12 + ((owner_size + 3) & ~3u);
	memcpy(p, desc, size);
	c->notes_size = (size_t)(p - c->notes) + ((size + 3) & ~(size_t)3);
}

/* A thread with this pc and sp; other registers hold 0x1000 + their slot. */
static inline void fakecore_thread(
	struct fakecore *c, int lwp, int sig, uint64_t pc, uint64_t sp)
{
	uint8_t p[336] = { 0 };
	int16_t cursig = (int16_t)sig;

	memcpy(p + 12, &cursig, 2);
	memcpy(p + 32, &lwp, 4);
	for (uint64_t i = 0; i < 27; i++) {
		uint64_t v = i == 16 ? pc : i == 19 ? sp : 0x1000 + i;

		memcpy(p + 112 + 8 * i, &v, 8);
	}
	fakecore_note(c, "CORE", NT_PRSTATUS, p, sizeof(p));
}

/* NT_FILE with one page-sized unit; rows of start, end, offset in pages. */
static inline void fakecore_files(struct fakecore *c, const uint64_t (*rows)[3],
	const char *const *names, size_t n)
{
	static uint8_t p[FAKE_NOTES / 2];
	uint64_t head[2] = { n, 4096 };
	size_t at = 16 + 24 * n;

	memcpy(p, head, 16);
	memcpy(p + 16, rows, 24 * n);
	for (size_t i = 0; i < n; i++) {
		memcpy(p + at, names[i], strlen(names[i]) + 1);
		at += strlen(names[i]) + 1;
	}
	fakecore_note(c, "CORE", NT_FILE, p, at);
}

/* Headers, notes, then the loads' bytes one after the other. */
static inline void fakecore_finish(struct fakecore *c)
{
	size_t n = c->nloads + 1;
	size_t at = sizeof(Elf64_Ehdr) + n * sizeof(Elf64_Phdr);
	Elf64_Phdr note = {
		.p_type = PT_NOTE, .p_offset = at, .p_filesz = c->notes_size
	};

	c->header.e_phnum = (uint16_t)n;
	memcpy(c->data, &c->header, sizeof(c->header));
	memcpy(c->data + c->header.e_phoff, &note, sizeof(note));
	memcpy(c->data + at, c->notes, c->notes_size);
	at += c->notes_size;
	for (size_t i = 0; i < c->nloads; i++) {
		c->load[i].p_offset = at;
		memcpy(c->data + c->header.e_phoff + (i + 1) * sizeof(note),
			&c->load[i], sizeof(note));
		if (c->load[i].p_filesz)
			memcpy(c->data + at, c->bytes[i], c->load[i].p_filesz);
		at += c->load[i].p_filesz;
	}
	c->size = at;
}
