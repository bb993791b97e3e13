/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crashd/snap/stage.h"

#include "crashd/safe/elfcore.h"
#include "crashd/snap/cgroup.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>

enum {
	SLICE = 32 << 20, /* touched by one thread at a time */
	SLACK = 8 << 20,  /* growth between the estimate and the pause */
	ALIGNED = 1 << 20,
};

size_t stage_size(uint64_t expect)
{
	size_t size = expect + expect / 8 + SLACK;

	return (size + ALIGNED - 1) / ALIGNED * ALIGNED;
}

bool stage_has_room(uint64_t expect)
{
	uint64_t available = cgroup_number("/proc/meminfo", "MemAvailable:");
	uint64_t size = stage_size(expect);

	if (available == UINT64_MAX || available < 2 * size / 1024)
		return false;
	return cgroup_room() >= 2 * size;
}

void *stage_map(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED)
		return NULL;
	madvise(at, size, MADV_HUGEPAGE);
	madvise(at, size, MADV_DONTDUMP);
	/* what csnap forks has no use for it */
	madvise(at, size, MADV_DONTFORK);
	return at;
}

/* Each thread takes slices of it. */
struct touching {
	char *at;
	size_t size;
	atomic_size_t next;
};

static void *touch(void *context)
{
	struct touching *t = context;
	size_t at;

	while ((at = atomic_fetch_add(&t->next, SLICE)) < t->size) {
		size_t n = t->size - at < SLICE ? t->size - at : SLICE;

		if (madvise(t->at + at, n, MADV_POPULATE_WRITE) == 0)
			continue;
		/* before Linux 5.14 */
		for (size_t i = 0; i < n; i += CORE_PAGE)
			((volatile char *)t->at)[at + i] = 0;
	}
	return NULL;
}

void stage_touch(void *at, size_t size, unsigned workers)
{
	struct touching t = { .at = at, .size = size };
	pthread_t thread[STAGE_WORKERS];
	unsigned n = 0;

	while (n + 1 < workers && n * (size_t)SLICE < size &&
		!pthread_create(thread + n, NULL, touch, &t))
		n++;
	touch(&t);
	while (n > 0)
		pthread_join(thread[--n], NULL);
}
