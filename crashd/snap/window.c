/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What passes through is a buffer at a time, so no file is filled with a core
 * that nobody keeps, and no disk is waited for.  The price is that the copy is
 * needed until its last byte has gone: snapshot.c weighs it.
 */
#include "crashd/snap/window.h"

#include "crashd/snap/progress.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { BUFFER = 1 << 20 };

static int read_file(const struct window *w, uint64_t at, char *to, size_t n)
{
	while (n) {
		ssize_t got = pread(w->fd, to, n, (off_t)at);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -errno : -EIO;
		at += (uint64_t)got;
		to += got;
		n -= (size_t)got;
	}
	return 0;
}

static uint64_t file_data(const struct window *w, uint64_t at)
{
	off_t data = lseek(w->fd, (off_t)at, SEEK_DATA);

	return data < 0 ? w->size : (uint64_t)data;
}

static int note_failure(struct window *w, int error)
{
	int none = 0;

	if (error)
		atomic_compare_exchange_strong(&w->failed, &none, error);
	return error;
}

int window_read(struct window *w, uint64_t at, char *to, size_t n)
{
	int error = 0;

	/* of a long hole the file need not be asked */
	if (file_data(w, at) >= at + n)
		memset(to, 0, n);
	else
		error = read_file(w, at, to, n);
	if (error || !w->copy)
		return error;
	return note_failure(w, copy_fetch(w->copy, at, to, n));
}

uint64_t window_data(const struct window *w, uint64_t at)
{
	uint64_t data = file_data(w, at);
	uint64_t copied = w->copy ? copy_next(w->copy, at) : UINT64_MAX;

	data = copied < data ? copied : data;
	return data < w->size ? data : w->size;
}

int window_settle(struct window *w)
{
	return w->late ? note_failure(w, w->late(w->context)) : 0;
}

static int pass_range(
	struct window *w, struct drain *to, uint64_t at, uint64_t end)
{
	static char buf[BUFFER];

	while (at < end) {
		size_t n =
			end - at < sizeof buf ? (size_t)(end - at) : sizeof buf;
		int error = window_read(w, at, buf, n);

		if (!error)
			error = drain_write(to, buf, n);
		if (error)
			return error;
		at += n;
		progress_show(at, w->size);
	}
	return 0;
}

int window_pass(struct window *w, struct drain *to)
{
	int error = pass_range(w, to, 0, w->late_at);

	if (!error)
		error = window_settle(w);
	return error ? error : pass_range(w, to, w->late_at, w->size);
}
