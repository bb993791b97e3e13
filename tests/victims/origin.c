/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One way of a value per function, in assembly, so that no compiler changes
 * it: each ends with the value in rax, in a loop that says that it is there.
 * Every function runs in a thread of its own; main stops when all are there.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

struct node {
	struct node *next;
	long value;
};

volatile unsigned char there[64];
struct node last = { 0, 0x77 };
struct node first = { &last, 0x66 };

/* Assembly is laid out by hand. */
/* clang-format off */
#define BEGIN(name)                                                            \
	".globl w_" #name "\n.type w_" #name ",@function\nw_" #name            \
	":\n.cfi_startproc\n"
#define END(name) ".cfi_endproc\n.size w_" #name ",.-w_" #name "\n"
#define FRAME "sub $40,%rsp\n.cfi_adjust_cfa_offset 40\n"
/* The thread's number is in r15. */
#define STAY "9: lea there(%rip),%r14\nmovb $1,(%r14,%r15)\npause\njmp 9b\n"
#define LEAF(name, body) BEGIN(name) FRAME body STAY END(name)

__asm__(".text\n"
	/* Clobbers what a call may. */
	BEGIN(clobber) "xor %ecx,%ecx\nxor %edx,%edx\nxor %esi,%esi\nxor "
		       "%edi,%edi\n"
		       "mov $0x5150,%eax\nret\n" END(clobber) LEAF(constant,
			       "mov $0x1111,%ecx\nmov %rcx,%rax\n") LEAF(spill,
			       "mov %rdi,8(%rsp)\ncall w_clobber\nmov "
			       "8(%rsp),%rax\n") LEAF(load,
			       "mov (%rdi),%rax\n") LEAF(result,
			       "call w_clobber\nmov %rax,%rbx\nmov %rbx,%rax\n")
			       LEAF(clobbered,
				       "call w_clobber\nmov %rcx,%rax\n")
	/* Only one of two constants is what is there. */
	LEAF(decided, "mov $0x11,%eax\ntest %rdi,%rdi\njne 1f\n"
		      "mov $0x22,%eax\n1: nop\n") LEAF(join,
		"mov (%rdi),%rax\ntest %rdi,%rdi\njne 1f\n"
		"mov (%rdx),%rax\n1: nop\n") LEAF(loop,
		"mov %rdi,%rax\n1: mov (%rax),%rax\ntest %rax,%rax\n"
		"jne 1b\n") LEAF(vector,
		"movdqu (%rdi),%xmm0\nmovups %xmm0,(%rsp)\n"
		"mov 8(%rsp),%rax\n") LEAF(pair,
		"movq %rdi,%xmm1\nmovq %rsi,%xmm0\n"
		"punpcklqdq %xmm1,%xmm0\nmovups %xmm0,(%rsp)\n"
		"xor %edi,%edi\nmov 8(%rsp),%rax\n") LEAF(exposed,
		"mov %rdi,(%rsp)\nmov %rsp,%rdi\ncall w_clobber\n"
		"mov (%rsp),%rax\n") LEAF(unset, "mov 16(%rsp),%rax\n")
		LEAF(part, "mov %rdi,%rax\nmov $5,%al\n") LEAF(choose,
			"mov %rdi,%rax\ntest %rsi,%rsi\ncmove %rsi,%rax\n")
			LEAF(offset, "lea 24(%rdi),%rax\nadd $8,%rax\n") LEAF(
				arithmetic, "mov (%rdi),%rax\nimul %rsi,%rax\n")
				LEAF(exchange,
					"xchg %rdi,%rsi\nmov %rdi,%rax\n")
	/* Stored and read again, through a pointer. */
	LEAF(stored, "movq $0x31,(%rdx)\nmov (%rdx),%rax\n") LEAF(perhaps,
		"movq $0x31,(%rdx)\nmov %rdx,%rbx\ncall w_clobber\n"
		"mov (%rbx),%rax\n")
	/* A table of jumps, and a jump whose targets nobody knows. */
	LEAF(table,
		"lea 2f(%rip),%rdx\nmov $1,%ecx\nmovslq (%rdx,%rcx,4),%rcx\n"
		"add %rdx,%rcx\njmp *%rcx\n"
		"3: mov $0x41,%eax\njmp 5f\n4: mov $0x42,%eax\n5: nop\n"
		".pushsection .rodata\n.balign 4\n2: .long 3b-2b,4b-2b\n"
		".popsection\n")
		LEAF(unknown, "mov $0x43,%eax\nlea 1f(%rip),%rcx\nxor $1,%rcx\n"
			      "xor $1,%rcx\njmp *%rcx\n1: nop\n")
	/* Through the caller: an argument, a kept register, the stack. */
	LEAF(take, "mov %rdi,%rax\nxor %edi,%edi\n") BEGIN(argument) FRAME
	"mov (%rdi),%rdi\ncall w_take\nud2\n" END(argument)
		LEAF(kept_below, "mov %rbx,%rax\n") BEGIN(kept) FRAME
	"mov 8(%rdi),%rbx\ncall w_kept_below\nud2\n" END(kept)
		LEAF(stack_below, "mov 48(%rsp),%rax\n") BEGIN(stack) FRAME
	"push $0x99\n.cfi_adjust_cfa_offset 8\n"
	"call w_stack_below\nud2\n" END(stack)
	/* A jump instead of a call: whose argument it is, is not known. */
	BEGIN(jumper) "mov %rsi,%rdi\njmp w_take\n" END(jumper) BEGIN(tailcall)
		FRAME "call w_jumper\nud2\n" END(tailcall)
	/* What comes behind a call that does not return is no way from it. */
	LEAF(noreturn,
		"mov $0x51,%eax\ntest %rdi,%rdi\njne 1f\n"
		"mov 8(%rsi),%rax\n.cfi_adjust_cfa_offset 8\ncall w_clobber\n"
		".cfi_adjust_cfa_offset -8\n1: nop\n"));

/* clang-format on */

typedef void way_fn(void *, void *, void *);
/* clang-format off */
#define WAYS(X)                                                                \
	X(constant) X(spill) X(load) X(result) X(clobbered) X(decided)         \
	X(join) X(loop) X(vector) X(pair) X(exposed) X(unset) X(part)          \
	X(choose) X(offset) X(arithmetic) X(exchange) X(stored) X(perhaps)     \
	X(table) X(unknown) X(argument) X(kept) X(stack) X(tailcall)           \
	X(noreturn)
/* clang-format on */
#define DECLARE(n) void w_##n(void *, void *, void *);
#define NAME(n) { #n, w_##n },
WAYS(DECLARE)

static const struct {
	const char *name;
	way_fn *run;
} ways[] = { WAYS(NAME) };

enum { NWAYS = sizeof(ways) / sizeof(ways[0]) };

static void *run(void *arg)
{
	long i = (long)arg;
	static struct node of[NWAYS];

	pthread_setname_np(pthread_self(), ways[i].name);
	of[i].next = &last;
	of[i].value = 0x55;
	__asm__ volatile(
		"mov %0,%%r15\nsub $128,%%rsp\nmov %2,%%rdi\n"
		"mov %3,%%rsi\nmov %4,%%rdx\ncall *%1\n"
		:
		: "r"(i), "b"(ways[i].run), "r"(&first), "r"(&last), "r"(&of[i])
		: "rdi", "rsi", "rdx", "r15", "memory");
	return NULL;
}

int main(void)
{
	pthread_t t;

	alarm(120);
	for (long i = 0; i < NWAYS; i++)
		pthread_create(&t, NULL, run, (void *)i);
	for (int i = 0; i < NWAYS; i++)
		while (!there[i])
			usleep(1000);
	raise(SIGTRAP);
	return 0;
}
