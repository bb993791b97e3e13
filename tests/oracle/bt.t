#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Frames of every thread (pc, function, file, line, signal frames, inlined and tail calls) of kernel cores equal gdb's.
. tests/lib/tap.sh
. tests/lib/machine.sh
command -v gdb >/dev/null || cannot "gdb is not here to compare with"
[ "$(id -u)" = 0 ] || skip_all "core_pattern is root's"
machine_core_pattern core

src=$PWD/tests/oracle/bt
compare=$PWD/tests/oracle/compare.py
cd "$T" || exit 1
ulimit -c unlimited

# crash NAME: runs ./NAME, whose core becomes NAME.core
crash() {
	rm -f core
	("./$1" >/dev/null 2>&1) 2>/dev/null
	mv core "$1.core"
}

for cc in gcc clang; do
	command -v $cc >/dev/null || continue
	for opt in -O0 -O2; do
		for c in "$src"/*.c; do
			name=$(basename "$c" .c)-$cc$opt
			if ! $cc -g $opt -w -pthread -o "$name" "$c" || ! crash "$name" 2>"$name.log"; then
				tap_result 1 "$name leaves a core"
				continue
			fi
			said=$("$compare" "$BUILD/cinspect" "./$name" "$name.core" 2>&1)
			tap_result $? "$name: $(echo "$said" | tail -n 1)"
			echo "$said" | sed '$d; s/^/# /' | head -n 20
		done
	done
done
done_testing
