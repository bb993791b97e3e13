/* SPDX-License-Identifier: GPL-3.0-or-later */
/* crashd/safe/maps: texts of maps and smaps made by hand, and our own. */
#include "crashd/safe/maps.h"
#include "tests/lib/tap.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

static struct maps maps;

/* A reader of text, through a pipe that gives it in pieces. */
static void read_text(const char *text, size_t size, bool smaps)
{
	int fd = memfd_create("maps", 0);

	if (fd < 0 || write(fd, text, size) != (ssize_t)size)
		abort();
	lseek(fd, 0, SEEK_SET);
	crashd_maps_from(&maps, fd, smaps);
}

static void a_line(void)
{
	static const char text[] =
		"7f1443339000-7f144333b000 r-xp 00002000 fe:01 77          "
		"       /usr/lib/x y\\012z.so (deleted)\n"
		"ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0   "
		"               [vsyscall]\n"
		"1000-2000 rw-s 00000000 00:00 0 \n";
	struct map map;

	read_text(text, sizeof text - 1, false);
	is_int(crashd_maps_next(&maps, &map), 1, "a line is a mapping");
	is_int(map.start, 0x7f1443339000, "it starts");
	is_int(map.end, 0x7f144333b000, "it ends");
	is_int(map.perms, MAP_PERM_READ | MAP_PERM_EXEC, "it may be run");
	is_int(map.offset, 0x2000, "it has an offset");
	is_int(map.major, 0xfe, "it is on a device, major");
	is_int(map.minor, 1, "it is on a device, minor");
	is_int(map.inode, 77, "it has an inode");
	is_str(map.name, "/usr/lib/x y\nz.so (deleted)",
		"its name has a space, a newline and a mark");
	is_int(crashd_maps_next(&maps, &map), 1, "the highest page");
	ok(map.end == 0xffffffffff601000, "addresses have 64 bits");
	is_int(crashd_maps_next(&maps, &map), 1, "a mapping without a name");
	is_str(map.name, "", "has the empty name");
	is_int(map.perms, MAP_PERM_READ | MAP_PERM_WRITE | MAP_PERM_SHARED,
		"is shared");
	is_int(crashd_maps_next(&maps, &map), 0, "the end");
	is_int(crashd_maps_next(&maps, &map), 0, "remains the end");
	crashd_maps_close(&maps);
}

static void details(void)
{
	static const char text[] =
		"1000-3000 rw-p 00000000 00:00 0                  [heap]\n"
		"Size:                  8 kB\n"
		"KernelPageSize:        4 kB\n"
		"Rss:                   8 kB\n"
		"Anonymous:             4 kB\n"
		"Swap:                 12 kB\n"
		"SwapPss:               1 kB\n"
		"VmFlags: rd wr mr mw me dd ac sd \n"
		"4000-5000 r--s 00000000 00:05 9                  /dev/x\n"
		"Rss:                   0 kB\n"
		"VmFlags: rd sh mr mw me io pf \n";
	struct map map;

	read_text(text, sizeof text - 1, true);
	is_int(crashd_maps_next(&maps, &map), 1, "a record of smaps");
	ok(map.detailed, "has details");
	is_str(map.name, "[heap]", "has a name");
	is_int(map.rss, 8192, "has pages in memory");
	is_int(map.anonymous, 4096, "has pages of its own");
	is_int(map.swap, 12288, "has pages in swap");
	is_int(map.flags, MAP_FLAG_DONTDUMP, "does not want to be dumped");
	is_int(crashd_maps_next(&maps, &map), 1, "the next record");
	is_int(map.start, 0x4000, "starts where it should");
	is_int(map.anonymous, 0, "has nothing of the one before");
	is_int(map.flags, MAP_FLAG_SHARED | MAP_FLAG_IO | MAP_FLAG_PFN,
		"is a shared device");
	is_int(crashd_maps_next(&maps, &map), 0, "the end of smaps");
	crashd_maps_close(&maps);
}

/* Names may be as long as a path can be written, and longer. */
static void long_names(void)
{
	static char text[3 * MAPS_LINE];
	int n = sprintf(text, "1000-2000 r--p 00000000 08:01 5   ");
	struct map map;

	memset(text + n, 'a', MAPS_LINE + 8000);
	n += MAPS_LINE + 8000;
	n += sprintf(text + n, "\n2000-3000 r--p 00000000 08:01 6   /b\n");
	read_text(text, (size_t)n, false);
	is_int(crashd_maps_next(&maps, &map), 1, "a name beyond all measure");
	ok(map.cut && strlen(map.name) < MAPS_LINE, "is cut, and marked");
	is_int(crashd_maps_next(&maps, &map), 1, "the line after it");
	ok(!map.cut && !strcmp(map.name, "/b"), "is whole");
	crashd_maps_close(&maps);
}

static void nonsense(void)
{
	static const char *const texts[] = {
		"",
		"\n\n\n",
		"hello\n",
		"1000-\n",
		"1000-2000\n",
		"1000-2000 rwxp",
		"2000-1000 rw-p 00000000 00:00 0 \n",
		"1000-2000 rwzp 00000000 00:00 0 \n",
		"1000-2000 rw",
	};
	struct map map;
	bool quiet = true;

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		read_text(texts[i], strlen(texts[i]), false);
		quiet &= crashd_maps_next(&maps, &map) == 0;
		crashd_maps_close(&maps);
	}
	ok(quiet, "what is not a mapping is passed over");
}

static void our_own(void)
{
	char *page = mmap(NULL, 3 * 4096, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool found = false, ordered = true;
	uint64_t last = 0;
	struct map map;

	page[0] = 1;
	madvise(page, 4096, MADV_DONTDUMP);
	is_int(crashd_maps_open(&maps, -1, getpid(), getpid(), true), 0,
		"our own smaps can be read");
	while (crashd_maps_next(&maps, &map) > 0) {
		ordered &= map.start >= last && map.detailed;
		last = map.end;
		if (map.start == (uintptr_t)page)
			found = map.end == map.start + 4096 &&
				map.flags & MAP_FLAG_DONTDUMP &&
				map.anonymous == 4096;
	}
	crashd_maps_close(&maps);
	ok(ordered, "mappings come in order, each with details");
	ok(found, "a page that was split off by madvise is found");
	ok(crashd_maps_open(&maps, -1, 0x7fffffff, 1, false) < 0,
		"of a process that is not there: an error");
}

int main(void)
{
	a_line();
	details();
	long_names();
	nonsense();
	our_own();
	return tap_done();
}
