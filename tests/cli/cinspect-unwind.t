#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Stacks that call frame information does not describe: how each frame was found, and why the stack ends.  What gdb finds
# as well is in tests/oracle/bt.
. tests/lib/tap.sh
. tests/lib/inspect.sh
[ -x "$cinspect" ] || cannot "$cinspect is not built"
command -v gdb >/dev/null || cannot "gdb, which makes the cores, is not here"
here=$PWD
cd "$T" || exit 1

# stack NAME FLAGS...: the frames of the core of NAME.c, functions and how: "crash main[fp]"
stack() {
	local name=$1 source
	shift
	source=$(ls "$name".[cs])
	gcc -w -o "$name" "$@" "$source" &&
		gdb -nx -q -batch -ex 'set debuginfod enabled off' -ex run -ex "gcore $name.core" "./$name" >gdb.txt 2>&1 </dev/null
	"$cinspect" --json --batch -q -n --no-debuginfod -ex bt "$name" "$name.core" 2>&1 >json |
		grep -v 'debug info\|warning' >errors
	jq -r '[.result.threads[0].frames[] | select((.function // "") | test("^(__libc|_start)") | not) |
		(.function // "?") + (if .how == "cfi" or .how == "context" then "" else "[" + .how + "]" end)] | join(" ")' json
}

cat >context.c <<'EOC'
#include <ucontext.h>
static ucontext_t outer, inner;
static char stack[65536];
static void deep(int n)
{
	volatile int x = n;
	if (n)
		deep(n - 1);
	else
		*(volatile int *)0 = 1;
	x++;
}
int main(void)
{
	getcontext(&inner);
	inner.uc_stack.ss_sp = stack;
	inner.uc_stack.ss_size = sizeof(stack);
	inner.uc_link = &outer;
	makecontext(&inner, (void (*)(void))deep, 1, 2);
	swapcontext(&outer, &inner);
	return 0;
}
EOC
like "$(stack context -g -O0)" '^deep deep deep [^ ]*$' "a coroutine's stack ends where it was made"
like "$(jq -r '.result.threads[0].end' json)" 'makecontext' "and says so"

cat >jit.c <<'EOC'
#include <string.h>
#include <sys/mman.h>
static const unsigned char with_fp[] = { 0x55, 0x48, 0x89, 0xe5, 0x48, 0x83, 0xec, 0x20, 0xff, 0xd7, 0xc9, 0xc3 };
static const unsigned char without[] = { 0x53, 0x48, 0x83, 0xec, 0x20, 0xff, 0xd7, 0x48, 0x83, 0xc4, 0x20, 0x5b, 0xc3 };
static void crash(void)
{
	*(volatile int *)0 = 1;
}
int main(void)
{
	unsigned char *p = mmap(0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memcpy(p, CODE, sizeof(CODE));
	((void (*)(void (*)(void)))p)(crash);
	return 0;
}
EOC
is "$(stack jit -g -O0 -DCODE=with_fp)" "crash ? main[fp]" "code made at run time, by its frame pointer"
rm jit
is "$(stack jit -g -O1 -fomit-frame-pointer -DCODE=without)" "crash ? main[scan]" "and without one, by the return address"

cat >smash.c <<'EOC'
static void fill(char *b, int n)
{
	for (int i = 0; i < n; i++)
		b[i] = 'A';
}
static int victim(int n)
{
	char b[16];
	fill(b, n);
	return b[3];
}
int main(int argc, char **argv)
{
	return victim(40 * argc);
}
EOC
is "$(stack smash -g -O0 -fno-stack-protector)" "victim ?" "a stack that was written over: no function is made up"
like "$(jq -r '.result.threads[0].frames[2] | .function + " " + .how' json)" '^__libc_start.* scan$' \
	"what is left of it is found, and marked, also where the core leaves libc's code out"

cat >bare.c <<'EOC'
int third(int *p) { return *p + 1; }
int second(int *p) { return third(p) + 1; }
int main(int argc, char **argv) { return second((int *)(long)argc) + 1; }
EOC
flags="-O1 -fno-inline -fno-optimize-sibling-calls -fno-asynchronous-unwind-tables -fcf-protection=none"
is "$(stack bare $flags -fno-omit-frame-pointer)" "third second[fp] main[fp]" "no call frame information: by frame pointers"
rm bare
like "$(stack bare $flags -fomit-frame-pointer)" '^third second\[(fp|scan)\] main\[scan\]$' "and without those, by a scan"
rm bare
is "$(stack bare $flags -g -no-pie)" "third second main" ".debug_frame alone is enough"

cat >expression.s <<'EOC'
.text
.globl odd
.type odd,@function
odd: .cfi_startproc
 push %rbx
 .cfi_def_cfa_offset 16
 .cfi_offset rbx,-16
 mov %rsp,%rbx
 and $-64,%rsp
 sub $128,%rsp
 # the CFA is rbx + 16; rbx is at rbx; r12 is what is at rbx, plus 1
 .cfi_escape 0x0f, 2, 0x73, 16
 .cfi_escape 0x10, 3, 2, 0x73, 0
 .cfi_escape 0x16, 12, 5, 0x73, 0, 0x06, 0x31, 0x22
 movl $0, 0
 mov %rbx,%rsp
 pop %rbx
 ret
 .cfi_endproc
.globl main
.type main,@function
main: .cfi_startproc
 sub $8,%rsp
 .cfi_def_cfa_offset 16
 mov $77,%ebx
 call odd
 add $8,%rsp
 ret
 .cfi_endproc
.section .note.GNU-stack,"",@progbits
EOC
is "$(stack expression)" "odd main" "call frame information with expressions"
is "$("$cinspect" --batch -q -n -ex 'frame 1' -ex 'p $rbx' -ex 'p $r12' expression expression.core 2>/dev/null | grep '^\$')" \
	$'$1 = 77\n$2 = 78' "whose registers are what they say"

cp "$here/tests/oracle/bt/recursion.c" .
stack recursion -g -O0 >/dev/null
text=$("$cinspect" --batch -q -n --no-debuginfod -ex bt recursion recursion.core 2>/dev/null)
like "$text" '^#[0-9]+–#[0-9]+: 1,999 × parse_expr$' "a recursion is told in one line"
like "$text" '^#[0-9]+–#[0-9]+: 2[0-9] × \((even, odd|odd, even)\)$' "so is one around two functions"
like "$text" 'parse_expr \(n=0\)' "its innermost call stands before it"
like "$text" 'parse_expr \(n=2000\)' "its outermost behind it"
is "$(jq '[.result.threads[0].frames[] | select(.function == "parse_expr")] | length' json)" 2001 "JSON has every frame"
is "$("$cinspect" --batch -q -n --no-debuginfod -ex 'bt 100' recursion recursion.core 2>/dev/null | grep -c '^#')" 100 \
	"and so has bt with a count"

# What each call passed is known from its caller, which knows it from its own: up to main, 3,000 calls further out.
cat >passed.c <<'EOC'
int *volatile nowhere;
volatile int calls;
__attribute__((noinline)) int hand_on(int n, long tag)
{
	if (n == 0)
		*nowhere = 1;
	int r = hand_on(n - 1, tag + 2);
	calls++;
	return r + 3;
}
int main(void) { return hand_on(3000, 5); }
EOC
stack passed -g -O2 -fno-optimize-sibling-calls >/dev/null
is "$(jq -c '[.result.threads[0].frames[:3001][].args[1].value | tonumber] | [.[0], .[1], .[2], .[10], .[1500], .[3000]]' json)" \
	"[6005,6003,6001,5985,3005,5]" "a value that 3,000 calls hand on is known in each"
is "$(jq -c '[.result.threads[0].frames[:3001][] | select(.args[1].value == null or (.args[1].value | tonumber) != 6005 - 2 * .level)] | length' json)" \
	0 "in every one of them"
like "$("$cinspect" --batch -q -n --no-debuginfod -ex 'bt 2' passed passed.core 2>/dev/null)" \
	'^#1 .*tag=tag@entry=6003' "also where few frames were asked for"
done_testing
