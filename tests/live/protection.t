#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Faults that the kernel reports without an address (SI_KERNEL): the instruction tells whether it was forbidden, wanted
# an aligned address, or had one that cannot exist.  The report and why of cinspect say the same.
. tests/lib/tap.sh
. tests/lib/machine.sh

machine_core_pattern core
ulimit -c 0
cd "$T" || exit 1
cat >fault.c <<'C'
#include <stdlib.h>
#include <sys/prctl.h>
static char page[4096] __attribute__((aligned(64)));
#define WILD 0x4141414141414141
int main(int argc, char **argv)
{
	void *volatile wild = (void *)WILD;
	switch (atoi(argv[1])) {
	case 0: __asm__ volatile("hlt"); break;
	case 1: __asm__ volatile("int $0x81"); break;
	case 2: __asm__ volatile("out %al,%dx"); break;
	case 3: __asm__ volatile("mov %%cr0,%%rax" ::: "rax"); break;
	case 4: prctl(PR_SET_TSC, PR_TSC_SIGSEGV); __asm__ volatile("rdtsc" ::: "rax", "rdx"); break;
	case 5: __asm__ volatile("movaps %%xmm0,(%0)" ::"r"(page + 4) : "memory"); break;
	case 6: __asm__ volatile("paddd 8(%0),%%xmm0" ::"r"(page)); break;
	case 7: __asm__ volatile("mov %0,%%ds" ::"r"(0x1234)); break;
	case 8: __asm__ volatile("rep movsb" ::"S"(WILD), "D"(page), "c"(5)); break;
	case 9: __asm__ volatile("movb (%0),%%al" ::"r"(wild)); break;
	case 10: __asm__ volatile("call *(%0)" ::"r"(&wild)); break;
	case 11: __asm__ volatile("mov %0,%%rsp; push %%rax" ::"r"(wild)); break;
	case 12: __asm__ volatile("mov %0,%%rbp; mov 8(%%rbp),%%eax" ::"r"(wild)); break;
	case 13: __asm__ volatile("mov %%fs:(%0),%%al" ::"r"(wild)); break;
	}
	return 0;
}
C
gcc -O1 -g -w -o fault fault.c || cannot "no compiler"
while IFS='|' read -r n cause confidence text; do
	err=$(exec 2>&1; LD_PRELOAD=$BUILD/libcrashd.so TRACEBACK=crash,dir=. ./fault "$n")
	if [ "$cause" = unknown ]; then
		unlike "$err" '^why: ' "$n: the report does not guess"
	else
		like "$err" "^why: .*$text" "$n: the report says so"
	fi
	core=$(sed -n 's/^  cinspect [^ ]* //p' <<<"$err")
	found=$("$BUILD/cinspect" --batch -n --json --no-debuginfod -ex why ./fault "$core" 2>cinspect.err |
		jq -r '.result.findings[0] | "\(.cause) \(.confidence) \(.text)"')
	like "$found" "^$cause $confidence .*$text" "$n: $cause" || sed 's/^/# /' cinspect.err
	rm -f "$core"
done <<'TABLE'
0|illegal-instruction|certain|executed hlt, a privileged instruction
1|illegal-instruction|certain|executed int \$0x81, a software interrupt
2|illegal-instruction|certain|executed out %al,%dx, an instruction for programs that may access I/O ports
3|illegal-instruction|certain|executed mov %cr0,%rax, a privileged instruction
4|illegal-instruction|certain|executed rdtsc, an instruction that is forbidden to this process
5|misaligned|certain|not a multiple of 16 as movaps demands
6|misaligned|certain|not a multiple of 16 as paddd demands
7|unknown|unknown|refused mov %eax,%ds
8|non-canonical|certain|accessed 0x4141414141414141
9|non-canonical|certain|accessed 0x4141414141414141
10|bad-call|certain|holds 0x4141414141414141
11|non-canonical|certain|stack at 0x4141414141414141.*rsp was overwritten
12|non-canonical|certain|accessed 0x4141414141414149
13|non-canonical|certain|accessed 0x4141
TABLE
done_testing
