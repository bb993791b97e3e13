#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every way to die, built in every way, in a core of the kernel: frames, lines and values are gdb's.  And a live program
# built in every way, in a core of csnap and in one of gcore.
. tests/lib/tap.sh
. tests/lib/machine.sh
machine_core_pattern core
ulimit -c unlimited

sources="tests/victims/main.c demo/faults.c"
# build NAME COMPILER FLAG...: object by object, as a project does, so that split debug info stays beside the objects.
build() {
	local name=$1 objects=() s o
	shift
	for s in $sources; do
		o=$T/$name-$(basename "$s" .c).o
		"$@" -std=gnu2x -D_GNU_SOURCE -I. -w -c "$s" -o "$o"
		objects+=("$o")
	done
	"$@" "${objects[@]}" -o "$T/$name" -lpthread
}
build gcc-O0 gcc -g -O0
build gcc-O2 gcc -g -O2
build gcc-O3-dwarf4 gcc -gdwarf-4 -O3
build gcc-O2-nofp gcc -g -O2 -fomit-frame-pointer
build gcc-static-pie gcc -g -O2 -static-pie
build gcc-no-pie gcc -g -O1 -no-pie
build gcc-split gcc -gsplit-dwarf -O2
build clang-O0 clang -g -O0
build clang-O2 clang -g -O2
ways="gcc-O0 gcc-O2 gcc-O3-dwarf4 gcc-O2-nofp gcc-static-pie gcc-no-pie gcc-split clang-O0 clang-O2"
faults="null-deref use-after-free double-free heap-overflow stack-overflow assert abort div-by-zero bad-jump"

# compare NAME EXE CORE: the oracle's last line becomes the test's; its differences are shown when it fails.
compare() {
	local said
	if said=$(tests/oracle/compare.py --values --min 99 "$BUILD/cinspect" "$2" "$3" 2>&1); then
		tap_result 0 "$1: $(printf '%s\n' "$said" | tail -n 1)"
	else
		tap_result 1 "$1"
		printf '%s\n' "$said" | cut -c1-400 | sed 's/^/# /'
	fi
}

for way in $ways; do
	for fault in $faults; do
		mkdir -p "$T/$way.$fault"
		(cd "$T/$way.$fault" && "$T/$way" "$fault" || :) >/dev/null 2>&1
		core=$(echo "$T/$way.$fault"/core*)
		compare "$fault, $way" "$T/$way" "$core"
		rm -rf "$T/$way.$fault"
	done
done

for way in $ways; do
	"$T/$way" wait >"$T/out" &
	victim=$!
	for _ in $(seq 100); do
		grep -q waiting "$T/out" && break
		sleep 0.05
	done
	"$BUILD/csnap" -q -o "$T/snap" "$victim" >/dev/null
	compare "live, $way, csnap" "$T/$way" "$T/snap.$victim"
	gcore -o "$T/gcore" "$victim" >/dev/null 2>&1
	compare "live, $way, gcore" "$T/$way" "$T/gcore.$victim"
	kill -KILL "$victim"
	wait "$victim" 2>/dev/null
	rm -f "$T"/snap.* "$T"/gcore.*
done
done_testing
