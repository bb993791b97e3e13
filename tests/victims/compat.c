/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Built with -m32 -static -nostdlib: a 32-bit program where no 32-bit C
 * library is.  Says that it is ready, then answers each line of its input.
 *
 *	threads   two more: one waits with all vector registers in use, one is
 *	          in a loop of one instruction; each with a TLS of its own
 *	mixed     one more, in 64-bit code
 */

enum { EXIT_GROUP = 252, READ = 3, WRITE = 4, PAUSE = 29, CLONE = 120 };
enum { SET_THREAD_AREA = 243, SCHED_YIELD = 158 };
enum { PAGE = 4096, PAGES = 12288, STACK = 8192, TLS_FLAGS = 0x51 };
/* CLONE_VM, FS, FILES, SIGHAND, THREAD, SYSVSEM, SETTLS */
enum { THREAD_FLAGS = 0x000d0f00 };

struct tls {
	int entry;
	void *base;
	unsigned limit, flags;
};

unsigned char area[PAGES][PAGE];
volatile int ready;
int local[3] = { 7, 8, 9 };
struct tls tls[3];

static int call(int number, int a, const void *b, int c)
{
	int result;

	__asm__ volatile("int $0x80"
			 : "=a"(result)
			 : "a"(number), "b"(a), "c"(b), "d"(c)
			 : "memory");
	return result;
}

__attribute__((noinline)) void answer(char *line)
{
	char c;

	while (call(READ, 0, &c, 1) == 1) {
		line[0] = line[0] == '9' ? '9' : (char)(line[0] + 1);
		call(WRITE, 1, line, 2);
	}
}

static int has_avx(void)
{
	unsigned a = 1, c = 0;

	__asm__ volatile("cpuid" : "+a"(a), "+c"(c) : : "ebx", "edx");
	return (c >> 27 & 3) == 3;
}

static void use_tls(int i)
{
	__asm__ volatile("movw %w0, %%gs" : : "r"(tls[i].entry * 8 + 3));
	ready++;
}

__attribute__((noinline)) void waits(void)
{
	static const unsigned char bytes[] = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
		11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
		27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39 };
	static const double half = 1.5;
	static const unsigned mxcsr = 0x7fa0;

	__asm__ volatile("fldl %0; ldmxcsr %1" : : "m"(half), "m"(mxcsr));
	if (has_avx())
		__asm__ volatile("vmovdqu %0, %%ymm0; vmovdqu %1, %%ymm7"
				 :
				 : "m"(bytes), "m"(bytes[7]));
	else
		__asm__ volatile("movdqu %0, %%xmm0; movdqu %1, %%xmm7"
				 :
				 : "m"(bytes), "m"(bytes[7]));
	use_tls(1);
	for (;;)
		call(PAUSE, 0, 0, 0);
}

__attribute__((noinline)) void loops(void)
{
	use_tls(2);
	__asm__ volatile(
		"1: jmp 1b"
		:
		: "a"(11), "b"(12), "c"(13), "d"(14), "S"(15), "D"(16));
}

/* The code segment of 64-bit programs; the loop is the same in both. */
__attribute__((noinline)) void wide(void)
{
	use_tls(1);
	__asm__ volatile("ljmp $0x33, $2f\n"
			 "2: jmp 2b");
}

/* The thread begins with the function, which has nowhere to return to. */
static void start(int i, void (*function)(void))
{
	static void *stack[3][STACK / sizeof(void *)];
	void **top = stack[i] + STACK / sizeof(void *) - 8;
	int result;

	top[0] = (void *)function;
	tls[i] = (struct tls){ tls[0].entry, local + i, 0xfffff, TLS_FLAGS };
	__asm__ volatile("int $0x80\n"
			 "test %%eax, %%eax\n"
			 "jnz 1f\n"
			 "xor %%ebp, %%ebp\n"
			 "ret\n"
			 "1:"
			 : "=a"(result)
			 : "a"(CLONE), "b"(THREAD_FLAGS), "c"(top), "d"(0),
			 "S"(tls + i), "D"(0)
			 : "memory");
	while (ready != i)
		call(SCHED_YIELD, 0, 0, 0);
}

void run(void **stack)
{
	char line[2] = { '0', '\n' };
	const char *word;

	for (int i = 0; i < PAGES; i++)
		area[i][0] = 0xc1;
	if (stack[0] > (void *)1) {
		tls[0] = (struct tls){ -1, local, 0xfffff, TLS_FLAGS };
		call(SET_THREAD_AREA, (int)tls, 0, 0);
		word = stack[2];
		start(1, word[0] == 'm' ? wide : waits);
		if (word[0] == 't')
			start(2, loops);
	}
	call(WRITE, 1, line, sizeof line);
	answer(line);
	call(EXIT_GROUP, 0, 0, 0);
	for (;;)
		;
}

/* What the kernel starts with: the number of words, and the words. */
__asm__(".globl _start\n"
	"_start: mov %esp, %eax\n"
	"xor %ebp, %ebp\n"
	"push %eax\n"
	"call run\n");
