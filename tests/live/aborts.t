#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What libc, GLib or the compiler's checks stopped a program for: cinspect's why and the report name it alike.
. tests/lib/tap.sh
. tests/lib/machine.sh

machine_core_pattern core
ulimit -c unlimited
export DEBUGINFOD_URLS=''
cinspect=$BUILD/cinspect
cd "$T" || exit 1
cat >ends.c <<'C'
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#define APART static __attribute__((noinline)) void
static const char *text = "0123456789012345678901234567890123456789";
static volatile int zero;
static jmp_buf jump;
APART smash(void) { char b[8]; char *volatile p = b; strcpy(p, text); __asm__ volatile("" ::"r"(b) : "memory"); }
APART copy(void) { char b[8]; strcpy(b, text); __asm__ volatile("" ::"r"(b) : "memory"); }
APART format(void) { char b[8]; sprintf(b, "%s", text); __asm__ volatile("" ::"r"(b) : "memory"); }
APART block(void) { char *b = malloc(8); strcpy(b, text); __asm__ volatile("" ::"r"(b) : "memory"); }
APART polled(void) { struct pollfd f[2]; poll(f, 20 + zero, 0); }
APART set(void) { fd_set f; FD_ZERO(&f); FD_SET(5000 + zero, &f); __asm__ volatile("" ::"r"(&f) : "memory"); }
APART writable(void) { static char f[8]; int k; strcpy(f, "a%n"); printf(f, &k); }
APART inner(void) { setjmp(jump); }
APART deep(int n) { volatile char x[2000]; x[0] = n; if (n) { deep(n - 1); x[1] = 0; } else inner(); }
APART longjump(void) { deep(10); longjmp(jump, 1); }
APART assertion(void) { assert(zero == 1); }
APART perror_assertion(void) { assert_perror(EIO); }
APART pointer(void) { char *volatile p = malloc(40); free(p + 24); }
APART mapped(void) { volatile size_t *volatile p = malloc(400000); p[-1] = 0x123456702; free((void *)p); }
APART mutex(void) { static pthread_mutex_t m; m.__data.__owner = 77; pthread_mutex_lock(&m); }
APART misaligned(void)
{
	static char room[sizeof(pthread_mutex_t) + 8];
	pthread_mutex_t *m = (void *)(room + 1);
	m->__data.__lock = 2;
	pthread_mutex_lock(m);
}
APART stream(void)
{
	static void *functions[30];
	FILE *f = fopen("/dev/null", "w");
	*(void **)((char *)f + 216) = functions;
	fputs("x", f);
	fflush(f);
}
static sigjmp_buf again;
static void jumps(int sig) { siglongjmp(again, 1); }
static void repeats(int sig) { signal(SIGABRT, SIG_DFL); raise(SIGABRT); }
APART old(void)
{
	signal(SIGABRT, jumps);
	if (!sigsetjmp(again, 1))
		assertion();
	signal(SIGABRT, SIG_DFL);
	abort();
}
APART handled(void) { signal(SIGABRT, repeats); copy(); }
APART raised(void) { raise(SIGABRT); }
APART trap(void) { __asm__ volatile("int3"); }
void g_assertion_message(const char *, const char *, int, const char *, const char *) __attribute__((weak));
void g_log(const char *, int, const char *, ...) __attribute__((weak));
APART glib_assertion(void) { g_assertion_message(NULL, "a.c", 12, "f", "a is less than b"); }
APART glib_error(void) { g_log(NULL, 4, "no %s", "way"); }
#define ROW(f) { #f, f }
static const struct { const char *name; void (*f)(void); } rows[] = { ROW(smash), ROW(copy), ROW(format), ROW(block),
	ROW(polled), ROW(set), ROW(writable), ROW(longjump), ROW(assertion), ROW(perror_assertion), ROW(pointer),
	ROW(mapped), ROW(mutex), ROW(misaligned), ROW(stream), ROW(old), ROW(handled), ROW(raised), ROW(trap),
	ROW(glib_assertion), ROW(glib_error) };
int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (!strcmp(argv[1], rows[i].name))
			rows[i].f();
	return 0;
}
C
flags="-std=gnu2x -fno-optimize-sibling-calls -Wl,--no-as-needed -D_GNU_SOURCE -g -O2 -w -D_FORTIFY_SOURCE=2 -fstack-protector-all -pthread"
glib=$(ls /usr/lib/*/libglib-2.0.so.0 2>/dev/null | head -1)
# shellcheck disable=SC2086
gcc $flags -o ends ends.c $glib || skip_all "no compiler"
# shellcheck disable=SC2086
gcc $flags -static -o static ends.c || cannot "no static libc"

why() { # PROGRAM CORE: cause, confidence, function, text, id
	"$cinspect" --batch -n --json --no-debuginfod -ex why "$1" "$2" 2>cinspect.err |
		jq -r '.result | "\(.findings[0] | "\(.cause) \(.confidence) \(.function): \(.text)") \(.id)"'
}

while IFS='|' read -r how found report; do
	case $how in glib*) [ "$glib" ] || { skip "$how: no GLib"; continue; } ;; esac
	rm -f core
	LD_PRELOAD=$BUILD/libcrashd.so TRACEBACK=single ./ends "$how" >/dev/null 2>err.txt </dev/null
	answer=$(why ends core)
	like "$answer" "^$found [0-9a-f]{16}$" "$how: why"
	case $report in
	none) continue ;; # its own handler
	-) is "$(grep -a '^why: ' err.txt)" "" "$how: the report says no more than its first lines" ;;
	*) like "$(grep -a '^why: ' err.txt)" "^why: .*$report" "$how: the report" ;;
	esac
	is "$(sed -n 's/^crash id: //p' err.txt)" "${answer##* }" "$how: one crash id"
done <<'TABLE'
smash|stack-smash certain smash: A function wrote past the end of an array on its stack: .*|past the end of an array on its stack
copy|abort certain copy: A call of strcpy\(\) would have written more than its destination holds: .*|A call of strcpy\(\) would have
format|abort certain format: A call of sprintf\(\) would have written more .*|A call of sprintf\(\) would have
block|abort certain block: A call of strcpy\(\) would have written more .*|A call of strcpy\(\) would have
polled|abort certain polled: A call of poll\(\) would have written more .*|A call of poll\(\) would have
set|abort certain set: FD_SET, FD_CLR or FD_ISSET was given .*|FD_SET, FD_CLR or FD_ISSET
writable|abort certain writable: A format with %n is in memory that can be written to: .*|A format with %n
longjump|abort certain longjump: longjmp\(\) was to go into a function that has returned: .*|longjmp\(\) was to go
assertion|assert certain assertion: An assertion failed: .*zero == 1.*|-
perror_assertion|assert certain perror_assertion: An assertion failed: .*Input/output error.*|Input/output error
pointer|invalid-free certain pointer: The program freed something that malloc did not give: .*|malloc did not give
mapped|invalid-free likely mapped: .* did not give, or overwrote the header of a large block: .*|likely: .*overwrote the header
mutex|assert certain mutex: An assertion of the C library failed: .*__owner == 0.*|of the C library failed
misaligned|abort certain misaligned: The kernel refused the futex call of a lock.*|The kernel refused
stream|abort certain stream: A FILE does not have libc's functions: .*|A FILE does not
old|abort certain old: The program called abort\(\)\.|none
handled|abort certain copy: A call of strcpy\(\) would have written more .*|none
raised|abort certain raised: The program sent SIGABRT to itself\.|-
trap|abort likely trap: The program executed int3.*|likely: The program executed int3
glib_assertion|assert certain glib_assertion: An assertion failed: ERROR:a.c:12:f: a is less than b|An assertion failed: ERROR:a.c:12:f
glib_error|abort certain glib_error: A message ended the program: GLib .*|A message ended the program
TABLE

# Of static programs the functions are in the program itself; without libc's files the names come from the core.
while IFS='|' read -r how found; do
	rm -f core
	./static "$how" >/dev/null 2>&1 </dev/null
	like "$(why static core)" "^$found" "$how, static: why"
done <<'TABLE'
smash|stack-smash certain smash: A function wrote past
copy|abort certain copy: A call of strcpy\(\) would have
longjump|abort certain longjump: longjmp\(\) was to go
perror_assertion|assert certain perror_assertion: An assertion failed
TABLE

# The message's page is lost: the functions tell.
for how in smash copy assertion longjump; do
	rm -f core
	gdb -nx -q -batch -iex 'set pagination off' -ex run -ex 'set *(void **)&__abort_msg = 0' -ex 'gcore lost' \
		--args ./ends "$how" >gdb.txt 2>&1 </dev/null
	why ends lost >lost.$how
done
like "$(cat lost.smash)" "^stack-smash certain smash: .*: __stack_chk_fail\(\) stopped it\." "smash without its message"
like "$(cat lost.copy)" "^abort certain copy: A call of strcpy\(\) would have .*: libc stopped it\." "copy without its message"
like "$(cat lost.assertion)" "^assert certain assertion: An assertion failed, whose text is not known\." "assertion without its message"
like "$(cat lost.longjump)" "^abort certain longjump: longjmp\(\) was to go into" "longjump without its message"

# musl ends such a program by an instruction.
cat >guard.c <<'C'
#include <string.h>
static __attribute__((noinline)) void smash(const char *s) { char b[8]; char *volatile p = b; strcpy(p, s); }
void __stack_chk_fail(void) { __asm__ volatile("hlt"); }
int main(void) { smash("0123456789012345678901234567890123456789"); }
C
gcc -g -O1 -w -fno-builtin -fstack-protector-all -o guard guard.c
rm -f core
./guard 2>/dev/null
like "$(why guard core)" "^stack-smash certain [a-z_]*: A function wrote past" "a guard that ends by hlt"
done_testing
