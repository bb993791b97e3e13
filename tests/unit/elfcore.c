/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * crashd/safe/elfcore, fed by a process that does not exist: every byte of the
 * result is known.
 */
#include "crashd/safe/elfcore.h"
#include "tests/lib/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { P = CORE_PAGE, SCRATCH = 64 << 20 };

struct fake {
	struct core_source source;
	unsigned threads, next_thread;
	unsigned maps, next_map;
	const struct core_map *map;
	uint64_t bad; /* a page that cannot be read */
	int error;    /* of reading */
	unsigned reads;
};

static int next_thread(struct core_source *source, struct core_thread *ret)
{
	struct fake *fake = (struct fake *)source;
	static const char fp[512] = "fp", ioperm[4] = "io";

	if (fake->next_thread == fake->threads)
		return 0;
	ret->prstatus.pr_pid = 100 + (int)fake->next_thread++;
	ret->has_siginfo = true;
	ret->regset[0] =
		(struct core_regset){ "CORE", NT_PRFPREG, sizeof fp, fp };
	ret->regset[1] =
		(struct core_regset){ "LINUX", NT_386_IOPERM, 0, NULL };
	ret->regset[2] = (struct core_regset){ "LINUX", NT_386_IOPERM,
		sizeof ioperm, ioperm };
	ret->nregsets = 3;
	return 1;
}

static int next_map(struct core_source *source, struct core_map *ret)
{
	struct fake *fake = (struct fake *)source;
	unsigned i = fake->next_map;

	if (i == fake->maps)
		return 0;
	fake->next_map++;
	*ret = fake->map ? fake->map[i]
			 : (struct core_map){ .start = (i + 1ul) * 2 * P,
				   .end = (i + 1ul) * 2 * P + P,
				   .flags = PF_R };
	return 1;
}

/* Memory is the number of its page, but every third page is zero. */
static void page_of(uint64_t addr, char *to)
{
	memset(to, 0, P);
	if (addr / P % 3)
		for (size_t i = 0; i < P / 8; i++)
			((uint64_t *)(void *)to)[i] = addr / P;
}

static long read_fake(
	struct core_source *source, uint64_t addr, void *buf, size_t n)
{
	struct fake *fake = (struct fake *)source;
	size_t done;

	fake->reads++;
	if (fake->error)
		return fake->error;
	for (done = 0; done < n; done += P) {
		if (addr + done == fake->bad)
			break;
		page_of(addr + done, (char *)buf + done);
	}
	return (long)done;
}

static int one_run(struct core_source *source, const struct core_segment *seg,
	uint64_t addr, uint64_t *start, uint64_t *stop)
{
	uint64_t from = seg->tag * (uint64_t)P, end = seg->start + seg->dump;

	(void)source;
	*start = addr > from ? addr : from;
	*stop = from + P < end ? from + P : end;
	return *start < *stop;
}

static void fake_init(struct fake *fake)
{
	*fake = (struct fake){ .threads = 1 };
	fake->source.next_thread = next_thread;
	fake->source.next_map = next_map;
	fake->source.read = read_fake;
	fake->source.process.auxv_size = 16;
}

static char *scratch;
static struct elfcore core;

/* The whole file; *size is its length. */
static char *write_core(struct fake *fake, int fd, size_t *size)
{
	crashd_elfcore_init(&core, scratch, SCRATCH);
	crashd_elfcore_maps(&core, &fake->source);
	crashd_elfcore_notes(&core, &fake->source);
	crashd_elfcore_note(&core, "crashd", 7, "hello", 6);
	crashd_elfcore_write(&core, &fake->source, fd);

	*size = (size_t)lseek(fd, 0, SEEK_END);

	char *at = mmap(NULL, *size, PROT_READ, MAP_SHARED, fd, 0);

	if (at == MAP_FAILED)
		abort();
	return at;
}

/* The types of the notes, in order, as text. */
static const char *note_types(const char *file)
{
	static char text[4096];
	const Elf64_Ehdr *head = (const void *)file;
	const Elf64_Phdr *note = (const void *)(file + head->e_phoff);
	const char *at = file + note->p_offset, *end = at + note->p_filesz;
	size_t n = 0;

	text[0] = 0;
	while (at < end) {
		const Elf64_Nhdr *nhdr = (const void *)at;
		const char *owner = at + sizeof *nhdr;

		n += (size_t)snprintf(text + n, sizeof text - n, "%s:%x ",
			owner, nhdr->n_type);
		at = owner + (nhdr->n_namesz + 3) / 4 * 4 +
		     (nhdr->n_descsz + 3) / 4 * 4;
	}
	if (at != end)
		strcat(text, "(does not end where it should)");
	return text;
}

static const struct core_map three[] = {
	{ .start = 16 * P, .end = 24 * P, .dump = 8 * P, .flags = PF_R | PF_W },
	{ .start = 24 * P,
		.end = 26 * P,
		.dump = P,
		.flags = PF_R | PF_X,
		.offset = 3 * P,
		.file = "/bin/a" },
	{ .start = 30 * P, .end = 90 * P, .flags = 0 },
};

static void layout(void)
{
	int fd = memfd_create("core", 0);
	struct fake fake;
	size_t size;

	fake_init(&fake);
	fake.maps = 3;
	fake.map = three;
	fake.threads = 2;

	char *file = write_core(&fake, fd, &size);
	const Elf64_Ehdr *head = (const void *)file;
	const Elf64_Phdr *ph = (const void *)(file + head->e_phoff);
	char page[P];
	bool same = true;

	is_int(core.error, 0, "a core is written");
	ok(!memcmp(head->e_ident, ELFMAG, SELFMAG), "it is ELF");
	is_int(head->e_type, ET_CORE, "it is a core");
	is_int(head->e_phnum, 4, "notes and every mapping have a header");
	is_int(ph[0].p_type, PT_NOTE, "notes come first");
	is_int(ph[1].p_vaddr, 16 * P, "the first mapping is at its address");
	is_int(ph[1].p_offset % P, 0, "memory is page-aligned in the file");
	is_int(ph[1].p_align, P, "and says so");
	is_int(ph[1].p_flags, PF_R | PF_W, "permissions are kept");
	is_int(ph[2].p_filesz, P, "a mapping dumped in part");
	is_int(ph[2].p_memsz, 2 * P, "keeps its size");
	is_int(ph[2].p_offset, ph[1].p_offset + 8 * P, "and follows the first");
	is_int(ph[3].p_filesz, 0, "a mapping not dumped has a header, too");
	is_int(size, ph[3].p_offset, "the file ends with the last byte");
	for (uint64_t i = 0; i < 8; i++) {
		page_of((16 + i) * P, page);
		same &= !memcmp(file + ph[1].p_offset + i * P, page, P);
	}
	ok(same, "memory is what the source gave");
	munmap(file, size);
	close(fd);
}

/* Notes that are known last have a header, the last one, and room. */
static void late_notes(void)
{
	int fd = memfd_create("core", 0);
	struct fake fake;

	fake_init(&fake);
	fake.maps = 3;
	fake.map = three;
	fake.threads = 2;
	crashd_elfcore_init(&core, scratch, SCRATCH);
	crashd_elfcore_maps(&core, &fake.source);
	crashd_elfcore_notes(&core, &fake.source);
	core.late = 120;
	crashd_elfcore_write(&core, &fake.source, fd);

	size_t size = (size_t)lseek(fd, 0, SEEK_END);
	char *file = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
	const Elf64_Ehdr *head = (const void *)file;
	const Elf64_Phdr *ph = (const void *)(file + head->e_phoff);

	is_int(head->e_phnum, 5, "late notes have a header");
	is_int(ph[0].p_offset, sizeof *head + 5 * sizeof *ph,
		"the first notes follow all headers");
	is_int(ph[4].p_type, PT_NOTE, "the late ones are the last");
	is_int(ph[4].p_offset, ph[3].p_offset, "behind the memory");
	is_int(ph[4].p_filesz, 120, "of their size");
	is_int(size, ph[4].p_offset + 120, "which the file has room for");
	munmap(file, size);
	close(fd);
}

/* Tables that are empty, mostly. */
static void empty_notes(void)
{
	int fd = memfd_create("core", 0);
	struct fake fake;
	struct stat st;

	fake_init(&fake);
	fake.threads = 1;
	crashd_elfcore_init(&core, scratch, SCRATCH);
	crashd_elfcore_maps(&core, &fake.source);
	crashd_elfcore_notes(&core, &fake.source);
	crashd_elfcore_note(&core, "crashd", 8, NULL, 16 * P);
	crashd_elfcore_write(&core, &fake.source, fd);
	is_int(fstat(fd, &st), 0, "a core with an empty table is written");
	ok(st.st_size > (off_t)(16 * P), "with room for the table");
	ok((uint64_t)st.st_blocks * 512 + 15 * P <= (uint64_t)st.st_size,
		"which takes none on the disk");
	close(fd);
}

static void note_order(void)
{
	int fd = memfd_create("core", 0);
	struct fake fake;
	char want[512];
	size_t size;

	fake_init(&fake);
	fake.maps = 3;
	fake.map = three;
	fake.threads = 2;

	char *file = write_core(&fake, fd, &size);

	snprintf(want, sizeof want,
		"CORE:1 CORE:3 CORE:53494749 CORE:6 CORE:46494c45 CORE:2 "
		"LINUX:201 CORE:1 CORE:53494749 CORE:2 LINUX:201 %scrashd:7 ",
		core.xstate.n ? "LINUX:205 " : "");
	is_str(note_types(file), want,
		"notes are in the kernel's order, ours last");

	const Elf64_Ehdr *head = (const void *)file;
	const Elf64_Phdr *ph = (const void *)(file + head->e_phoff);
	static const uint64_t entry[] = { 1, P, 24 * P, 26 * P, 3 };
	const char *found =
		memmem(file + ph->p_offset, ph->p_filesz, entry, sizeof entry);

	ok(found && !strcmp(found + sizeof entry, "/bin/a"),
		"NT_FILE has the mapped file, its offset in pages");
	munmap(file, size);
	close(fd);
}

static void bad_page(void)
{
	int fd = memfd_create("core", 0);
	struct fake fake;
	size_t size;

	fake_init(&fake);
	fake.maps = 3;
	fake.map = three;
	fake.bad = 17 * P;

	char *file = write_core(&fake, fd, &size);
	const Elf64_Ehdr *head = (const void *)file;
	const Elf64_Phdr *ph = (const void *)(file + head->e_phoff);
	const uint64_t *word = (const void *)(file + ph[1].p_offset);

	is_int(core.error, 0, "a page that cannot be read is no error");
	is_int(core.lost, 1, "it is counted");
	is_int(word[0], 16, "the page before it is there");
	is_int(word[P / 8], 0, "it is zero");
	is_int(word[3 * P / 8], 19, "the pages after it are there");
	munmap(file, size);
	close(fd);
}

static void runs(void)
{
	static const struct core_map huge[] = { {
		.start = 0x100000000,
		.end = 0x10100000000,
		.dump = 1ul << 40,
		.flags = PF_R,
		.tag = 0x200002,
	} };
	int fd = memfd_create("core", 0);
	struct fake fake;
	struct stat st;
	size_t size;

	fake_init(&fake);
	fake.maps = 1;
	fake.map = huge;
	fake.source.next_run = one_run;

	char *file = write_core(&fake, fd, &size);
	const Elf64_Ehdr *head = (const void *)file;
	const Elf64_Phdr *ph = (const void *)(file + head->e_phoff);
	uint64_t at = ph[1].p_offset + 0x200002ul * P - 0x100000000;

	ok(size > 1ul << 40, "a terabyte of holes is a core of a terabyte");
	fstat(fd, &st);
	ok(st.st_blocks * 512 < 1 << 20, "that takes no room");
	is_int(fake.reads, 1, "one page of it was read");
	ok(*(uint64_t *)(void *)(file + at) == 0x200002, "the right one");
	munmap(file, size);
	close(fd);
}

/* gABI: e_phnum is 16 bits wide; the rest is in section header 0. */
static void many_segments(void)
{
	int fd = memfd_create("core", 0);
	struct fake fake;
	size_t size;

	fake_init(&fake);
	fake.maps = 70000;

	char *file = write_core(&fake, fd, &size);
	const Elf64_Ehdr *head = (const void *)file;
	const Elf64_Shdr *count = (const void *)(file + head->e_shoff);

	is_int(head->e_phnum, PN_XNUM, "70,000 mappings: e_phnum says look on");
	is_int(head->e_shnum, 1, "there is one section header");
	is_int(count->sh_info, 70001, "which has the count");
	is_int(size, head->e_shoff + sizeof *count, "at the end of the file");
	munmap(file, size);
	close(fd);
}

static void a_pipe(void)
{
	int fd = memfd_create("core", 0), ends[2];
	struct fake fake;
	size_t size, n = 0;

	fake_init(&fake);
	fake.maps = 3;
	fake.map = three;

	char *file = write_core(&fake, fd, &size);
	char *piped = malloc(size + 1);

	if (pipe(ends) || !piped)
		abort();

	pid_t child = fork();

	if (child == 0) {
		fake_init(&fake);
		fake.maps = 3;
		fake.map = three;
		crashd_elfcore_init(&core, scratch, SCRATCH);
		crashd_elfcore_maps(&core, &fake.source);
		crashd_elfcore_notes(&core, &fake.source);
		crashd_elfcore_note(&core, "crashd", 7, "hello", 6);
		crashd_elfcore_write(&core, &fake.source, ends[1]);
		_exit(core.error != 0);
	}
	close(ends[1]);
	for (ssize_t got; (got = read(ends[0], piped + n, size + 1 - n)) > 0;)
		n += (size_t)got;
	waitpid(child, NULL, 0);
	is_int(n, size, "through a pipe it has the same size");
	ok(n == size && !memcmp(file, piped, size), "and the same bytes");
	free(piped);
	munmap(file, size);
	close(fd);
}

static int error_of(struct fake *fake, size_t room, int fd)
{
	crashd_elfcore_init(&core, scratch, room);
	crashd_elfcore_maps(&core, &fake->source);
	crashd_elfcore_notes(&core, &fake->source);
	crashd_elfcore_write(&core, &fake->source, fd);
	return core.error;
}

static void errors(void)
{
	int fd = memfd_create("core", 0), full = open("/dev/full", O_WRONLY);
	struct fake fake;

	fake_init(&fake);
	fake.maps = 3;
	fake.map = three;
	is_int(error_of(&fake, SCRATCH, full), -ENOSPC, "a full disk");
	fake_init(&fake);
	fake.maps = 3;
	fake.map = three;
	fake.error = -ESRCH;
	is_int(error_of(&fake, SCRATCH, fd), -ESRCH, "a process that ended");
	fake_init(&fake);
	fake.maps = 70000;
	is_int(error_of(&fake, 1 << 20, fd), -ENOMEM, "no room for the tables");
	fake_init(&fake);
	fake.threads = 0;
	is_int(error_of(&fake, SCRATCH, fd), -ESRCH, "no thread");
	close(fd);
	close(full);
}

/* A machine with AMD's layout is played by hand. */
static void vector_registers(void)
{
	struct xstate x = {
		.n = 2,
		.machine_size = 840,
		.size = 2696,
		.moved = true,
		.part = { { 2, 256, 576, 0 }, { 9, 8, 2688, 0 } },
		.from = { 576, 832 },
	};
	static char from[840], to[2696];

	memset(from, 1, 576);
	memset(from + 576, 2, 256);
	memset(from + 832, 9, 8);
	is_int(crashd_xstate_size(&x, 840), 2696, "the set grows");
	is_int(crashd_xstate_size(&x, 832), 832,
		"one of another size is left alone");
	crashd_xstate_copy(&x, to, from, 840);
	ok(to[0] == 1 && to[575] == 1 && to[576] == 2 && to[831] == 2,
		"what has its place keeps it");
	ok(to[832] == 0 && to[2687] == 0 && to[2688] == 9 && to[2695] == 9,
		"what has another one is moved there");
	crashd_xstate_init(&x);
	ok(x.n == 0 || x.size >= 576 + 256, "this machine has a layout");
}

int main(void)
{
	scratch = mmap(NULL, SCRATCH, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	layout();
	late_notes();
	empty_notes();
	note_order();
	bad_page();
	runs();
	many_segments();
	a_pipe();
	errors();
	vector_registers();
	return tap_done();
}
