/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * All of it in mappings made beforehand: nothing is allocated in the pause, and
 * what will be filled has been touched, because the first touch of a page costs
 * more than filling it.
 */
#include "crashd/snap/describe.h"

#include "crashd/note.h"
#include "crashd/snap/narrow.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* Virtual; what is not touched costs nothing, but may be limited. */
#define SCRATCH_MAX ((size_t)4 << 30)
#define SCRATCH_MIN ((size_t)64 << 20)

enum {
	NOTES_THREAD = 8192, /* of one: registers with AVX-512, or less */
	NOTES_BASE = (64 << 10) + COPY_LOST * sizeof(struct crashd_lost),
	MAP_TABLE = 64,
	MAP_NAME = 128,
	EARLY_SLACK = 2 << 20, /* growth between the estimate and the pause */
};

static void *map_shared(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

static void touch(void *at, size_t size)
{
	/* of Linux 5.14; without it the pause is a little longer */
	madvise(at, size, MADV_POPULATE_WRITE);
}

static bool map_scratch(struct description *d, size_t low, size_t high)
{
	size_t size = SCRATCH_MAX;

	for (; size >= SCRATCH_MIN && !d->scratch; size /= 2) {
		d->scratch = map_shared(size);
		d->scratch_size = size;
	}
	if (!d->scratch)
		return false;
	low = (low + CORE_PAGE - 1) / CORE_PAGE * CORE_PAGE;
	high = (high + CORE_PAGE - 1) / CORE_PAGE * CORE_PAGE;
	if (low + high < d->scratch_size) {
		d->touch_low = low;
		d->touch_high = high;
	}
	description_touch(d);
	return true;
}

void description_touch(struct description *d)
{
	char *end = (char *)d->scratch + d->scratch_size;

	touch(d, sizeof *d);
	touch(d->scratch, d->touch_low);
	touch(end - d->touch_high, d->touch_high);
	if (d->early_memory)
		copy_touch(d->early_memory, d->early_expect);
}

struct description *description_open(
	size_t threads, const struct remote *remote)
{
	size_t maps = remote->nbefore;
	struct description *d = map_shared(sizeof *d);

	if (!d)
		return NULL;
	if (map_scratch(d,
		    NOTES_BASE + about_size(&remote->about) +
			    threads * NOTES_THREAD +
			    maps * (MAP_TABLE + MAP_NAME),
		    maps * MAP_NAME))
		return d;
	description_close(d);
	return NULL;
}

void description_close(struct description *d)
{
	if (!d)
		return;
	if (d->scratch)
		munmap(d->scratch, d->scratch_size);
	if (d->early_memory)
		munmap(d->early_memory, d->early_size);
	munmap(d, sizeof *d);
}

/* ---- the pause ---- */

static void add_notes(struct description *d, const struct remote *remote,
	pid_t pid, uint32_t mode, bool everything)
{
	struct elfcore *core = &d->core;
	struct timespec now = { 0 };

	clock_gettime(CLOCK_REALTIME, &now);

	d->note = (struct crashd_snapshot){
		.size = sizeof d->note,
		.version = CRASHD_NOTE_VERSION,
		.pid = pid,
		.mode = mode,
		.flags = CRASHD_SNAPSHOT_CONSISTENT |
			 (everything ? CRASHD_SNAPSHOT_EVERYTHING : 0),
		.threads = (uint32_t)core->nthreads,
		.time_ns = now.tv_sec * 1000000000LL + now.tv_nsec,
		.filter = remote->process.filter & ~(unsigned)CORE_ALL,
	};

	d->note_at = crashd_elfcore_note(
		core, "crashd", CRASHD_NOTE_SNAPSHOT, NULL, sizeof d->note);
	crashd_elfcore_note(core, "crashd", CRASHD_NOTE_THREADS, remote->names,
		remote->nnames * sizeof *remote->names);
	d->npartial = remote->npartial;
	if (remote->npartial) {
		d->note.flags |= CRASHD_SNAPSHOT_PARTIAL;
		d->partial = remote->partial[0];
		crashd_elfcore_note(core, "crashd", CRASHD_NOTE_PARTIAL,
			remote->partial,
			remote->npartial * sizeof *remote->partial);
	}
	if (d->relatives_free)
		d->note.flags = (d->note.flags | CRASHD_SNAPSHOT_RELATIVES) &
				~(uint32_t)CRASHD_SNAPSHOT_CONSISTENT;
	about_notes(&remote->about, core);
	/* known when the copy is done: the layout must know their size now */
	d->lost_at = crashd_elfcore_note(
		core, "crashd", CRASHD_NOTE_LOST, NULL, sizeof d->lost);
	d->nlost = d->ntorn = 0;
	d->torn_bytes = 0;
	d->torn_at = NULL;
	if (mode == CRASHD_SNAPSHOT_FORK)
		d->torn_at = crashd_elfcore_note(
			core, "crashd", CRASHD_NOTE_TORN, NULL, sizeof d->torn);
}

void description_finish(struct description *d)
{
	memcpy(d->note_at, &d->note, sizeof d->note);
	memcpy(d->lost_at, d->lost, sizeof d->lost);
	if (d->torn_at)
		memcpy(d->torn_at, d->torn, sizeof d->torn);
}

/* As elfcore's: name and description padded to four bytes. */
struct late_head {
	Elf64_Nhdr head;
	char owner[8];
};

struct __attribute__((packed)) late {
	struct late_head note_head;
	struct crashd_snapshot note;
	struct late_head lost_head;
	struct crashd_lost lost[COPY_LOST];
};

static struct late_head late_head(uint32_t type, size_t size)
{
	return (struct late_head){ { sizeof "crashd", (uint32_t)size, type },
		"crashd" };
}

int description_late(const struct description *d, int fd)
{
	struct late late = { 0 };

	late.note_head = late_head(CRASHD_NOTE_SNAPSHOT, sizeof d->note);
	late.note = d->note;
	late.lost_head = late_head(CRASHD_NOTE_LOST, sizeof d->lost);
	memcpy(late.lost, d->lost, sizeof d->lost);

	ssize_t n = pwrite(fd, &late, sizeof late, (off_t)d->core.end);

	return n == sizeof late ? 0 : n < 0 ? -errno : -ENOSPC;
}

int description_maps(struct description *d, struct remote *remote)
{
	struct core_source *source = &remote->process.source;
	struct elfcore *core = &d->core;
	bool details = false;
	int error;

	do {
		error = remote_stopped(remote, details);
		crashd_elfcore_init(core, d->scratch, d->scratch_size);
		if (!error)
			crashd_elfcore_maps(core, source);
		details = true;
	} while (!error && core->error == -EAGAIN && !remote->details);
	return error ? error : core->error;
}

int description_threads(struct description *d, struct remote *remote, pid_t pid,
	uint32_t mode, bool everything)
{
	struct elfcore *core = &d->core;

	crashd_elfcore_notes(core, &remote->process.source);
	d->narrow = remote->program32;
	if (d->narrow)
		narrow_notes(core);
	add_notes(d, remote, pid, mode, everything);
	core->late = d->late ? sizeof(struct late) : 0;
	if (d->narrow)
		narrow_layout(core);
	else
		crashd_elfcore_layout(core);
	return core->error;
}

/* ---- what is copied in it ---- */

int early_open(struct description *d, uint64_t expect)
{
	d->early_size = copy_memory(expect + EARLY_SLACK);
	d->early_memory = map_shared(d->early_size);
	if (!d->early_memory)
		return -ENOMEM;
	d->early_expect = expect;
	copy_touch(d->early_memory, expect);
	return 0;
}

static void mark_torn(struct description *d, const struct core_segment *seg)
{
	struct crashd_lost range = { seg->start, seg->start + seg->dump };

	d->note.flags &= ~(uint32_t)CRASHD_SNAPSHOT_CONSISTENT;
	d->torn_bytes += seg->dump;
	if (d->ntorn < DESCRIPTION_TORN)
		d->torn[d->ntorn++] = range;
	else /* too many to tell one by one */
		d->torn[d->ntorn - 1].end = range.end;
}

int early_copy(
	struct description *d, struct remote *remote, const volatile int *stop)
{
	const uint32_t tags = REMOTE_SHARED | REMOTE_UNFORKED | REMOTE_HUGE;
	struct copy *copy = &d->early;

	copy_open_in(copy, remote->process.tid, d->early_memory, d->early_size);
	copy->stop = stop;
	for (size_t i = 0; i < d->core.nseg; i++) {
		struct core_segment *seg = d->core.seg + i;

		if (!(seg->tag & tags) || !seg->dump ||
			seg->tag & PROCESS_UNREADABLE)
			continue;

		int error = copy_add(copy, &remote->process.source, seg);

		if (error && error != -ENOSPC)
			return error;
		if (error && seg->tag & REMOTE_UNFORKED)
			return -ENOMEM;
		if (!error)
			seg->tag |= REMOTE_EARLY;
		else if (seg->tag & REMOTE_SHARED)
			mark_torn(d, seg);
	}
	return copy_read(copy, -1, NULL);
}
