/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A call through a pointer that is no address. */
__attribute__((noinline)) static int go(int (*f)(int), int a)
{
	return f(a) + 1;
}

int main(int argc, char **argv)
{
	(void)argv;
	return go(
		(int (*)(int))(0x7777777777770000UL * (unsigned long)argc), 5);
}
