#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# The kernel's core of each fault, read by gdb: frame 0 is the instruction that faulted, as the report has it, there is
# no frame of a handler, and $_siginfo is the original.
. tests/lib/tap.sh
. tests/lib/machine.sh
[ "$(id -u)" = 0 ] || skip_all "core_pattern can be set by root alone"
command -v gdb >"$T/which" || cannot "no gdb"

cat >"$T/fault.c" <<'C'
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
static char page[8192] __attribute__((aligned(4096)));
static void *volatile null;
static int (*volatile call)(void);
__attribute__((noinline)) static int load(int *p) { return p[1] + 1; }
__attribute__((noinline)) static void store(char *p) { p[1] = 'x'; }
__attribute__((noinline, optimize("O0"))) static int recurse(int n) { volatile char b[200]; b[0] = (char)n; return recurse(n + 1) + b[0]; }
__attribute__((noinline)) static int divide(int a, int b) { return a / b; }
__attribute__((noinline)) static void trap(void) { __builtin_trap(); }
__attribute__((noinline)) static void breaks(void) { __asm__ volatile("int3"); }
__attribute__((noinline)) static void privileged(void) { __asm__ volatile("hlt"); }
__attribute__((noinline)) static int jumps(void) { return call() + 1; }
static void filter(void)
{
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP | 7),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog p = { 4, f };
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &p);
	syscall(SYS_getppid);
}
static int past_end(void)
{
	int f = open("short", O_RDWR | O_CREAT, 0600);
	store(mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, f, 0));
	return 0;
}
static void *thread(void *how)
{
	switch (*(char *)how) {
	case 'n': return (void *)(long)load(null);
	case 'w': return (void *)(long)load((int *)0x7000deadbee8);
	case 'c': return (void *)(long)load((int *)0x4141414141414141);
	case 'o': store("constant"); break;
	case 's': return (void *)(long)recurse(1);
	case 'z': return (void *)(long)divide(5, (int)(long)null);
	case 't': trap(); break;
	case 'i': breaks(); break;
	case 'h': privileged(); break;
	case 'j': return (void *)(long)jumps();
	case 'd': call = (void *)page; return (void *)(long)jumps();
	case 'b': past_end(); break;
	case 'y': filter(); break;
	case 'a': abort();
	case 'k': raise(SIGSEGV); break;
	}
	return NULL;
}
int main(int argc, char **argv)
{
	pthread_t t;
	if (argv[1][1] != 't')
		return thread(argv[1]) != NULL;
	pthread_create(&t, NULL, thread, argv[1]);
	pthread_join(t, NULL);
	return 0;
}
C
gcc -D_GNU_SOURCE -g -O1 -w -pthread -o "$T/fault" "$T/fault.c" || cannot "no compiler"
cat >"$T/look.py" <<'PY'
import gdb
def value(e):
    try:
        return "%x" % (int(gdb.parse_and_eval(e)) & (1 << 64) - 1)
    except gdb.error:
        return "-"
f, names = gdb.newest_frame(), []
while f is not None and len(names) < 50:
    names.append(f.name() or "??")
    f = f.older()
print("SIG", *(value("$_siginfo." + e) for e in ("si_signo", "si_code", "_sifields._sigfault.si_addr")))
print("PC", value("(long)$pc"))
print("FRAMES", *names)
PY
machine_core_pattern core
cd "$T" || exit 1
ulimit -c unlimited

# A fault, its signal, si_code, si_addr (- of any value), the innermost function.  Under a filter of the program's own
# (y) the signal is sent by tgkill, the only call that such a filter must be expected to allow.
while read -r how signal code addr function; do
	for thread in "" t; do
		n="fault $how${thread:+ in a thread}"
		rm -f core*
		err=$(exec 2>&1; LD_PRELOAD=$BUILD/libcrashd.so TRACEBACK=crash ./fault "$how$thread")
		core=$(ls core* 2>/dev/null | head -n 1)
		like "$err" '^core: by the kernel' "$n: the kernel's core" || { printf '# %s\n' "$(tail -n 5 <<<"$err")"; continue; }
		said=$(gdb -nx -q -batch -iex 'set debuginfod enabled off' -x look.py ./fault "$core" 2>/dev/null)
		read -r _ s c a <<<"$(grep '^SIG ' <<<"$said")"
		[ "$addr" = - ] && a=-
		[ "$code" = - ] && c=-
		[ "$how$thread" = st ] && code=2 # a thread's stack has a guard page
		is "$s $c $a" "$(printf '%x' "$signal") $([ "$code" = - ] && echo - || printf '%x' "$code") $addr" "$n: the original siginfo"
		pc=$(sed -n 's/^PC //p' <<<"$said")
		is "$(grep -oE '\brip +(0x)?[0-9a-f]+' <<<"$err" | head -n 1 | grep -oE '[0-9a-f]+$' | sed 's/^0*//')" "$(sed 's/^0*//' <<<"$pc")" "$n: the pc of the report"
		like "$said" "^FRAMES $function( |\$)" "$n: frame 0"
		unlike "$said" 'FRAMES.*(crashd|handler|<signal)' "$n: no frame of a handler"
		is "$(grep -c '^core: written' <<<"$err")" 0 "$n: no second core"
	done
done <<TABLE
n 11 1 4 load
w 11 1 7000deadbeec load
c 11 128 0 load
o 11 2 - store
s 11 1 - recurse
z 8 1 - divide
t 4 2 - trap
i 5 128 - breaks
h 11 128 0 privileged
j 11 1 0 \?\?
d 11 2 - (page|\?\?)
b 7 2 - store
y 31 - - (__GI_)?_*syscall
a 6 -6 - __pthread_kill_implementation
k 11 -6 - __pthread_kill_implementation
TABLE
done_testing
