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
#include "inspect/base/buf.h"

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

enum { MUTEX_OWNER = 8, FUTEX_TID_BITS = FUTEX_TID_MASK };

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

static const char *futex_text(const struct target *t,
	const struct target_thread *th, struct arena *arena)
{
	uint64_t word = th->arg[0];
	int op = (int)th->arg[1] & FUTEX_CMD_MASK;
	uint32_t expected = (uint32_t)th->arg[2], value = 0;
	uint32_t owner = mutex_owner(t, word, op);

	(void)!target_read(t, word, &value, 4);
	if (expected && value == expected && is_thread(t, expected) &&
		!(expected & ~FUTEX_TID_BITS))
		return arena_printf(
			arena, "wait for thread %u to end", expected);
	if (owner && is_thread(t, owner))
		return arena_printf(arena,
			"futex wait on the mutex 0x%llx held by thread %u%s",
			(unsigned long long)word, owner,
			owner == (uint32_t)th->tid ? ", itself" : "");
	return arena_printf(
		arena, "futex wait at 0x%llx", (unsigned long long)word);
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
static long restarted(const char *function)
{
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

static const char *call_text(const struct target *t,
	const struct target_thread *th, const char *function,
	struct arena *arena)
{
	long nr = th->call == SYS_restart_syscall ? restarted(function)
						  : th->call;

	if (nr == SYS_futex)
		return futex_text(t, th, arena);
	if (nr == SYS_restart_syscall)
		return "sleep or wait with a time limit";
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		if (calls[i].nr == nr)
			return calls[i].fd < 0
				       ? calls[i].what
				       : fd_text(t, calls[i].what,
						 (int)th->arg[0], arena);
	return arena_printf(arena, "system call %ld", nr);
}

const char *state_text(const struct target *t, const struct target_thread *th,
	const char *function, struct arena *arena)
{
	const char *what =
		th->call >= 0 ? call_text(t, th, function, arena) : NULL;

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
