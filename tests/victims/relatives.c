/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * relatives vfork FIFO | vm [MIB]: a process with another one in its memory.
 *
 * vfork: a thread waits for its child, which waits for somebody to open FIFO
 * before it execs; then the thread prints "returned".  vm: a child of
 * clone(CLONE_VM) writes two words in turn, the first never behind the second.
 * Prints "ready"; a line of input prints how often the main thread has slept.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { PAGE = 4096, STACK = 64 << 10 };

static const char *fifo;
/* pages apart: a copy that takes its time has them of different moments */
__attribute__((aligned(PAGE))) volatile struct {
	unsigned long value;
	char rest[PAGE - sizeof(unsigned long)];
} word[512];

static void *spawn(void *unused)
{
	pid_t child = vfork();

	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)!open(fifo, O_RDONLY);
		execl("/bin/true", "true", (char *)NULL);
		_exit(1);
	}
	puts("returned");
	fflush(stdout);
	return unused;
}

static int write_words(void *unused)
{
	(void)unused;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (unsigned long i = 1;; i++) {
		word[0].value = i;
		word[511].value = i;
	}
}

int main(int argc, char **argv)
{
	size_t mib = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
	struct pollfd in = { .fd = 0, .events = POLLIN };
	unsigned long slept = 0;
	pthread_t thread;

	if (mib)
		memset(malloc(mib << 20), 1, mib << 20);
	if (argc < 3)
		return 2;
	fifo = argv[2];
	if (!strcmp(argv[1], "vfork"))
		pthread_create(&thread, NULL, spawn, NULL);
	else
		clone(write_words, (char *)malloc(STACK) + STACK,
			CLONE_VM | SIGCHLD, NULL);
	puts("ready");
	fflush(stdout);
	for (;; slept++) {
		char c;

		if (poll(&in, 1, 1) == 0)
			continue;
		if (read(0, &c, 1) != 1)
			return 0;
		printf("%lu\n", slept);
		fflush(stdout);
	}
}
