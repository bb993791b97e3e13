/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * copy MIB FILE: that many MiB of memory into a new file, by as many threads as
 * there are processors, a megabyte at a time: what writing a core cannot beat.
 * Prints how long it took, in ms.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { MIB = 1 << 20, SOURCE = 256, MAX_THREADS = 16 };

static unsigned char *source; /* SOURCE MiB, more than any cache */
static atomic_size_t next;
static size_t all;
static int fd;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1e3 + t.tv_nsec / 1e6;
}

static void *work(void *unused)
{
	size_t i;

	while ((i = atomic_fetch_add(&next, 1)) < all)
		if (pwrite(fd, source + i % SOURCE * MIB, MIB,
			    (off_t)i * MIB) != MIB) {
			perror("copy");
			exit(1);
		}
	return unused;
}

int main(int argc, char **argv)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	pthread_t thread[MAX_THREADS];
	double start;

	if (argc < 3)
		return 2;
	all = strtoul(argv[1], NULL, 10);
	source = malloc((size_t)SOURCE * MIB);
	memset(source, 0x5a, (size_t)SOURCE * MIB);
	start = now();
	fd = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	n = n > MAX_THREADS ? MAX_THREADS : n;
	for (long i = 1; i < n; i++)
		pthread_create(thread + i, NULL, work, NULL);
	work(NULL);
	for (long i = 1; i < n; i++)
		pthread_join(thread[i], NULL);
	printf("%.1f\n", now() - start);
	return 0;
}
