/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The notes of a core, in the order in which the kernel writes them
 * (fs/binfmt_elf.c, fill_note_info): NT_PRSTATUS of the thread that got the
 * signal, then NT_PRPSINFO, NT_SIGINFO, NT_AUXV and NT_FILE of the process,
 * then the first thread's other register sets, then the same of each other
 * thread.  gdb and csnap write an NT_SIGINFO for every thread, after its
 * NT_PRSTATUS.  So: an NT_PRSTATUS begins a thread, register sets belong to
 * the thread before them, and the first NT_SIGINFO is the process's too.
 *
 * Each kind of note has a reader, and any of them may be missing.
 */
#include "inspect/image/note.h"

#include "crashd/note.h"
#include "inspect/base/limits.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#ifndef NT_X86_XSAVE_LAYOUT
#define NT_X86_XSAVE_LAYOUT 0x205 /* linux/elf.h since 6.12 */
#endif

/* Notes are padded to 4 bytes, whatever p_align says (gABI's 8 is unused). */
static const uint8_t *take_padded(struct bytes *b, size_t n)
{
	size_t padded = (n + 3) & ~(size_t)3;

	/* The last one may come without its padding. */
	return bytes_take(b, padded <= bytes_left(b) ? padded : n);
}

bool note_next(struct bytes *b, struct note *ret)
{
	if (b->bad || bytes_left(b) < 12)
		return false;
	uint32_t owner_size = bytes_u32(b), size = bytes_u32(b);
	uint32_t type = bytes_u32(b);
	const uint8_t *owner = take_padded(b, owner_size);
	const uint8_t *desc = take_padded(b, size);

	if (!owner || !desc)
		return false;
	*ret = (struct note){
		.owner = (const char *)owner,
		.owner_size = owner_size,
		.type = type,
		.desc = desc,
		.size = size,
	};
	return true;
}

bool note_is(const struct note *n, const char *owner, uint32_t type)
{
	size_t len = strlen(owner);

	return n->type == type && n->owner_size >= len &&
	       n->owner_size <= len + 1 && !memcmp(n->owner, owner, len);
}

/* ---- one reader for each kind ---- */

static uint64_t field(const struct note *n, size_t at, size_t size)
{
	uint64_t v = 0;

	if (at <= n->size && n->size - at >= size)
		memcpy(&v, n->desc + at, size);
	return v;
}

static uint64_t timeval_us(const struct note *n, size_t at)
{
	return field(n, at, 8) * 1000000 + field(n, at + 8, 8);
}

/*
 * Of a thread in 32-bit code ptrace gives i386's registers (user_regs_struct32,
 * arch/x86/include/asm/user32.h), and so they stand in a core that a process
 * wrote of itself (crashd/safe/owncore.c).  In 64-bit registers there is no
 * code segment of 0.
 */
static bool is_i386(const struct note *n, const struct arch *a)
{
	enum { CS_32 = 13 * 4, CS_64 = 17 * 8, USER32_CS = 0x23 };

	return field(n, a->prstatus_regs + CS_32, 4) == USER32_CS &&
	       field(n, a->prstatus_regs + CS_64, 8) == 0;
}

static void load_prstatus(struct note_reader *r, const struct note *n)
{
	struct core *c = r->core;
	const struct arch *a = c->arch;

	if (n->size < a->prstatus_size || c->nthreads >= MAX_THREADS)
		return;
	c->threads = arena_grow(r->arena, c->threads, c->nthreads,
		&r->threads_cap, sizeof(*c->threads));
	r->fp = arena_grow(
		r->arena, r->fp, c->nthreads, &r->fp_cap, sizeof(*r->fp));
	r->fp[c->nthreads] = (struct arch_fpnotes){ 0 };
	struct core_thread *t = &c->threads[c->nthreads++];

	*t = (struct core_thread){
		.id = (int)c->nthreads,
		.lwp = (int)field(n, a->prstatus_pid, 4),
		.cursig = (int16_t)field(n, a->prstatus_cursig, 2),
		.sigpend = field(n, a->prstatus_sigpend, 8),
		.sighold = field(n, a->prstatus_sighold, 8),
		.utime_us = timeval_us(n, a->prstatus_utime),
		.stime_us = timeval_us(n, a->prstatus_stime),
	};
	if (is_i386(n, a)) {
		c->n32++;
		return;
	}
	for (unsigned i = 0; i < a->nregs; i++)
		if (a->reg[i].prstatus >= 0)
			regs_set(&t->regs, i,
				field(n,
					a->prstatus_regs +
						8 * (size_t)a->reg[i].prstatus,
					8));
}

/* struct elf_prpsinfo of 64-bit Linux (linux/elfcore.h). */
enum {
	PRPSINFO_UID = 16,
	PRPSINFO_GID = 20,
	PRPSINFO_PID = 24,
	PRPSINFO_PPID = 28,
	PRPSINFO_FNAME = 40,
	PRPSINFO_FNAME_SIZE = 16,
	PRPSINFO_ARGS = 56,
	PRPSINFO_ARGS_SIZE = 80,
	PRPSINFO_SIZE = 136,
};

/* The kernel ends psargs with a space, where the last NUL was. */
static const char *without_trailing_space(struct arena *a, const char *s)
{
	char *copy = arena_strdup(a, s);
	size_t len = strlen(copy);

	while (len && copy[len - 1] == ' ')
		copy[--len] = '\0';
	return copy;
}

static void load_prpsinfo(struct note_reader *r, const struct note *n)
{
	struct core *c = r->core;

	if (n->size < PRPSINFO_SIZE || c->fname)
		return;
	c->uid = (int)field(n, PRPSINFO_UID, 4);
	c->gid = (int)field(n, PRPSINFO_GID, 4);
	c->pid = (int)field(n, PRPSINFO_PID, 4);
	c->ppid = (int)field(n, PRPSINFO_PPID, 4);
	c->fname = arena_strndup(r->arena,
		(const char *)n->desc + PRPSINFO_FNAME, PRPSINFO_FNAME_SIZE);
	c->psargs = without_trailing_space(r->arena,
		arena_strndup(r->arena, (const char *)n->desc + PRPSINFO_ARGS,
			PRPSINFO_ARGS_SIZE));
}

static void load_siginfo(struct note_reader *r, const struct note *n)
{
	struct core *c = r->core;

	if (n->size < sizeof(siginfo_t))
		return;
	const siginfo_t *info =
		arena_memdup(r->arena, n->desc, sizeof(siginfo_t));
	if (!c->siginfo)
		c->siginfo = info;
	if (c->nthreads)
		c->threads[c->nthreads - 1].siginfo = info;
}

static void load_auxv(struct note_reader *r, const struct note *n)
{
	struct core *c = r->core;
	struct bytes b = bytes_of(n->desc, n->size);

	if (c->auxv)
		return;
	c->auxv = arena_array(r->arena, struct core_auxv, n->size / 16);
	while (bytes_left(&b) >= 16) {
		struct core_auxv *a = &c->auxv[c->nauxv];

		a->type = bytes_u64(&b);
		a->value = bytes_u64(&b);
		if (a->type == AT_NULL)
			break;
		c->nauxv++;
	}
}

/*
 * Count, page size, count times {start, end, offset in pages}, then the names
 * one after the other.  gdb writes 1 as page size.
 */
static void load_files(struct note_reader *r, const struct note *n)
{
	struct core *c = r->core;
	struct bytes b = bytes_of(n->desc, n->size);
	uint64_t count = bytes_u64(&b), page = bytes_u64(&b);

	if (b.bad || c->files || count > bytes_left(&b) / 24)
		return;
	struct bytes names = b;
	bytes_take(&names, (size_t)count * 24);
	c->files = arena_array(r->arena, struct core_file, count);
	for (uint64_t i = 0; i < count; i++) {
		struct core_file f = { 0 };

		f.start = bytes_u64(&b);
		f.end = bytes_u64(&b);
		if (__builtin_mul_overflow(bytes_u64(&b), page, &f.offset))
			continue;
		const char *path = bytes_str(&names);
		if (!path || f.start >= f.end)
			continue;
		f.path = arena_strndup(r->arena, path, MAX_PATH);
		c->files[c->nfiles++] = f;
	}
}

static struct arch_fpnotes *last_fp(struct note_reader *r)
{
	return r->core->nthreads ? &r->fp[r->core->nthreads - 1] : NULL;
}

static void load_fpregs(struct note_reader *r, const struct note *n)
{
	struct arch_fpnotes *fp = last_fp(r);

	if (!fp)
		return;
	fp->fpregs = n->desc;
	fp->fpregs_size = n->size;
}

static void load_xstate(struct note_reader *r, const struct note *n)
{
	struct arch_fpnotes *fp = last_fp(r);

	if (!fp)
		return;
	fp->xstate = n->desc;
	fp->xstate_size = n->size;
}

static void load_layout(struct note_reader *r, const struct note *n)
{
	r->layout = n->desc;
	r->layout_size = n->size;
}

/* ---- ours: crashd/note.h ---- */

static void load_snapshot(struct note_reader *r, const struct note *n)
{
	struct crashd_snapshot s = { 0 };

	memcpy(&s, n->desc, n->size < sizeof(s) ? n->size : sizeof(s));
	r->core->snapshot = arena_printf(r->arena,
		"taken by csnap (%s) in a pause of %.1f ms%s%s%s",
		s.mode == CRASHD_SNAPSHOT_FORK ? "from a copy-on-write child"
					       : "of the stopped process",
		(double)s.pause_ns / 1e6,
		s.flags & CRASHD_SNAPSHOT_CONSISTENT
			? ""
			: ", while the process went on: memory may disagree",
		s.flags & CRASHD_SNAPSHOT_EVERYTHING
			? ", with what the filter leaves out"
			: "",
		s.flags & CRASHD_SNAPSHOT_PARTIAL
			? ", with threads that could not be stopped: of these "
			  "only the registers of a system call are known"
			: "");
}

static void load_names(struct note_reader *r, const struct note *n)
{
	r->names = n->desc;
	r->names_size = n->size;
}

static void load_lost(struct note_reader *r, const struct note *n)
{
	struct core *c = r->core;
	size_t most = n->size / sizeof(struct crashd_lost);

	c->lost = arena_array(r->arena, struct core_lost, most);
	c->nlost = 0;
	for (size_t i = 0; i < most; i++) {
		struct crashd_lost l;

		memcpy(&l, n->desc + i * sizeof(l), sizeof(l));
		if (l.start && l.start < l.end)
			c->lost[c->nlost++] =
				(struct core_lost){ l.start, l.end };
	}
}

static void load_text(struct note_reader *r, const struct note *n)
{
	r->core->text[n->type - CRASHD_NOTE_FILES] = arena_strndup(r->arena,
		(const char *)n->desc, strnlen((const char *)n->desc, n->size));
}

static void load_ids(struct note_reader *r, const struct note *n)
{
	size_t each = sizeof(struct crashd_build_id);

	r->core->nids = n->size / each;
	r->core->ids = arena_memdup(r->arena, n->desc, r->core->nids * each);
}

static void load_partial(struct note_reader *r, const struct note *n)
{
	size_t most = n->size / sizeof(struct crashd_partial);
	int *lwp = arena_array(r->arena, int, most + 1);

	for (size_t i = 0; i < most; i++)
		memcpy(&lwp[i], n->desc + i * sizeof(struct crashd_partial),
			sizeof(*lwp));
	r->core->partial = lwp;
	r->core->npartial = most;
}

_Static_assert(CRASHD_NOTE_STATUS - CRASHD_NOTE_FILES == CORE_STATUS,
	"in the same order");

static const struct {
	const char *owner;
	uint32_t type;
	void (*load)(struct note_reader *, const struct note *);
} readers[] = {
	{ "CORE", NT_PRSTATUS, load_prstatus },
	{ "CORE", NT_PRPSINFO, load_prpsinfo },
	{ "CORE", NT_SIGINFO, load_siginfo },
	{ "CORE", NT_AUXV, load_auxv },
	{ "CORE", NT_FILE, load_files },
	{ "CORE", NT_FPREGSET, load_fpregs },
	{ "LINUX", NT_X86_XSTATE, load_xstate },
	{ "LINUX", NT_X86_XSAVE_LAYOUT, load_layout },
	{ "crashd", CRASHD_NOTE_SNAPSHOT, load_snapshot },
	{ "crashd", CRASHD_NOTE_THREADS, load_names },
	{ "crashd", CRASHD_NOTE_LOST, load_lost },
	{ "crashd", CRASHD_NOTE_FILES, load_text },
	{ "crashd", CRASHD_NOTE_LIMITS, load_text },
	{ "crashd", CRASHD_NOTE_CGROUP, load_text },
	{ "crashd", CRASHD_NOTE_STATUS, load_text },
	{ "crashd", CRASHD_NOTE_PARTIAL, load_partial },
	{ "crashd", CRASHD_NOTE_BUILD_IDS, load_ids },
};

/* The notes of 5,000 threads are 20 MB, each read once. */
enum { NOTES_AT_ONCE = 1 << 20 };

void note_load(struct note_reader *r, struct bytes b)
{
	struct note n;
	size_t left = bytes_left(&b);

	while (note_next(&b, &n)) {
		if (left - bytes_left(&b) > NOTES_AT_ONCE) {
			core_forget(r->core);
			left = bytes_left(&b);
		}
		for (size_t i = 0; i < sizeof(readers) / sizeof(*readers); i++)
			if (note_is(&n, readers[i].owner, readers[i].type))
				readers[i].load(r, &n);
	}
}

static void finish_thread(struct note_reader *r, size_t i)
{
	struct arch_fpnotes *fp = &r->fp[i];

	if (!fp->fpregs && !fp->xstate)
		return;
	fp->layout = r->layout;
	fp->layout_size = r->layout_size;
	r->core->threads[i].fp = fp;
}

static int compare_lwps(const void *a, const void *b)
{
	const struct core_thread *x = *(struct core_thread *const *)a;
	const struct core_thread *y = *(struct core_thread *const *)b;

	return x->lwp < y->lwp ? -1 : x->lwp > y->lwp;
}

/* Names come in csnap's order of threads, which need not be the notes'. */
static void finish_names(struct note_reader *r)
{
	struct core *c = r->core;
	struct core_thread **by_lwp =
		arena_array(r->arena, struct core_thread *, c->nthreads);
	size_t size = sizeof(struct crashd_thread_name);

	for (size_t i = 0; i < c->nthreads; i++)
		by_lwp[i] = &c->threads[i];
	qsort(by_lwp, c->nthreads, sizeof(struct core_thread *), compare_lwps);
	for (size_t i = 0; i < r->names_size / size; i++) {
		struct crashd_thread_name n;

		memcpy(&n, r->names + i * size, size);
		struct core_thread key = { .lwp = n.tid }, *p = &key;
		struct core_thread **t = bsearch(&p, by_lwp, c->nthreads,
			sizeof(struct core_thread *), compare_lwps);
		if (t)
			(*t)->name =
				arena_strndup(r->arena, n.name, sizeof(n.name));
	}
}

void note_finish(struct note_reader *r)
{
	struct core *c = r->core;

	if (c->nthreads && r->names)
		finish_names(r);
	for (size_t i = 0; i < c->nthreads; i++)
		finish_thread(r, i);
	if (c->siginfo)
		c->signal = c->siginfo->si_signo;
	else if (c->nthreads)
		c->signal = c->threads[0].cursig;
	/* Nobody dies of SIGSTOP: a debugger stopped it to take the core. */
	if (c->signal == SIGSTOP || c->signal < 0)
		c->signal = 0;
	/* The process's siginfo is the first thread's. */
	if (c->siginfo && c->nthreads && !c->threads[0].siginfo)
		c->threads[0].siginfo = c->siginfo;
}
