/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The file that several threads fill at once, by way of the page cache or past
 * it, whichever is the faster just now.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum disk_way { DISK_CACHED, DISK_PAST_CACHE, DISK_WAYS };

struct disk {
	int fd;
	int past; /* the same file, opened with O_DIRECT; -1: it has none */
	_Atomic int way;
	/* since the last look at the clock */
	_Atomic uint64_t done;
	pthread_mutex_t lock; /* of what follows */
	int64_t since_ns;
	double speed[DISK_WAYS]; /* bytes a ns when last used; 0: unknown */
	unsigned looks;          /* at the way that is used now */
};

/* size: of the file when it is complete; 0: not known. */
void disk_open(struct disk *, int fd, uint64_t size);
void disk_close(struct disk *);
/* All of it, at that place.  0 or -errno. */
int disk_write(struct disk *, const void *from, uint64_t size, uint64_t at);
/* So much has been dealt with, whether it was written or is a hole. */
void disk_done(struct disk *, uint64_t size);
