/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernel's writer of cores is compiled twice, the second time with the
 * types of 32-bit programs (linux/elfcore-compat.h, asm/elf.h).  Here the notes
 * are made with the types of 64 bits, because those are what the sources of
 * crashd/safe fill in, and are rewritten afterwards: no note becomes longer, so
 * each is put where the one before it ends now, and no memory is needed.
 *
 * Registers are in the form of i386 from the beginning: of a thread in 32-bit
 * code PTRACE_GETREGSET gives no other (arch/x86/kernel/ptrace.c,
 * task_user_regset_view).  Programs of 64 bits have threads in 32-bit code too
 * (Wine), and their core has the registers of 64 bits.
 */
#include "crashd/snap/narrow.h"

#include "crashd/safe/stop.h"
#include "crashd/safe/sys.h"

#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>

enum {
	NOTE_ALIGN = 4,
	SETS_ALIGN = 64,
	OVERFLOW_ID = 65534, /* linux/highuid.h, DEFAULT_OVERFLOWUID */
	MAX_ID = 0xffff,
	TLS_ENTRIES = 3,
	/* of an entry that is not in use: not present, and read-only */
	TLS_EMPTY = 0x28,
};

/* linux/elfcore-compat.h: compat_elf_prstatus, with x86's registers. */
struct prstatus32 {
	struct elf_siginfo info;
	int16_t cursig;
	uint32_t sigpend, sighold;
	int32_t pid, ppid, pgrp, sid;
	int32_t utime[2], stime[2], cutime[2], cstime[2];
	struct narrow_regs reg;
	int32_t fpvalid;
};
_Static_assert(sizeof(struct prstatus32) == 144, "the kernel's");

/* compat_elf_prpsinfo; ids of users have 16 bits. */
struct prpsinfo32 {
	char state, sname, zomb, nice;
	uint32_t flag;
	uint16_t uid, gid;
	int32_t pid, ppid, pgrp, sid;
	char fname[16];
	char psargs[ELF_PRARGSZ];
};
_Static_assert(sizeof(struct prpsinfo32) == 124, "the kernel's");

/* asm/ldt.h: struct user_desc. */
struct tls_entry {
	uint32_t number, base, limit, flags;
};

static uint64_t round_up(uint64_t value, uint64_t to)
{
	return (value + to - 1) / to * to;
}

/* ---- who is one ---- */

/*
 * AT_PHENT is the size of a program header, which says with what words the
 * vector was made.
 */
bool narrow_program(const void *auxv, size_t size)
{
#if !defined(__x86_64__) /* whose other programs are not i386's */
	size = 0;
#endif
	Elf32_auxv_t entry;

	for (size_t at = 0; at + sizeof entry <= size; at += sizeof entry) {
		memcpy(&entry, (const char *)auxv + at, sizeof entry);
		if (entry.a_type == AT_NULL)
			return false;
		if (entry.a_type == AT_PHENT)
			return entry.a_un.a_val == sizeof(Elf32_Phdr);
	}
	return false;
}

/* ---- registers ---- */

#if defined(__x86_64__)
static bool has_tls(const char *data, size_t size)
{
	struct tls_entry entry;

	for (size_t at = 0; at + sizeof entry <= size; at += sizeof entry) {
		memcpy(&entry, data + at, sizeof entry);
		if (entry.base || entry.limit || entry.flags != TLS_EMPTY)
			return true;
	}
	return false;
}

/* A set in the core, and the one of ptrace that has its bytes. */
struct kind {
	const char *owner;
	uint32_t type, from;
};

/* The kernel's view of i386, in its order. */
static const struct kind all32[] = {
	{ "CORE", NT_PRFPREG, NT_PRFPREG },
	{ "LINUX", NT_PRXFPREG, NT_PRXFPREG },
	{ "LINUX", NT_X86_XSTATE, NT_X86_XSTATE },
	{ "LINUX", NT_386_TLS, NT_386_TLS },
	{ "LINUX", NT_386_IOPERM, NT_386_IOPERM },
	{ 0 },
};
/* What of it a thread in 64-bit code has: FXSAVE's area is the same. */
static const struct kind wide32[] = {
	{ "LINUX", NT_PRXFPREG, NT_PRFPREG },
	{ "LINUX", NT_X86_XSTATE, NT_X86_XSTATE },
	{ 0 },
};
/* The view of x86-64, of a thread in 32-bit code. */
static const struct kind narrow64[] = {
	{ "CORE", NT_PRFPREG, NT_PRXFPREG },
	{ "LINUX", NT_386_IOPERM, NT_386_IOPERM },
	{ "LINUX", NT_X86_XSTATE, NT_X86_XSTATE },
	{ 0 },
};
_Static_assert(sizeof all32 / sizeof all32[0] <= CORE_REGSETS + 1, "room");

static void read_sets(pid_t tid, const struct kind *kind,
	struct core_thread *ret, char buf[REGSETS_SIZE])
{
	size_t used = 0;

	for (; kind->owner; kind++) {
		char *at = buf + used;
		long n = crashd_stop_regset(
			tid, kind->from, at, REGSETS_SIZE - used);

		/* the kernel leaves out what it calls inactive */
		if (n <= 0 ||
			(kind->type == NT_386_TLS && !has_tls(at, (size_t)n)))
			continue;
		ret->regset[ret->nregsets++] =
			(struct core_regset){ kind->owner, kind->type,
				(size_t)n, at };
		used += round_up((uint64_t)n, SETS_ALIGN);
	}
}

static void cut(elf_gregset_t *regs)
{
	struct user_regs_struct wide;

	memcpy(&wide, regs, sizeof wide);

	struct narrow_regs narrow = {
		.ebx = (uint32_t)wide.rbx,
		.ecx = (uint32_t)wide.rcx,
		.edx = (uint32_t)wide.rdx,
		.esi = (uint32_t)wide.rsi,
		.edi = (uint32_t)wide.rdi,
		.ebp = (uint32_t)wide.rbp,
		.eax = (uint32_t)wide.rax,
		.ds = (uint32_t)wide.ds,
		.es = (uint32_t)wide.es,
		.fs = (uint32_t)wide.fs,
		.gs = (uint32_t)wide.gs,
		.orig_eax = (uint32_t)wide.orig_rax,
		.eip = (uint32_t)wide.rip,
		.cs = (uint32_t)wide.cs,
		.eflags = (uint32_t)wide.eflags,
		.esp = (uint32_t)wide.rsp,
		.ss = (uint32_t)wide.ss,
	};

	memset(regs, 0, sizeof *regs);
	memcpy(regs, &narrow, sizeof narrow);
}

int narrow_registers(pid_t tid, bool program32, bool code32,
	struct core_thread *ret, char buf[REGSETS_SIZE])
{
	elf_gregset_t *regs = &ret->prstatus.pr_reg;
	const struct kind *kinds = program32 ? all32 : narrow64;
	int error = 0;

	if (program32 && !code32) {
		cut(regs);
		kinds = wide32;
	}
	/* this one gives what the tracer itself has (arch_ptrace) */
	if (!program32)
		error = (int)sys_ptrace(
			PTRACE_GETREGS, tid, 0, (unsigned long)regs);
	if (!error)
		read_sets(tid, kinds, ret, buf);
	return error;
}
#else
int narrow_registers(pid_t tid, bool program32, bool code32,
	struct core_thread *ret, char buf[REGSETS_SIZE])
{
	(void)program32;
	(void)code32;
	(void)tid;
	(void)ret;
	(void)buf;
	return -ENOTSUP;
}
#endif

/* ---- notes: from may overlap to, and lies behind it ---- */

static void narrow_time(int32_t to[2], struct timeval from)
{
	to[0] = (int32_t)from.tv_sec;
	to[1] = (int32_t)from.tv_usec;
}

static size_t narrow_prstatus(char *to, const char *from)
{
	struct elf_prstatus wide;

	memcpy(&wide, from, sizeof wide);

	struct prstatus32 narrow = {
		.info = wide.pr_info,
		.cursig = wide.pr_cursig,
		.sigpend = (uint32_t)wide.pr_sigpend,
		.sighold = (uint32_t)wide.pr_sighold,
		.pid = wide.pr_pid,
		.ppid = wide.pr_ppid,
		.pgrp = wide.pr_pgrp,
		.sid = wide.pr_sid,
		.fpvalid = wide.pr_fpvalid,
	};

	narrow_time(narrow.utime, wide.pr_utime);
	narrow_time(narrow.stime, wide.pr_stime);
	narrow_time(narrow.cutime, wide.pr_cutime);
	narrow_time(narrow.cstime, wide.pr_cstime);
	memcpy(&narrow.reg, &wide.pr_reg, sizeof narrow.reg);
	memcpy(to, &narrow, sizeof narrow);
	return sizeof narrow;
}

static uint16_t narrow_id(uint32_t id)
{
	return (uint16_t)(id > MAX_ID ? OVERFLOW_ID : id);
}

static size_t narrow_prpsinfo(char *to, const char *from)
{
	struct elf_prpsinfo wide;

	memcpy(&wide, from, sizeof wide);

	struct prpsinfo32 narrow = {
		.state = wide.pr_state,
		.sname = wide.pr_sname,
		.zomb = wide.pr_zomb,
		.nice = wide.pr_nice,
		.flag = (uint32_t)wide.pr_flag,
		.uid = narrow_id(wide.pr_uid),
		.gid = narrow_id(wide.pr_gid),
		.pid = wide.pr_pid,
		.ppid = wide.pr_ppid,
		.pgrp = wide.pr_pgrp,
		.sid = wide.pr_sid,
	};

	memcpy(narrow.fname, wide.pr_fname, sizeof narrow.fname);
	memcpy(narrow.psargs, wide.pr_psargs, sizeof narrow.psargs);
	memcpy(to, &narrow, sizeof narrow);
	return sizeof narrow;
}

/*
 * What follows signal, errno and code, by kernel/signal.c, siginfo_layout: i is
 * an int, p a word of the size of a pointer.
 */
static const char *siginfo_fields(int signal, int code)
{
	if (code == SI_SIGIO)
		return "pi"; /* what happened, a descriptor */
	if (code < 0)
		return "iip"; /* pid and uid, or timer and overrun; a value */
	if (code == SI_USER || code >= SI_KERNEL)
		return "ii"; /* pid, uid */
	switch (signal) {
	case SIGILL:
	case SIGFPE:
	case SIGSEGV:
	case SIGBUS:
		return "pppp"; /* an address; bounds, a key, how many bits */
	case SIGTRAP:
		return "ppii"; /* an address; of perf: data, type, flags */
	case SIGCHLD:
		return "iiipp"; /* pid, uid, status, times */
	case SIGSYS:
		return "pii"; /* an address, number, architecture */
	default:
		return "pi"; /* of a descriptor, by F_SETSIG */
	}
}

static size_t narrow_siginfo(char *to, const char *from)
{
	enum { HEAD = 3 * sizeof(int), UNION = 16 };
	char narrow[CORE_SIGINFO] = { 0 };
	size_t in = UNION, out = HEAD;
	int head[3];

	memcpy(head, from, sizeof head);
	memcpy(narrow, head, sizeof head);
	for (const char *at = siginfo_fields(head[0], head[2]); *at; at++) {
		size_t size = *at == 'p' ? sizeof(uint64_t) : sizeof(uint32_t);

		in = round_up(in, size);
		memcpy(narrow + out, from + in, sizeof(uint32_t));
		in += size;
		out += sizeof(uint32_t);
	}
	memcpy(to, narrow, sizeof narrow);
	return sizeof narrow;
}

/* It is of 32 bits already; /proc shows more than all of it (auxv_read). */
static size_t narrow_auxv(char *to, const char *from, size_t size)
{
	Elf32_auxv_t entry;
	size_t at = 0;

	while (at + sizeof entry <= size) {
		memcpy(&entry, from + at, sizeof entry);
		at += sizeof entry;
		if (entry.a_type == AT_NULL)
			break;
	}
	memmove(to, from, at);
	return at;
}

/* Count and size of a page, three words for each file, and the names. */
static size_t narrow_files(char *to, const char *from, size_t size)
{
	uint64_t count, word;
	size_t names;

	memcpy(&count, from, sizeof count);
	names = (2 + 3 * count) * sizeof word;
	for (size_t i = 0; i < 2 + 3 * count; i++) {
		memcpy(&word, from + i * sizeof word, sizeof word);
		memcpy(to + i * sizeof(uint32_t), &word, sizeof(uint32_t));
	}
	memmove(to + names / 2, from + names, size - names);
	return names / 2 + size - names;
}

static size_t narrow_desc(
	uint32_t type, char *to, const char *from, size_t size)
{
	switch (type) {
	case NT_PRSTATUS:
		return narrow_prstatus(to, from);
	case NT_PRPSINFO:
		return narrow_prpsinfo(to, from);
	case NT_SIGINFO:
		return narrow_siginfo(to, from);
	case NT_AUXV:
		return narrow_auxv(to, from, size);
	case NT_FILE:
		return narrow_files(to, from, size);
	default: /* registers, and what is the same */
		memmove(to, from, size);
		return size;
	}
}

void narrow_notes(struct elfcore *core)
{
	const char *from = core->note, *end = from + core->note_size;
	char *to = core->note;

	while (!core->error && from < end) {
		Elf32_Nhdr head; /* that of 64 bits is the same */

		memcpy(&head, from, sizeof head);

		size_t before =
			sizeof head + round_up(head.n_namesz, NOTE_ALIGN);
		size_t size = head.n_descsz;

		memmove(to, from, before);
		head.n_descsz = (uint32_t)narrow_desc(
			head.n_type, to + before, from + before, size);
		memcpy(to, &head, sizeof head);
		from += before + round_up(size, NOTE_ALIGN);
		to += before + head.n_descsz;
		for (; (to - core->note) % NOTE_ALIGN; to++)
			*to = 0;
	}
	if (core->error)
		return;
	core->note_size = (size_t)(to - core->note);
	core->low = (size_t)(to - core->base);
}

/* ---- layout and headers ---- */

static size_t count_headers(const struct elfcore *core)
{
	return core->nseg + 1;
}

static uint64_t headers_size(const struct elfcore *core)
{
	return sizeof(Elf32_Ehdr) + count_headers(core) * sizeof(Elf32_Phdr);
}

static uint64_t data_start(const struct elfcore *core)
{
	return round_up(headers_size(core) + core->note_size, CORE_PAGE);
}

void narrow_layout(struct elfcore *core)
{
	uint64_t at = data_start(core), last = at;

	for (size_t i = 0; i < core->nseg; i++) {
		core->seg[i].at = last = at;
		at += core->seg[i].dump;
	}
	core->end = at;
	/* data may go on beyond it, but not what an offset has to find */
	if (count_headers(core) >= PN_XNUM)
		last = at;
	if (!core->error && last > UINT32_MAX)
		core->error = -EOVERFLOW;
}

static void put(
	struct elfcore *core, const void *data, size_t size, uint64_t at)
{
	const char *from = data;

	while (!core->error && size) {
		ssize_t n = sys_pwrite(core->fd, from, size, (int64_t)at);

		if (n == -EINTR)
			continue;
		if (n <= 0) {
			core->error = n < 0 ? (int)n : -ENOSPC;
			return;
		}
		from += n;
		at += (uint64_t)n;
		size -= (size_t)n;
	}
}

static Elf32_Ehdr elf_header(const struct elfcore *core)
{
	Elf32_Ehdr head = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS32,
			ELFDATA2LSB, EV_CURRENT, ELFOSABI_NONE },
		.e_type = ET_CORE,
		.e_machine = EM_386,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof head,
		.e_ehsize = sizeof head,
		.e_phentsize = sizeof(Elf32_Phdr),
		.e_phnum = (uint16_t)count_headers(core),
	};

	/* gABI: the real count is sh_info of section header 0 */
	if (count_headers(core) >= PN_XNUM) {
		head.e_phnum = PN_XNUM;
		head.e_shoff = (uint32_t)core->end;
		head.e_shentsize = sizeof(Elf32_Shdr);
		head.e_shnum = 1;
	}
	return head;
}

static void fill_headers(const struct elfcore *core, Elf32_Phdr *to)
{
	*to++ = (Elf32_Phdr){
		.p_type = PT_NOTE,
		.p_offset = (uint32_t)headers_size(core),
		.p_filesz = (uint32_t)core->note_size,
		.p_align = NOTE_ALIGN,
	};
	for (size_t i = 0; i < core->nseg; i++) {
		const struct core_segment *seg = core->seg + i;

		*to++ = (Elf32_Phdr){
			.p_type = PT_LOAD,
			.p_flags = seg->flags,
			.p_offset = (uint32_t)seg->at,
			.p_vaddr = (uint32_t)seg->start,
			.p_filesz = (uint32_t)seg->dump,
			.p_memsz = (uint32_t)(seg->end - seg->start),
			.p_align = CORE_PAGE,
		};
	}
}

void narrow_headers(struct elfcore *core, int fd)
{
	Elf32_Phdr *table = calloc(count_headers(core), sizeof *table);
	Elf32_Ehdr head = elf_header(core);

	core->fd = fd;
	core->pos = data_start(core);
	if (!table && !core->error)
		core->error = -ENOMEM;
	if (core->error) {
		free(table);
		return;
	}
	fill_headers(core, table);
	put(core, &head, sizeof head, 0);
	put(core, table, headers_size(core) - sizeof head, sizeof head);
	put(core, core->note, core->note_size, headers_size(core));
	free(table);
}

void narrow_trailer(struct elfcore *core)
{
	Elf32_Shdr count = {
		.sh_type = SHT_NULL,
		.sh_size = 1,
		.sh_info = (uint32_t)count_headers(core),
	};

	core->pos = core->end;
	if (count_headers(core) >= PN_XNUM) {
		put(core, &count, sizeof count, core->pos);
		core->pos += sizeof count;
	}
	if (!core->error)
		core->error = sys_ftruncate(core->fd, (int64_t)core->pos);
}
