/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The core without its memory: registers, mappings, notes, and where each
 * mapping will be in the file; made while all is stopped.  It lives in memory
 * that the keeper and csnap share: what the one makes the other writes.
 */
#include "crashd/safe/elfcore.h"
#include "crashd/snap/copy.h"
#include "crashd/snap/remote.h"

#include <stdbool.h>
#include <stddef.h>

enum { DESCRIPTION_TORN = 1024 };

struct description {
	struct elfcore core;
	void *scratch;
	size_t scratch_size;
	bool narrow; /* the core of a 32-bit program: narrow.h */
	struct crashd_snapshot note; /* ours, to be completed after the pause */
	struct crashd_lost lost[COPY_LOST], torn[DESCRIPTION_TORN];
	size_t nlost, ntorn;
	void *note_at, *lost_at, *torn_at; /* in the scratch; not aligned */
	uint64_t torn_bytes;
	bool late; /* set before the pause: see description_late */
	/* mode fork: what is copied in the pause already; see early_open */
	struct copy early;
	void *early_memory;
	size_t early_size, early_expect;
	size_t npartial;               /* threads that could not be stopped */
	struct crashd_partial partial; /* the first of them */
	/* who shares the memory, to be set in the pause: stand, and go on */
	size_t relatives_stopped, relatives_free;
	pid_t relative;               /* the first of them */
	size_t touch_low, touch_high; /* of the scratch: will be needed */
};

/* NULL: no memory.  threads: how many there are about now. */
struct description *description_open(size_t threads, const struct remote *);
void description_close(struct description *);

/* In a process that has been forked since: shared memory is to be touched anew.
 */
void description_touch(struct description *);

/*
 * In the pause: the mappings, then the threads and what we say of it all.
 * mode: CRASHD_SNAPSHOT_DIRECT …  0 or -errno.
 */
int description_maps(struct description *, struct remote *);
int description_threads(struct description *, struct remote *, pid_t pid,
	uint32_t mode, bool everything);

/* Puts note, lost and torn where they belong. */
void description_finish(struct description *);
/*
 * Where memory is read when the notes have been written already (late): note
 * and lost once more, behind it, as they are in the end; the last one counts.
 * 0 or -errno
 */
int description_late(const struct description *, int fd);

/*
 * What a child cannot be asked for: memory for it before the pause (expect
 * bytes, about), and the copy in the pause, when the child is there.  Shared
 * memory that has no room is marked as torn.  0 or -errno: -ENOMEM there is no
 * room for what the child has not got.
 */
int early_open(struct description *, uint64_t expect);
int early_copy(struct description *, struct remote *, const volatile int *stop);
