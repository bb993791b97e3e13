/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The kernel's choice of mappings needs details that only smaps has, and smaps
 * walks every page table: some milliseconds a gigabyte, which would be part of
 * the pause.  So smaps is read before, and maps, which is cheap, when all is
 * stopped.  A mapping whose line is the same has the same details, but for
 * one: it may have been written to for the first time, or it may have become
 * MADV_DONTDUMP as a whole, in the milliseconds between.  The first is looked
 * up in the page map, the second is taken as it was.  When a line is new,
 * everything is read again: being right comes before being fast.
 */
#include "crashd/snap/remote.h"

#include "crashd/safe/procfile.h"
#include "crashd/safe/rewind.h"
#include "crashd/safe/sys.h"
#include "crashd/snap/narrow.h"

#include <elf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/user.h>

enum {
	USER_CS = 0x33,
	USER_SS = 0x2b,
	STUCK_TRIES = 100,
};

/* ---- registers ---- */

/*
 * No signal has stopped these threads, so none is claimed: pr_cursig and
 * siginfo are 0, unless a signal was just being delivered.
 */
static int read_registers(struct remote *remote,
	const struct stop_thread *thread, struct core_thread *ret,
	char sets[REGSETS_SIZE])
{
	long n = crashd_stop_regset(thread->tid, NT_PRSTATUS,
		&ret->prstatus.pr_reg, sizeof ret->prstatus.pr_reg);

	if (n < 0)
		return (int)n;

	bool code32 = (size_t)n < sizeof ret->prstatus.pr_reg;
	int error = 0;

	ret->has_siginfo = true;
	if (thread->signal)
		crashd_stop_siginfo(thread->tid, ret->siginfo);
	if (code32 || remote->program32)
		error = narrow_registers(
			thread->tid, remote->program32, code32, ret, sets);
	else
		crashd_regsets_stopped(thread->tid, ret, sets);
	remote->n64 += remote->program32 && !code32;
	return error;
}

#if defined(__x86_64__)
struct call {
	long long number; /* -1: none */
	unsigned long long arg[6], sp, pc;
};

/* "number arg … sp pc", or "-1 sp pc" outside of a call, or "running". */
static bool parse_call(const char *text, struct call *ret)
{
	unsigned long long w[8] = { 0 };
	long long number;
	int n = sscanf(text, "%lld %llx %llx %llx %llx %llx %llx %llx %llx",
		&number, w, w + 1, w + 2, w + 3, w + 4, w + 5, w + 6, w + 7);

	if (n == 3 && number < 0) {
		*ret = (struct call){ .number = -1, .sp = w[0], .pc = w[1] };
		return true;
	}
	if (n != 9)
		return false;
	*ret = (struct call){ .number = number, .sp = w[6], .pc = w[7] };
	memcpy(ret->arg, w, sizeof ret->arg);
	return true;
}

/* At the entry of a call: rcx and r11 are the processor's (SYSCALL). */
static struct user_regs_struct registers_of(const struct call *call)
{
	bool in = call->number >= 0;

	return (struct user_regs_struct){
		.orig_rax = (unsigned long)call->number,
		.rdi = call->arg[0],
		.rsi = call->arg[1],
		.rdx = call->arg[2],
		.r10 = call->arg[3],
		.r8 = call->arg[4],
		.r9 = call->arg[5],
		.rax = in ? (unsigned long)-ENOSYS : 0,
		.rcx = in ? call->pc : 0,
		.rsp = call->sp,
		.rip = call->pc,
		.cs = USER_CS,
		.ss = USER_SS,
	};
}

static struct narrow_regs narrow_registers_of(const struct call *call)
{
	return (struct narrow_regs){
		.orig_eax = (uint32_t)call->number,
		.ebx = (uint32_t)call->arg[0],
		.ecx = (uint32_t)call->arg[1],
		.edx = (uint32_t)call->arg[2],
		.esi = (uint32_t)call->arg[3],
		.edi = (uint32_t)call->arg[4],
		.ebp = (uint32_t)call->arg[5],
		.eax = call->number >= 0 ? (uint32_t)-ENOSYS : 0,
		.esp = (uint32_t)call->sp,
		.eip = (uint32_t)call->pc,
		.cs = NARROW_CS,
		.ss = NARROW_SS,
	};
}

/* A 32-bit program's threads are taken to be in its code. */
static void set_registers(struct remote *remote, const struct call *call,
	struct elf_prstatus *ret)
{
	struct user_regs_struct wide = registers_of(call);
	struct narrow_regs narrow = narrow_registers_of(call);

	if (remote->program32)
		memcpy(&ret->pr_reg, &narrow, sizeof narrow);
	else
		memcpy(&ret->pr_reg, &wide, sizeof wide);
}

/* What /proc says of a thread that could not be stopped. */
static bool read_stuck(struct remote *remote, const struct stop_thread *thread,
	struct core_thread *ret)
{
	struct process *process = &remote->process;
	struct crashd_partial *partial = remote->partial + remote->npartial;
	struct call call;
	char text[256];

	if (crashd_procfile_read(process->proc, process->pid, thread->tid,
		    "syscall", text, sizeof text) <= 0 ||
		!parse_call(text, &call))
		return false;
	set_registers(remote, &call, &ret->prstatus);
	*partial = (struct crashd_partial){ .number = (int)call.number };
	if (crashd_procfile_read(process->proc, process->pid, thread->tid,
		    "wchan", partial->where, sizeof partial->where) <= 0 ||
		!strcmp(partial->where, "0"))
		partial->where[0] = 0;
	(void)crashd_process_thread(process, thread->tid, &ret->prstatus);
	partial->tid = ret->prstatus.pr_pid;
	ret->has_siginfo = true;
	remote->npartial++;
	return true;
}
#else
static bool read_stuck(struct remote *remote, const struct stop_thread *thread,
	struct core_thread *ret)
{
	(void)remote;
	(void)thread;
	(void)ret;
	return false;
}
#endif

/* Its name is in process.name then. */
static int read_thread(struct remote *remote, struct stop_thread *thread,
	struct core_thread *ret, char sets[REGSETS_SIZE])
{
	struct process *process = &remote->process;
	struct elf_prstatus *prstatus = &ret->prstatus;
	int error;

	/* one that is not in its wait any more is about to stop */
	for (int i = 0; thread->stuck && i < STUCK_TRIES; i++) {
		if (read_stuck(remote, thread, ret))
			return 0;
		if (!crashd_stop_collect(thread))
			crashd_stop_sleep();
	}
	error = read_registers(remote, thread, ret, sets);
	if (error)
		return error;
	if (!remote->program32) /* whose registers are others */
		crashd_rewind_check(thread, &prstatus->pr_reg);
	/* a thread that is gone by now still has its registers */
	if (!known_fill(&remote->known, process, thread, prstatus))
		(void)crashd_process_thread(process, thread->tid, prstatus);
	prstatus->pr_fpvalid = 1;
	return 0;
}

int remote_hold(struct remote *remote, struct stop_thread *thread)
{
	int error;

	memset(&remote->held, 0, sizeof remote->held);
	error = read_thread(remote, thread, &remote->held, remote->held_sets);
	memcpy(remote->held_name, remote->process.name,
		sizeof remote->held_name);
	remote->held_thread = thread;
	return error;
}

static struct stop_thread *next_stopped(struct remote *remote)
{
	struct stop *stop = remote->stop;

	while (remote->at < stop->n && !stop->thread[remote->at].stopped &&
		!stop->thread[remote->at].stuck)
		remote->at++;
	return remote->at < stop->n ? stop->thread + remote->at++ : NULL;
}

static int next_thread(struct core_source *source, struct core_thread *ret)
{
	struct remote *remote = (struct remote *)source;
	struct stop_thread *thread = next_stopped(remote);
	const char *from = remote->process.name;
	int error = 0;

	if (!thread)
		return 0;
	if (thread == remote->held_thread) {
		*ret = remote->held;
		from = remote->held_name;
	} else {
		error = read_thread(remote, thread, ret, remote->sets);
	}
	if (error)
		return error;

	struct crashd_thread_name *name = remote->names + remote->nnames++;

	name->tid = ret->prstatus.pr_pid;
	memcpy(name->name, from, sizeof remote->held_name);
	return 1;
}

/* ---- mappings ---- */

static uint32_t tag_of(const struct map *map)
{
	return (map->flags & MAP_FLAG_SHARED ? REMOTE_SHARED : 0) |
	       (map->flags & (MAP_FLAG_DONTFORK | MAP_FLAG_WIPE)
			       ? REMOTE_UNFORKED
			       : 0) |
	       (map->flags & MAP_FLAG_HUGETLB ? REMOTE_HUGE : 0);
}

static void add_up(struct remote *remote, const struct map *map)
{
	struct core_map core;
	uint64_t size;

	crashd_process_choose(&remote->process, map, &core);
	size = map->rss + map->swap;
	if (!(core.tag & (PROCESS_ANONYMOUS | PROCESS_MEMORY)) ||
		size > core.dump)
		size = core.dump;
	if (core.tag & PROCESS_UNREADABLE)
		size = 0;
	remote->in_use += size;
	remote->huge += map->huge < size ? map->huge : size;
	if (tag_of(map))
		remote->apart += size;
	if (tag_of(map) & REMOTE_UNFORKED)
		remote->unforked += size;
	/* whether it is dumped or not: it is shared with a child */
	if ((map->flags & (MAP_FLAG_HUGETLB | MAP_FLAG_SHARED)) ==
		MAP_FLAG_HUGETLB)
		remote->hugetlb += map->end - map->start;
	if (map->flags & MAP_FLAG_UFFD)
		remote->userfault = true;
}

static int read_before(struct remote *remote)
{
	struct maps *maps = &remote->process.maps;
	size_t room = 0;
	struct map map;
	int more;

	while ((more = crashd_maps_next(maps, &map)) > 0) {
		if (remote->nbefore == room) {
			room = room ? 2 * room : 256;

			struct map *grown = reallocarray(
				remote->before, room, sizeof *grown);

			if (!grown)
				return -ENOMEM;
			remote->before = grown;
		}
		add_up(remote, &map);
		map.name = NULL;
		remote->before[remote->nbefore++] = map;
	}
	return more;
}

static bool same(const struct map *a, const struct map *b)
{
	return a->start == b->start && a->end == b->end &&
	       a->perms == b->perms && a->offset == b->offset &&
	       a->inode == b->inode && a->major == b->major &&
	       a->minor == b->minor;
}

static const struct map *find_before(
	struct remote *remote, const struct map *map)
{
	while (remote->hint < remote->nbefore &&
		remote->before[remote->hint].start < map->start)
		remote->hint++;
	if (remote->hint == remote->nbefore ||
		!same(remote->before + remote->hint, map))
		return NULL;
	return remote->before + remote->hint;
}

static bool could_have_been_written(const struct map *map)
{
	return map->perms & MAP_PERM_WRITE && !map->anonymous && !map->swap &&
	       !(map->flags & MAP_FLAG_SHARED) && !crashd_map_special(map);
}

/* Adds the details to a line of maps; false: they are not known. */
static bool add_details(struct remote *remote, struct map *map)
{
	const struct map *before = find_before(remote, map);

	if (!before)
		return false;
	map->detailed = before->detailed;
	map->flags = before->flags;
	map->anonymous = before->anonymous;
	map->swap = before->swap;
	map->rss = before->rss;
	if (could_have_been_written(map)) {
		int now = crashd_process_written(&remote->process, map);

		if (now < 0)
			return false;
		map->anonymous = now ? CORE_PAGE : 0;
	}
	return true;
}

static int next_map(struct core_source *source, struct core_map *ret)
{
	struct remote *remote = (struct remote *)source;
	struct map map = { 0 };
	int more = crashd_maps_next(&remote->process.maps, &map);

	if (more <= 0)
		return more;
	if (!remote->details && !add_details(remote, &map))
		return -EAGAIN;
	crashd_process_choose(&remote->process, &map, ret);
	ret->tag |= tag_of(&map);
	return 1;
}

int remote_open(struct remote *remote, const struct target *target,
	struct stop *stop, bool everything)
{
	struct process *process = &remote->process;
	int error = crashd_process_open(process, -1, target->pid, target->tid,
		everything ? CORE_ALL : -1);

	remote->stop = stop;
	process->source.next_thread = next_thread;
	process->source.next_map = next_map;
	remote->program32 = narrow_program(process->source.process.auxv,
		process->source.process.auxv_size);
	if (!error)
		error = read_before(remote);
	if (error)
		return error;
	crashd_maps_close(&process->maps);
	about_read(&remote->about, target, &process->source, remote->before,
		remote->nbefore);
	return 0;
}

void remote_seized(struct remote *remote)
{
	crashd_stop_watch(remote->stop);
	known_read(&remote->known, &remote->process, remote->stop);
}

/*
 * The vdso, the stack and the program are elsewhere after an execve.  In the
 * midst of one there is nothing yet (binfmt_elf.c, create_elf_tables).
 */
static bool is_program(const struct remote *remote, bool unknown)
{
	const struct process *process = &remote->process;
	const struct core_process *known = &process->source.process;
	char now[sizeof known->auxv];
	long n = crashd_procfile_read(process->proc, process->pid, process->tid,
		"auxv", now, sizeof now);

	if (n <= 0)
		return unknown;
	return now[0] != AT_NULL && (size_t)n == known->auxv_size &&
	       memcmp(now, known->auxv, known->auxv_size) == 0;
}

bool remote_is_current(const struct remote *remote)
{
	return is_program(remote, false);
}

bool remote_is_other(const struct remote *remote)
{
	return !is_program(remote, true);
}

int remote_stopped(struct remote *remote, bool details)
{
	struct process *process = &remote->process;
	pid_t tid = process->tid;

	if (!remote_is_current(remote))
		return -ESTALE;
	remote->details = details;
	crashd_maps_close(&process->maps);
	process->last_written = false;
	remote->hint = 0;
	remote->held_thread = NULL;
	remote->names =
		remote->names ? remote->names
			      : calloc(remote->stop->n, sizeof *remote->names);
	if (!remote->partial)
		remote->partial =
			calloc(remote->stop->n, sizeof *remote->partial);
	if (!remote->names || !remote->partial)
		return -ENOMEM;
	remote->at = remote->nnames = remote->npartial = 0;
	remote->n64 = 0;
	return crashd_maps_open(
		&process->maps, process->proc, process->pid, tid, details);
}

void remote_close(struct remote *remote)
{
	crashd_process_close(&remote->process);
	known_close(&remote->known);
	about_close(&remote->about);
	free(remote->partial);
	free(remote->before);
	free(remote->names);
	remote->before = NULL;
	remote->names = NULL;
}
