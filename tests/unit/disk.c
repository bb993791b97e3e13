/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A file filled by way of the page cache and past it has every byte. */
#include "crashd/snap/disk.h"
#include "tests/lib/tap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MIB = 1 << 20, ALL = 160, PAGE = 4096 };

static int temporary(void)
{
	const char *temp = getenv("TMPDIR");

	return open(temp ? temp : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

/* Each of its words says where it is. */
static void fill(uint64_t *to, uint64_t at)
{
	for (size_t i = 0; i < MIB / sizeof *to; i++)
		to[i] = at + i + 1;
}

static size_t wrong(int fd, uint64_t *buf, uint64_t *want)
{
	size_t n = 0;

	for (size_t i = 0; i < ALL; i++) {
		fill(want, i * MIB);
		n += pread(fd, buf, MIB, (off_t)i * MIB) != MIB ||
		     memcmp(buf, want, MIB) != 0;
	}
	return n;
}

static void write_as_it_goes(int fd, uint64_t *buf, uint64_t *want)
{
	struct disk disk;
	int errors = 0, tried = 0;

	disk_open(&disk, fd, (uint64_t)ALL * MIB);
	for (uint64_t i = 0; i < ALL; i++) {
		fill(buf, i * MIB);
		errors += disk_write(&disk, buf, MIB, i * MIB) != 0;
		tried |= 1 << disk.way;
		disk_done(&disk, MIB);
	}
	ok(errors == 0, "all is written");
	ok(disk.past < 0 || tried == 3,
		"where there are two ways both are tried");
	disk_close(&disk);
	ok(wrong(fd, buf, want) == 0, "every byte is where it belongs");
}

/* The cache may have a page that is written past it next. */
static void write_both_ways(int fd, uint64_t *buf, uint64_t *want)
{
	struct disk disk;
	int errors = 0;

	disk_open(&disk, fd, (uint64_t)ALL * MIB);
	for (uint64_t i = 0; i < ALL; i++) {
		const char *from = (const char *)buf;

		fill(buf, i * MIB);
		disk.way = disk.past < 0 ? DISK_CACHED : (int)(i % DISK_WAYS);
		/* a page, which is too small, and the rest */
		errors += disk_write(&disk, from, PAGE, i * MIB) != 0;
		errors += disk_write(&disk, from + PAGE, MIB - PAGE,
				  i * MIB + PAGE) != 0;
	}
	/* neither aligned in memory nor in the file */
	disk.way = disk.past < 0 ? DISK_CACHED : DISK_PAST_CACHE;
	fill(buf, 0);
	errors += disk_write(&disk, (char *)buf + 8, MIB - 8, 8) != 0;
	disk_close(&disk);
	ok(errors == 0, "written both ways in turn");
	ok(wrong(fd, buf, want) == 0, "every byte is where it belongs");
}

static void small_file(int fd, uint64_t *buf)
{
	struct disk disk;
	struct stat st;

	disk_open(&disk, fd, MIB);
	ok(disk.past < 0, "a small file goes through the page cache");
	ok(disk_write(&disk, buf, MIB, 0) == 0, "and is written");
	disk_close(&disk);
	ok(fstat(fd, &st) == 0 && st.st_size == MIB, "and has its size");
}

static void refused(uint64_t *buf)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct disk disk;

	disk_open(&disk, fd, MIB);
	ok(disk_write(&disk, buf, MIB, 0) == -ENOSPC, "no room is told");
	disk_close(&disk);
	close(fd);
}

int main(void)
{
	uint64_t *buf = mmap(NULL, 2 * (size_t)MIB, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t *want = buf + MIB / sizeof *buf;
	void (*const whole[])(int, uint64_t *, uint64_t *) = {
		write_as_it_goes,
		write_both_ways,
	};
	int fd;

	for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
		fd = temporary();
		whole[i](fd, buf, want);
		close(fd);
	}
	fd = temporary();
	small_file(fd, buf);
	close(fd);
	refused(buf);
	return tap_done();
}
