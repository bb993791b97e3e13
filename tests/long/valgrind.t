#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A program that valgrind executes: it refuses clone() as the reporter needs it, and what /proc shows is its own.  The
# report is the handler's alone, and the program dies of its signal, as valgrind reports it.
. tests/lib/tap.sh
command -v valgrind >/dev/null || skip_all "no valgrind"
ulimit -c 0
cd "$T" || exit 1
cat >dies.c <<'C'
#include <stdlib.h>
#include <unistd.h>
static volatile int *volatile where;
__attribute__((noinline)) static int load(void) { return *where + 1; }
int main(int argc, char **argv)
{
	switch (argv[1][0]) {
	case 'l': return load();
	case 'a': abort();
	default: write(1, "ready\n", 6), sleep(3);
	}
	return 0;
}
C
gcc -g -O1 -w -o dies dies.c || cannot "no compiler"
start() { # LEVEL ARG
	(LD_PRELOAD=$BUILD/libcrashd.so TRACEBACK=$1 exec env --default-signal=QUIT valgrind --quiet ./dies "$2") >out 2>err &
	pid=$!
}
ready() { for _ in $(seq 400); do [ ! -s out ] || return 0; sleep 0.05; done; }
while read -r level arg status name; do
	start "$level" "$arg"
	[ "$arg" != s ] || { ready; kill -QUIT $pid; }
	wait $pid 2>bash.err
	is $? "$status" "$name, $level: dies of its signal"
	like "$(cat err)" "^$name: " "$name, $level: the first line"
	like "$(cat err)" '^\[threads by the handler alone: valgrind executes this program\]' "$name, $level: who made it"
	like "$(cat err)" '^#0 .*in ' "$name, $level: frames"
	is "$(grep -c '^--- end of crashd report' err)" 1 "$name, $level: a whole report"
	unlike "$(cat err)" "impossible|Unsupported|VALGRIND INTERNAL" "$name, $level: nothing that valgrind does not have"
	[ "$level" != crash ] || like "$(cat err)" '^core: the kernel will write none: valgrind' "$name: where its core would be"
done <<'TABLE'
all l 139 SIGSEGV
crash l 139 SIGSEGV
crash a 134 SIGABRT
all s 131 SIGQUIT
TABLE
start all,signal=USR1 s
ready
kill -USR1 $pid
wait $pid 2>bash.err
is "$? $(grep -c '^SIGUSR1: ' err)" "0 1" "a report that it survives"
done_testing
