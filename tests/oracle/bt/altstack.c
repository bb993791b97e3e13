/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A handler on a stack of its own, interrupted by another signal. */
#include <signal.h>
#include <stdlib.h>

static void second(int sig)
{
	(void)sig;
	abort();
}

static void first(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)info;
	(void)context;
	raise(SIGUSR1);
}

__attribute__((noinline)) static void crash(volatile int *p)
{
	*p = 1;
	__asm__ volatile("" ::: "memory");
}

int main(void)
{
	static char stack[65536];
	stack_t ss = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction a = {
		.sa_sigaction = first,
		.sa_flags = SA_SIGINFO | SA_ONSTACK,
	};

	sigaltstack(&ss, NULL);
	sigaction(SIGSEGV, &a, NULL);
	signal(SIGUSR1, second);
	crash(NULL);
	return 0;
}
