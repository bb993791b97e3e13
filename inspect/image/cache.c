/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bounded: a new file makes room first, by removing those with the oldest time
 * of modification, which is set when a file is used.  Removing one that
 * somebody has open harms nobody.  Room on the disk is taken before anything
 * is written: a full one must not be found out by a signal, and what a crash
 * left under a temporary name is removed like the rest.
 */
#include "inspect/image/cache.h"

#include "inspect/base/cleanup.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	MAX_FOLDER = 1 << 30,    /* bytes of all files */
	MAX_FOLDER_FILES = 1024, /* looked at when it is to be made smaller */
	MAX_FILE_NAME = 160,     /* ours are shorter */
};

/* Ours alone, or what is in it is not to be trusted. */
static bool is_ours(const struct stat *st)
{
	return st->st_uid == geteuid() && !(st->st_mode & (S_IWGRP | S_IWOTH));
}

bool cache_ready(const char *folder)
{
	struct stat st;

	if (mkdir(folder, 0700) && lstat(folder, &st))
		return false;
	return !lstat(folder, &st) && S_ISDIR(st.st_mode) && is_ours(&st);
}

int cache_open(const char *path)
{
	_cleanup_(close) int fd =
		open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || !is_ours(&st))
		return -1;
	return take_fd(&fd);
}

void cache_used(int fd)
{
	futimens(fd, NULL);
}

/* ---- room -------------------------------------------------------------- */

struct kept {
	char name[MAX_FILE_NAME];
	struct timespec used;
	uint64_t size;
};

static int by_age(const void *a, const void *b)
{
	const struct kept *x = a, *y = b;

	if (x->used.tv_sec != y->used.tv_sec)
		return x->used.tv_sec < y->used.tv_sec ? -1 : 1;
	return x->used.tv_nsec < y->used.tv_nsec ? -1 : 1;
}

static void make_room(const char *folder, uint64_t size)
{
	_cleanup_(free) struct kept *v =
		calloc(MAX_FOLDER_FILES, sizeof(struct kept));
	DIR *d = v ? opendir(folder) : NULL;
	uint64_t total = size;
	struct dirent *e;
	size_t n = 0;

	while (d && n < MAX_FOLDER_FILES && (e = readdir(d))) {
		struct stat st;

		if (strlen(e->d_name) >= sizeof(v->name) ||
			fstatat(dirfd(d), e->d_name, &st,
				AT_SYMLINK_NOFOLLOW) ||
			!S_ISREG(st.st_mode))
			continue;
		strcpy(v[n].name, e->d_name);
		v[n].used = st.st_mtim;
		v[n++].size = (uint64_t)st.st_size;
		total += (uint64_t)st.st_size;
	}
	if (n)
		qsort(v, n, sizeof(*v), by_age);
	for (size_t i = 0;
		i < n && (total > MAX_FOLDER || n - i >= MAX_FOLDER_FILES / 2);
		i++)
		if (!unlinkat(dirfd(d), v[i].name, 0))
			total -= v[i].size;
	if (d)
		closedir(d);
}

int cache_create(const char *folder, uint64_t size, struct arena *a,
	char **ret_temporary)
{
	_cleanup_(close) int fd = -1;

	if (size > MAX_FOLDER / 2 || !cache_ready(folder))
		return -1;
	make_room(folder, size);
	*ret_temporary = arena_printf(a, "%s/new-XXXXXX", folder);
	fd = mkostemp(*ret_temporary, O_CLOEXEC);
	if (fd < 0)
		return -1;
	if (!posix_fallocate(fd, 0, (off_t)size))
		return take_fd(&fd);
	unlink(*ret_temporary);
	return -1;
}

bool cache_commit(const char *temporary, const char *path)
{
	if (!rename(temporary, path))
		return true;
	unlink(temporary);
	return false;
}

/* Four at a time, as fast as memory is; one wrong word is always seen, since
 * each step can be undone. */
static void sum_word(const uint8_t *p, uint64_t *sum)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	*sum = (*sum ^ word) * UINT64_C(0x9e3779b97f4a7c15);
	*sum ^= *sum >> 32;
}

void cache_sum(const void *bytes, uint64_t n, uint64_t sum[4])
{
	const uint8_t *p = bytes;
	uint64_t i = 0;

	for (; i + 32 <= n; i += 32)
		for (unsigned k = 0; k < 4; k++)
			sum_word(p + i + 8 * k, &sum[k]);
	for (; i + 8 <= n; i += 8)
		sum_word(p + i, &sum[i / 8 % 4]);
}
