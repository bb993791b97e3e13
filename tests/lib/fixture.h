/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A program that is compiled when the test runs, and an image of it that has
 * no process: one module at its link-time addresses.
 */
#include "inspect/image/elffile.h"
#include "inspect/image/image.h"

#include <elf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIXTURE_SOURCE "tests/unit/fixture/shapes.c"

static struct arena fixture_arena;

/* The line that has a comment "LINE <word>"; 0: none. */
static inline int fixture_line(const char *word)
{
	char want[64], line[256];
	int n = 0, found = 0;
	FILE *f = fopen(FIXTURE_SOURCE, "r");

	snprintf(want, sizeof(want), "/* LINE %s */", word);
	while (f && fgets(line, sizeof(line), f)) {
		n++;
		if (strstr(line, want))
			found = n;
	}
	if (f)
		fclose(f);
	return found;
}

/* Compiles with "COMPILER FLAGS"; false: it could not, and says so. */
static inline bool fixture_compile(
	const char *source, const char *command, char out[64])
{
	char line[512];

	snprintf(out, 64, "/tmp/fixture-XXXXXX");
	int fd = mkstemp(out);

	if (fd < 0)
		return false;
	close(fd);
	snprintf(line, sizeof(line), "%s -o %s %s 2>&1", command, out, source);
	if (system(line) == 0)
		return true;
	printf("# failed: %s\n", line);
	unlink(out);
	return false;
}

static inline bool fixture_open(struct image *im, const char *path)
{
	static struct elf_file file;
	static struct module module, *modules[1] = { &module };

	module_close(&module); /* the one before */
	elf_file_close(&file);
	memset(&module, 0, sizeof(module));
	memset(im, 0, sizeof(*im));
	im->arena = &fixture_arena;
	im->arch = arch_of_machine(EM_X86_64);
	mem_init(&im->mem, &fixture_arena);
	if (elf_file_open(&file, &fixture_arena, path)) {
		printf("# %s\n", err_msg());
		return false;
	}
	module.path = module.file = arena_strdup(&fixture_arena, path);
	module.start = 1;
	module.end = UINT64_C(1) << 40;
	module.is_exe = true;
	module.elf = file.elf;
	im->modules = modules;
	im->nmodules = 1;
	im->exe = &module;
	return true;
}

/* Both, and the file is removed once libelf has it open. */
static inline bool fixture_image(struct image *im, const char *command)
{
	char path[64];

	if (!fixture_compile(FIXTURE_SOURCE, command, path))
		return false;
	bool opened = fixture_open(im, path);

	unlink(path);
	return opened;
}

/* Frames of a function at a pc, with a stack in which every aligned 4 bytes
 * hold the low half of their own address. */
enum { FIXTURE_STACK = 0x7f000000, FIXTURE_STACK_SIZE = 4096 };

static inline void fixture_stack(struct image *im)
{
	static uint32_t stack[FIXTURE_STACK_SIZE / 4];

	for (unsigned i = 0; i < FIXTURE_STACK_SIZE / 4; i++)
		stack[i] = FIXTURE_STACK + 4 * i;
	mem_add_bytes(&im->mem, FIXTURE_STACK, stack, sizeof(stack), "stack");
}
