/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A packed core from anywhere: read in place, or unpacked, and opened. */
#include "inspect/image/packed.h"
#include "inspect/image/image.h"
#include "tests/lib/fuzz.h"

#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static void read_all(struct packed *p)
{
	char buf[4096];

	for (uint64_t at = 0; at < packed_size(p) && at < 1 << 24;
		at += sizeof(buf))
		packed_read(p, at, buf, sizeof(buf));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct arena a = { 0 };
	struct image im;
	struct core c;
	char path[32];

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		return 0;
	struct packed *p = packed_open(fd, &a);
	if (p)
		read_all(p);
	packed_close(p);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	/* What is not read in place is left to the unit test of unpacking. */
	if (p && !core_open(&c, &a, path, NULL)) {
		if (!image_open_core(&im, &a, &c, NULL, NULL))
			image_close(&im);
		core_close(&c);
	}
	close(fd);
	arena_clear(&a);
	return 0;
}
