/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls inlined three deep, one of them twice; the innermost crashes. */
#include <stdlib.h>

struct node {
	struct node *next;
	int value;
};

static inline __attribute__((always_inline)) int value_of(
	const struct node *n, int scale)
{
	return n->value * scale;
}

static inline __attribute__((always_inline)) int sum_two(
	const struct node *n, int scale)
{
	int a = value_of(n, scale);
	int b = value_of(n->next, scale + 1);

	return a + b;
}

static inline __attribute__((always_inline)) int walk(
	const struct node *n, int depth)
{
	int total = 0;

	for (int i = 0; i < depth; i++) {
		total += sum_two(n, i);
		n = n->next;
	}
	return total;
}

__attribute__((noinline)) static int outer(struct node *n, int depth)
{
	int r = walk(n, depth);

	return r + 1;
}

int main(int argc, char **argv)
{
	struct node c = { NULL, 3 }, b = { &c, 2 }, a = { &b, argc };

	(void)argv;
	return outer(&a, 3 + argc);
}
