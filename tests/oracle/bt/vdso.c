/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A crash in the kernel's own library, which is in no file. */
#include <time.h>

int main(void)
{
	return clock_gettime(CLOCK_MONOTONIC, (struct timespec *)16);
}
