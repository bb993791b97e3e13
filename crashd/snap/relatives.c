/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * kcmp(2) tells whether two processes have one memory.  Whoever is not root is
 * refused for most, and each refusal may be a line in an audit log: then only
 * those are asked about whose memory has the same size and the same arguments
 * in the same place, which /proc/PID/stat says.  Few have, most of them forked
 * children; but reading it for all costs more than asking.
 *
 * The parent of a vfork child cannot be stopped (it waits in the kernel, see
 * crashd_stop_watch); the child can, and then nobody writes.
 */
#include "crashd/snap/relatives.h"

#include "crashd/safe/procfile.h"
#include "crashd/safe/sys.h"

#include <dirent.h>
#include <errno.h>
#include <linux/kcmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { STOP_MS = 200, FIELDS = 5 };

/* vsize, startcode, startstack, arg_start, env_start (proc(5)) */
static bool shape(pid_t pid, pid_t tid, uint64_t ret[FIELDS])
{
	static const int fields[FIELDS] = { 23, 26, 28, 48, 50 };
	char text[1024];
	long n = crashd_procfile_read(-1, pid, tid, "stat", text, sizeof text);
	const char *at = n > 0 ? strrchr(text, ')') : NULL;
	size_t found = 0;

	/* the state is field 3 */
	for (int field = 3; at && found < FIELDS; field++) {
		at = strchr(at + 1, ' ');
		if (at && field == fields[found])
			ret[found++] = strtoull(at + 1, NULL, 10);
	}
	return found == FIELDS;
}

/* None is the same as none: a kernel thread, a zombie. */
static bool has_memory(pid_t pid)
{
	uint64_t found[FIELDS];

	return shape(pid, 0, found) && found[0] != 0;
}

static bool has_shape(pid_t pid, pid_t tid, pid_t other)
{
	uint64_t wanted[FIELDS], found[FIELDS];

	return shape(pid, tid, wanted) && shape(other, 0, found) &&
	       !memcmp(wanted, found, sizeof found);
}

static bool shares_memory(
	struct relatives *r, pid_t pid, pid_t tid, pid_t other)
{
	bool root = geteuid() == 0;
	long n;

	if (!root && !has_shape(pid, tid, other))
		return false;
	n = syscall(SYS_kcmp, tid, other, KCMP_VM, 0, 0);
	if (n < 0 && errno != ESRCH && !r->unknown)
		r->unknown = !root || has_shape(pid, tid, other);
	return n == 0 && has_memory(other);
}

static bool is_listed(const struct relatives *r, pid_t pid)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->one[i].stop.pid == pid)
			return true;
	return false;
}

static void add(struct relatives *r, pid_t pid)
{
	if (is_listed(r, pid))
		return;
	if (r->n == RELATIVES) {
		r->more++;
		return;
	}

	struct relative *one = r->one + r->n++;

	*one = (struct relative){ 0 };
	crashd_stop_init(&one->stop, pid, one->thread, RELATIVE_THREADS);
}

void relatives_find(struct relatives *r, pid_t pid, pid_t tid)
{
	DIR *dir = opendir("/proc");
	pid_t us = getpid();

	r->more = 0;
	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		pid_t at = atoi(entry->d_name);

		if (at > 0 && at != pid && at != us &&
			shares_memory(r, pid, tid, at))
			add(r, at);
	}
	if (dir)
		closedir(dir);
}

void relatives_seize(struct relatives *r, int64_t deadline)
{
	for (size_t i = 0; i < r->n; i++) {
		struct relative *one = r->one + i;

		if (one->seized)
			continue;
		one->stop.sigchld = true;
		one->seized = crashd_stop_seize(&one->stop, deadline) == 0;
		if (!one->seized)
			crashd_stop_resume(&one->stop);
	}
}

void relatives_stop(struct relatives *r, const volatile int *cancel)
{
	for (size_t i = 0; i < r->n; i++) {
		struct relative *one = r->one + i;

		one->stop.cancel = cancel;
		one->stopped = one->seized && !crashd_stop_all(&one->stop,
						      sys_now_ms() + STOP_MS);
	}
}

void relatives_resume(struct relatives *r)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->one[i].seized)
			crashd_stop_resume(&r->one[i].stop);
}

size_t relatives_stopped(const struct relatives *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++)
		n += r->one[i].stopped;
	return n;
}

/* One that has exec'd or ended meanwhile has another memory, or none. */
size_t relatives_free(const struct relatives *r)
{
	size_t n = r->more;

	for (size_t i = 0; i < r->n; i++)
		n += !r->one[i].stopped && kill(r->one[i].stop.pid, 0) == 0;
	return n;
}
