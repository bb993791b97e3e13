#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A function that jumps back to itself through a table: what its first call was given is not what its fifth was, so where
# the debug info has nothing but the value on entry, cinspect has none.  gdb 13 believes it with clang and DWARF 5.
. tests/lib/tap.sh
cd "$T" || exit 1
cat >jumps.c <<'END'
#include <stdlib.h>
#include <unistd.h>
typedef int jump(long n, long tag);
extern jump *const table[8];
volatile int sink;
__attribute__((noinline)) void look(void) { sink++; }
__attribute__((noinline)) void use(long n) { sink += n; if (n == 5) for (;;) pause(); }
__attribute__((noinline)) int f(long n, long tag)
{
	sink += tag;
	look();
	use(n);
	return table[n](n + 1, sink);
}
jump *const table[8] = { f, f, f, f, f, f };
int main(int argc, char **argv) { return f(1, 42) + argc; }
END
for way in "gcc -O2" "clang -O2" "clang -O2 -gdwarf-4"; do
	command -v "${way%% *}" >/dev/null || continue
	$way -g -w -o jumps jumps.c
	./jumps &
	pid=$!
	until [ "$(cut -d' ' -f1 /proc/$pid/syscall)" = 34 ]; do sleep 0.02; done
	"$BUILD/csnap" -q -o core $pid >/dev/null
	kill -KILL $pid
	wait $pid 2>/dev/null
	out=$("$BUILD/cinspect" --batch -q -n -ex bt -ex "frame function f" -ex "print -why tag" jumps core.$pid 2>&1)
	like "$out" 'in f \(n=5, tag=<optimized out>' "$way: what the first call was given is not shown for the fifth"
	like "$out" 'may have called itself by a tail call since' "$way: and why"
done
done_testing
