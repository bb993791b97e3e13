/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Key=value for whoever looks at the core.  The slots lie in an anonymous
 * mapping made at install, so they are in every core whatever coredump_filter
 * says of files; untouched ones cost no memory.  Writers take a spin lock that
 * no handler ever takes: a crash in between finds an odd sequence number and
 * leaves that slot out.
 */
#include "crashd/lib/annotate.h"

#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "crashd/crashd.h"
#include "crashd/lib/install.h"

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#define PR_SET_VMA_ANON_NAME 0
#endif

static struct crashd_annotation *slots;
static char lock;

int crashd_annotate_map(struct crashd_root *root)
{
	size_t n = CRASHD_ANNOTATIONS * sizeof *slots;
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return -errno;
	prctl(PR_SET_VMA, PR_SET_VMA_ANON_NAME, p, n, "crashd:notes");
	slots = p;
	root->annotation_count = CRASHD_ANNOTATIONS;
	root->annotation_size = sizeof *slots;
	root->annotations = (uintptr_t)p;
	return 0;
}

/* The slot of key, or the first free one, or NULL. */
static struct crashd_annotation *find(const char *key)
{
	struct crashd_annotation *free = NULL;

	for (int i = 0; i < CRASHD_ANNOTATIONS; i++) {
		struct crashd_annotation *a = &slots[i];

		if (a->sequence && !strcmp(a->key, key))
			return a;
		if (!free && (!a->sequence || !a->key[0]))
			free = a;
		if (!a->sequence)
			break;
	}
	return free;
}

static void write_slot(
	struct crashd_annotation *a, const char *key, const char *value)
{
	uint32_t sequence = a->sequence;

	__atomic_store_n(&a->sequence, sequence + 1, __ATOMIC_SEQ_CST);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	memset(a->key, 0, sizeof a->key);
	memset(a->value, 0, sizeof a->value);
	if (value) {
		memcpy(a->key, key, strlen(key));
		memcpy(a->value, value, strlen(value));
	}
	__atomic_store_n(&a->sequence, sequence + 2, __ATOMIC_SEQ_CST);
}

CRASHD_API int crashd_annotate(const char *key, const char *value)
{
	struct crashd_annotation *a;
	int r = 0;

	if (!key || !key[0])
		return -EINVAL;
	if (strlen(key) >= CRASHD_KEY_SIZE ||
		(value && strlen(value) >= CRASHD_VALUE_SIZE))
		return -E2BIG;
	crashd_install_once();
	if (!slots)
		return -ENOMEM;
	while (__atomic_test_and_set(&lock, __ATOMIC_ACQUIRE))
		sched_yield();
	a = find(key);
	if (!a)
		r = value ? -ENOSPC : 0;
	else if (value || a->key[0])
		write_slot(a, key, value);
	__atomic_clear(&lock, __ATOMIC_RELEASE);
	return r;
}
