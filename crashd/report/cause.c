/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inspect/why and inspect/locks look at a core.  A stopped process has all
 * that they ask a core for, so one is made up of it: its threads, its mappings
 * with their permissions, and the signal of the record.
 *
 * What the handler has already said in the first lines is not said again.
 */
#include "crashd/report/cause.h"

#include "crashd/safe/maps.h"
#include "inspect/base/buf.h"
#include "inspect/base/limits.h"
#include "inspect/why/traceid.h"
#include "inspect/why/why.h"

#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum {
	MAX_COMMAND = 200,
	MAX_EVIDENCE = 4,
	INNERMOST = 16, /* frames: some function of a recursion is among them */
	RECURSION = 16,
};

/* ---- who sent it ---- */

static bool was_sent(const siginfo_t *info)
{
	return info->si_code == SI_USER || info->si_code == SI_TKILL ||
	       info->si_code == SI_QUEUE;
}

/* Its command line, with spaces between the words. */
static const char *command_of(
	const struct target *t, pid_t pid, struct arena *arena)
{
	char text[MAX_COMMAND + 1];
	const char *path = arena_printf(arena, "%d/cmdline", pid);
	int fd = openat(t->proc, path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, MAX_COMMAND);

	if (fd >= 0)
		close(fd);
	while (n > 0 && !text[n - 1])
		n--;
	for (ssize_t i = 0; i < n; i++)
		if (!text[i])
			text[i] = ' ';
	text[n > 0 ? n : 0] = 0;
	return arena_strdup(arena, text);
}

static void put_sender(struct target *t, struct buf *b)
{
	const siginfo_t *info = (const void *)t->record.siginfo;
	const char *name, *command;

	if (!t->record.signo || !was_sent(info) || info->si_pid <= 0 ||
		info->si_pid == t->pid ||
		t->record.flags & CRASHD_RECORD_BAD_INFO)
		return;
	name = target_process_name(t, info->si_pid, b->arena);
	command = command_of(t, info->si_pid, b->arena);
	if (!name[0])
		buf_printf(b, "sender: process %d, which has ended\n",
			info->si_pid);
	else
		buf_printf(b, "sender: process %d%s%s%s\n", info->si_pid, name,
			command[0] ? ": " : "", command);
}

/* ---- the core that the process would be ---- */

static unsigned load_flags(unsigned perms)
{
	return (perms & MAP_PERM_READ ? PF_R : 0) |
	       (perms & MAP_PERM_WRITE ? PF_W : 0) |
	       (perms & MAP_PERM_EXEC ? PF_X : 0);
}

static void add_maps(struct target *t, struct arena *arena, struct core *c)
{
	static struct maps maps;
	size_t loads = 0, files = 0;
	struct map m;

	if (crashd_maps_open(&maps, t->proc, t->alive, t->alive, false) < 0)
		return;
	while (crashd_maps_next(&maps, &m) > 0) {
		c->loads = arena_grow(
			arena, c->loads, c->nloads, &loads, sizeof *c->loads);
		c->loads[c->nloads++] = (struct core_load){
			.addr = m.start,
			.memsz = m.end - m.start,
			.flags = load_flags(m.perms),
		};
		if (m.name[0] != '/')
			continue;
		c->files = arena_grow(
			arena, c->files, c->nfiles, &files, sizeof *c->files);
		c->files[c->nfiles++] = (struct core_file){
			.start = m.start,
			.end = m.end,
			.offset = m.offset,
			.path = arena_strdup(arena, m.name),
		};
	}
	crashd_maps_close(&maps);
}

static struct core *make_core(
	struct target *t, struct image *image, struct arena *arena)
{
	struct core *c = arena_new(arena, struct core);

	c->arch = image->arch;
	c->pid = t->pid;
	c->auxv = (struct core_auxv *)image->auxv;
	c->nauxv = image->nauxv;
	c->nthreads = t->n;
	c->threads = arena_array(arena, struct core_thread, t->n + 1);
	for (size_t i = 0; i < t->n; i++)
		c->threads[i] = (struct core_thread){
			.id = (int)i + 1,
			.lwp = t->thread[i].tid,
			.regs = t->thread[i].regs,
			.name = t->thread[i].name,
		};
	if (t->record_addr && t->record.signo) {
		c->signal = t->record.signo;
		if (!(t->record.flags & CRASHD_RECORD_BAD_INFO))
			c->siginfo = (const void *)t->record.siginfo;
	}
	add_maps(t, arena, c);
	return c;
}

/* ---- findings ---- */

/* In the first lines already, or nothing that a report needs. */
static bool is_said(const struct why_finding *f)
{
	static const char *const said[] = { "killed-by", "snapshot", "unknown",
		"watchdog", "bad-syscall" };

	if (f->plain)
		return true;
	for (size_t i = 0; i < sizeof said / sizeof *said; i++)
		if (!strcmp(f->cause, said[i]))
			return true;
	return false;
}

/* 10234: "10,234" */
static const char *thousands(size_t n, struct arena *arena)
{
	return n < 1000 ? arena_printf(arena, "%zu", n)
			: arena_printf(arena, "%s,%03zu",
				  thousands(n / 1000, arena), n % 1000);
}

static size_t frames_of(const struct trace *t, const char *function)
{
	size_t n = 0;

	for (size_t i = 0; function && i < t->n; i++)
		n += t->frames[i].function &&
		     !strcmp(t->frames[i].function, function);
	return n;
}

/* The function that most frames are of: among the innermost, for each of them
 * is counted through the whole stack. */
static void put_overflow(
	const struct why_finding *f, const struct trace *t, struct buf *b)
{
	const char *most = NULL;
	size_t n = 0;

	for (size_t i = 0; i < t->n && i < INNERMOST; i++) {
		const char *name = t->frames[i].function;
		size_t k = frames_of(t, name);

		if (k > n) {
			n = k;
			most = name;
		}
	}
	if (!most || n < RECURSION)
		buf_printf(b,
			"why: stack overflow in a stack of %zu frames: %s\n",
			t->n, f->text);
	else
		buf_printf(b, "why: stack overflow: %s%s frames of %s\n",
			t->n >= MAX_FRAMES ? "at least " : "",
			thousands(n, b->arena), most);
}

static void put_finding(
	const struct why_finding *f, const struct trace *t, struct buf *b)
{
	size_t shown = 0;

	if (!strcmp(f->cause, "stack-overflow")) {
		put_overflow(f, t, b);
		return;
	}

	buf_printf(b, "why: %s%s\n",
		f->confidence == WHY_LIKELY ? "likely: " : "", f->text);
	for (size_t i = 0; i < f->nevidence && shown < MAX_EVIDENCE; i++) {
		const char *e = f->evidence[i];

		if (!strncmp(e, "SIG", 3) || !strncmp(e, "fault address", 13) ||
			!strncmp(e, "__abort_msg", 11) ||
			!strncmp(e, "pc is", 5))
			continue;
		buf_printf(b, "     %s\n", e);
		shown++;
	}
}

/* A signal that the process dies of. */
static bool has_crashed(const struct target *t)
{
	return t->record_addr && t->record.signo &&
	       !(t->record.flags & CRASHD_RECORD_CONTINUE);
}

const char *cause_text(struct target *t, struct image *image,
	const struct trace *trace, struct arena *arena,
	char ret_id[CRASH_ID_SIZE])
{
	struct buf b = { .arena = arena };
	struct why why;

	ret_id[0] = '\0';
	if (t->record_addr)
		put_sender(t, &b);
	image->core = make_core(t, image, arena);
	if (!why_find(image, trace, arena, &why))
		for (size_t i = 0; i < why.n; i++)
			if (!is_said(&why.findings[i]))
				put_finding(&why.findings[i], trace, &b);
	if (has_crashed(t) && trace->n) {
		(void)traceid_of(image, trace, t->record.signo, ret_id);
		buf_printf(&b, "crash id: %s\n", ret_id);
	}
	image->core = NULL;
	return buf_str(&b);
}
