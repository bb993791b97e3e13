#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# How long a report takes: from the signal to the first line, to the last byte, and until the process is reaped; how that
# grows with threads, and that it does not with memory.  Beside it, on programs of the same shape: Python's faulthandler
# (functions and lines of Python's own frames, 100 threads at most) and, where go is installed, Go's runtime.  Nothing
# here writes a core.  At the end: what the library costs a program to which nothing happens.
. tests/lib/bench.sh
ROUNDS=${ROUNDS:-5}
ulimit -c 0

# row NAME ROUNDS SIGNAL COMMAND...
row() {
	printf '  %-30s' "$1"
	shift
	"$T/latency" "$@"
}
ours() { # TRACEBACK NAME ROUNDS ARG...: the victim under the library
	local level=$1 name=$2 rounds=$3
	shift 3
	row "$name" "$rounds" 11 env LD_PRELOAD="$BUILD/libcrashd.so" TRACEBACK="$level" "$T/victim" "$@"
}
heading() {
	title "$1"
	printf '  %-30s%9s %9s %9s %8s  %s\n' "" "first ms" "last ms" "dead ms" lines "last line"
}

! have go || go build -o "$T/threads-go" tests/bench/threads.go || exit 1

for n in 1 100 1000; do
	heading "$n threads"
	row "(no library: it just dies)" "$ROUNDS" 11 "$T/victim" $n 0 0
	ours none "crashd, none" "$ROUNDS" $n 0 0
	ours single "crashd, single" "$ROUNDS" $n 0 0
	ours all "crashd, all" "$ROUNDS" $n 0 0
	ours system "crashd, system" "$ROUNDS" $n 0 0
	row "python faulthandler" "$ROUNDS" 11 python3 tests/bench/threads.py $n 0
	[ ! -x "$T/threads-go" ] || row "go, SIGQUIT" "$ROUNDS" 3 env GOTRACEBACK=crash "$T/threads-go" $n 0
done

heading "10 threads, more and more memory: all"
for mib in 100 1000 4000; do
	row "$mib MiB (no library)" "$ROUNDS" 11 "$T/victim" 10 $mib 0
	ours all "$mib MiB, crashd" "$ROUNDS" 10 $mib 0
done

title "a program to which nothing happens, from fork to its end"
"$T/startup" 1000 "$BUILD/libcrashd.so"
