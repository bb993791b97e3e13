/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pause is as long as the reading, so reading is all that is done in it:
 * into memory that was touched beforehand (first touches would cost more than
 * the copy), by as many threads as there are processors, a megabyte at a time,
 * the runs of pages that make it up in one process_vm_readv.  Searching for
 * zeros and writing to the file come after.
 *
 * Memory for that is taken only when the machine, and the control group that
 * csnap runs in, have it twice over; otherwise each megabyte goes to the file
 * at once, and the pause includes the writing.
 *
 * With a copy-on-write child it is not the pause that depends on it, but how
 * long the child lives, and memory to stage it in would take as long to get as
 * the file to write (disk.c).
 *
 * process_vm_readv stops at the first page it cannot read.  Then the runs of
 * that megabyte are read one by one, and past each bad page: it stays a hole
 * in the core and is remembered.
 */
#include "crashd/snap/copy.h"

#include "crashd/safe/sys.h"
#include "crashd/snap/stage.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	CHUNK = 1 << 20, /* smaller than a processor's own cache */
	RUNS_AT_ONCE = 256,
	CHUNKS_WORKER = 16, /* for less another thread is not worth it */
};

static void init(struct copy *copy, pid_t tid)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	memset(copy, 0, sizeof *copy);
	copy->tid = tid;
	copy->fd = -1;
	copy->child_mem = -1;
	copy->workers = cpus < 1               ? 1
			: cpus > STAGE_WORKERS ? STAGE_WORKERS
					       : (unsigned)cpus;
	pthread_mutex_init(&copy->lock, NULL);
}

enum {
	FIXED_RUNS = 16384,
	RUNS_SIZE = FIXED_RUNS * sizeof(struct copy_run),
	TABLES_SIZE = RUNS_SIZE + FIXED_RUNS * sizeof(struct copy_chunk),
	TOUCH_TABLE = 32 << 10, /* of either; few have so many runs */
};

size_t copy_memory(uint64_t expect)
{
	return TABLES_SIZE + (expect + CHUNK - 1) / CHUNK * CHUNK;
}

void copy_touch(void *memory, uint64_t expect)
{
	char *at = memory;

	/* of Linux 5.14; without it the pause is a little longer */
	madvise(at, TOUCH_TABLE, MADV_POPULATE_WRITE);
	madvise(at + RUNS_SIZE, TOUCH_TABLE, MADV_POPULATE_WRITE);
	madvise(at + TABLES_SIZE, expect, MADV_POPULATE_WRITE);
}

void copy_open_in(struct copy *copy, pid_t tid, void *memory, size_t size)
{
	init(copy, tid);
	copy->fixed = true;
	copy->run = memory;
	copy->max_runs = FIXED_RUNS;
	copy->chunk = (void *)(copy->run + FIXED_RUNS);
	copy->max_chunks = FIXED_RUNS;
	copy->stage = (char *)memory + TABLES_SIZE;
	copy->stage_size = size - TABLES_SIZE;
}

void copy_open(struct copy *copy, pid_t tid, uint64_t expect, bool stage)
{
	size_t size = stage_size(expect);

	init(copy, tid);
	if (!stage)
		return;
	copy->stage = stage_map(size);
	copy->stage_size = copy->stage ? size : 0;
	/* growth beyond that costs page faults */
	if (copy->stage)
		stage_touch(copy->stage, expect + CHUNK, copy->workers);
}

void copy_close(struct copy *copy)
{
	if (copy->fixed)
		return;
	if (copy->stage)
		munmap(copy->stage, copy->stage_size);
	free(copy->run);
	free(copy->chunk);
	copy->stage = NULL;
	copy->run = NULL;
	copy->chunk = NULL;
}

/* ---- what to read ---- */

static int add_run(struct copy *copy, uint64_t addr, uint64_t size, uint64_t at)
{
	if (copy->nruns == copy->max_runs && copy->fixed)
		return -ENOSPC;
	if (copy->nruns == copy->max_runs) {
		size_t max = copy->max_runs ? 2 * copy->max_runs : 4096;
		struct copy_run *grown =
			reallocarray(copy->run, max, sizeof *grown);

		if (!grown)
			return -ENOMEM;
		copy->run = grown;
		copy->max_runs = max;
	}
	copy->run[copy->nruns++] = (struct copy_run){
		.addr = addr, .size = size, .at = at, .stage = copy->size
	};
	copy->size += size;
	return 0;
}

/* Cut where a chunk ends, so that each chunk is made of whole runs. */
static int add_range(
	struct copy *copy, uint64_t addr, uint64_t end, uint64_t at)
{
	while (addr < end) {
		uint64_t room = CHUNK - copy->size % CHUNK;
		uint64_t n = end - addr < room ? end - addr : room;
		int error = add_run(copy, addr, n, at);

		if (error)
			return error;
		addr += n;
		at += n;
	}
	return 0;
}

static int plan_segment(struct copy *copy, const struct core_segment *seg)
{
	uint64_t addr = seg->start, end = seg->start + seg->dump;
	int error = 0;

	while (!error && addr < end) {
		uint64_t start = addr, stop = end;
		int more = copy->source->next_run(
			copy->source, seg, addr, &start, &stop);

		if (more <= 0)
			return more;
		error = add_range(
			copy, start, stop, seg->at + (start - seg->start));
		addr = stop;
	}
	return error;
}

static int add_chunk(struct copy *copy, struct copy_chunk chunk)
{
	if (copy->nchunks == copy->max_chunks && copy->fixed)
		return -ENOSPC;
	if (copy->nchunks == copy->max_chunks) {
		size_t max = copy->max_chunks ? 2 * copy->max_chunks : 1024;
		struct copy_chunk *grown =
			reallocarray(copy->chunk, max, sizeof *grown);

		if (!grown)
			return -ENOMEM;
		copy->chunk = grown;
		copy->max_chunks = max;
	}
	copy->chunk[copy->nchunks++] = chunk;
	return 0;
}

static int make_chunks(struct copy *copy)
{
	struct copy_chunk chunk = { 0 };

	for (size_t i = 0; i < copy->nruns; i++) {
		chunk.n++;
		chunk.size += copy->run[i].size;
		if (chunk.size < CHUNK && chunk.n < RUNS_AT_ONCE &&
			i + 1 < copy->nruns)
			continue;

		int error = add_chunk(copy, chunk);

		if (error)
			return error;
		chunk = (struct copy_chunk){ .first = i + 1,
			.stage = chunk.stage + chunk.size };
	}
	return 0;
}

int copy_add(struct copy *copy, struct core_source *source,
	const struct core_segment *seg)
{
	size_t nruns = copy->nruns;
	uint64_t size = copy->size;
	int error;

	copy->source = source;
	error = plan_segment(copy, seg);
	if (!error && copy->size > copy->stage_size)
		error = -ENOSPC;
	if (error) {
		copy->nruns = nruns;
		copy->size = size;
	}
	return error;
}

int copy_plan(struct copy *copy, struct core_source *source,
	const struct elfcore *core)
{
	int error = 0;

	copy->source = source;
	copy->end = core->end;
	for (size_t i = 0; i < core->nseg && !error; i++)
		if (!(core->seg[i].tag & copy->skip))
			error = plan_segment(copy, core->seg + i);
	if (!error)
		error = make_chunks(copy);
	if (copy->size > copy->stage_size && copy->stage) {
		munmap(copy->stage, copy->stage_size);
		copy->stage = NULL;
	}
	return error;
}

/* ---- reading ---- */

static void lose(struct copy *copy, uint64_t addr, uint64_t size)
{
	pthread_mutex_lock(&copy->lock);

	struct crashd_lost *last = copy->lost + copy->nlost - 1;

	copy->lost_pages += size / CORE_PAGE;
	if (copy->nlost && last->end == addr)
		last->end = addr + size;
	else if (copy->nlost < COPY_LOST)
		copy->lost[copy->nlost++] =
			(struct crashd_lost){ addr, addr + size };
	pthread_mutex_unlock(&copy->lock);
}

/* Whatever can be read of one run; the rest is zero. */
static int read_piecewise(
	struct copy *copy, const struct copy_run *run, char *to)
{
	uint64_t done = 0;

	while (done < run->size) {
		long n = copy->source->read(copy->source, run->addr + done,
			to + done, run->size - done);

		if (n < 0)
			return (int)n;
		n = n / CORE_PAGE * CORE_PAGE;
		if (n == 0) {
			n = CORE_PAGE;
			memset(to + done, 0, CORE_PAGE);
			lose(copy, run->addr + done, CORE_PAGE);
		}
		done += (uint64_t)n;
	}
	return 0;
}

/*
 * process_vm_readv pins the pages that it reads, and a page that a child shares
 * with its parent becomes the child's own when it is pinned (kernel: mm/gup.c,
 * gup_must_unshare): each would be copied twice, and the child take as much
 * memory as the process.  /proc/PID/mem does not pin: half the time, and none.
 */
static int read_shared(struct copy *copy, const struct copy_run *run, char *to)
{
	return sys_pread(copy->child_mem, to, run->size, (int64_t)run->addr) ==
			       (ssize_t)run->size
		       ? 0
		       : read_piecewise(copy, run, to);
}

static int read_chunk(
	struct copy *copy, const struct copy_chunk *chunk, char *to)
{
	struct iovec remote[RUNS_AT_ONCE];
	struct iovec local = { to, chunk->size };
	const struct copy_run *run = copy->run + chunk->first;
	int error = 0;

	if (copy->child_mem >= 0) {
		for (size_t i = 0; i < chunk->n && !error; i++) {
			error = read_shared(copy, run + i, to);
			to += run[i].size;
		}
		return error;
	}
	for (size_t i = 0; i < chunk->n; i++)
		remote[i] = (struct iovec){ (void *)(uintptr_t)run[i].addr,
			run[i].size };

	ssize_t n =
		sys_process_vm_readv(copy->tid, &local, 1, remote, chunk->n);

	if (n == (ssize_t)chunk->size)
		return 0;
	if (n == -ESRCH)
		return -ESRCH;
	for (size_t i = 0; i < chunk->n && !error; i++) {
		error = read_piecewise(copy, run + i, to);
		to += run[i].size;
	}
	return error;
}

/* ---- writing ---- */

static bool is_zero(const char *page)
{
	uint64_t first;

	memcpy(&first, page, sizeof first);
	return first == 0 &&
	       !memcmp(page, page + sizeof first, CORE_PAGE - sizeof first);
}

/* All but the pages that are zero: those stay holes. */
static int write_run(
	struct copy *copy, const struct copy_run *run, const char *from)
{
	uint64_t at = 0, end;

	while (at < run->size) {
		if (is_zero(from + at)) {
			at += CORE_PAGE;
			continue;
		}
		for (end = at + CORE_PAGE; end < run->size; end += CORE_PAGE)
			if (is_zero(from + end))
				break;

		int error = disk_write(
			&copy->disk, from + at, end - at, run->at + at);

		if (error)
			return error;
		atomic_fetch_add(&copy->stored, end - at);
		at = end;
	}
	return 0;
}

static int write_chunk(
	struct copy *copy, const struct copy_chunk *chunk, const char *from)
{
	const struct copy_run *run = copy->run + chunk->first;

	for (size_t i = 0; i < chunk->n; i++) {
		int error = write_run(copy, run + i, from);

		if (error)
			return error;
		from += run[i].size;
	}
	return 0;
}

/*
 * ---- the workers ----
 *
 * When the process runs again it shares the processors with them, and would
 * feel their turns as pauses of a tick each, longer than the stop was.  So they
 * give theirs up after each megabyte.  Where many want a processor this would
 * make the copy, and the life of a child, several times as long: not there.
 */

struct worker {
	struct copy *copy;
	bool reads, writes;
	void (*progress)(uint64_t done, uint64_t all);
};

static void fail(struct copy *copy, int error)
{
	int none = 0;

	if (error)
		atomic_compare_exchange_strong(&copy->error, &none, error);
}

static int one_chunk(
	const struct worker *worker, const struct copy_chunk *chunk, char *at)
{
	struct copy *copy = worker->copy;
	int error = 0;

	if (worker->reads)
		error = read_chunk(copy, chunk, at);
	if (!error && worker->writes)
		error = write_chunk(copy, chunk, at);
	return error;
}

static void *work(void *context)
{
	struct worker *worker = context;
	struct copy *copy = worker->copy;
	char *own = copy->stage ? NULL : stage_map(CHUNK);
	size_t i;

	if (!copy->stage && !own)
		fail(copy, -ENOMEM);
	while (!copy->error &&
		(i = atomic_fetch_add(&copy->next, 1)) < copy->nchunks) {
		const struct copy_chunk *chunk = copy->chunk + i;

		if (*copy->stop)
			fail(copy, -ECANCELED);
		else if (copy->deadline && sys_now_ms() > copy->deadline)
			fail(copy, -ETIMEDOUT);
		else
			fail(copy, one_chunk(worker, chunk,
					   own ? own
					       : copy->stage + chunk->stage));
		atomic_fetch_add(&copy->done, chunk->size);
		if (copy->polite)
			sched_yield();
		if (worker->writes)
			disk_done(&copy->disk, chunk->size);
		if (worker->progress)
			worker->progress(copy->done, copy->size);
	}
	if (own)
		munmap(own, CHUNK);
	return NULL;
}

/* This thread works too: it is the tracer, and has rights that others lack. */
static int work_together(struct copy *copy, struct worker *worker)
{
	pthread_t thread[STAGE_WORKERS];
	unsigned n = 0, want = copy->workers - 1;
	struct worker helper = *worker;

	helper.progress = NULL;
	if (worker->writes)
		disk_open(&copy->disk, copy->fd,
			copy->read_again ? 0 : copy->end);
	copy->next = copy->done = 0;
	if (want > copy->nchunks / CHUNKS_WORKER)
		want = (unsigned)(copy->nchunks / CHUNKS_WORKER);
	while (n < want && !pthread_create(thread + n, NULL, work, &helper))
		n++;
	work(worker);
	while (n > 0)
		pthread_join(thread[--n], NULL);
	if (worker->writes)
		disk_close(&copy->disk);
	return copy->error;
}

int copy_read(struct copy *copy, int fd, void (*progress)(uint64_t, uint64_t))
{
	struct worker worker = { .copy = copy,
		.reads = true,
		.writes = !copy->stage,
		.progress = progress };
	int error = copy->fixed ? make_chunks(copy) : 0;

	copy->fd = fd;
	return error ? error : work_together(copy, &worker);
}

int copy_write(struct copy *copy, void (*progress)(uint64_t, uint64_t))
{
	struct worker worker = {
		.copy = copy, .writes = true, .progress = progress
	};

	return copy->stage ? work_together(copy, &worker) : 0;
}

/* ---- without a file ---- */

/* The first run that ends after that place; runs are in the file's order. */
static size_t run_after(const struct copy *copy, uint64_t at)
{
	size_t low = 0, high = copy->nruns;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct copy_run *run = copy->run + middle;

		if (run->at + run->size <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

int copy_fetch(struct copy *copy, uint64_t at, char *to, size_t n)
{
	int error = 0;

	for (size_t i = run_after(copy, at);
		!error && i < copy->nruns && copy->run[i].at < at + n; i++) {
		struct copy_run part = copy->run[i];
		uint64_t end = part.at + part.size;
		uint64_t skip = at > part.at ? at - part.at : 0;

		part.addr += skip;
		part.stage += skip;
		part.at += skip;
		part.size = (end < at + n ? end : at + n) - part.at;
		if (copy->stage)
			memcpy(to + (part.at - at), copy->stage + part.stage,
				part.size);
		else
			error = read_shared(copy, &part, to + (part.at - at));
	}
	return error;
}

uint64_t copy_next(const struct copy *copy, uint64_t at)
{
	size_t i = run_after(copy, at);

	if (i == copy->nruns)
		return UINT64_MAX;
	return copy->run[i].at > at ? copy->run[i].at : at;
}
