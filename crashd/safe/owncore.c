/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A core of a process that sits in its own signal handler.
 *
 * The registers of the crashing thread must be those at the fault, not those
 * inside the handler: general ones come from the record, vector ones from the
 * signal frame.
 *
 * The file is made beside its name, with O_EXCL and without following links,
 * because /tmp is anybody's; only a whole core gets the name.
 */
#include "crashd/safe/owncore.h"

#include <elf.h>
#include <sys/mman.h>

#include "crashd/safe/handler.h"
#include "crashd/safe/process.h"
#include "crashd/safe/regsets.h"
#include "crashd/safe/spawn.h"
#include "crashd/safe/sys.h"
#include "crashd/safe/word.h"

enum {
	SCRATCH = 256 << 20, /* address space only; see elfcore.h */
	SETTLE_MS = 300,     /* from the last line to the dump, with room */
};

struct owner {
	struct process process; /* first: a core_source is an owner */
	const struct crashd_record *rec;
	const struct stop *stop;
	bool first_done;
	size_t at;
	char sets[REGSETS_SIZE];
};

/* ---- registers ---- */

static void recorded_thread(struct owner *o, struct core_thread *ret)
{
	const struct crashd_record *rec = o->rec;
	siginfo_t info;

	__builtin_memcpy(
		&ret->prstatus.pr_reg, rec->gregs, sizeof ret->prstatus.pr_reg);
	__builtin_memcpy(&info, rec->siginfo, sizeof info);
	ret->prstatus.pr_info.si_code = info.si_code;
	ret->prstatus.pr_info.si_errno = info.si_errno;
	ret->has_siginfo = true;
	__builtin_memcpy(ret->siginfo, rec->siginfo, sizeof ret->siginfo);
	crashd_regsets_frame(rec->pid, rec->ucontext, ret, o->sets);
}

static int next_registers(
	struct process *process, struct core_thread *ret, pid_t *tid)
{
	struct owner *o = (struct owner *)process;

	/* every thread's, as the kernel does: gdb takes the last one's */
	ret->prstatus.pr_info.si_signo = o->rec->signo;
	ret->prstatus.pr_cursig = (short)o->rec->signo;
	if (!o->first_done) {
		o->first_done = true;
		*tid = o->rec->tid;
		recorded_thread(o, ret);
		return 1;
	}
	for (; o->stop && o->at < o->stop->n; o->at++) {
		const struct stop_thread *thread = &o->stop->thread[o->at];

		if (!thread->stopped || thread->tid == o->rec->tid)
			continue;
		if (crashd_stop_regset(thread->tid, NT_PRSTATUS,
			    &ret->prstatus.pr_reg,
			    sizeof ret->prstatus.pr_reg) < 0)
			continue;
		o->at++;
		ret->has_siginfo = true;
		crashd_regsets_stopped(thread->tid, ret, o->sets);
		*tid = thread->tid;
		return 1;
	}
	return 0;
}

/* ---- the file ---- */

static int open_part(const char *path)
{
	const int flags =
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY;
	int fd = sys_open(path, flags, 0600);

	if (fd == -EEXIST && sys_unlinkat(AT_FDCWD, path, 0) == 0)
		fd = sys_open(path, flags, 0600);
	return fd;
}

static int write_core(struct owner *o, int fd, uint64_t *size)
{
	static struct elfcore core;
	void *scratch = sys_mmap(NULL, SCRATCH, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (sys_is_error(scratch))
		return (int)(long)scratch;
	sys_madvise(scratch, SCRATCH, MADV_DONTDUMP);
	crashd_elfcore_init(&core, scratch, SCRATCH);
	crashd_elfcore_maps(&core, &o->process.source);
	crashd_elfcore_notes(&core, &o->process.source);
	crashd_elfcore_write(&core, &o->process.source, fd);
	sys_munmap(scratch, SCRATCH);
	*size = core.end;
	return core.error;
}

int crashd_owncore_write(const struct crashd_record *rec,
	const struct stop *stop, int proc, uint64_t *size)
{
	enum { ALL_KINDS = 0x7f }; /* as coredump_filter is set at crash */
	static struct owner owner;
	char part[CRASHD_PATH_SIZE + 8], *at;
	int fd, error;

	at = crashd_word_put(part, part + CRASHD_PATH_SIZE, rec->core_path);
	crashd_word_put(at, part + sizeof part - 1, ".part");
	fd = open_part(part);
	if (fd < 0)
		return fd;
	owner.rec = rec;
	owner.stop = stop;
	owner.first_done = false;
	owner.at = 0;
	error = crashd_process_open(
		&owner.process, proc, rec->pid, rec->tid, ALL_KINDS);
	if (!error) {
		owner.process.registers = next_registers;
		error = write_core(&owner, fd, size);
	}
	crashd_process_close(&owner.process);
	sys_close(fd);
	if (!error)
		error = sys_renameat(AT_FDCWD, part, AT_FDCWD, rec->core_path);
	if (error)
		sys_unlinkat(AT_FDCWD, part, 0);
	return error;
}

/* ---- in the handler ---- */

static bool is_writable(const char *folder)
{
	return sys_faccessat2(AT_FDCWD, folder, 3, AT_EACCESS) == 0;
}

/* The n-th folder that a core may go to, into buf; false: no more. */
static bool candidate(int n, char *buf, size_t size)
{
	if (n == 0)
		crashd_word_put(buf, buf + size - 1, crashd_config.dir);
	else if (n == 1 && sys_getcwd(buf, size) <= 0)
		buf[0] = 0;
	else if (n == 2)
		crashd_word_put(buf, buf + size - 1, "/tmp");
	return n < 3;
}

/* Names the core in the first such folder from `from` on; -1: in none. */
static int choose_path(struct crashd_record *rec, int from)
{
	enum { ROOM = 32 }; /* for "/core.PID" and ".part" */
	char *end = rec->core_path + sizeof rec->core_path - 1, *at;

	for (int n = from;
		candidate(n, rec->core_path, sizeof rec->core_path - ROOM);
		n++) {
		if (rec->core_path[0] != '/' || !is_writable(rec->core_path))
			continue;
		at = rec->core_path;
		while (*at)
			at++;
		if (at > rec->core_path + 1)
			at = crashd_word_put(at, end, "/");
		at = crashd_word_put(at, end, "core.");
		crashd_word_number(at, end, (uint64_t)rec->pid, 10);
		return n;
	}
	rec->core_path[0] = 0;
	return -1;
}

void crashd_owncore_plan(struct crashd_crash *c)
{
	const struct crashd_preflight *p = &c->preflight;
	bool needed = p->kind == CRASHD_CORE_NONE && !p->secret;

	if (needed && !crashd_foreign_proc() && choose_path(&c->record, 0) >= 0)
		c->record.flags |= CRASHD_RECORD_CORE;
}

void crashd_owncore_foretell(struct crashd_crash *c)
{
	const struct crashd_preflight *p = &c->preflight;
	struct crashd_record *rec = &c->record;

	if (c->lives)
		return;
	if (p->kind == CRASHD_CORE_SYSTEMD || p->kind == CRASHD_CORE_UNKNOWN)
		rec->flags |= CRASHD_RECORD_STORED;
	if (p->kind == CRASHD_CORE_FILE)
		__builtin_memcpy(
			rec->core_path, p->path, sizeof rec->core_path);
}

/* For a shell: in single quotes when there is anything to quote. */
static void put_word(struct crashd_text *t, const char *s)
{
	bool plain = s[0] != 0;

	for (const char *p = s; *p; p++) {
		char c = *p;

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			    (c >= '+' && c <= '9' && c != ',') || c == '_' ||
			    c == '@' || c == ':' || c == '=' || c == '!'))
			plain = false;
	}
	if (plain) {
		crashd_text_str(t, s);
		return;
	}
	crashd_text_char(t, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			crashd_text_str(t, "'\\''");
		else
			crashd_text_name(t, s, 1);
	}
	crashd_text_char(t, '\'');
}

/* Paths are the process', and its root may be a folder. */
static void say_root(struct crashd_text *t)
{
	struct stat st;

	if (sys_fstatat(AT_FDCWD, "/", &st, 0) == 0 &&
		(st.st_dev != crashd_config.root_dev ||
			st.st_ino != crashd_config.root_ino))
		crashd_text_str(t, " below the root folder of the process");
}

static void next_command(struct crashd_text *t, const char *core)
{
	crashd_text_str(t, "to look at it:\n  cinspect ");
	put_word(t, crashd_config.exe);
	crashd_text_char(t, ' ');
	put_word(t, core);
	crashd_text_char(t, '\n');
}

static void put_error(struct crashd_text *t, int error)
{
	if (!error)
		return;
	crashd_text_str(t, ": ");
	crashd_text_str(t, crashd_error_words(error));
}

static bool has_letter(const char *pattern, char letter)
{
	for (; *pattern; pattern++) {
		if (*pattern != '%')
			continue;
		if (*++pattern == letter)
			return true;
		if (!*pattern)
			break;
	}
	return false;
}

/* To where it runs now, so that %C stays true. */
static void stay_on_processor(void)
{
	unsigned cpu = 0;
	uint64_t mask[16] = { 0 };

	if (sys_3(SYS_getcpu, &cpu, NULL, NULL) < 0 || cpu >= 64 * 16)
		return;
	mask[cpu / 64] = 1ULL << cpu % 64;
	sys_3(SYS_sched_setaffinity, 0, sizeof mask, mask);
}

/*
 * The kernel puts the second and the processor of the dump into a name with %t
 * and %C; so the name is made at the last moment, and not at the end of a
 * second.
 */
static void settle_name(struct crashd_crash *c)
{
	static struct crashd_preflight late;
	struct crashd_preflight *p = &c->preflight;
	struct timespec now = { 0 };
	bool time = has_letter(p->pattern, 't');

	if (!time && !has_letter(p->pattern, 'C'))
		return;
	stay_on_processor();
	sys_clock_gettime(CLOCK_REALTIME, &now);
	if (time && now.tv_nsec > (1000 - SETTLE_MS) * 1000000L)
		sys_sleep_ms(SETTLE_MS);
	crashd_preflight(&late, crashd_now.proc_fd, c->record.tid, c->sig,
		crashd_config.exe);
	if (late.kind == CRASHD_CORE_FILE)
		__builtin_memcpy(p->path, late.path, sizeof p->path);
}

/* The kernel's core, still to come. */
static void kernels(struct crashd_crash *c)
{
	const struct crashd_preflight *p = &c->preflight;
	struct crashd_text *t = &c->text;

	if (p->kind == CRASHD_CORE_FILE)
		settle_name(c);
	crashd_text_str(t, "\ncore: by the kernel, ");
	switch (p->kind) {
	case CRASHD_CORE_FILE:
		crashd_text_str(t, "in ");
		crashd_text_name(t, p->path, sizeof p->path);
		say_root(t);
		crashd_text_char(t, '\n');
		next_command(t, p->path);
		break;
	case CRASHD_CORE_SYSTEMD:
		crashd_text_str(t, "to systemd-coredump\nto look at it:\n"
				   "  cinspect --journal=");
		crashd_text_dec(t, p->global_pid);
		crashd_text_char(t, '\n');
		break;
	case CRASHD_CORE_PIPE:
	case CRASHD_CORE_SOCKET:
		crashd_text_str(t, p->kind == CRASHD_CORE_PIPE
					   ? "to the program "
					   : "to the socket ");
		crashd_text_name(t, p->path, sizeof p->path);
		crashd_text_str(t, ", which knows where it keeps it\n");
		break;
	default:
		break;
	}
}

/* All tiers failed to write it: at least this thread and the memory. */
static void write_alone(struct crashd_crash *c)
{
	struct crashd_record *rec = &c->record;

	rec->core_error = crashd_owncore_write(
		rec, NULL, crashd_now.proc_fd, &rec->core_bytes);
	if (rec->core_error)
		rec->core_bytes = 0;
	else
		crashd_text_str(&c->text,
			"core: only the crashing thread could be put in it\n");
}

static void ours(struct crashd_crash *c)
{
	struct crashd_record *rec = &c->record;
	struct crashd_text *t = &c->text;

	if (!rec->core_bytes)
		write_alone(c);
	for (int n = 1; rec->core_error && n > 0 && n < 3; n++) {
		n = choose_path(rec, n);
		if (n < 0)
			break;
		write_alone(c);
	}
	if (!rec->core_bytes) {
		crashd_text_str(t, "core: our own could not be written");
		put_error(t, rec->core_error);
		crashd_text_char(t, '\n');
		return;
	}
	crashd_text_str(t, "core: written by libcrashd in its place, ");
	crashd_text_name(t, rec->core_path, sizeof rec->core_path);
	say_root(t);
	crashd_text_char(t, '\n');
	next_command(t, rec->core_path);
}

void crashd_owncore_report(struct crashd_crash *c)
{
	const struct crashd_preflight *p = &c->preflight;
	struct crashd_text *t = &c->text;

	if (c->lives)
		return;
	if (p->kind == CRASHD_CORE_NONE || p->kind == CRASHD_CORE_UNKNOWN) {
		if (c->level < CRASHD_LEVEL_CRASH)
			return; /* as without the library: nothing to say */
		crashd_text_str(
			t, p->kind == CRASHD_CORE_NONE
				   ? "\ncore: the kernel will write none: "
				   : "\ncore: whether there will be one is not "
				     "known: ");
		crashd_text_str(t, p->why);
		put_error(t, p->error);
		crashd_text_char(t, '\n');
	} else {
		kernels(c);
	}
	if (c->record.flags & CRASHD_RECORD_CORE)
		ours(c);
	else if (p->kind == CRASHD_CORE_NONE && !p->secret)
		crashd_text_str(
			t, crashd_foreign_proc()
				   ? "core: none of ours either: /proc is of "
				     "another PID namespace\n"
				   : "core: no folder to write our own in\n");
	crashd_text_flush(t);
}
