/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A call that does not return is the last instruction: its return address is
 * the next function's. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

__attribute__((noinline, noreturn)) static void fail(const char *why)
{
	fprintf(stderr, "%s\n", why);
	abort();
}

__attribute__((noinline)) static int check(int x)
{
	if (x > 100)
		fail("too large");
	return x + 1;
}

int main(int argc, char **argv)
{
	(void)argv;
	return check(argc * 1000);
}
