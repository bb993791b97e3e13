/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The core is written to a file without a name (O_TMPFILE) in the folder where
 * it will live, so that even SIGKILL leaves nothing behind; it gets a
 * temporary name for the moment before rename() puts it in place.  On file
 * systems without O_TMPFILE it has that name from the start.
 *
 * A compressed core, and one for a pipe, begins in such a file too, and is
 * passed on when the process runs again: a reader of the pipe must not be able
 * to make the pause longer, and may be the very process that is stopped.  The
 * file has what is not memory, and memory as well where nothing else can hold
 * it for as long (window.h).
 */
#include "crashd/snap/output.h"

#include "crashd/snap/compress.h"
#include "crashd/snap/drain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* What the disk had before we began to fill it, in MiB. */
static unsigned long room(const struct output *out)
{
	unsigned long bytes = 0;
	struct statvfs fs;
	struct stat st;

	if (!fstatvfs(out->folder, &fs))
		bytes = (unsigned long)(fs.f_bavail * fs.f_frsize);
	if (!fstat(out->final, &st))
		bytes += (unsigned long)st.st_blocks * 512;
	if (out->fd != out->final && !fstat(out->fd, &st))
		bytes += (unsigned long)st.st_blocks * 512;
	return bytes >> 20;
}

int output_failed(const struct output *out, int error, struct problem *problem)
{
	const char *what = out->to_stdout ? "the core" : out->path;

	switch (error) {
	case -ECANCELED:
		return problem_set(
			problem, "interrupted: %s was not saved", what);
	case -ETIMEDOUT:
		return problem_set(problem,
			"saving %s takes longer than --timeout allows", what);
	case -EPIPE:
		return problem_set(problem,
			"cannot write the core to the pipe: its reader has "
			"gone");
	}
	if (out->to_stdout)
		return problem_set(problem,
			"cannot write the core to standard output: %s",
			strerror(-error));
	if (error == -ENOSPC || error == -EDQUOT)
		return problem_set(problem,
			"cannot save %s: the %s is full (it had %lu MiB): free "
			"some space, or choose another folder with -o",
			out->path, error == -EDQUOT ? "quota" : "disk",
			room(out));
	if (error == -EFBIG)
		return problem_set(problem,
			"cannot save %s: larger than a file may be here "
			"(ulimit -f, or the file system)",
			out->path);
	return problem_set(
		problem, "cannot save %s: %s", out->path, strerror(-error));
}

/* Splits path into folder (opened) and base. */
static int open_folder(struct output *out, struct problem *problem)
{
	char folder[sizeof out->path];
	char *slash = strrchr(out->path, '/');
	struct stat st;

	out->base = slash ? slash + 1 : out->path;
	snprintf(folder, sizeof folder, "%.*s",
		slash ? (int)(slash - out->path + 1) : 1,
		slash ? out->path : ".");
	out->folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (out->folder < 0)
		return problem_set(problem,
			"cannot save %s: folder %s: %s; choose another with -o",
			out->path, folder, strerror(errno));
	if (!fstatat(out->folder, out->base, &st, AT_SYMLINK_NOFOLLOW) &&
		!S_ISREG(st.st_mode))
		return problem_set(problem,
			"cannot save %s: something that is not a regular file "
			"has that name; choose another with -o",
			out->path);
	return 0;
}

/* A file in the folder: without a name where that is possible. */
static int open_aside(struct output *out, struct problem *problem)
{
	int fd = openat(out->folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	snprintf(out->temp, sizeof out->temp, ".%.200s.%d.tmp", out->base,
		getpid());
	if (fd >= 0) {
		out->temp[0] = 0;
		return fd;
	}
	if (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT)
		fd = openat(out->folder, out->temp,
			O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		int error = errno;

		out->temp[0] = 0;
		return problem_set(problem,
			"cannot write to the folder of %s: %s; choose another "
			"with -o",
			out->path, strerror(error));
	}
	return fd;
}

/* For bytes that only pass through: gone when closed. */
static int open_scratch(const struct output *out, struct problem *problem)
{
	const char *temp = getenv("TMPDIR");
	const char *const places[] = { temp ? temp : "/var/tmp", "/tmp" };

	if (out->folder >= 0) {
		int fd = openat(
			out->folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

		if (fd >= 0)
			return fd;
	}
	for (size_t i = 0; i < 2; i++) {
		int fd = open(places[i], O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

		if (fd >= 0)
			return fd;
	}
	return problem_set(problem,
		"cannot make a temporary file in %s or /tmp: %s; set TMPDIR",
		places[0], strerror(errno));
}

int output_open(struct output *out, const char *path, int level,
	struct problem *problem)
{
	*out = (struct output){ .fd = -1, .final = -1, .folder = -1 };
	out->level = level;
	out->to_stdout = !strcmp(path, "-");
	if (strlen(path) + sizeof ".zst" > sizeof out->path)
		return problem_set(problem, "the name after -o is too long");
	snprintf(out->path, sizeof out->path, "%s%s", path,
		level && !out->to_stdout ? ".zst" : "");
	out->base = out->path;
	if (!out->to_stdout) {
		if (open_folder(out, problem))
			return -1;
		out->final = open_aside(out, problem);
		if (out->final < 0)
			return -1;
	}
	out->fd = out->to_stdout || level ? open_scratch(out, problem)
					  : out->final;
	return out->fd < 0 ? -1 : 0;
}

int output_has_room(
	const struct output *out, uint64_t bytes, struct problem *problem)
{
	struct statvfs fs;

	/* nobody knows how small it becomes */
	if (output_passes(out) || fstatvfs(out->folder, &fs) ||
		fs.f_bavail > bytes / fs.f_frsize)
		return 0;
	return problem_set(problem,
		"cannot save %s: some %llu MiB are needed, and the disk is "
		"full with %lu: free some space, choose another folder with "
		"-o, or compress with -z; the process was not touched",
		out->path, (unsigned long long)bytes >> 20, room(out));
}

bool output_passes(const struct output *out)
{
	return out->fd != out->final;
}

/* To where it will be, if it is not there already. */
static int pass_on(struct output *out, struct window *window,
	const volatile int *stop, int64_t deadline)
{
	struct drain drain;
	int error;

	if (!output_passes(out))
		return 0;
	drain_open(&drain, out->to_stdout ? STDOUT_FILENO : out->final, stop,
		deadline);
	error = out->level ? compress_pass(window, &drain, out->level)
			   : window_pass(window, &drain);
	out->on_disk = drain.written;
	drain_close(&drain);
	return error;
}

/*
 * ext4 sends a file to the disk before rename() puts it over another one
 * (auto_da_alloc), which takes longer than the copy did.  Two files that change
 * names have no such wait, and the core is a whole one at every moment, too.
 */
static int replace(const struct output *out)
{
	struct stat st;

	if (fstatat(out->folder, out->base, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		S_ISREG(st.st_mode) &&
		renameat2(out->folder, out->temp, out->folder, out->base,
			RENAME_EXCHANGE) == 0)
		return unlinkat(out->folder, out->temp, 0);
	return renameat(out->folder, out->temp, out->folder, out->base);
}

/* Gives the file its name, in place of what has it now. */
static int put_in_place(struct output *out, struct problem *problem)
{
	char self[64];

	if (!out->temp[0]) {
		snprintf(out->temp, sizeof out->temp, ".%.200s.%d.tmp",
			out->base, getpid());
		snprintf(self, sizeof self, "/proc/self/fd/%d", out->final);
		unlinkat(out->folder, out->temp, 0);
		if (linkat(AT_FDCWD, self, out->folder, out->temp,
			    AT_SYMLINK_FOLLOW)) {
			int error = errno;

			out->temp[0] = 0;
			return output_failed(out, -error, problem);
		}
	}
	if (replace(out))
		return output_failed(out, -errno, problem);
	out->temp[0] = 0;
	return 0;
}

int output_finish(struct output *out, struct window *window, bool sync,
	const volatile int *stop, int64_t deadline, struct problem *problem)
{
	struct stat st;
	int error = pass_on(out, window, stop, deadline);

	if (!error && sync && !out->to_stdout && fsync(out->final))
		error = -errno;
	if (error)
		return output_failed(out, error, problem);
	if (out->to_stdout)
		return 0;
	if (fstat(out->final, &st) == 0)
		out->on_disk = (uint64_t)st.st_blocks * 512;
	if (put_in_place(out, problem))
		return -1;
	if (sync) {
		int folder = openat(
			out->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

		if (folder >= 0) {
			fsync(folder);
			close(folder);
		}
	}
	return 0;
}

void output_close(struct output *out)
{
	if (out->temp[0])
		unlinkat(out->folder, out->temp, 0);
	out->temp[0] = 0;
	if (out->fd >= 0 && out->fd != out->final)
		close(out->fd);
	if (out->final >= 0)
		close(out->final);
	if (out->folder >= 0)
		close(out->folder);
	out->fd = out->final = out->folder = -1;
}
