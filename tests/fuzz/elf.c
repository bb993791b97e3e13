/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An executable or library from anywhere: its headers and its symbols. */
#include "inspect/image/elffile.h"
#include "inspect/image/phdr.h"
#include "inspect/image/symbol.h"
#include "inspect/image/unpacked.h"
#include "tests/lib/fuzz.h"

#include <elfutils/libdw.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static bool look(const struct symbol *s, void *ctx)
{
	struct symbol again;

	symbol_at(ctx, s->addr, &again);
	return true;
}

static void use(struct arena *a, struct elf_file *f)
{
	struct module m = { .path = "fuzz",
		.elf = f->elf,
		.file = f->path,
		.end = UINT64_MAX };
	struct module *list[] = { &m };
	struct image im = { .arena = a, .modules = list, .nmodules = 1 };
	struct phdrs headers;
	uint64_t low, high;
	struct symbol s;

	if (phdrs_from_elf(&headers, a, f->elf))
		phdrs_span(&headers, &low, &high);
	symbol_each(&im, &m, look, &im);
	symbol_find(&im, &m, "main", &s);
	elf_file_crc(f);
	Dwarf *dwarf = unpacked_dwarf(f, NULL, a);
	if (dwarf)
		dwarf_end(dwarf);
	module_close(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct arena a = { 0 };
	struct elf_file f;
	char path[32];

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!elf_file_open(&f, &a, path)) {
		use(&a, &f);
		elf_file_close(&f);
	}
	close(fd);
	arena_clear(&a);
	return 0;
}
