/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who makes the folder removes it.  Signals, a crash and the OOM killer ask
 * nobody: a child waits at a pipe whose other end only the program holds, and
 * when that end is gone, so is the folder.  The child is in a session of its
 * own, so that neither ^C nor a signal to the group reaches it.
 */
#include "inspect/bundle/folder.h"

#include "inspect/base/cleanup.h"
#include "inspect/base/limits.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- removing ---- */

static bool is_dots(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

/* What lies in it; links are removed and not followed. */
static void empty(int fd, unsigned depth)
{
	DIR *d = fdopendir(fd);
	struct dirent *e;

	if (!d) {
		close(fd);
		return;
	}
	while ((e = readdir(d))) {
		if (is_dots(e->d_name) || !unlinkat(dirfd(d), e->d_name, 0))
			continue;
		int below = openat(dirfd(d), e->d_name,
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (below >= 0 && depth < MAX_BUNDLE_DEPTH)
			empty(below, depth + 1);
		else
			cleanup_close(&below);
		unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR);
	}
	closedir(d);
}

static void empty_and_remove(const char *path, int fd)
{
	empty(fd, 0);
	rmdir(path);
}

/* ---- the keeper ---- */

/* All but the two, so that nobody waits for what only we hold open. */
static void close_others(int low, int high)
{
	close_range(0, (unsigned)low - 1, 0);
	close_range((unsigned)low + 1, (unsigned)high - 1, 0);
	close_range((unsigned)high + 1, ~0u, 0);
}

__attribute__((noreturn)) static void keep(
	const char *path, int folder, int leash)
{
	enum { APART = 100 };
	sigset_t all;
	char byte;

	folder = fcntl(folder, F_DUPFD, APART);
	leash = fcntl(leash, F_DUPFD, folder + 2);
	close_others(folder, leash);
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	setsid();
	if (chdir("/"))
		_exit(1);
	while (read(leash, &byte, 1) < 0 && errno == EINTR)
		continue;
	empty_and_remove(path, folder);
	_exit(0);
}

static void start_keeper(struct folder *f)
{
	int ends[2];

	f->leash = -1;
	if (pipe2(ends, O_CLOEXEC))
		return;
	pid_t child = fork();
	if (!child) {
		close(ends[1]);
		keep(f->path, f->fd, ends[0]);
	}
	close(ends[0]);
	f->keeper = child > 0 ? child : 0;
	f->leash = ends[1];
}

/* ---- making ---- */

static bool make_in(struct folder *f, struct arena *a, const char *where)
{
	if (!where || *where != '/')
		return false;
	char *path = arena_printf(a, "%s/cinspect.XXXXXX", where);

	if (!mkdtemp(path)) /* mode 0700 */
		return false;
	f->path = path;
	f->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return f->fd >= 0;
}

enum err folder_make(struct folder *f, struct arena *a)
{
	const char *tmp = getenv("TMPDIR");

	*f = (struct folder){ .fd = -1, .leash = -1 };
	if (!(tmp && *tmp ? make_in(f, a, tmp)
			  : make_in(f, a, "/var/tmp") || make_in(f, a, "/tmp")))
		return err_sys("cannot make a folder in %s to unpack into "
			       "(set TMPDIR)",
			tmp && *tmp ? tmp : "/var/tmp and /tmp");
	start_keeper(f);
	return OK;
}

int folder_create(const struct folder *f, const char *name)
{
	char path[MAX_BUNDLE_NAME + 1];

	if (strlen(name) > MAX_BUNDLE_NAME) {
		errno = ENAMETOOLONG;
		return -1;
	}
	strcpy(path, name);
	for (char *s = path; (s = strchr(s, '/')); *s++ = '/') {
		*s = '\0';
		if (mkdirat(f->fd, path, 0700) && errno != EEXIST)
			return -1;
	}
	return openat(f->fd, path,
		O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

uint64_t folder_room(const struct folder *f)
{
	struct statvfs fs;

	return fstatvfs(f->fd, &fs) ? UINT64_MAX
				    : (uint64_t)fs.f_bavail * fs.f_frsize;
}

void folder_remove(struct folder *f)
{
	if (!f->path)
		return;
	empty_and_remove(f->path, f->fd);
	cleanup_close(&f->leash);
	while (f->keeper && waitpid(f->keeper, NULL, 0) < 0 && errno == EINTR)
		continue;
	*f = (struct folder){ .fd = -1, .leash = -1 };
}
