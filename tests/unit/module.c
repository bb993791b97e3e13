/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which file is used for a module.  The cores are made by hand, of this very
 * program: its first page, as the kernel would dump it, and NT_FILE.
 */
#include "inspect/image/image.h"

#include "inspect/base/cleanup.h"
#include "inspect/image/elffile.h"
#include "inspect/image/phdr.h"
#include "tests/lib/fakecore.h"
#include "tests/lib/tap.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BASE = 0x10000000, STACK = 0x7fff0000 };

/* The file of this program. */
static uint8_t *self;
static size_t self_size;
static char self_path[4096];
static struct phdrs self_headers;

static void read_self(struct arena *a)
{
	ssize_t n =
		readlink("/proc/self/exe", self_path, sizeof(self_path) - 1);
	int fd = open("/proc/self/exe", O_RDONLY);
	struct elf_file f;
	struct stat st;

	self_path[n > 0 ? n : 0] = '\0';
	fstat(fd, &st);
	self_size = (size_t)st.st_size;
	self = mmap(
		NULL, self_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	close(fd);
	if (elf_file_open(&f, a, "/proc/self/exe"))
		return;
	phdrs_from_elf(&self_headers, a, f.elf);
	elf_file_close(&f);
}

/* What a core of this program shall be like. */
struct wish {
	const char *path;    /* NULL: self_path */
	bool no_header;      /* the first page is not dumped */
	bool other_build_id; /* the one in memory differs */
	bool no_build_id;
	bool no_files; /* no NT_FILE */
	bool no_stack; /* no private memory */
};

static uint64_t bias_of(void)
{
	return self_headers.header.e_type == ET_EXEC ? 0 : BASE;
}

static void spoil_build_id(uint8_t *page, bool remove)
{
	for (size_t i = 0; i + 20 < 4096; i++)
		if (!memcmp(page + i, "\3\0\0\0GNU", 8)) {
			if (remove)
				page[i] = 0x77;
			else
				page[i + 8] ^= 0xff;
		}
}

static void open_wish(struct image *im, struct core *c, struct arena *a,
	const struct wish *w, const char *exe, bool force)
{
	static uint64_t rows[16][3];
	static const char *names[16];
	static uint8_t first[4096], stack[4096];
	struct find_options find = { .force = force };
	struct fakecore *f = fakecore_new();
	size_t n = 0;
	uint64_t entry = bias_of() + self_headers.header.e_entry;
	uint64_t auxv[][2] = { { AT_ENTRY, entry },
		{ AT_PHNUM, self_headers.n }, { AT_NULL, 0 } };

	memcpy(first, self, sizeof(first));
	if (w->other_build_id || w->no_build_id)
		spoil_build_id(first, w->no_build_id);
	fakecore_thread(f, 1, 11, entry, STACK);
	fakecore_note(f, "CORE", NT_AUXV, auxv, sizeof(auxv));
	for (size_t i = 0; i < self_headers.n; i++) {
		const Elf64_Phdr *p = &self_headers.ph[i];
		uint64_t start = bias_of() + page_floor(p->p_vaddr);
		uint64_t end = bias_of() + page_ceil(p->p_vaddr + p->p_filesz);

		if (p->p_type != PT_LOAD)
			continue;
		rows[n][0] = start;
		rows[n][1] = end;
		rows[n][2] = p->p_offset / 4096;
		names[n++] = w->path ? w->path : self_path;
		fakecore_load(f, start, end - start, first,
			n == 1 && !w->no_header ? 4096 : 0, p->p_flags);
	}
	if (!w->no_files)
		fakecore_files(f, rows, names, n);
	fakecore_load(
		f, STACK, 4096, stack, w->no_stack ? 0 : 4096, PF_R | PF_W);
	fakecore_finish(f);
	uint8_t *kept = arena_memdup(a, f->data, f->size);
	ok(!core_open_bytes(c, a, kept, f->size), "a core opens");
	ok(!image_open_core(im, a, c, exe, &find), "and its image");
	free(f);
}

/* Runs one wish and gives the executable's state. */
static struct module *exe_of(struct image *im, struct arena *a,
	const struct wish *w, const char *exe, bool force)
{
	static struct core c;
	static struct module none = { .path = "none" };

	open_wish(im, &c, a, w, exe, force);
	return im->exe ? im->exe : &none;
}

static void test_right(struct arena *a)
{
	struct wish w = { 0 };
	struct image im;
	struct module *m = exe_of(&im, a, &w, NULL, false);
	uint64_t entry = bias_of() + self_headers.header.e_entry;
	uint8_t got[16];

	is_int(m->state, MODULE_OK, "the file with the build-id is found");
	is_str(m->file, self_path, "by the core's own name for it");
	is_int(m->bias, bias_of(), "its bias is known");
	ok(module_at(&im, entry) == m, "its code is its own");
	ok(!mem_read(&im.mem, entry, got, sizeof(got)),
		"code that was not dumped comes from the file");
	is_str(mem_at(&im.mem, entry)->what, self_path, "and says so");
	is_str(mem_at(&im.mem, m->start)->what, "core",
		"what was dumped comes from the core");
	ok(module_eh_cfi(&im, m), "there is CFI");
	ok(module_dwarf(&im, m), "and debug info");
	ok(module_find(&im, strrchr(self_path, '/') + 1) == m,
		"it is found by name");
	ok(!module_mark(m), "and nothing need be said about it");
	image_close(&im);
}

static void test_wrong(struct arena *a)
{
	struct wish w = { .other_build_id = true };
	struct image im;
	struct module *m = exe_of(&im, a, &w, self_path, false);
	uint64_t entry = bias_of() + self_headers.header.e_entry;
	const char *why;

	is_int(m->state, MODULE_WRONG, "a file with another build-id is not");
	ok(!m->file && !m->elf, "used");
	ok(m->why && strstr(m->why, build_id_hex(&m->wanted, a)) &&
			strstr(m->why, build_id_hex(&m->found, a)),
		"both build-ids are named");
	is_int(mem_absent(&im.mem, entry, &why), ABSENT_NO_FILE,
		"its code is not known");
	ok(strstr(why, self_path), "and the file that would have it is named");
	ok(!module_dwarf(&im, m) && m->debug_why, "there is no debug info");
	ok(im.nnotes && strstr(im.notes[0], "Not used"),
		"the first screen says so");
	ok(module_mark(m), "and every frame");
	image_close(&im);

	m = exe_of(&im, a, &w, self_path, true);
	is_int(m->state, MODULE_FORCED, "--force uses it");
	ok(m->elf && module_mark(m), "and every frame says so");
	image_close(&im);

	m = exe_of(&im, a, &w, "/bin/true", false);
	is_int(m->state, MODULE_WRONG, "another program is refused");
	ok(strstr(m->why, "/bin/true"), "and named");
	image_close(&im);
}

static void test_unverified(struct arena *a)
{
	struct wish hidden = { .no_header = true };
	struct wish none = { .no_build_id = true };
	struct image im;
	struct module *m = exe_of(&im, a, &hidden, NULL, false);

	is_int(m->state, MODULE_UNVERIFIED,
		"without its first page in the core a file is unverified");
	is_int(m->bias, bias_of(), "its bias comes from the file");
	image_close(&im);
	m = exe_of(&im, a, &hidden, "/bin/true", false);
	is_int(m->state, MODULE_WRONG,
		"but its entry point must be the kernel's");
	image_close(&im);
	m = exe_of(&im, a, &none, NULL, false);
	is_int(m->state, MODULE_UNVERIFIED,
		"without a build-id in memory it is unverified too");
	image_close(&im);
	m = exe_of(&im, a, &none, "/bin/true", false);
	is_int(m->state, MODULE_WRONG, "but its headers must be the same");
	image_close(&im);
}

static void test_missing(struct arena *a)
{
	struct wish gone = { .path = "/nonexistent/program (deleted)" };
	struct wish data = { .path = "/nonexistent/program",
		.no_header = true };
	struct image im;
	struct module *m = exe_of(&im, a, &gone, NULL, false);

	is_int(m->state, MODULE_MISSING, "a deleted file is missing");
	is_str(m->path, "/nonexistent/program", "the mark is not its name");
	ok(m->deleted && strstr(m->why, "deleted"), "but is remembered");
	image_close(&im);
	m = exe_of(&im, a, &gone, self_path, false);
	is_int(m->state, MODULE_OK, "the user's copy of it is used");
	image_close(&im);
	m = exe_of(&im, a, &data, NULL, false);
	is_int(m->state, MODULE_MISSING,
		"a missing file without headers is still a module");
	image_close(&im);
}

static void test_no_files(struct arena *a)
{
	struct wish w = { .no_files = true };
	struct image im;
	struct module *m = exe_of(&im, a, &w, NULL, false);

	ok(m->has_range && m->start == bias_of() + page_floor(0),
		"without NT_FILE the module is found by its header");
	image_close(&im);
	m = exe_of(&im, a, &w, self_path, false);
	is_int(m->state, MODULE_OK, "and the user's file verified");
	image_close(&im);
	w.no_header = true;
	m = exe_of(&im, a, &w, self_path, false);
	is_int(m->state, MODULE_UNVERIFIED,
		"with nothing but AT_ENTRY, the user's file is placed");
	is_int(m->bias, bias_of(), "where the kernel put it");
	image_close(&im);
}

/* .data of the file may differ from what the process had. */
static void test_no_private(struct arena *a)
{
	struct wish w = { .no_stack = true };
	const Elf64_Phdr *data = NULL;
	struct image im;

	for (size_t i = 0; i < self_headers.n; i++)
		if (self_headers.ph[i].p_type == PT_LOAD &&
			self_headers.ph[i].p_flags & PF_W)
			data = &self_headers.ph[i];
	exe_of(&im, a, &w, NULL, false);
	is_int(mem_absent(&im.mem, bias_of() + data->p_vaddr, NULL),
		ABSENT_NOT_IN_CORE,
		"a core without private memory gets no .data from the file");
	image_close(&im);
	w.no_stack = false;
	exe_of(&im, a, &w, NULL, false);
	is_int(mem_absent(&im.mem, bias_of() + data->p_vaddr, NULL), PRESENT,
		"another one does: it was not written to");
	image_close(&im);
}

int main(void)
{
	struct arena a = { 0 };

	read_self(&a);
	test_right(&a);
	test_wrong(&a);
	test_unverified(&a);
	test_missing(&a);
	test_no_files(&a);
	test_no_private(&a);
	arena_clear(&a);
	return tap_done();
}
