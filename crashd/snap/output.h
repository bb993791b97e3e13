/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The file that a core becomes: written aside, complete or not at all, and
 * then put in the place of an older one; or standard output.
 */
#include "crashd/snap/problem.h"
#include "crashd/snap/window.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct output {
	int fd;    /* what is written of the core, not compressed: seekable */
	int final; /* what is to be named; fd itself unless compressed */
	int folder;
	bool to_stdout;
	int level;        /* of zstd; 0: not compressed */
	char path[4096];  /* as the user will see it */
	char temp[4200];  /* in the folder; "" while the file has no name */
	const char *base; /* in path, after the last / */
	uint64_t on_disk; /* bytes, after output_finish; or into the pipe */
};

/*
 * Is there room for so many bytes, about?  0, or -1 with the sentence: whoever
 * else writes to that disk, the process perhaps, is not to find it full.
 */
int output_has_room(const struct output *, uint64_t bytes, struct problem *);
/* Is it compressed, or for a pipe: does it pass through a window? */
bool output_passes(const struct output *);

/*
 * path "-": standard output, through a file without a name.  level > 0 is
 * zstd's.  0, or -1 with the sentence; nothing is left behind in that case.
 */
int output_open(struct output *, const char *path, int level, struct problem *);
/*
 * Passes it through the window, if it is to, makes it last (sync), and names
 * it.  stop: set to non-zero to give up; deadline: as a drain's.
 */
int output_finish(struct output *, struct window *, bool sync,
	const volatile int *stop, int64_t deadline, struct problem *);
/* Closes; what was not finished is gone. */
void output_close(struct output *);
/* The sentence for an error of writing to it. */
int output_failed(const struct output *, int error, struct problem *);
