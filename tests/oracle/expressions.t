#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Generated expressions over a program with every kind of C type: cinspect's answers equal gdb's.
. tests/lib/tap.sh
command -v gdb >/dev/null || cannot "gdb is not here to compare with"

src=$PWD/tests/oracle/values.c
compare=$PWD/tests/oracle/expressions.py
cd "$T" || exit 1

# compare NAME EXE CORE
compare() {
	said=$("$compare" --count 1500 "$BUILD/cinspect" "$2" "$3" 2>&1)
	tap_result $? "$1: $(echo "$said" | tail -n 1)"
	echo "$said" | sed '$d; s/^/# /' | head -n 40
}

for cc in gcc clang; do
	command -v $cc >/dev/null || continue
	for opt in -O0 -O2; do
		name=values-$cc$opt
		$cc -g $opt -w -o "$name" "$src" -lm
		rm -f core
		gdb -nx -batch -ex run -ex "generate-core-file core" "./$name" >gdb.log 2>&1 </dev/null
		compare "$name" "./$name" core
	done
done
done_testing
