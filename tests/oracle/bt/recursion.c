/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two thousand frames of one function, then fifty of two that call each other.
 */
#include <stdlib.h>

int even(int n);

__attribute__((noinline)) int odd(int n)
{
	volatile char b = (char)n;

	if (n == 0)
		abort();
	return even(n - 1) + b;
}

__attribute__((noinline)) int even(int n)
{
	volatile char b = (char)n;

	if (n == 0)
		abort();
	return odd(n - 1) + b;
}

__attribute__((noinline)) int parse_expr(int n)
{
	volatile char b = (char)n;

	return n ? parse_expr(n - 1) + b : even(50) + b;
}

int main(void)
{
	return parse_expr(2000);
}
