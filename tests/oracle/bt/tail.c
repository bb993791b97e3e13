/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tail calls: a chain with one way through it, and one with two ways. */
#include <stdlib.h>

volatile int sink;

__attribute__((noinline, noclone)) void last(int x)
{
	sink = x;
	if (x > 0)
		abort();
	sink = x + 1;
}

__attribute__((noinline, noclone)) void second(int x)
{
	sink = x;
	last(x + 1);
}

__attribute__((noinline, noclone)) void first(int x)
{
	sink = x;
	second(x + 1);
}

__attribute__((noinline, noclone)) int start(int x)
{
	first(x);
	sink = 1;
	return sink;
}

int main(int argc, char **argv)
{
	(void)argv;
	return start(argc);
}
