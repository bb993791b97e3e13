/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Built with -m32: threads of the C library in a 32-bit program, each with
 * variables of its own.  Says that it is ready, then answers its input.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

enum { THREADS = 4, BUFFER = 100 };

static __thread int own = 1;
static volatile int ready;

__attribute__((noinline)) static void parked(int depth)
{
	own += depth;
	if (depth)
		parked(depth - 1);
	__sync_fetch_and_add(&ready, 1);
	for (;;)
		pause();
}

static void *work(void *number)
{
	parked((int)(intptr_t)number);
	return NULL;
}

int main(void)
{
	pthread_t thread[THREADS];
	char line[BUFFER];

	for (int i = 0; i < THREADS; i++)
		pthread_create(thread + i, NULL, work, (void *)(intptr_t)i);
	while (ready < THREADS)
		usleep(1000);
	puts("0");
	fflush(stdout);
	for (int i = 1; fgets(line, sizeof line, stdin); i++) {
		printf("%d\n", i);
		fflush(stdout);
	}
	return 0;
}
