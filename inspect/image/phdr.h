/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * ELF program headers, from a file or from inferior memory: what of a module
 * is mapped where.  They are all that is left of an ELF file in a process.
 */
#include "inspect/base/arena.h"
#include "inspect/image/mem.h"
#include "inspect/image/module.h"

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PAGE_SIZE = 4096 };

struct phdrs {
	Elf64_Ehdr header;
	const Elf64_Phdr *ph;
	size_t n;
};

static inline uint64_t page_floor(uint64_t addr)
{
	return addr & ~(uint64_t)(PAGE_SIZE - 1);
}

static inline uint64_t page_ceil(uint64_t addr)
{
	return page_floor(addr + PAGE_SIZE - 1);
}

/* False: no ELF header of a 64-bit executable or library is there. */
bool phdrs_from_mem(
	struct phdrs *ret, struct arena *, struct mem *, uint64_t addr);
bool phdrs_from_elf(struct phdrs *ret, struct arena *, struct Elf *);
/* The first of that type, or NULL. */
const Elf64_Phdr *phdrs_find(const struct phdrs *, uint32_t type);
/* The lowest page and the end of the last page of all PT_LOADs. */
bool phdrs_span(const struct phdrs *, uint64_t *ret_low, uint64_t *ret_high);
/*
 * The build-id in the PT_NOTEs, read at their run-time addresses; n is 0 if
 * there is none, or not in the core.
 */
struct build_id phdrs_build_id(
	const struct phdrs *, struct mem *, uint64_t bias);
/* "name version (deb)" from the package's note in memory, or NULL. */
const char *phdrs_package(
	const struct phdrs *, struct mem *, uint64_t bias, struct arena *);
