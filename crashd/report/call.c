/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One row a call: what it is called, and which function puts its arguments in
 * words.  Registers and memory that they point to are as the caller left them
 * until the call returns (select(2) writes its sets at the end).
 */
#include "crashd/report/call.h"

#include "crashd/report/descriptor.h"
#include "inspect/base/buf.h"
#include "inspect/locks/syscall.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

enum {
	SHOWN_DESCRIPTORS = 4,
	MAX_POLLED = 1024,
	MAX_NAME = 256,
};

struct call {
	const struct target *target;
	const uint64_t *arg;
	struct buf *out;
	struct arena *arena;
};

typedef void call_words(struct call *);

const char *call_duration(double s, struct arena *arena)
{
	if (s < 1)
		return arena_printf(arena, "%.0f ms", s * 1000);
	if (s < 100)
		return arena_printf(arena, "%.1f s", s);
	if (s < 6000)
		return arena_printf(arena, "%.1f min", s / 60);
	if (s < 48 * 3600)
		return arena_printf(arena, "%.1f h", s / 3600);
	return arena_printf(arena, "%.1f days", s / 86400);
}

static bool read_at(struct call *c, uint64_t addr, void *buf, size_t n)
{
	return addr && target_read(c->target, addr, buf, n) == (ssize_t)n;
}

/* ---- how long ---- */

static void at_most(struct call *c, double seconds)
{
	buf_printf(
		c->out, ", for at most %s", call_duration(seconds, c->arena));
}

static void at_most_ms(struct call *c, uint64_t ms)
{
	if ((int)ms >= 0)
		at_most(c, (int)ms / 1e3);
}

static void at_most_timespec(struct call *c, uint64_t addr)
{
	struct timespec t;

	if (read_at(c, addr, &t, sizeof t))
		at_most(c, (double)t.tv_sec + (double)t.tv_nsec / 1e9);
}

static void at_most_timeval(struct call *c, uint64_t addr)
{
	struct timeval t;

	if (read_at(c, addr, &t, sizeof t))
		at_most(c, (double)t.tv_sec + (double)t.tv_usec / 1e6);
}

static void sleep_words(struct call *c)
{
	struct timespec t;

	if (read_at(c, c->arg[0], &t, sizeof t))
		buf_printf(c->out, " of %s",
			call_duration(
				(double)t.tv_sec + (double)t.tv_nsec / 1e9,
				c->arena));
}

static void clock_sleep_words(struct call *c)
{
	struct timespec t, now;

	if (!read_at(c, c->arg[2], &t, sizeof t))
		return;

	double s = (double)t.tv_sec + (double)t.tv_nsec / 1e9;

	if (!(c->arg[1] & TIMER_ABSTIME))
		buf_printf(c->out, " of %s", call_duration(s, c->arena));
	else if (!clock_gettime((clockid_t)c->arg[0], &now))
		buf_printf(c->out, " that ends in %s",
			call_duration(s - (double)now.tv_sec -
					      (double)now.tv_nsec / 1e9,
				c->arena));
}

/* ---- which descriptors ---- */

static void put_descriptor(struct call *c, uint64_t fd)
{
	buf_puts(c->out, descriptor_text(c->target, (int)fd, c->arena));
}

static void descriptor_words(struct call *c)
{
	buf_putc(c->out, ' ');
	put_descriptor(c, c->arg[0]);
}

/* n of them, of which the first are in fd. */
static void put_list(struct call *c, const int *fd, size_t n)
{
	for (size_t i = 0; i < n && i < SHOWN_DESCRIPTORS; i++) {
		buf_puts(c->out, i ? ", " : "");
		put_descriptor(c, (uint64_t)fd[i]);
	}
	if (n > SHOWN_DESCRIPTORS)
		buf_printf(c->out, " and %zu more", n - SHOWN_DESCRIPTORS);
}

static void list_words(struct call *c, const int *fd, size_t n)
{
	buf_puts(c->out, n ? " of " : " of nothing");
	put_list(c, fd, n);
}

static void put_polled(struct call *c)
{
	struct pollfd v[MAX_POLLED];
	int fd[SHOWN_DESCRIPTORS];
	size_t n = 0, all = c->arg[1];

	if (all > MAX_POLLED ||
		(all && !read_at(c, c->arg[0], v, all * sizeof *v))) {
		buf_printf(c->out, " of %zu descriptors", all);
		return;
	}
	for (size_t i = 0; i < all; i++) {
		if (v[i].fd < 0)
			continue;
		if (n < SHOWN_DESCRIPTORS)
			fd[n] = v[i].fd;
		n++;
	}
	list_words(c, fd, n);
}

static void poll_words(struct call *c)
{
	put_polled(c);
	at_most_ms(c, c->arg[2]);
}

static void ppoll_words(struct call *c)
{
	put_polled(c);
	at_most_timespec(c, c->arg[2]);
}

static void put_selected(struct call *c)
{
	fd_set sets[3] = { 0 };
	int fd[SHOWN_DESCRIPTORS], end = (int)c->arg[0];
	size_t n = 0;

	if (end > FD_SETSIZE)
		end = FD_SETSIZE;
	if (end <= 0)
		return;
	for (size_t i = 0; i < 3; i++)
		read_at(c, c->arg[i + 1], &sets[i], ((size_t)end + 7) / 8);
	for (int i = 0; i < end; i++) {
		if (!FD_ISSET(i, &sets[0]) && !FD_ISSET(i, &sets[1]) &&
			!FD_ISSET(i, &sets[2]))
			continue;
		if (n < SHOWN_DESCRIPTORS)
			fd[n] = i;
		n++;
	}
	list_words(c, fd, n);
}

static void select_words(struct call *c)
{
	put_selected(c);
	at_most_timeval(c, c->arg[4]);
}

static void pselect_words(struct call *c)
{
	put_selected(c);
	at_most_timespec(c, c->arg[4]);
}

static void put_epoll(struct call *c)
{
	int fd[SHOWN_DESCRIPTORS];
	size_t n = descriptor_watched(
		c->target, (int)c->arg[0], fd, SHOWN_DESCRIPTORS);

	buf_printf(c->out, " on fd %d, which watches ", (int)c->arg[0]);
	if (!n)
		buf_puts(c->out, "nothing");
	put_list(c, fd, n);
}

static void epoll_words(struct call *c)
{
	put_epoll(c);
	at_most_ms(c, c->arg[3]);
}

static void epoll2_words(struct call *c)
{
	put_epoll(c);
	at_most_timespec(c, c->arg[3]);
}

static void fcntl_words(struct call *c)
{
	bool lock = c->arg[1] == F_SETLKW || c->arg[1] == F_OFD_SETLKW;

	buf_puts(c->out, lock ? "wait for a lock on " : "fcntl of ");
	put_descriptor(c, c->arg[0]);
}

/* ---- files by name, children ---- */

static void put_name(struct call *c, uint64_t addr)
{
	char name[MAX_NAME];
	ssize_t n = target_read(c->target, addr, name, sizeof name - 1);

	/* the string may be the last of its page */
	if (n <= 0)
		n = target_read(c->target, addr, name,
			4096 - addr % 4096 < sizeof name ? 4096 - addr % 4096
							 : sizeof name - 1);
	if (n <= 0)
		return;
	name[n] = 0;
	buf_printf(c->out, " of %s", name);
}

static void open_words(struct call *c)
{
	put_name(c, c->arg[0]);
}

static void openat_words(struct call *c)
{
	put_name(c, c->arg[1]);
}

static void put_child(struct call *c, int pid)
{
	if (pid > 0)
		buf_printf(c->out, "wait for child %d%s", pid,
			target_process_name(c->target, pid, c->arena));
	else
		buf_puts(c->out, "wait for a child");
}

static void wait4_words(struct call *c)
{
	put_child(c, (int)c->arg[0]);
}

static void waitid_words(struct call *c)
{
	put_child(c, c->arg[0] == P_PID ? (int)c->arg[1] : 0);
}

static const struct row {
	long number;
	const char *what; /* NULL: words has all of it */
	call_words *words;
} rows[] = {
	{ SYS_read, "read", descriptor_words },
	{ SYS_pread64, "read", descriptor_words },
	{ SYS_readv, "read", descriptor_words },
	{ SYS_preadv, "read", descriptor_words },
	{ SYS_preadv2, "read", descriptor_words },
	{ SYS_recvfrom, "receive from", descriptor_words },
	{ SYS_recvmsg, "receive from", descriptor_words },
	{ SYS_recvmmsg, "receive from", descriptor_words },
	{ SYS_write, "write", descriptor_words },
	{ SYS_pwrite64, "write", descriptor_words },
	{ SYS_writev, "write", descriptor_words },
	{ SYS_pwritev, "write", descriptor_words },
	{ SYS_pwritev2, "write", descriptor_words },
	{ SYS_sendto, "send to", descriptor_words },
	{ SYS_sendmsg, "send to", descriptor_words },
	{ SYS_sendmmsg, "send to", descriptor_words },
	{ SYS_sendfile, "send to", descriptor_words },
	{ SYS_splice, "splice from", descriptor_words },
	{ SYS_accept, "accept on", descriptor_words },
	{ SYS_accept4, "accept on", descriptor_words },
	{ SYS_connect, "connect of", descriptor_words },
	{ SYS_epoll_wait, "epoll wait", epoll_words },
	{ SYS_epoll_pwait, "epoll wait", epoll_words },
	{ SYS_epoll_pwait2, "epoll wait", epoll2_words },
	{ SYS_io_getevents, "wait for asynchronous I/O", NULL },
	{ SYS_io_uring_enter, "io_uring wait on", descriptor_words },
	{ SYS_flock, "wait for a lock on", descriptor_words },
	{ SYS_fcntl, NULL, fcntl_words },
	{ SYS_ioctl, "ioctl of", descriptor_words },
	{ SYS_fsync, "fsync of", descriptor_words },
	{ SYS_fdatasync, "fdatasync of", descriptor_words },
	{ SYS_close, "close of", descriptor_words },
	{ SYS_open, "open", open_words },
	{ SYS_openat, "open", openat_words },
	{ SYS_poll, "poll", poll_words },
	{ SYS_ppoll, "poll", ppoll_words },
	{ SYS_select, "select", select_words },
	{ SYS_pselect6, "select", pselect_words },
	{ SYS_nanosleep, "sleep", sleep_words },
	{ SYS_clock_nanosleep, "sleep", clock_sleep_words },
	{ SYS_pause, "pause", NULL },
	{ SYS_rt_sigsuspend, "wait for a signal", NULL },
	{ SYS_rt_sigtimedwait, "wait for a signal", NULL },
	{ SYS_wait4, NULL, wait4_words },
	{ SYS_waitid, NULL, waitid_words },
	{ SYS_vfork, "wait for its vfork child", NULL },
	{ SYS_clone, "wait for its vfork child", NULL },
	{ SYS_clone3, "wait for its vfork child", NULL },
	{ SYS_semop, "wait for a System V semaphore", NULL },
	{ SYS_semtimedop, "wait for a System V semaphore", NULL },
	{ SYS_msgrcv, "wait for a System V message", NULL },
	{ SYS_msgsnd, "wait for room for a System V message", NULL },
	{ SYS_restart_syscall, "sleep or wait with a time limit", NULL },
};

const char *call_text(const struct target *t, long number,
	const uint64_t arg[6], struct arena *arena)
{
	struct buf out = { .arena = arena };
	struct call c = { t, arg, &out, arena };
	const char *name = syscall_name((uint64_t)number);

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (rows[i].number != number)
			continue;
		if (rows[i].what)
			buf_puts(&out, rows[i].what);
		if (rows[i].words)
			rows[i].words(&c);
		return buf_str(&out);
	}
	if (!name)
		return arena_printf(arena, "system call %ld", number);
	if (syscall_takes_fd((uint64_t)number))
		return arena_printf(arena, "%s of %s", name,
			descriptor_text(t, (int)arg[0], arena));
	return arena_printf(arena, "in %s()", name);
}
