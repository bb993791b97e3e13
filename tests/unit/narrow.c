/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * crashd/snap/narrow, of a process that does not exist: each field of the notes
 * where the kernel has it (linux/elfcore-compat.h, asm/elf.h), and files that
 * are too large for 32 bits.
 */
#include "crashd/snap/narrow.h"
#include "tests/lib/tap.h"

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { P = CORE_PAGE, SCRATCH = 64 << 20 };

struct fake {
	struct core_source source;
	unsigned threads, maps;
	unsigned next_thread, next_map;
	uint64_t size; /* of each mapping */
	const siginfo_t *info;
};

static struct elfcore core;
static char *scratch;

static int next_thread(struct core_source *source, struct core_thread *ret)
{
	struct fake *fake = (struct fake *)source;
	struct narrow_regs regs = { .ebx = 0xb, .eip = 0x804e, .ss = 0x2b };
	struct elf_prstatus *status = &ret->prstatus;

	if (fake->next_thread == fake->threads)
		return 0;
	status->pr_pid = 100 + (int)fake->next_thread++;
	status->pr_cursig = 11;
	status->pr_sigpend = 0x1234567800000001;
	status->pr_sighold = 0x8765432100000002;
	status->pr_sid = 99;
	status->pr_utime = (struct timeval){ 1, 10000 };
	status->pr_cstime = (struct timeval){ 4, 40000 };
	status->pr_fpvalid = 1;
	memcpy(&status->pr_reg, &regs, sizeof regs);
	ret->has_siginfo = true;
	if (fake->info)
		memcpy(ret->siginfo, fake->info, sizeof ret->siginfo);
	ret->regset[0] =
		(struct core_regset){ "LINUX", NT_386_IOPERM, 3, "io" };
	ret->nregsets = 1;
	return 1;
}

static int next_map(struct core_source *source, struct core_map *ret)
{
	static const char *const files[] = { "/a", NULL, "/file" };
	struct fake *fake = (struct fake *)source;
	unsigned i = fake->next_map;

	if (i == fake->maps)
		return 0;
	fake->next_map++;
	ret->start = P + i * fake->size;
	ret->end = ret->start + fake->size;
	ret->dump = fake->size;
	ret->offset = i * P;
	ret->flags = PF_R;
	ret->file = i < 3 ? files[i] : NULL;
	return 1;
}

/* The core up to its layout. */
static void make(
	unsigned threads, unsigned maps, uint64_t size, const siginfo_t *info)
{
	static const uint32_t auxv[] = { AT_PHENT, 32, AT_UID, 7, AT_NULL, 0, 0,
		0 };
	struct fake fake = {
		.source = { .next_thread = next_thread, .next_map = next_map },
		.threads = threads,
		.maps = maps,
		.size = size,
		.info = info,
	};
	struct core_process *process = &fake.source.process;

	process->prpsinfo.pr_flag = 0x123456789;
	process->prpsinfo.pr_uid = 1000;
	process->prpsinfo.pr_gid = 70000;
	process->prpsinfo.pr_sid = 99;
	strcpy(process->prpsinfo.pr_fname, "name");
	strcpy(process->prpsinfo.pr_psargs, "name arg");
	memcpy(process->auxv, auxv, sizeof auxv);
	process->auxv_size = sizeof auxv;
	crashd_elfcore_init(&core, scratch, SCRATCH);
	crashd_elfcore_maps(&core, &fake.source);
	crashd_elfcore_notes(&core, &fake.source);
	narrow_notes(&core);
	crashd_elfcore_note(&core, "crashd", 7, "ours", 5);
	narrow_layout(&core);
}

/* The nth note of a type; *size is that of its description. */
static const char *note(uint32_t type, unsigned nth, size_t *size)
{
	const char *at = core.note, *end = at + core.note_size;

	while (at < end) {
		Elf32_Nhdr head;

		memcpy(&head, at, sizeof head);
		at += sizeof head + (head.n_namesz + 3) / 4 * 4;
		if (head.n_type == type && nth-- == 0) {
			*size = head.n_descsz;
			return at;
		}
		at += (head.n_descsz + 3) / 4 * 4;
	}
	*size = 0;
	return "";
}

static uint32_t word(const char *desc, size_t at)
{
	uint32_t value;

	memcpy(&value, desc + at, sizeof value);
	return value;
}

static void test_notes(void)
{
	size_t size;
	const char *at;

	make(2, 4, P, NULL);
	at = note(NT_PRSTATUS, 1, &size);
	ok(size == 144 && word(at, 12) == 11 && word(at, 16) == 1 &&
			word(at, 20) == 2 && word(at, 24) == 101 &&
			word(at, 36) == 99,
		"PRSTATUS: signals and ids");
	ok(word(at, 40) == 1 && word(at, 44) == 10000 && word(at, 64) == 4 &&
			word(at, 68) == 40000,
		"PRSTATUS: times");
	ok(word(at, 72) == 0xb && word(at, 72 + 48) == 0x804e &&
			word(at, 72 + 64) == 0x2b && word(at, 140) == 1,
		"PRSTATUS: registers");
	at = note(NT_PRPSINFO, 0, &size);
	ok(size == 124 && word(at, 4) == 0x23456789 &&
			word(at, 8) == (65534u << 16 | 1000) &&
			word(at, 24) == 99 && !strcmp(at + 28, "name") &&
			!strcmp(at + 44, "name arg"),
		"PRPSINFO: a group that has no place in 16 bits is nobody's");
	at = note(NT_AUXV, 0, &size);
	ok(size == 24 && word(at, 8) == AT_UID && word(at, 12) == 7,
		"AUXV ends with its first AT_NULL");
	at = note(NT_FILE, 0, &size);
	ok(size == 8 + 2 * 12 + sizeof "/a" + sizeof "/file" &&
			word(at, 0) == 2 && word(at, 4) == P &&
			word(at, 8) == P && word(at, 20) == 3 * P &&
			word(at, 24) == 4 * P && word(at, 28) == 2 &&
			!strcmp(at + 32, "/a") && !strcmp(at + 35, "/file"),
		"FILE: in words of 32 bits");
	at = note(NT_386_IOPERM, 1, &size);
	ok(size == 3 && !strcmp(at, "io"),
		"other registers are what they were");
	at = note(7, 0, &size);
	ok(size == 5 && !strcmp(at, "ours") && !core.error,
		"notes of ours come behind");
}

/* What the words behind signal, errno, code are; -1 ends them. */
static bool siginfo_is(const siginfo_t *info, const uint32_t *want)
{
	const char *at;
	size_t size;

	make(1, 1, P, info);
	at = note(NT_SIGINFO, 0, &size);
	if (size != 128 || word(at, 0) != (uint32_t)info->si_signo ||
		word(at, 4) != (uint32_t)info->si_errno ||
		word(at, 8) != (uint32_t)info->si_code)
		return false;
	for (at += 12; *want != UINT32_MAX; want++, at += 4)
		if (word(at, 0) != *want)
			return false;
	return word(at, 0) == 0 && word(at, 4) == 0;
}
#define WORDS(...) ((const uint32_t[]){ __VA_ARGS__, UINT32_MAX })

static void test_siginfo(void)
{
	siginfo_t info = { .si_signo = SIGTERM, .si_code = SI_USER };

	info.si_pid = 5;
	info.si_uid = 6;
	ok(siginfo_is(&info, WORDS(5, 6)), "siginfo: kill");
	info.si_code = SI_QUEUE;
	info.si_ptr = (void *)0x11223344;
	ok(siginfo_is(&info, WORDS(5, 6, 0x11223344)), "siginfo: sigqueue");
	info = (siginfo_t){ .si_signo = SIGALRM, .si_code = SI_TIMER };
	info.si_timerid = 1;
	info.si_overrun = 2;
	info.si_int = 3;
	ok(siginfo_is(&info, WORDS(1, 2, 3)), "siginfo: a timer");
	info = (siginfo_t){ .si_signo = SIGSEGV, .si_code = SEGV_MAPERR };
	info.si_addr = (void *)0x12345678;
	ok(siginfo_is(&info, WORDS(0x12345678)), "siginfo: a fault");
	info.si_code = SEGV_BNDERR;
	info.si_lower = (void *)0x1000;
	info.si_upper = (void *)0x2000;
	ok(siginfo_is(&info, WORDS(0x12345678, 0, 0x1000, 0x2000)),
		"siginfo: bounds");
	info = (siginfo_t){ .si_signo = SIGBUS, .si_code = BUS_MCEERR_AR };
	info.si_addr = (void *)0x1000;
	info.si_addr_lsb = 12;
	ok(siginfo_is(&info, WORDS(0x1000, 12)), "siginfo: broken memory");
	info = (siginfo_t){ .si_signo = SIGCHLD, .si_code = CLD_EXITED };
	info.si_pid = 1;
	info.si_uid = 2;
	info.si_status = 3;
	info.si_utime = 4;
	info.si_stime = 5;
	ok(siginfo_is(&info, WORDS(1, 2, 3, 4, 5)), "siginfo: a child");
	info = (siginfo_t){ .si_signo = SIGIO, .si_code = POLL_IN };
	info.si_band = 0x41;
	info.si_fd = 9;
	ok(siginfo_is(&info, WORDS(0x41, 9)), "siginfo: a descriptor");
	info.si_signo = SIGRTMIN;
	ok(siginfo_is(&info, WORDS(0x41, 9)), "siginfo: by another signal");
	info = (siginfo_t){ .si_signo = SIGSYS, .si_code = 1 };
	info.si_call_addr = (void *)0x8048000;
	info.si_syscall = 39;
	info.si_arch = 0x40000003;
	ok(siginfo_is(&info, WORDS(0x8048000, 39, 0x40000003)),
		"siginfo: seccomp");
}

static void test_program(void)
{
	static const uint32_t narrow[] = { AT_SYSINFO_EHDR, 0xf7f00000,
		AT_PHENT, 32, AT_NULL, 0 };
	static const uint64_t wide[] = { AT_SYSINFO_EHDR, 0x7f0000000000,
		AT_PHENT, 56, AT_NULL, 0 };

	ok(narrow_program(narrow, sizeof narrow),
		"a vector of a 32-bit program");
	ok(!narrow_program(wide, sizeof wide), "one of a 64-bit program");
	ok(!narrow_program(narrow, 12), "one that is cut off");
	ok(!narrow_program(narrow, 0), "none");
}

/* Headers and trailer, in a file; mapped. */
static const char *write_file(size_t *size)
{
	int fd = memfd_create("core", 0);
	const char *at;

	narrow_headers(&core, fd);
	narrow_trailer(&core);
	*size = (size_t)lseek(fd, 0, SEEK_END);
	at = mmap(NULL, *size, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (at == MAP_FAILED)
		abort();
	return at;
}

static void test_headers(void)
{
	size_t size;
	const char *at;
	const Elf32_Ehdr *head;
	const Elf32_Phdr *ph;

	make(1, 3, P, NULL);
	at = write_file(&size);
	head = (const void *)at;
	ph = (const void *)(at + head->e_phoff);
	ok(head->e_ident[EI_CLASS] == ELFCLASS32 && head->e_machine == EM_386 &&
			head->e_phnum == 4 && head->e_shoff == 0,
		"the header of a small core");
	ok(ph[0].p_type == PT_NOTE &&
			ph[0].p_offset == sizeof *head + 4 * sizeof *ph &&
			ph[0].p_filesz == core.note_size &&
			!memcmp(at + ph[0].p_offset, core.note, core.note_size),
		"its notes");
	ok(ph[3].p_type == PT_LOAD && ph[3].p_vaddr == 3 * P &&
			ph[3].p_filesz == P && ph[3].p_memsz == P &&
			ph[3].p_flags == PF_R && ph[3].p_align == P &&
			ph[3].p_offset == core.seg[2].at && size == core.end,
		"its last segment");

	make(1, 70000, P, NULL);
	at = write_file(&size);
	head = (const void *)at;
	ph = (const void *)(at + head->e_phoff);
	const Elf32_Shdr *count = (const void *)(at + head->e_shoff);

	ok(head->e_phnum == PN_XNUM && head->e_shnum == 1 &&
			head->e_shoff + sizeof *count == size &&
			count->sh_info == 70001 &&
			ph[70000].p_vaddr == 70000u * P,
		"70,000 segments are counted by a section");
}

static void test_too_large(void)
{
	const uint64_t gib = 1 << 30;

	make(1, 4, gib, NULL);
	ok(!core.error && core.seg[3].at > 3 * gib && core.end > 4 * gib,
		"data may end beyond 4 GiB");
	make(1, 5, gib, NULL);
	ok(core.error == -EOVERFLOW, "no segment can begin there");
	make(1, 65534, 65506, NULL);
	ok(core.error == -EOVERFLOW && core.seg[65533].at < 4 * gib,
		"nor a section");
}

int main(void)
{
	scratch = mmap(NULL, SCRATCH, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (scratch == MAP_FAILED)
		return 1;
	test_program();
	test_notes();
	test_siginfo();
	test_headers();
	test_too_large();
	return tap_done();
}
