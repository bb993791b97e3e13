#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What a report and why make of a fault's address: a frame as large as the stack, error codes and the kernel's addresses
# taken for pointers, a stack pointer that was overwritten, an instruction that the disassembler does not know.
. tests/lib/tap.sh
. tests/lib/machine.sh

machine_core_pattern core
ulimit -c 0
ulimit -s 8192
cd "$T" || exit 1
cat >fault.c <<'C'
#include <pthread.h>
#include <stdlib.h>
__attribute__((noinline)) static int wild(volatile char *p) { return *p = 1; }
__attribute__((noinline)) static int huge(int n) { volatile char b[64 << 20]; b[0] = (char)n; return b[0] + 1; }
__attribute__((noinline)) static int dynamic(long n) { volatile char b[n]; b[0] = 1; return b[0] + 1; }
__attribute__((noinline, optimize("no-omit-frame-pointer"))) static int lost(void) { volatile char b[10]; __asm__ volatile("xor %%esp, %%esp; push %%rax" ::: "memory"); return b[0]; }
static void *thread(void *a) { return (void *)(long)huge(1); }
int main(int argc, char **argv)
{
	pthread_t t;
	switch (argv[1][0]) {
	case 'h': return huge(1);
	case 't': pthread_create(&t, NULL, thread, NULL); pthread_join(t, NULL); break;
	case 'd': return dynamic(100L << 20);
	case 'l': return lost();
	case 'm': return wild((char *)-1);
	case 'e': return wild((char *)-8);
	case 'k': return wild((char *)0xffffffff81000000);
	case 'w': return wild((char *)0x123456789abc);
	}
}
C
gcc -O1 -g -w -pthread -o fault fault.c || cannot "no compiler"
while IFS='|' read -r how cause text; do
	err=$(exec 2>&1; LD_PRELOAD=$BUILD/libcrashd.so TRACEBACK=crash,dir=. ./fault "$how")
	core=$(sed -n 's/^  cinspect [^ ]* //p' <<<"$err")
	found=$("$BUILD/cinspect" --batch -n --json --no-debuginfod -ex why ./fault "$core" 2>cinspect.err |
		jq -r '.result.findings[0] | "\(.cause) \(.confidence) \(.text)"')
	like "$found" "^$cause .*$text" "$how: $cause"
	like "$err" "^why: .*$text" "$how: the report"
	rm -f "$core"
done <<'TABLE'
h|stack-overflow certain|huge needs 671[0-9]{5} bytes of it at once
t|stack-overflow certain|huge needs 671[0-9]{5} bytes of it at once
d|stack-overflow certain|dynamic needs 104857[0-9]{3} bytes of it at once
l|wild-pointer certain|stack pointer is 0x0, where no stack is: it was overwritten
m|wild-pointer likely|which is -1: an error code or MAP_FAILED
e|wild-pointer likely|which is -8: an error code
k|wild-pointer likely|which is the kernel's
w|wild-pointer likely|accessed 0x123456789abc, where nothing is mapped
TABLE
done_testing
