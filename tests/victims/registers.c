/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Known values in every register that a thread may use, all the time.
 *
 *	check  looks whether they are still there, and what is below its stack
 *	hold   spins with them, for a debugger to look at the core: general
 *	       ones in one thread, vectors and the x87's in the other
 *
 * No thread waits in a system call.  The values: general 11, 12, …; byte j of
 * vector i is i + j; mask k has 0x1111 * k; x87 st(i) is 1.5 + i.
 */
#include <asm/prctl.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)

enum { GENERAL = 14, VECTORS = 32, MASKS = 8, X87 = 8 };

static volatile int ended, spin_long;

/* ---- general registers, the red zone (psABI x86-64, 3.2.2), the flags ---- */

static _Thread_local struct {
	uint64_t general[GENERAL], red[2], flags;
} seen;

static __attribute__((noinline)) int general_wrong(uint64_t spins)
{
	void *keep = &seen;
	int wrong = 0;

	__asm__ volatile(
		"lea -128(%%rsp), %%rsp\n\t" /* what the compiler keeps there */
		"push %%rbp\n\t"
		"lea -256(%%rsp), %%rsp\n\t"
		"push %%rdi\n\t"
		"movq $101, -8(%%rsp)\n\t movq $102, -128(%%rsp)\n\t"
		"mov %%rsi, %%r15\n\t"
		"mov $11, %%rax\n\t mov $12, %%rbx\n\t mov $13, %%rcx\n\t"
		"mov $14, %%rdx\n\t mov $15, %%rsi\n\t mov $16, %%rdi\n\t"
		"mov $17, %%rbp\n\t mov $18, %%r8\n\t mov $19, %%r9\n\t"
		"mov $20, %%r10\n\t mov $21, %%r11\n\t mov $22, %%r12\n\t"
		"mov $23, %%r13\n\t mov $24, %%r14\n\t"
		"std\n\t" /* a flag that nothing else sets */
		"stc\n"
		".globl general_spins\n"
		"general_spins:\n"
		"1: dec %%r15\n\t jnz 1b\n\t" /* dec leaves the carry alone */
		"mov (%%rsp), %%r15\n\t"
		"mov %%rax, 0(%%r15)\n\t mov %%rbx, 8(%%r15)\n\t"
		"mov %%rcx, 16(%%r15)\n\t mov %%rdx, 24(%%r15)\n\t"
		"mov %%rsi, 32(%%r15)\n\t mov %%rdi, 40(%%r15)\n\t"
		"mov %%rbp, 48(%%r15)\n\t mov %%r8, 56(%%r15)\n\t"
		"mov %%r9, 64(%%r15)\n\t mov %%r10, 72(%%r15)\n\t"
		"mov %%r11, 80(%%r15)\n\t mov %%r12, 88(%%r15)\n\t"
		"mov %%r13, 96(%%r15)\n\t mov %%r14, 104(%%r15)\n\t"
		"mov -8(%%rsp), %%rax\n\t mov %%rax, 112(%%r15)\n\t"
		"mov -128(%%rsp), %%rax\n\t mov %%rax, 120(%%r15)\n\t"
		"pushf\n\t pop 128(%%r15)\n\t"
		"cld\n\t"
		"lea 264(%%rsp), %%rsp\n\t"
		"pop %%rbp\n\t"
		"lea 128(%%rsp), %%rsp"
		: "+S"(spins), "+D"(keep)
		:
		: "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12",
		"r13", "r14", "r15", "memory", "cc");
	for (uint64_t i = 0; i < GENERAL; i++)
		wrong += seen.general[i] != 11 + i;
	wrong += seen.red[0] != 101 || seen.red[1] != 102;
	wrong += (seen.flags & 0x401) != 0x401; /* direction, carry */
	return wrong;
}

/* ---- vectors, x87, their control words, the segment bases ---- */

struct vectors {
	_Alignas(64) uint8_t vector[VECTORS][64];
	uint64_t mask[MASKS];
	long double x87[X87];
	uint32_t mxcsr;
	uint16_t control;
};

static struct vectors given;
static int width; /* bytes of a vector here */

#define EACH8(M, a)                                                            \
	M(a##0) M(a##1) M(a##2) M(a##3) M(a##4) M(a##5) M(a##6) M(a##7)
#define EACH16(M)                                                              \
	M(0)                                                                   \
	M(1)                                                                   \
	M(2)                                                                   \
	M(3) M(4) M(5) M(6) M(7) M(8) M(9) M(10) M(11) M(12) M(13) M(14) M(15)
#define EACH32(M)                                                              \
	EACH16(M)                                                              \
	M(16)                                                                  \
	M(17)                                                                  \
	M(18)                                                                  \
	M(19)                                                                  \
	M(20) M(21) M(22) M(23) M(24) M(25) M(26) M(27) M(28) M(29) M(30) M(31)
#define LOAD_XMM(n) "movdqu 64*" #n "(%0), %%xmm" #n "\n\t"
#define KEEP_XMM(n) "movdqu %%xmm" #n ", 64*" #n "(%1)\n\t"
#define LOAD_YMM(n) "vmovdqu 64*" #n "(%0), %%ymm" #n "\n\t"
#define KEEP_YMM(n) "vmovdqu %%ymm" #n ", 64*" #n "(%1)\n\t"
#define LOAD_ZMM(n) "vmovdqu64 64*" #n "(%0), %%zmm" #n "\n\t"
#define KEEP_ZMM(n) "vmovdqu64 %%zmm" #n ", 64*" #n "(%1)\n\t"
#define LOAD_MASK(n) "kmovw 2048+8*" #n "(%0), %%k" #n "\n\t"
#define KEEP_MASK(n) "kmovw %%k" #n ", 2048+8*" #n "(%1)\n\t"
#define SPIN(name)                                                             \
	".globl " name "\n" name ":\n"                                         \
	"1: dec %2\n\t jnz 1b\n\t"
#define ROUND(load, name, keep)                                                \
	__asm__ volatile(load SPIN(name) keep                                  \
			 :                                                     \
			 : "r"(&given), "r"(got), "r"(spins)                   \
			 : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5",     \
			 "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",     \
			 "xmm12", "xmm13", "xmm14", "xmm15", "memory", "cc")

_Static_assert(offsetof(struct vectors, mask) == 2048, "as in LOAD_MASK");

static void vectors_round(struct vectors *got, uint64_t spins)
{
	if (width == 64)
		ROUND(EACH32(LOAD_ZMM) EACH8(LOAD_MASK, ), "zmm_spins",
			EACH32(KEEP_ZMM) EACH8(KEEP_MASK, ));
	else if (width == 32)
		ROUND(EACH16(LOAD_YMM), "ymm_spins", EACH16(KEEP_YMM));
	else
		ROUND(EACH16(LOAD_XMM), "xmm_spins", EACH16(KEEP_XMM));
}

/* st(0) is what was pushed last. */
static void x87_load(void)
{
	__asm__ volatile("fninit\n\t fldcw %0" : : "m"(given.control));
	for (int i = X87; i-- > 0;)
		__asm__ volatile("fldt %0" : : "m"(given.x87[i]));
	__asm__ volatile("ldmxcsr %0" : : "m"(given.mxcsr));
}
static void x87_keep(struct vectors *got)
{
	__asm__ volatile("stmxcsr %0" : "=m"(got->mxcsr));
	__asm__ volatile("fnstcw %0" : "=m"(got->control));
	for (int i = 0; i < X87; i++)
		__asm__ volatile("fstpt %0" : "=m"(got->x87[i]));
	__asm__ volatile("fninit");
}

static int vectors_wrong(uint64_t spins)
{
	static _Thread_local struct vectors got;
	uint64_t gs = 0;
	int wrong = 0;

	memset(&got, 0, sizeof got);
	syscall(SYS_arch_prctl, ARCH_SET_GS, 0x7654321000);
	x87_load();
	vectors_round(&got, spins);
	x87_keep(&got);
	syscall(SYS_arch_prctl, ARCH_GET_GS, &gs);
	for (int i = 0; i < (width == 64 ? VECTORS : VECTORS / 2); i++)
		wrong += memcmp(got.vector[i], given.vector[i],
				 (size_t)width) != 0;
	if (width == 64)
		wrong += memcmp(got.mask, given.mask, sizeof got.mask) != 0;
	for (int i = 0; i < X87; i++)
		wrong += memcmp(got.x87 + i, given.x87 + i, 10) != 0;
	wrong += got.mxcsr != given.mxcsr || got.control != given.control;
	wrong += gs != 0x7654321000;
	return wrong;
}

static void prepare(void)
{
	for (int i = 0; i < VECTORS; i++)
		for (int j = 0; j < 64; j++)
			given.vector[i][j] = (uint8_t)(i + j);
	for (unsigned i = 0; i < MASKS; i++)
		given.mask[i] = 0x1111 * i;
	for (int i = 0; i < X87; i++)
		given.x87[i] = 1.5L + i;
	given.mxcsr = 0x1fa0 | 0x6000; /* inexact seen; towards zero */
	given.control = 0x0e7f;        /* 53 bits, towards zero */
	__builtin_cpu_init();
	width = __builtin_cpu_supports("avx512f") ? 64
		: __builtin_cpu_supports("avx2")  ? 32
						  : 16;
}

/* ---- two threads ---- */

static volatile int wrong, rounds;
static const uint64_t SHORT = 3000000;

static void *vectors_thread(void *context)
{
	while (!ended) {
		wrong += vectors_wrong(spin_long ? ~UINT64_C(0) : SHORT);
		rounds++;
	}
	return context;
}

int main(int argc, char **argv)
{
	pthread_t thread;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prepare();
	spin_long = argc > 1 && !strcmp(argv[1], "hold");
	fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
	pthread_create(&thread, NULL, vectors_thread, NULL);
	printf("%d %d\n", getpid(), width);
	fflush(stdout);
	if (spin_long)
		general_wrong(~UINT64_C(0));
	for (char c; read(STDIN_FILENO, &c, 1) < 0; rounds++)
		wrong += general_wrong(SHORT);
	ended = 1;
	pthread_join(thread, NULL);
	printf("%s rounds, %d wrong\n", rounds > 10 ? "many" : "few", wrong);
	return 0;
}

#else
int main(void)
{
	puts("0 0");
	puts("many rounds, 0 wrong");
	return 0;
}
#endif
