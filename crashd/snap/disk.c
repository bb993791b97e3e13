/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The page cache is the fastest way for as long as the kernel has memory at
 * hand for it.  It is not when the memory must be made free first, when a
 * virtual machine has to ask its host for it (a tenth of the speed), or when so
 * much waits for the disk already that the kernel makes writers wait too
 * (balance_dirty_pages in mm/page-writeback.c).  O_DIRECT needs no memory, goes
 * as fast as the disk, and pushes nothing of the target's out of the cache.
 * Which of them is the faster one cannot be known, so both are tried, a little
 * each, and the faster one is used until it becomes slower than the other was.
 *
 * ext4 lets writers past the cache go side by side only within the size of the
 * file, and where blocks have been allocated (ext4_dio_write_checks): hence
 * ftruncate and fallocate.
 */
#include "crashd/snap/disk.h"

#include "crashd/safe/sys.h"
#include "crashd/snap/phases.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	LOOK_EVERY = 64 << 20, /* bytes, then the speed is looked at */
	LOOK_FIRST = 16 << 20, /* of a way that was not used yet */
	WORTH = 256 << 20,     /* less has no time for trying */
	STALE = 8,        /* looks after which the other way is tried again */
	SMALL = 64 << 10, /* writes that the cache should gather */
	ALIGNED = 4096,   /* more than any disk asks for */
};

void disk_open(struct disk *disk, int fd, uint64_t size)
{
	char self[64];
	struct stat st;

	*disk = (struct disk){ .fd = fd, .past = -1 };
	pthread_mutex_init(&disk->lock, NULL);
	disk->since_ns = phases_now();
	if (size < WORTH)
		return;
	/* descriptors of one open file share their flags: another one */
	snprintf(self, sizeof self, "/proc/self/fd/%d", fd);
	disk->past = open(self, O_WRONLY | O_DIRECT | O_CLOEXEC);
	if (disk->past >= 0 && fstat(fd, &st) == 0 &&
		(uint64_t)st.st_size < size)
		/* the size is set again when the core is complete */
		(void)!ftruncate(fd, (off_t)size);
}

void disk_close(struct disk *disk)
{
	if (disk->past >= 0)
		close(disk->past);
	disk->past = -1;
}

static int write_all(int fd, const char *from, uint64_t size, uint64_t at)
{
	while (size) {
		ssize_t n = sys_pwrite(fd, from, size, (int64_t)at);

		if (n == 0 || (n < 0 && n != -EINTR))
			return n ? (int)n : -ENOSPC;
		if (n < 0)
			continue;
		from += n;
		at += (uint64_t)n;
		size -= (uint64_t)n;
	}
	return 0;
}

static bool fits_past(const void *from, uint64_t size, uint64_t at)
{
	return size >= SMALL && ((uintptr_t)from | size | at) % ALIGNED == 0;
}

/* It takes no such writes after all, or not these: by way of the cache. */
static bool is_refused(int error)
{
	return error == -EINVAL || error == -EOPNOTSUPP;
}

int disk_write(struct disk *disk, const void *from, uint64_t size, uint64_t at)
{
	if (disk->way == DISK_PAST_CACHE && fits_past(from, size, at)) {
		/* where there is no such thing it is not needed */
		(void)!fallocate(
			disk->fd, FALLOC_FL_KEEP_SIZE, (off_t)at, (off_t)size);

		int error = write_all(disk->past, from, size, at);

		if (!is_refused(error))
			return error;
	}
	return write_all(disk->fd, from, size, at);
}

/* Which way is to be taken next. */
static enum disk_way choose(const struct disk *disk, enum disk_way now)
{
	enum disk_way other =
		now == DISK_CACHED ? DISK_PAST_CACHE : DISK_CACHED;

	return !disk->speed[other] || disk->looks >= STALE ||
			       disk->speed[other] > disk->speed[now]
		       ? other
		       : now;
}

/*
 * Of a way that is being tried a little is enough, and less than that where the
 * other would have done so much by now: a busy disk takes ten times as long.
 */
static bool is_measured(
	const struct disk *disk, enum disk_way now, uint64_t done, int64_t took)
{
	enum disk_way other =
		now == DISK_CACHED ? DISK_PAST_CACHE : DISK_CACHED;

	if (!done || took <= 0)
		return false;
	if (disk->speed[now])
		return done >= LOOK_EVERY;
	return done >= LOOK_FIRST ||
	       disk->speed[other] * (double)took >= LOOK_FIRST;
}

static void look(struct disk *disk)
{
	enum disk_way now = (enum disk_way)disk->way;
	uint64_t done = disk->done;
	int64_t clock = phases_now(), took = clock - disk->since_ns;

	if (!is_measured(disk, now, done, took))
		return;
	disk->speed[now] = (double)done / (double)took;
	disk->looks++;
	disk->way = (int)choose(disk, now);
	if (disk->way != (int)now) {
		disk->looks = 0;
		/* a little of it is enough to know */
		disk->speed[disk->way] = 0;
	}
	disk->done = 0;
	disk->since_ns = clock;
}

void disk_done(struct disk *disk, uint64_t size)
{
	atomic_fetch_add(&disk->done, size);
	if (disk->past < 0 || pthread_mutex_trylock(&disk->lock))
		return;
	look(disk);
	pthread_mutex_unlock(&disk->lock);
}
