/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A thread's state is the system call in its registers and their arguments.
 * For a futex the words around it tell more, as glibc lays them out on x86-64:
 * pthread_mutex_t has the lock word at 0 and its owner's tid at 8;
 * pthread_join waits on the tid in the other thread's struct pthread, with
 * that tid as the value expected.  An owner is believed only if it is a
 * thread of this process.
 */
#include "crashd/report/state.h"
#include "inspect/image/symbol.h"

#include <linux/futex.h>
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

enum {
	MUTEX_OWNER = 8,
	FUTEX_TID_BITS = FUTEX_TID_MASK,
	MAX_LOCK_FRAMES = 8, /* of glibc, above the program's own */
};

struct words {
	const struct target *target;
	const struct target_thread *thread;
	struct image *image;
	const struct trace *trace;
	struct arena *arena;
};

static bool is_thread(const struct target *t, uint32_t tid)
{
	for (size_t i = 0; i < t->n; i++)
		if ((uint32_t)t->thread[i].tid == tid)
			return true;
	return false;
}

/* PI and robust mutexes have the owner in the word itself. */
static uint32_t mutex_owner(const struct target *t, uint64_t word, int op)
{
	uint32_t v[4];

	if (target_read(t, word, v, sizeof v) != sizeof v)
		return 0;
	if (op == FUTEX_LOCK_PI || op == FUTEX_LOCK_PI2)
		return v[0] & FUTEX_TID_BITS;
	if (is_thread(t, v[0] & FUTEX_TID_BITS) &&
		v[0] & (FUTEX_WAITERS | FUTEX_OWNER_DIED))
		return v[0] & FUTEX_TID_BITS;
	return v[0] == 1 || v[0] == 2 ? v[MUTEX_OWNER / 4] : 0;
}

/* What kind of lock: a word in the name of one of glibc's functions. */
static const char *futex_kind(const struct trace *trace)
{
	static const struct {
		const char *part, *kind;
	} kinds[] = {
		{ "pthread_cond_", "a condition variable" },
		{ "pthread_rwlock_", "a read-write lock" },
		{ "pthread_barrier_", "a barrier" },
		{ "pthread_once", "another thread's pthread_once" },
		{ "sem_", "a semaphore" },
		{ "mutex_lock", "a mutex" },
		{ "mutex_clocklock", "a mutex" },
		{ "mutex_timedlock", "a mutex" },
	};

	for (size_t i = 0; i < trace->n && i < MAX_LOCK_FRAMES; i++)
		for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
			if (trace->frames[i].function &&
				strstr(trace->frames[i].function,
					kinds[k].part))
				return kinds[k].kind;
	return NULL;
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
	const struct target *t = w->target;
	const struct target_thread *th = w->thread;
	uint64_t word = th->arg[0];
	int op = (int)th->arg[1] & FUTEX_CMD_MASK;
	uint32_t expected = (uint32_t)th->arg[2], value = 0;
	const char *kind = futex_kind(w->trace), *at = word_text(w, word);
	bool other = kind && !strstr(kind, "mutex");
	uint32_t owner = other ? 0 : mutex_owner(t, word, op);

	(void)!target_read(t, word, &value, 4);
	if (expected && value == expected && is_thread(t, expected) &&
		!(expected & ~FUTEX_TID_BITS))
		return arena_printf(
			w->arena, "wait for thread %u to end", expected);
	if (owner && is_thread(t, owner))
		return arena_printf(w->arena,
			"futex wait on the mutex %s held by thread %u%s", at,
			owner, owner == (uint32_t)th->tid ? ", itself" : "");
	if (kind)
		return arena_printf(
			w->arena, "futex wait on %s at %s", kind, at);
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

/* A call with a time limit that was interrupted goes on as restart_syscall,
 * with its old arguments; which one it was, its function tells. */
static long restarted(const struct trace *trace)
{
	const char *function = trace->n ? trace->frames[0].function : NULL;

	if (!function)
		return SYS_restart_syscall;
	if (strstr(function, "futex"))
		return SYS_futex;
	if (strstr(function, "poll"))
		return SYS_poll;
	if (strstr(function, "sleep"))
		return SYS_nanosleep;
	return SYS_restart_syscall;
}

static const char *call_text(struct words *w)
{
	const struct target_thread *th = w->thread;
	long nr = th->call == SYS_restart_syscall ? restarted(w->trace)
						  : th->call;

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
		break;
	}
	if (what)
		return what;
	return th->state == 'T' ? "stopped" : "running";
}
