/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Size and time of the last write: what is renamed, unlinked or linked
 * meanwhile stays as it was.
 */
#include "inspect/image/stamp.h"

#include <sys/stat.h>

struct stamp stamp_of(int fd)
{
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		return (struct stamp){ 0 };
	return (struct stamp){ (uint64_t)st.st_size, st.st_mtim, true };
}

bool stamp_same(const struct stamp *a, const struct stamp *b)
{
	return a->size == b->size && a->changed.tv_sec == b->changed.tv_sec &&
	       a->changed.tv_nsec == b->changed.tv_nsec;
}
