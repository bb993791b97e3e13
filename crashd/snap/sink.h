/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Where the bytes of a core go once the target runs again: a file, or a pipe
 * whose reader may be slow, or asleep for good.
 */
#include <stddef.h>
#include <stdint.h>

struct sink {
	int fd;
	const volatile int *stop; /* non-zero: give up */
	int64_t deadline; /* CLOCK_MONOTONIC ms to give up at; 0: none */
	uint64_t written; /* bytes */
};

/* From here to sink_close no write lasts longer than a moment. */
void sink_open(
	struct sink *, int fd, const volatile int *stop, int64_t deadline);
/* 0 or -errno; -ECANCELED: *stop was set; -ETIMEDOUT: the deadline is over. */
int sink_write(struct sink *, const void *, size_t);
void sink_close(struct sink *);
