/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A crash in libc's assembly. */
#include <stdio.h>
#include <string.h>

__attribute__((noinline)) static void copy(char *to, const char *from, size_t n)
{
	memcpy(to, from, n);
	puts(to);
}

int main(int argc, char **argv)
{
	static char buffer[100000];

	(void)argv;
	copy(buffer, (char *)16, 1000 * (size_t)argc + 5);
	return 0;
}
