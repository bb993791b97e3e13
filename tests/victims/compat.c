/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Built with -m32 -static -nostdlib: a 32-bit program where no 32-bit C
 * library is.  Says that it is ready, then answers each line of its input.
 */

static int call(int number, int a, const void *b, int c)
{
	int result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"(a), "c"(b), "d"(c)
			 : "memory");
	return result;
}

enum { EXIT = 1, READ = 3, WRITE = 4, PAGE = 4096, PAGES = 12288 };

unsigned char area[PAGES][PAGE];

__attribute__((noinline)) void answer(char *line)
{
	char c;

	while (call(READ, 0, &c, 1) == 1) {
		line[0] = line[0] == '9' ? '9' : (char)(line[0] + 1);
		call(WRITE, 1, line, 2);
	}
}

void _start(void)
{
	char line[2] = { '0', '\n' };

	for (int i = 0; i < PAGES; i++)
		area[i][0] = 0xc1;
	call(WRITE, 1, line, sizeof line);
	answer(line);
	call(EXIT, 0, 0, 0);
	for (;;)
		;
}
