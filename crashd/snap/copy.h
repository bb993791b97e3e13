/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The memory of a stopped process into the file of its core, by several
 * threads: planned and read while it is stopped, written when it goes on.
 */
#include "crashd/note.h"
#include "crashd/safe/elfcore.h"
#include "crashd/snap/disk.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * Ranges that are remembered one by one.  A thread's guard may be a page that
 * cannot be read (MADV_GUARD_INSTALL; glibc since 2.42).
 */
enum { COPY_LOST = 4096 };

struct copy_run {
	uint64_t addr, size;
	uint64_t at, stage; /* in the file; in the staging memory */
};

/* What one worker does at a time: neighbouring runs, about a megabyte. */
struct copy_chunk {
	size_t first, n;
	uint64_t size, stage; /* stage: where in the staging memory */
};

struct copy {
	struct core_source *source;
	pid_t tid;     /* a living thread of the process */
	int child_mem; /* /proc/PID/mem of a copy-on-write child; -1: none */
	int fd;
	struct disk disk;
	uint64_t end;             /* of the file; 0: not known */
	bool read_again;          /* soon: it had better be in the page cache */
	bool polite;              /* the process runs, and goes first */
	const volatile int *stop; /* non-zero: give up */
	int64_t deadline; /* CLOCK_MONOTONIC ms to give up at; 0: none */
	unsigned workers;
	struct copy_run *run;
	size_t nruns, max_runs;
	struct copy_chunk *chunk;
	size_t nchunks, max_chunks;
	uint64_t size; /* bytes to read */
	char *stage;   /* NULL: straight into the file */
	size_t stage_size;
	bool fixed;    /* stage and tables are the caller's */
	uint32_t skip; /* segments with such a tag are not of this copy */
	/* shared by the workers */
	atomic_size_t next;
	atomic_int error; /* the first, -errno */
	_Atomic uint64_t done, stored;
	pthread_mutex_t lock; /* of lost */
	struct crashd_lost lost[COPY_LOST];
	size_t nlost;
	uint64_t lost_pages;
};

/*
 * Before the pause.  stage: gets memory ready to hold about `expect` bytes;
 * without it each megabyte goes straight into the file.
 */
void copy_open(struct copy *, pid_t tid, uint64_t expect, bool stage);
/*
 * The same in memory of the caller's, which may be shared with another
 * process: this struct with it, the memory touched beforehand.
 */
void copy_open_in(struct copy *, pid_t tid, void *memory, size_t size);
/* How much memory that takes for so many bytes. */
size_t copy_memory(uint64_t expect);
/* Touches what so many bytes will need of it; more costs page faults. */
void copy_touch(void *memory, uint64_t expect);
/* Adds one segment, or -ENOSPC: it has no room, and is left out. */
int copy_add(struct copy *, struct core_source *, const struct core_segment *);
/* Chooses what to read of the segments of a core that has its layout. */
int copy_plan(struct copy *, struct core_source *, const struct elfcore *);
/*
 * Afterwards the process is not needed any more.  Calls progress, if it is not
 * NULL, now and then, from this thread.
 */
int copy_read(
	struct copy *, int fd, void (*progress)(uint64_t done, uint64_t all));
int copy_write(struct copy *, void (*progress)(uint64_t done, uint64_t all));
/*
 * Without a file: what of the n bytes at `at` of the core is memory of this
 * copy, from where it stands now; other bytes of `to` are left alone.  From any
 * thread; 0 or -errno.
 */
int copy_fetch(struct copy *, uint64_t at, char *to, size_t n);
/* Where in the core memory of this copy is, at or after `at`; UINT64_MAX. */
uint64_t copy_next(const struct copy *, uint64_t at);
void copy_close(struct copy *);
