/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A tail call through a function that the compiler has split. */
#include <stdlib.h>

volatile int sink;

__attribute__((noinline, noclone)) void last(int x)
{
	sink = x;
	*(volatile int *)16 = 1;
	if (x > 100)
		abort();
	sink = x + 1;
}

__attribute__((noinline, noclone)) void whole(int x)
{
	sink = x;
	last(x + 1);
}

__attribute__((noinline, noclone)) void parts(int x)
{
	sink = x;
	if (x > 100)
		abort();
	last(x + 1);
}

__attribute__((noinline, noclone)) int start(int x, int how)
{
	if (how == 1)
		whole(x);
	else
		parts(x);
	sink = 1;
	return sink;
}

int main(int argc, char **argv)
{
	(void)argv;
	return start(argc + 1, argc + 1);
}
