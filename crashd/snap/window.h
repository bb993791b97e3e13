/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A core that is to be compressed, or to go into a pipe, as one file that is
 * read once from front to back: what has been written of it, and what has not,
 * because it still is memory of a copy (copy.h).
 */
#include "crashd/snap/copy.h"
#include "crashd/snap/drain.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct window {
	int fd;            /* sparse; as long as the core */
	struct copy *copy; /* NULL: all of it is in fd */
	/* late_size bytes at late_at are known when all before them is read */
	uint64_t size, late_at;
	/* Puts them into fd; 0 or -errno.  NULL: they are there. */
	int (*late)(void *context);
	void *context;
	atomic_int failed; /* of the copy, or late: the first -errno */
};

/* From any thread; 0 or -errno. */
int window_read(struct window *, uint64_t at, char *to, size_t n);
/* Where something else than zeros may be, at or after `at`; at most size. */
uint64_t window_data(const struct window *, uint64_t at);
/* When all is read up to late_at. */
int window_settle(struct window *);
/* All of it, zeros included, in order.  0 or -errno */
int window_pass(struct window *, struct drain *);
