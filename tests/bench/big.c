/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Waits inside one of many units: see real_big in tests/lib/real.sh. */
#include <stdio.h>
#include <unistd.h>

int global_counter = 42;
int unit_entry_1(int i, void *p);

static __attribute__((noinline)) int wait_there(int depth)
{
	volatile int here = depth;

	if (!depth)
		pause();
	else
		here += wait_there(depth - 1);
	return here;
}

int main(void)
{
	long s[64] = { 0 };

	puts("ready");
	fflush(stdout);
	return wait_there(5) + unit_entry_1(global_counter % 8, s);
}
