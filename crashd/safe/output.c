/* SPDX-License-Identifier: Apache-2.0 */
/*
 * stderr is whatever descriptor 2 is at the moment, and that may be nothing
 * (a daemon closed it) or somebody else's: the next open() after close(2) gets
 * the number 2, and it has been a database.  A file opened for reading and
 * writing, without O_APPEND, that nobody meant as a log, is left alone.  We do
 * not keep a duplicate of stderr: it would keep a pipe open whose reader waits
 * for its end.
 *
 * The lock is flock(2) on a description of our own, made by opening
 * /proc/self/fd/N: the processes of one pipeline share one inherited
 * description, and flock does not exclude them from each other.  It is let go
 * when the descriptor is closed, by whatever death.
 */
#include "crashd/safe/output.h"

#include "crashd/safe/sys.h"
#include "crashd/safe/word.h"

#include <sys/file.h>

enum { LOCK_MS = 2000, LOCK_STEP_MS = 5 };

static bool is_plausible_stderr(int fd)
{
	struct stat st;
	int flags = sys_fcntl(fd, F_GETFL, 0);

	if (flags < 0 || sys_fstat(fd, &st) < 0)
		return false;
	if ((flags & O_ACCMODE) == O_RDONLY)
		return false;
	if (S_ISREG(st.st_mode) || S_ISBLK(st.st_mode))
		return (flags & O_ACCMODE) == O_WRONLY || flags & O_APPEND;
	return true;
}

void crashd_output_open(
	struct crashd_output *o, const char *file, const char *dir, int fd)
{
	char *end = o->fallback + sizeof o->fallback - 1, *at;

	o->fd = -1;
	o->opened = -1;
	o->lock = -1;
	o->file_error = 0;
	at = crashd_word_put(o->fallback, end - 32, dir[0] ? dir : "/tmp");
	at = crashd_word_put(at, end, "/crashd-report.");
	crashd_word_number(at, end, (unsigned)sys_getpid(), 10);
	if (file[0]) {
		o->opened = sys_open(file,
			O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY,
			0600);
		if (o->opened >= 0) {
			o->fd = o->opened;
			return;
		}
		o->file_error = o->opened;
		o->opened = -1;
	}
	if (fd != 2 || is_plausible_stderr(fd))
		o->fd = fd;
}

void crashd_output_lock(struct crashd_output *o)
{
	char path[32], *end = path + sizeof path - 1, *at;
	int64_t deadline = sys_now_ms() + LOCK_MS;
	int fd;

	if (o->fd < 0)
		return;
	at = crashd_word_put(path, end, "/proc/self/fd/");
	crashd_word_number(at, end, (unsigned)o->fd, 10);
	fd = sys_open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0);
	if (fd < 0) /* a socket, or no /proc: then without */
		return;
	while (sys_flock(fd, LOCK_EX | LOCK_NB) == -EAGAIN &&
		sys_now_ms() < deadline)
		sys_sleep_ms(LOCK_STEP_MS);
	o->lock = fd; /* held or not: a report that hangs stops no other */
}

void crashd_output_close(struct crashd_output *o)
{
	if (o->lock >= 0)
		sys_close(o->lock);
	if (o->opened >= 0)
		sys_close(o->opened);
	o->lock = o->opened = o->fd = -1;
}
