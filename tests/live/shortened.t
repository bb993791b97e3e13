#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A library that is made shorter while crashd-report reads it: the report says so, and comes to its end.  gdb holds
# the reporter where the file is open.
. tests/lib/tap.sh
command -v gdb >/dev/null || skip_all "gdb is not here"
cd "$T" || exit 1
# A leak checker does not work below a debugger.
export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0
cat >far.c <<'C'
#include <unistd.h>
static __attribute__((noinline)) int deeper(const char *text, int n) { for (;;) pause(); return text[n]; }
__attribute__((noinline)) int in_library(const char *text) { return deeper(text, 3) + 1; }
C
cat >prog.c <<'C'
int in_library(const char *);
int main(void) { return in_library("hello") + 1; }
C
gcc -g -O1 -fPIC -shared -o whole.so far.c && cp whole.so libfar.so && gcc -g -o prog prog.c ./libfar.so ||
	skip_all "no compiler"
setsid ./prog >/dev/null 2>&1 &
pid=$!
disown
tap_at_exit "kill -9 $pid 2>/dev/null"
until grep -q '^34 ' /proc/$pid/syscall 2>/dev/null; do sleep 0.02; done
# report WHERE OPTION...: its text, or how it ended
report() {
	local where=$1
	shift
	cat whole.so >libfar.so
	gdb -nx -q -batch -iex 'set pagination off' -ex 'handle SIGBUS nostop noprint pass' -ex "break $where" -ex run \
		-ex 'shell truncate -s 4096 libfar.so' -ex delete -ex continue \
		--args "$BUILD/crashd-report" --pid=$pid "$@" >gdb.txt 2>&1
	cat gdb.txt
}
told="$T/libfar.so was made shorter while it was open: what is said of its functions may be wrong"
for where in warm_up trace_from_walk print_live; do
	out=$(report $where)
	is "$(grep -cF "[$told]" <<<"$out")" 1 "$where: one sentence"
	like "$out" '^#0 .* in .*pause' "$where: what is of other files is as it was"
	like "$out" 'exited normally' "$where: the report comes to its end"
	out=$(report $where --json | grep '^{')
	[ "$where" = print_live ] || is "$(jq -r .warning <<<"$out")" "$told" "$where: in JSON"
done
done_testing
