/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Built with -m32: threads of the C library in a 32-bit program.  Says that it
 * is ready, then answers each line of its input.
 *
 *	parked   threads with variables of their own
 *	calls    each in a call that no kernel restarts, three without an end
 *	         and two with a limit; the answer is how many came back
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/sem.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { THREADS = 4, CALLS = 5, BUFFER = 100, LONG_S = 100 };

static __thread int own = 1;
static volatile int ready, endless, limited;
static int semaphore;

__attribute__((noinline)) static void parked(int depth)
{
	own += depth;
	if (depth)
		parked(depth - 1);
	__sync_fetch_and_add(&ready, 1);
	for (;;)
		pause();
}

static void *park(void *number)
{
	parked((int)(intptr_t)number);
	return NULL;
}

static int wait_socket(void)
{
	struct timeval limit = { .tv_sec = LONG_S };
	int pair[2];
	char byte;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		return 0;
	setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	return (int)recv(pair[0], &byte, 1, 0);
}

static void *wait_long(void *number)
{
	struct sembuf less = { .sem_op = -1 };
	struct epoll_event event;
	int epoll = epoll_create1(0);
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	__sync_fetch_and_add(&ready, 1);
	switch ((intptr_t)number) {
	case 0:
		epoll_wait(epoll, &event, 1, -1);
		break;
	case 1:
		sigwaitinfo(&set, NULL);
		break;
	case 2:
		semop(semaphore, &less, 1);
		break;
	case 3:
		if (epoll_wait(epoll, &event, 1, LONG_S * 1000) == -1)
			limited += errno == EINTR;
		return NULL;
	default:
		if (wait_socket() == -1)
			limited += errno == EINTR;
		return NULL;
	}
	__sync_fetch_and_add(&endless, 1);
	return NULL;
}

int main(int argc, char **argv)
{
	bool calls = argc > 1 && !strcmp(argv[1], "calls");
	int threads = calls ? CALLS : THREADS;
	pthread_t thread;
	char line[BUFFER];
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (calls)
		semaphore = semget(IPC_PRIVATE, 1, 0600);
	for (int i = 0; i < threads; i++)
		pthread_create(&thread, NULL, calls ? wait_long : park,
			(void *)(intptr_t)i);
	while (ready < threads)
		usleep(1000);
	puts("0");
	fflush(stdout);
	for (int i = 1; fgets(line, sizeof line, stdin); i++) {
		if (calls)
			printf("%d without an end, %d with a limit\n", endless,
				limited);
		else
			printf("%d\n", i);
		fflush(stdout);
	}
	if (calls)
		semctl(semaphore, 0, IPC_RMID);
	return 0;
}
