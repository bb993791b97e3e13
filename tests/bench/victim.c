/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A process of a wanted size:
 * victim THREADS TOUCHED RESERVED [thp] [spin] [write]
 *
 * THREADS threads in all wait, each a few calls deep; TOUCHED MiB of memory
 * are written, RESERVED MiB mapped and left alone.  The
 * pages are of 4 KiB unless "thp" asks for huge ones.
 *
 * With "spin" one more thread reads the clock all the time and keeps the
 * largest gap between two readings: what a stop of the process costs whoever
 * waits for it.  It has the ordinary scheduling class: a real-time thread
 * that spins is stopped by the kernel's own throttling, for 50 ms.  With
 * "write" one writes a byte of a random touched page all the time.
 *
 * A line of standard input is a question: an empty one prints the largest gap
 * since the last, in ms; "clone" how long a bare clone of the process takes,
 * in ms; "writes" how many bytes were written since the last, per ms.
 *
 * Prints "ready" when all is there, and ends with its standard input.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MIB = 1 << 20, PAGE = 4096, STACK = 256 << 10 };

static atomic_uint_fast64_t largest_gap;
static atomic_int waiting;
static atomic_uint_fast64_t writes;
static unsigned char *touched_at;
static size_t touched_size;

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * UINT64_C(1000000000) + t.tv_nsec;
}

static void *spin(void *unused)
{
	uint64_t last = now();

	(void)unused;
	for (;;) {
		uint64_t t = now(), gap = t - last;

		if (gap > atomic_load_explicit(
				  &largest_gap, memory_order_relaxed))
			atomic_store(&largest_gap, gap);
		last = t;
	}
	return NULL;
}

static void *write_bytes(void *unused)
{
	uint64_t x = 88172645463325252;

	(void)unused;
	for (;;) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		touched_at[x % touched_size]++;
		atomic_fetch_add_explicit(&writes, 1, memory_order_relaxed);
	}
	return NULL;
}

/* The child waits to be killed, as a snapshot's does. */
static double bare_clone(void)
{
	uint64_t start = now(), took;
	pid_t child = (pid_t)syscall(SYS_clone, 0, NULL, NULL, NULL, 0);

	if (child == 0)
		for (;;)
			pause();
	took = now() - start;
	kill(child, SIGKILL);
	waitpid(child, NULL, __WALL);
	return took / 1e6;
}

static void answer(const char *question)
{
	static uint64_t asked;

	if (!strcmp(question, "clone\n")) {
		printf("%.3f\n", bare_clone());
	} else if (!strcmp(question, "writes\n")) {
		uint64_t t = now();

		printf("%.3f\n",
			atomic_exchange(&writes, 0) / ((t - asked) / 1e6));
		asked = t;
	} else {
		printf("%.3f\n", atomic_exchange(&largest_gap, 0) / 1e6);
	}
	fflush(stdout);
}

__attribute__((noinline)) static int park(int number, const char *why)
{
	atomic_fetch_add(&waiting, 1);
	while (waiting)
		pause();
	return number + why[0];
}

__attribute__((noinline)) static int work(int number, int depth)
{
	int done = depth ? work(number, depth - 1) : park(number, "bench");

	return done + depth;
}

static void *worker(void *number)
{
	return (void *)(intptr_t)work((intptr_t)number, 4);
}

static void start(void *(*entry)(void *), intptr_t number)
{
	pthread_attr_t attributes;
	pthread_t thread;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	if (pthread_create(&thread, &attributes, entry, (void *)number)) {
		fprintf(stderr, "victim: no more threads\n");
		exit(1);
	}
}

/* Half of it noise, half of it alike: what packs about as programs do. */
static void fill(unsigned char *page)
{
	static uint64_t x = 88172645463325252;

	for (size_t i = 0; i < PAGE / 2; i += sizeof(x)) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		memcpy(page + i, &x, sizeof(x));
	}
	memset(page + PAGE / 2, 1 + x % 255, PAGE / 2);
}

static void memory(size_t touched, size_t reserved, bool huge)
{
	unsigned char *p;

	if (touched) {
		p = mmap(NULL, touched, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		madvise(p, touched, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
		for (size_t i = 0; i < touched; i += PAGE)
			fill(p + i);
		touched_at = p;
		touched_size = touched;
	}
	if (reserved)
		mmap(NULL, reserved, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

int main(int argc, char **argv)
{
	int threads = argc > 1 ? atoi(argv[1]) : 1;
	bool huge = false, spinning = false, writing = false;
	char line[64];

	for (int i = 4; i < argc; i++) {
		huge |= !strcmp(argv[i], "thp");
		spinning |= !strcmp(argv[i], "spin");
		writing |= !strcmp(argv[i], "write");
	}
	memory(argc > 2 ? strtoull(argv[2], NULL, 10) * MIB : 0,
		argc > 3 ? strtoull(argv[3], NULL, 10) * MIB : 0, huge);
	for (int i = 1; i < threads; i++)
		start(worker, i);
	while (waiting < threads - 1)
		usleep(1000);
	if (spinning)
		start(spin, 0);
	if (writing && touched_size)
		start(write_bytes, 0);
	puts("ready");
	fflush(stdout);
	while (fgets(line, sizeof line, stdin))
		answer(line);
	return 0;
}
