/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tail calls that lead to the end in two ways: which was it? */
#include <stdlib.h>

volatile int sink;

__attribute__((noinline, noclone)) void last(int x)
{
	sink = x;
	if (x > 0)
		abort();
	sink = x + 1;
}

__attribute__((noinline, noclone)) void left(int x)
{
	sink = x;
	last(x + 1);
}

__attribute__((noinline, noclone)) void right(int x)
{
	sink = x * 2;
	last(x + 2);
}

__attribute__((noinline, noclone)) void fork_in_road(int x)
{
	sink = x;
	if (x & 1)
		left(x + 1);
	else
		right(x + 1);
}

__attribute__((noinline, noclone)) void middle(int x)
{
	sink = x;
	fork_in_road(x + 1);
}

__attribute__((noinline, noclone)) int start(int x)
{
	middle(x);
	sink = 1;
	return sink;
}

int main(int argc, char **argv)
{
	(void)argv;
	return start(argc);
}
