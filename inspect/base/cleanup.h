/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Scope-bound release of what libraries and the kernel hand out.  Arena
 * memory needs none of this.  _cleanup_(close) int fd = open(...);
 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(kind) __attribute__((cleanup(cleanup_##kind)))

static inline void cleanup_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void cleanup_fclose(FILE **f)
{
	if (*f)
		fclose(*f);
}

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

/* Hands the descriptor over: the cleanup then does nothing. */
static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}
