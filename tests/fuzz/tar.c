/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A bundle's tar from anywhere: its members, found and read. */
#include "inspect/bundle/tar.h"
#include "tests/lib/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void read_member(struct packed *p, const struct tar_member *m)
{
	char buf[4096];

	packed_narrow(p, m->piece, m->n, m->size);
	for (uint64_t at = 0; at < packed_size(p) && at < 1 << 20;
		at += sizeof(buf))
		packed_read(p, at, buf, sizeof(buf));
	packed_widen(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct arena a = { 0 };
	struct tar t;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		return 0;
	struct packed *p = packed_open_plain(fd, &a);
	close(fd);
	if (!p)
		return 0;
	tar_read(p, &a, &t);
	for (size_t i = 0; i < t.n; i++) {
		const struct tar_member *m = &t.member[i];

		if (tar_find(&t, m->name) != m || m->name[0] == '/' ||
			strstr(m->name, "../"))
			abort();
		if (i < 64)
			read_member(p, m);
	}
	packed_close(p);
	arena_clear(&a);
	return 0;
}
