/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names that a large table of symbols has, and has not. */
#include "inspect/image/symname.h"
#include "inspect/image/symbol.h"
#include "tests/lib/fixture.h"
#include "tests/lib/tap.h"

static struct image image;

static bool open_large(void)
{
	char source[] = "/tmp/symname-XXXXXX.s", path[64];
	int fd = mkstemps(source, 2);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	if (!f)
		return false;
	fprintf(f, ".globl main\nmain: call pause\n");
	for (int i = 0; i < 25000; i++)
		fprintf(f, "name_of_%d: nop\n", i);
	fprintf(f, ".section .note.GNU-stack,\"\"\n");
	fclose(f);
	bool made = fixture_compile(source, "gcc", path);
	static struct elf_file file;

	unlink(source);
	if (!made || !fixture_open(&image, path) ||
		elf_file_open(&file, &fixture_arena, path))
		return false;
	unlink(path);
	image.exe->main_file = &file;
	image.exe->elf = file.elf;
	return true;
}

static bool missing(const char *name)
{
	image.exe->names_sought = 0;
	return symname_is_missing(image.exe, name);
}

int main(void)
{
	struct symbol s;
	size_t wrong = 0;

	if (!open_large())
		return 1;
	ok(missing("no_such_name"), "what is in no string");
	ok(missing("of_17"), "the middle of a string is no symbol");
	ok(missing("name_of_"), "nor is the front of one");
	ok(missing("pause"), "nor what is called and not defined");
	ok(!missing("main"), "a global one");
	for (int i = 0; i < 25000; i += 997) {
		char name[32];

		snprintf(name, sizeof(name), "name_of_%d", i);
		wrong += missing(name);
	}
	is_int(wrong, 0, "local ones, in every piece");
	ok(!missing("pause@plt"), "of a stub nobody knows");
	image.exe->names_sought = 0;
	for (int i = 0; i < 10; i++)
		wrong += symname_is_missing(image.exe, "no_such_name");
	ok(wrong > 0 && wrong < 10, "who asks again and again needs the table");
	ok(symbol_find(&image, NULL, "name_of_24999", &s), "which is made");
	ok(!missing("no_such_name"), "and asked from then on");
	ok(!symbol_find(&image, NULL, "no_such_name", &s), "with the same end");
	return tap_done();
}
