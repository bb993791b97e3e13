/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A call through a null pointer, out of a callback. */
#include <stdlib.h>

struct ops {
	int (*run)(int);
};

struct ops ops;

__attribute__((noinline)) static int dispatch(struct ops *o, int arg)
{
	int r = o->run(arg);

	return r + arg;
}

static int compare(const void *a, const void *b)
{
	return dispatch(&ops, *(const int *)a) - *(const int *)b;
}

int main(void)
{
	int v[] = { 3, 1, 2 };

	qsort(v, 3, sizeof v[0], compare);
	return v[0];
}
