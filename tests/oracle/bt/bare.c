/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A frame of assembly without call frame information, with a frame pointer,
 * under the one that crashes. */
#include <stdio.h>
#include <stdlib.h>

int bare(int (*f)(int), int x);

__asm__(".text\n"
	".globl bare\n"
	".type bare, @function\n"
	"bare:\n"
	"	push %rbp\n"
	"	mov %rsp, %rbp\n"
	"	sub $16, %rsp\n"
	"	mov %rdi, %rax\n"
	"	mov %esi, %edi\n"
	"	call *%rax\n"
	"	leave\n"
	"	ret\n"
	".size bare, . - bare\n");

__attribute__((noinline)) static int crash(int x)
{
	return *(volatile int *)(long)x;
}

int main(int argc, char **argv)
{
	(void)argv;
	return bare(crash, argc) + 1;
}
