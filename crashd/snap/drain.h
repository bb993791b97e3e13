/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Where the bytes of a core go once the target runs again: a file, or a pipe
 * whose reader may be slow, or asleep for good.
 */
#include <stddef.h>
#include <stdint.h>

struct drain {
	int fd;
	const volatile int *stop; /* non-zero: give up */
	int64_t deadline; /* CLOCK_MONOTONIC ms to give up at; 0: none */
	uint64_t written; /* bytes */
};

/* From here to drain_close no write lasts longer than a moment. */
void drain_open(
	struct drain *, int fd, const volatile int *stop, int64_t deadline);
/* 0 or -errno; -ECANCELED: *stop was set; -ETIMEDOUT: the deadline is over. */
int drain_write(struct drain *, const void *, size_t);
void drain_close(struct drain *);
