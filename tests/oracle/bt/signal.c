/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A handler on an alternate stack, inside another one, aborts. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char alternate[65536];
static volatile int depth;

__attribute__((noinline)) static void work(volatile int *p)
{
	*p = 1;
}

static void inner(int sig)
{
	depth = sig;
	abort();
}

static void outer(int sig)
{
	depth = sig;
	raise(SIGUSR1);
	depth = 0;
}

__attribute__((noinline)) static int crash(int x)
{
	work((volatile int *)(long)x);
	return x + 1;
}

int main(void)
{
	stack_t st = { .ss_sp = alternate, .ss_size = sizeof alternate };
	struct sigaction sa = { .sa_handler = outer, .sa_flags = SA_ONSTACK };

	sigaltstack(&st, NULL);
	sigaction(SIGSEGV, &sa, NULL);
	sa.sa_handler = inner;
	sa.sa_flags = 0;
	sigaction(SIGUSR1, &sa, NULL);
	return crash(16);
}
