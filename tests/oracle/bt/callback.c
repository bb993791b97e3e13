/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A crash under libc: in what qsort calls. */
#include <stdlib.h>

static int compare(const void *a, const void *b)
{
	if (*(const int *)a == 7)
		*(volatile int *)0 = 1;
	return *(const int *)a - *(const int *)b;
}

int main(void)
{
	int v[32];

	for (int i = 0; i < 32; i++)
		v[i] = i * 13 % 32;
	qsort(v, 32, sizeof(*v), compare);
	return v[3];
}
