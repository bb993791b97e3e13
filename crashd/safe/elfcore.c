/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file, front to back, as the kernel's elf_core_dump() makes it:
 *
 *	ELF header
 *	program headers: PT_NOTE, then one PT_LOAD for every mapping, dumped
 *	    or not, so that the shape of the address space is kept
 *	notes: the first thread's PRSTATUS; PRPSINFO, SIGINFO, AUXV, FILE of
 *	    the process; the first thread's other registers; then each other
 *	    thread's PRSTATUS, SIGINFO (the kernel leaves that one out), other
 *	    registers; XSAVE_LAYOUT; notes of our own
 *	memory, from the next page boundary
 *	a section header, only to count more than 65534 segments (PN_XNUM)
 *
 * Notes have the owner "CORE" when their type is as old as System V, "LINUX"
 * otherwise (fill_thread_core_info); readers look for both type and owner.
 *
 * All sizes must be known before the first byte is written, because the
 * output may be a pipe.  So mappings and notes are gathered in scratch memory:
 * the table of segments from the bottom, the notes after it, file names from
 * the top.  What is left between them is the buffer for copying.
 */
#include "crashd/safe/elfcore.h"
#include "crashd/safe/sys.h"

enum {
	NOTE_ALIGN = 4,
	COPY_MAX = 1 << 20,
	/* Not in every libc's elf.h. */
	NOTE_X86_XSAVE_LAYOUT = 0x205,
	NOTE_FILE = 0x46494c45,
	NOTE_SIGINFO = 0x53494749,
};

static void fail(struct elfcore *core, int error)
{
	if (!core->error)
		core->error = error;
}

static size_t text_size(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

static void copy(void *to, const void *from, size_t n)
{
	__builtin_memcpy(to, from, n);
}

static uint64_t round_up(uint64_t value, uint64_t to)
{
	return (value + to - 1) / to * to;
}

void crashd_elfcore_init(struct elfcore *core, void *scratch, size_t size)
{
	__builtin_memset(core, 0, sizeof *core);
	core->fd = -1;
	core->base = scratch;
	core->size = core->high = size;
	core->seg = scratch;
}

/* Room at the bottom, or NULL with the error kept. */
static void *grow(struct elfcore *core, size_t size)
{
	if (core->error)
		return NULL;
	if (size > core->high - core->low) {
		fail(core, -ENOMEM);
		return NULL;
	}
	void *at = core->base + core->low;

	core->low += size;
	return at;
}

static uint64_t keep_name(struct elfcore *core, const char *name)
{
	size_t size = text_size(name) + 1;

	if (size > core->high - core->low) {
		fail(core, -ENOMEM);
		return 0;
	}
	core->high -= size;
	copy(core->base + core->high, name, size);
	return core->high;
}

void crashd_elfcore_maps(struct elfcore *core, struct core_source *source)
{
	struct core_map map = { 0 };
	int more = 0;

	while (!core->error && (more = source->next_map(source, &map)) > 0) {
		struct core_segment *seg = grow(core, sizeof *seg);

		if (!seg)
			return;
		*seg = (struct core_segment){
			.start = map.start,
			.end = map.end,
			.dump = map.dump,
			.offset = map.offset,
			.flags = map.flags,
			.tag = map.tag,
			.name = map.file ? keep_name(core, map.file) : 0,
		};
		core->nseg++;
	}
	if (more < 0)
		fail(core, more);
}

/* ---- notes ---- */

/* Header and room for the description, which is returned; it is zeroed. */
static void *begin_note(
	struct elfcore *core, const char *owner, uint32_t type, size_t size)
{
	size_t name = text_size(owner) + 1;
	size_t room = round_up(name, NOTE_ALIGN);
	char *at = grow(
		core, sizeof(Elf64_Nhdr) + room + round_up(size, NOTE_ALIGN));

	if (!at)
		return NULL;
	if (!core->note)
		core->note = at;

	Elf64_Nhdr head = { (uint32_t)name, (uint32_t)size, type };

	__builtin_memset(at, 0, (size_t)(core->base + core->low - at));
	copy(at, &head, sizeof head);
	copy(at + sizeof head, owner, name);
	core->note_size = (size_t)(core->base + core->low - core->note);
	return at + sizeof head + room;
}

void *crashd_elfcore_note(struct elfcore *core, const char *owner,
	uint32_t type, const void *desc, size_t size)
{
	void *at = begin_note(core, owner, type, size);

	if (at && desc)
		copy(at, desc, size);
	return at;
}

/*
 * NT_FILE (fill_files_note): count, page size, then start, end and offset in
 * pages of each mapping of a file, then their names in the same order.
 */
static void note_files(struct elfcore *core)
{
	size_t count = 0, size = 2 * sizeof(uint64_t);

	for (size_t i = 0; i < core->nseg; i++) {
		if (!core->seg[i].name)
			continue;
		count++;
		size += 3 * sizeof(uint64_t) +
			text_size(core->base + core->seg[i].name) + 1;
	}
	char *at = count ? begin_note(core, "CORE", NOTE_FILE, size) : NULL;

	if (!at)
		return;

	uint64_t head[2] = { count, CORE_PAGE };
	char *names = at + sizeof head + count * 3 * sizeof(uint64_t);

	copy(at, head, sizeof head);
	at += sizeof head;
	for (size_t i = 0; i < core->nseg; i++) {
		const struct core_segment *seg = core->seg + i;
		uint64_t entry[3] = { seg->start, seg->end,
			seg->offset / CORE_PAGE };

		if (!seg->name)
			continue;
		copy(at, entry, sizeof entry);
		at += sizeof entry;

		size_t n = text_size(core->base + seg->name) + 1;

		copy(names, core->base + seg->name, n);
		names += n;
	}
}

static void note_process(struct elfcore *core, const struct core_thread *first,
	const struct core_process *process)
{
	crashd_elfcore_note(core, "CORE", NT_PRPSINFO, &process->prpsinfo,
		sizeof process->prpsinfo);
	if (first->has_siginfo)
		crashd_elfcore_note(core, "CORE", NOTE_SIGINFO, first->siginfo,
			sizeof first->siginfo);
	if (process->auxv_size)
		crashd_elfcore_note(core, "CORE", NT_AUXV, process->auxv,
			process->auxv_size);
	note_files(core);
}

static void note_regset(struct elfcore *core, const struct core_regset *set)
{
	if (set->type != NT_X86_XSTATE) {
		crashd_elfcore_note(
			core, set->owner, set->type, set->data, set->size);
		return;
	}
	void *at = begin_note(core, set->owner, set->type,
		crashd_xstate_size(&core->xstate, set->size));

	if (at)
		crashd_xstate_copy(&core->xstate, at, set->data, set->size);
}

static void note_thread(struct elfcore *core, const struct core_thread *thread,
	const struct core_process *process)
{
	crashd_elfcore_note(core, "CORE", NT_PRSTATUS, &thread->prstatus,
		sizeof thread->prstatus);
	if (core->nthreads == 0)
		note_process(core, thread, process);
	else if (thread->has_siginfo)
		crashd_elfcore_note(core, "CORE", NOTE_SIGINFO, thread->siginfo,
			sizeof thread->siginfo);
	for (size_t i = 0; i < thread->nregsets; i++)
		if (thread->regset[i].size)
			note_regset(core, thread->regset + i);
	core->nthreads++;
}

void crashd_elfcore_notes(struct elfcore *core, struct core_source *source)
{
	struct core_thread thread;
	int more = 0;

	crashd_xstate_init(&core->xstate);
	for (;;) {
		if (core->error)
			return;
		__builtin_memset(&thread, 0, sizeof thread);
		more = source->next_thread(source, &thread);
		if (more <= 0)
			break;
		note_thread(core, &thread, &source->process);
	}
	if (more < 0)
		fail(core, more);
	if (core->nthreads == 0)
		fail(core, -ESRCH);
	if (core->xstate.n)
		crashd_elfcore_note(core, "LINUX", NOTE_X86_XSAVE_LAYOUT,
			core->xstate.part,
			core->xstate.n * sizeof *core->xstate.part);
}

/* ---- layout and headers ---- */

static size_t count_headers(const struct elfcore *core)
{
	return core->nseg + (core->late ? 2 : 1);
}

static uint64_t headers_size(const struct elfcore *core)
{
	return sizeof(Elf64_Ehdr) + count_headers(core) * sizeof(Elf64_Phdr);
}

void crashd_elfcore_layout(struct elfcore *core)
{
	uint64_t at = round_up(headers_size(core) + core->note_size, CORE_PAGE);

	for (size_t i = 0; i < core->nseg; i++) {
		core->seg[i].at = at;
		at += core->seg[i].dump;
	}
	core->end = at;
}

static bool is_zero(const char *page)
{
	const uint64_t *word = (const void *)page;
	uint64_t any = 0;

	for (size_t i = 0; i < CORE_PAGE / sizeof *word && !any; i += 8)
		any = word[i] | word[i + 1] | word[i + 2] | word[i + 3] |
		      word[i + 4] | word[i + 5] | word[i + 6] | word[i + 7];
	return !any;
}

static void flush(struct elfcore *core)
{
	size_t done = 0;

	/* a table in the notes with room to spare: a hole, as in memory */
	if (!core->pipe && core->nbuf == sizeof core->buf && is_zero(core->buf))
		core->nbuf = 0;
	while (!core->error && done < core->nbuf) {
		const char *from = core->buf + done;
		ssize_t n =
			core->pipe
				? sys_write(core->fd, from, core->nbuf - done)
				: sys_pwrite(core->fd, from, core->nbuf - done,
					  (int64_t)(core->pos - core->nbuf +
						    done));

		if (n < 0 && n != -EINTR)
			fail(core, (int)n);
		if (n == 0)
			fail(core, -ENOSPC);
		done += n > 0 ? (size_t)n : 0;
	}
	core->nbuf = 0;
}

static void put(struct elfcore *core, const void *data, size_t size)
{
	const char *from = data;

	while (size && !core->error) {
		size_t n = sizeof core->buf - core->nbuf;

		n = n < size ? n : size;
		copy(core->buf + core->nbuf, from, n);
		core->nbuf += n;
		core->pos += n;
		from += n;
		size -= n;
		if (core->nbuf == sizeof core->buf)
			flush(core);
	}
}

/* Zeros up to the offset: a hole where the file can have one. */
static void put_hole(struct elfcore *core, uint64_t until)
{
	static const char zeros[CORE_PAGE];

	if (!core->pipe) {
		flush(core);
		core->pos = until;
		return;
	}
	while (core->pos < until && !core->error) {
		uint64_t n = until - core->pos;

		put(core, zeros, n < sizeof zeros ? n : sizeof zeros);
	}
}

static Elf64_Ehdr elf_header(const struct elfcore *core)
{
	Elf64_Ehdr head = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
			ELFDATA2LSB, EV_CURRENT, ELFOSABI_NONE },
		.e_type = ET_CORE,
#if defined(__x86_64__)
		.e_machine = EM_X86_64,
#elif defined(__aarch64__)
		.e_machine = EM_AARCH64,
#endif
		.e_version = EV_CURRENT,
		.e_phoff = sizeof head,
		.e_ehsize = sizeof head,
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = (uint16_t)count_headers(core),
	};

	/* gABI: the real count is sh_info of section header 0 */
	if (count_headers(core) >= PN_XNUM) {
		head.e_phnum = PN_XNUM;
		head.e_shoff = core->end + core->late;
		head.e_shentsize = sizeof(Elf64_Shdr);
		head.e_shnum = 1;
	}
	return head;
}

void crashd_elfcore_headers(struct elfcore *core, int fd)
{
	Elf64_Ehdr head = elf_header(core);
	Elf64_Phdr note = {
		.p_type = PT_NOTE,
		.p_offset = headers_size(core),
		.p_filesz = core->note_size,
		.p_align = NOTE_ALIGN,
	};
	Elf64_Phdr late = {
		.p_type = PT_NOTE,
		.p_offset = core->end,
		.p_filesz = core->late,
		.p_align = NOTE_ALIGN,
	};

	core->fd = fd;
	core->pipe = sys_lseek(fd, 0, SEEK_CUR) < 0;
	core->pos = 0;
	core->nbuf = 0;
	put(core, &head, sizeof head);
	put(core, &note, sizeof note);
	for (size_t i = 0; i < core->nseg; i++) {
		const struct core_segment *seg = core->seg + i;
		Elf64_Phdr load = {
			.p_type = PT_LOAD,
			.p_flags = seg->flags,
			.p_offset = seg->at,
			.p_vaddr = seg->start,
			.p_filesz = seg->dump,
			.p_memsz = seg->end - seg->start,
			.p_align = CORE_PAGE,
		};

		put(core, &load, sizeof load);
	}
	if (core->late)
		put(core, &late, sizeof late);
	if (core->note_size)
		put(core, core->note, core->note_size);
	put_hole(core, round_up(core->pos, CORE_PAGE));
	flush(core);
}

void crashd_elfcore_trailer(struct elfcore *core)
{
	Elf64_Shdr count = {
		.sh_type = SHT_NULL,
		.sh_size = 1,
		.sh_info = (uint32_t)count_headers(core),
	};

	put_hole(core, core->end + core->late);
	if (count_headers(core) >= PN_XNUM)
		put(core, &count, sizeof count);
	flush(core);
	if (!core->error && !core->pipe) {
		int error = sys_ftruncate(core->fd, (int64_t)core->pos);

		if (error)
			fail(core, error);
	}
}

/* ---- memory ---- */

/* n whole pages that belong at the offset; zero ones become holes. */
static void put_pages(
	struct elfcore *core, uint64_t at, const char *data, size_t n)
{
	for (size_t i = 0; i < n && !core->error; i += CORE_PAGE) {
		if (is_zero(data + i))
			continue;
		if (at + i != core->pos)
			put_hole(core, at + i);
		put(core, data + i, CORE_PAGE);
		core->stored += CORE_PAGE;
	}
}

/* start and stop are page boundaries within what is dumped of the segment. */
static void put_run(struct elfcore *core, struct core_source *source,
	const struct core_segment *seg, uint64_t start, uint64_t stop)
{
	char *buf = core->base + round_up(core->low, CORE_PAGE);
	size_t room = core->high < round_up(core->low, CORE_PAGE)
			      ? 0
			      : core->high - round_up(core->low, CORE_PAGE);

	room = room > COPY_MAX ? COPY_MAX : room / CORE_PAGE * CORE_PAGE;
	if (!room) {
		fail(core, -ENOMEM);
		return;
	}
	while (start < stop && !core->error) {
		size_t n = stop - start < room ? stop - start : room;
		long got = source->read(source, start, buf, n);

		if (got < 0) {
			fail(core, (int)got);
			return;
		}
		n = (size_t)got / CORE_PAGE * CORE_PAGE;
		if (n == 0) {
			core->lost++;
			n = CORE_PAGE;
		} else {
			put_pages(core, seg->at + (start - seg->start), buf, n);
		}
		start += n;
	}
}

void crashd_elfcore_memory(struct elfcore *core, struct core_source *source,
	const struct core_segment *seg)
{
	uint64_t at = seg->start, end = seg->start + seg->dump;

	while (at < end && !core->error) {
		uint64_t start = at, stop = end;

		if (source->next_run) {
			int more = source->next_run(
				source, seg, at, &start, &stop);

			if (more < 0)
				fail(core, more);
			if (more <= 0)
				return;
		}
		put_run(core, source, seg, start, stop);
		at = stop;
	}
}

void crashd_elfcore_write(
	struct elfcore *core, struct core_source *source, int fd)
{
	crashd_elfcore_layout(core);
	crashd_elfcore_headers(core, fd);
	for (size_t i = 0; i < core->nseg && !core->error; i++)
		crashd_elfcore_memory(core, source, core->seg + i);
	crashd_elfcore_trailer(core);
}
