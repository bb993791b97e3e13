/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cores made by hand: whole, cut off, lying, and not cores at all. */
#include "inspect/image/core.h"

#include "tests/lib/fakecore.h"
#include "tests/lib/tap.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static uint8_t page[4096];

static struct fakecore *sample(void)
{
	static const uint64_t rows[][3] = { { 0x400000, 0x401000, 0 },
		{ 0x401000, 0x402000, 1 } };
	static const char *const names[] = { "/bin/x", "/bin/x (deleted)" };
	uint64_t auxv[][2] = { { AT_PAGESZ, 4096 }, { AT_ENTRY, 0x401010 },
		{ AT_NULL, 0 }, { AT_PHDR, 7 } };
	uint8_t prpsinfo[136] = { 0 };
	siginfo_t si = { .si_signo = SIGSEGV };
	struct fakecore *c = fakecore_new();
	int pid = 77;

	si.si_addr = (void *)0x10;
	memcpy(prpsinfo + 24, &pid, 4);
	memcpy(prpsinfo + 40, "x", 2);
	memcpy(prpsinfo + 56, "/bin/x -a ", 11);
	fakecore_thread(c, 77, SIGSEGV, 0x401020, 0x7ff000);
	fakecore_note(c, "CORE", NT_PRPSINFO, prpsinfo, sizeof(prpsinfo));
	fakecore_note(c, "CORE", NT_SIGINFO, &si, sizeof(si));
	fakecore_note(c, "CORE", NT_AUXV, auxv, sizeof(auxv));
	fakecore_files(c, rows, names, 2);
	fakecore_thread(c, 78, SIGSEGV, 0x401030, 0x6ff000);
	memset(page, 'p', sizeof(page));
	/* Not in the order of addresses, as kernels since 6.14 may write. */
	fakecore_load(c, 0x7fe000, 0x2000, page, 0x1000, PF_R | PF_W);
	fakecore_load(c, 0x400000, 0x1000, page, 0x1000, PF_R);
	fakecore_load(c, 0x401000, 0x1000, NULL, 0, PF_R | PF_X);
	fakecore_finish(c);
	return c;
}

static void test_whole(struct arena *a)
{
	struct fakecore *f = sample();
	struct core c;
	struct mem m;
	uint64_t v = 0;
	uint8_t b;

	is_int(core_open_bytes(&c, a, f->data, f->size), OK, "a core opens");
	is_int(c.nthreads, 2, "with its threads");
	is_int(c.threads[0].lwp, 77, "the one that got the signal first");
	is_int(c.threads[1].id, 2, "numbered in the order of the notes");
	is_int(c.threads[0].regs.v[c.arch->pc], 0x401020, "and their pc");
	is_int(c.threads[0].regs.v[0], 0x1000 + 10, "and rax, in slot 10");
	is_int(c.signal, SIGSEGV, "the signal is siginfo's");
	ok(c.threads[0].siginfo && c.threads[0].siginfo->si_addr == (void *)16,
		"siginfo is the first thread's");
	ok(!c.threads[1].siginfo, "and nobody else's");
	is_int(c.pid, 77, "the pid is PRPSINFO's");
	is_str(c.psargs, "/bin/x -a", "without the space that ends psargs");
	ok(core_auxv(&c, AT_ENTRY, &v) && v == 0x401010, "auxv has AT_ENTRY");
	ok(!core_auxv(&c, AT_PHDR, &v), "auxv ends at AT_NULL");
	is_int(c.nfiles, 2, "NT_FILE has two lines");
	is_int(c.files[1].offset, 4096, "with offsets in bytes");
	is_int(c.loads[0].addr, 0x400000, "segments are sorted");
	is_int(c.missing, 0, "nothing is missing");

	mem_init(&m, a);
	core_map(&c, &m);
	ok(!mem_read(&m, 0x7fe000, &b, 1) && b == 'p', "its bytes are memory");
	is_int(mem_absent(&m, 0x7ff000, NULL), ABSENT_NOT_IN_CORE,
		"beyond p_filesz is not in the core, and not the neighbour's");
	is_int(mem_absent(&m, 0x401000, NULL), ABSENT_NOT_IN_CORE,
		"nor is a segment with p_filesz 0");
	free(f);
}

static void test_cut(struct arena *a)
{
	struct fakecore *f = sample();
	struct core c;
	struct mem m;
	bool fine = true;

	is_int(core_open_bytes(&c, a, f->data, f->size - 0x1800), OK,
		"a core that is cut off opens");
	is_int(c.missing, 0x1800, "and counts what is missing");
	mem_init(&m, a);
	core_map(&c, &m);
	is_int(mem_absent(&m, 0x400800, NULL), ABSENT_TRUNCATED,
		"the lost bytes say so");
	is_int(mem_absent(&m, 0x7fe000, NULL), PRESENT, "others are there");
	is_int(mem_absent(&m, 0x7fe900, NULL), ABSENT_TRUNCATED,
		"up to the very byte");
	for (size_t n = 0; n < f->size; n++) {
		uint8_t *copy = malloc(n ? n : 1);

		memcpy(copy, f->data, n);
		if (!core_open_bytes(&c, a, copy, n)) {
			mem_init(&m, a);
			core_map(&c, &m);
			fine &= c.missing > 0;
			mem_absent(&m, 0x400000, NULL);
		}
		free(copy);
		if (n > 3000)
			n += 500;
	}
	ok(fine, "cut at any byte, it opens or says why not");
	free(f);
}

static void test_lies(struct arena *a)
{
	struct fakecore *f = sample();
	struct core c;
	struct mem m;
	bool fine = true;
	uint8_t b;

	srand(2);
	for (int round = 0; round < 3000; round++) {
		uint8_t *copy = malloc(f->size);

		memcpy(copy, f->data, f->size);
		for (int i = 0; i < 4; i++)
			copy[(size_t)rand() % 3000] = (uint8_t)rand();
		if (!core_open_bytes(&c, a, copy, f->size)) {
			mem_init(&m, a);
			core_map(&c, &m);
			for (size_t i = 0; i < c.nloads; i++)
				mem_read_part(&m, c.loads[i].addr, &b, 1);
		} else
			fine &= *err_msg() != '\0';
		free(copy);
		if (round % 64 == 0)
			arena_clear(a);
	}
	ok(fine, "bytes changed at random: it opens, or there is a sentence");
	free(f);
}

/* More than 65534 segments: the number is in a section header at the end. */
static void test_many(struct arena *a)
{
	enum { MANY = 70000 };
	size_t at = sizeof(Elf64_Ehdr) + MANY * sizeof(Elf64_Phdr);
	size_t size = at + 348 + 12 + 8 + sizeof(Elf64_Shdr);
	struct fakecore *f = sample();
	uint8_t *data = calloc(1, size);
	Elf64_Ehdr *h = (Elf64_Ehdr *)data;
	Elf64_Phdr *p = (Elf64_Phdr *)(h + 1);
	Elf64_Shdr section = { .sh_info = MANY };
	struct core c;

	*h = f->header;
	h->e_phnum = PN_XNUM;
	h->e_shoff = size - sizeof(section);
	h->e_shnum = 1;
	memcpy(data + h->e_shoff, &section, sizeof(section));
	memcpy(data + at, f->notes, 356);
	p[0] = (Elf64_Phdr){
		.p_type = PT_NOTE, .p_offset = at, .p_filesz = 356
	};
	for (size_t i = 1; i < MANY; i++)
		p[i] = (Elf64_Phdr){
			.p_type = PT_LOAD, .p_vaddr = i * 8192, .p_memsz = 4096
		};
	is_int(core_open_bytes(&c, a, data, size), OK, "PN_XNUM opens");
	is_int(c.nloads, MANY - 1, "with all segments");
	is_int(core_open_bytes(&c, a, data, size - 8), OK,
		"also when the section header is cut off");
	is_int(c.nloads, MANY - 1, "because the first note tells");
	is_int(c.nthreads, 1, "and the thread is there");
	free(data);
	free(f);
}

static const char *refusal(struct arena *a, const char *path)
{
	struct core c;

	return core_open(&c, a, path, NULL) ? err_msg() : "(opened)";
}

static void put(const char *path, const void *bytes, size_t n)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);

	if (write(fd, bytes, n) != (ssize_t)n)
		perror(path);
	close(fd);
}

static void test_refusals(struct arena *a)
{
	char dir[] = "/tmp/crashd-unit-core.XXXXXX", path[64];
	struct fakecore *f = sample();

	if (!mkdtemp(dir))
		return;
	snprintf(path, sizeof(path), "%s/f", dir);
	ok(strstr(refusal(a, dir), "a folder"), "a folder is named as such");
	ok(strstr(refusal(a, path), "No such file"), "a missing file too");
	put(path, "", 0);
	ok(strstr(refusal(a, path), "empty"), "an empty file too");
	put(path, "int main;\n", 10);
	ok(strstr(refusal(a, path), "a text file"), "a text file too");
	put(path, "#!/bin/sh\n", 10);
	ok(strstr(refusal(a, path), "a script"), "a script too");
	put(path, "MDMP\223\247\0\0", 8);
	ok(strstr(refusal(a, path), "a minidump"), "a minidump too");
	f->header.e_type = ET_EXEC;
	fakecore_finish(f);
	put(path, f->data, f->size);
	ok(strstr(refusal(a, path), "an executable"), "an executable too");
	is_int(core_elf_type(path), ET_EXEC, "core_elf_type knows it");
	f->header.e_type = ET_CORE;
	f->header.e_machine = EM_AARCH64;
	fakecore_finish(f);
	put(path, f->data, f->size);
	ok(strstr(refusal(a, path), "AArch64"), "another machine is named");
	f->header.e_machine = EM_386;
	f->header.e_ident[EI_CLASS] = ELFCLASS32;
	fakecore_finish(f);
	put(path, f->data, f->size);
	ok(strstr(refusal(a, path), "32-bit"), "a 32-bit process too");
	is_int(core_elf_type(path), ET_CORE, "core_elf_type knows it");
	unlink(path);
	rmdir(dir);
	free(f);
}

int main(void)
{
	struct arena a = { 0 };

	test_whole(&a);
	test_cut(&a);
	test_many(&a);
	test_lies(&a);
	test_refusals(&a);
	arena_clear(&a);
	return tap_done();
}
