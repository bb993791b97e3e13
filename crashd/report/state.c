/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A thread's state is the system call in its registers and their arguments.
 * What a futex belongs to and who has it is inspect/locks' part.
 */
#include "crashd/report/state.h"
#include "inspect/image/symbol.h"
#include "inspect/locks/futex.h"
#include "inspect/locks/syscall.h"

#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct call {
	long nr;
	const char *what;
	int fd; /* which argument is a descriptor; -1: none */
};

static const struct call calls[] = {
	{ SYS_read, "read from", 0 },
	{ SYS_pread64, "read from", 0 },
	{ SYS_readv, "read from", 0 },
	{ SYS_preadv, "read from", 0 },
	{ SYS_recvfrom, "receive from", 0 },
	{ SYS_recvmsg, "receive from", 0 },
	{ SYS_recvmmsg, "receive from", 0 },
	{ SYS_write, "write to", 0 },
	{ SYS_pwrite64, "write to", 0 },
	{ SYS_writev, "write to", 0 },
	{ SYS_pwritev, "write to", 0 },
	{ SYS_sendto, "send to", 0 },
	{ SYS_sendmsg, "send to", 0 },
	{ SYS_sendmmsg, "send to", 0 },
	{ SYS_sendfile, "send to", 0 },
	{ SYS_accept, "accept on", 0 },
	{ SYS_accept4, "accept on", 0 },
	{ SYS_connect, "connect of", 0 },
	{ SYS_epoll_wait, "epoll wait on", 0 },
	{ SYS_epoll_pwait, "epoll wait on", 0 },
	{ SYS_epoll_pwait2, "epoll wait on", 0 },
	{ SYS_io_getevents, "wait for asynchronous I/O", -1 },
	{ SYS_io_uring_enter, "io_uring wait on", 0 },
	{ SYS_flock, "flock of", 0 },
	{ SYS_fcntl, "fcntl of", 0 },
	{ SYS_ioctl, "ioctl of", 0 },
	{ SYS_fsync, "fsync of", 0 },
	{ SYS_fdatasync, "fdatasync of", 0 },
	{ SYS_poll, "poll", -1 },
	{ SYS_ppoll, "poll", -1 },
	{ SYS_select, "select", -1 },
	{ SYS_pselect6, "select", -1 },
	{ SYS_nanosleep, "sleep", -1 },
	{ SYS_clock_nanosleep, "sleep", -1 },
	{ SYS_pause, "pause", -1 },
	{ SYS_rt_sigsuspend, "wait for a signal", -1 },
	{ SYS_rt_sigtimedwait, "wait for a signal", -1 },
	{ SYS_wait4, "wait for a child", -1 },
	{ SYS_waitid, "wait for a child", -1 },
	{ SYS_vfork, "wait for its vfork child", -1 },
	{ SYS_clone, "wait for its vfork child", -1 },
	{ SYS_clone3, "wait for its vfork child", -1 },
	{ SYS_futex, "futex wait", -1 },
	{ SYS_semop, "semop", -1 },
	{ SYS_semtimedop, "semop", -1 },
	{ SYS_msgrcv, "msgrcv", -1 },
	{ SYS_msgsnd, "msgsnd", -1 },
};

struct words {
	const struct target *target;
	const struct target_thread *thread;
	struct image *image;
	const struct trace *trace;
	struct arena *arena;
};

static bool is_thread(const void *ctx, int tid)
{
	const struct target *t = ctx;

	for (size_t i = 0; i < t->n; i++)
		if (t->thread[i].tid == tid)
			return true;
	return false;
}

static const char *word_text(struct words *w, uint64_t addr)
{
	struct symbol sym;

	if (!w->image || !symbol_at(w->image, addr, &sym))
		return arena_printf(
			w->arena, "0x%llx", (unsigned long long)addr);
	if (addr == sym.addr)
		return arena_printf(w->arena, "0x%llx <%s>",
			(unsigned long long)addr, sym.name);
	return arena_printf(w->arena, "0x%llx <%s+%llu>",
		(unsigned long long)addr, sym.name,
		(unsigned long long)(addr - sym.addr));
}

static const char *futex_text(struct words *w)
{
	const struct target_thread *th = w->thread;
	struct futex_process process = {
		.mem = &w->image->mem,
		.is_thread = is_thread,
		.ctx = w->target,
	};
	int owner = 0;
	enum futex_kind kind =
		w->image ? futex_of(&process, th->arg, w->trace, &owner)
			 : FUTEX_OTHER;
	const char *what = futex_words(kind), *at = word_text(w, th->arg[0]);

	if (kind == FUTEX_NONE)
		return "futex";
	if (kind == FUTEX_JOIN && owner)
		return arena_printf(
			w->arena, "wait for thread %d to end", owner);
	if (owner)
		return arena_printf(w->arena,
			"futex wait on the mutex %s held by thread %d%s", at,
			owner, owner == th->tid ? ", itself" : "");
	if (what)
		return arena_printf(
			w->arena, "futex wait on a %s at %s", what, at);
	return arena_printf(w->arena, "futex wait at %s", at);
}

static const char *fd_text(
	const struct target *t, const char *what, int fd, struct arena *arena)
{
	char path[64], to[256];
	ssize_t n;

	snprintf(path, sizeof path, "%d/fd/%d", t->pid, fd);
	n = readlinkat(t->proc, path, to, sizeof to - 1);
	if (n <= 0)
		return arena_printf(arena, "%s fd %d", what, fd);
	to[n] = 0;
	return arena_printf(arena, "%s fd %d (%s)", what, fd, to);
}

static const char *call_text(struct words *w)
{
	const struct target_thread *th = w->thread;
	long nr = (long)syscall_restarted((uint64_t)th->call,
		w->trace->n ? w->trace->frames[0].function : NULL);

	if (nr == SYS_futex)
		return futex_text(w);
	if (nr == SYS_restart_syscall)
		return "sleep or wait with a time limit";
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		if (calls[i].nr == nr)
			return calls[i].fd < 0
				       ? calls[i].what
				       : fd_text(w->target, calls[i].what,
						 (int)th->arg[0], w->arena);
	return arena_printf(w->arena, "system call %ld", nr);
}

const char *state_text(const struct target *t, const struct target_thread *th,
	struct image *image, const struct trace *trace, struct arena *arena)
{
	struct words w = { t, th, image, trace, arena };
	const char *what = th->call >= 0 ? call_text(&w) : NULL;

	switch (th->access) {
	case THREAD_RECORDED:
		return t->record.signo ? "got the signal" : "asked for this";
	case THREAD_ENDED:
		return "has ended";
	case THREAD_STUCK:
		return arena_printf(arena, "%s, uninterruptible",
			what ? what : "in the kernel");
	case THREAD_STOPPED:
	case THREAD_FOREIGN:
		break;
	}
	if (what)
		return what;
	return th->state == 'T' ? "stopped" : "running";
}
