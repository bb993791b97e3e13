/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* An ELF file that is open: descriptor, libelf's handle, build-id. */
#include "inspect/base/arena.h"
#include "inspect/base/err.h"
#include "inspect/image/module.h"
#include "inspect/image/stamp.h"

#include <stdbool.h>
#include <stdint.h>

struct elf_file {
	int fd;
	struct Elf *elf; /* NULL: not open */
	const char *path;
	struct stamp stamp;
	struct build_id id;        /* n is 0: it has none */
	struct elf_file *unpacked; /* a copy of its debug info, or NULL */
};

/* A sentence says what is wrong: no such file, not ELF, 32-bit, ... */
enum err elf_file_open(struct elf_file *ret, struct arena *, const char *path);
/* dwz writes its files as relocatable ones. */
enum err elf_file_open_dwz(struct elf_file *, struct arena *, const char *path);
void elf_file_close(struct elf_file *);
/* Whether it has a section of that name (with contents). */
bool elf_has_section(struct Elf *, const char *name);
/* Made by objcopy --only-keep-debug: its code is not in it. */
bool elf_is_debug_only(struct Elf *);
/* CRC32 of the whole file, as .gnu_debuglink has it. */
uint32_t elf_file_crc(const struct elf_file *);
