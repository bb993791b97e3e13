#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Crash ids: the demo's faults in builds of different layout have the same ids, different faults different ones.
. tests/lib/tap.sh

export NO_COLOR=1 DEBUGINFOD_URLS=''
ulimit -c 0
cat >"$T/main.c" <<'C'
#include "demo/faults.h"
int main(int argc, char **argv) { fault_run(fault_find(argv[argc - 1])); return 0; }
C
for ((i = 0; i < 40; i++)); do
	echo "__attribute__((used, noinline)) static long dead$i(long a) { volatile long b = a * $i; return b + $i; }"
done >"$T/dead.h"
# build NAME FLAGS...: a program of the same name in a folder of its own; a call in the last place stays a call
build() {
	local name=$1
	shift
	mkdir "$T/$name"
	gcc "$@" -w -g -std=gnu2x -D_GNU_SOURCE -I. -fno-optimize-sibling-calls -o "$T/$name/app" "$T/main.c" demo/faults.c
}
build pie -O2 -fPIE -pie || cannot "no compiler"
build fixed -O2 -no-pie -include "$T/dead.h" -fno-toplevel-reorder
build less -O1 -ffunction-sections -Wl,--gc-sections
build plain -O2 -g0 -include "$T/dead.h"
build bare -O2 -s
build bare2 -O2 -s -include "$T/dead.h" -fno-toplevel-reorder
# id BUILD FAULT
id() { TRACEBACK=single LD_PRELOAD=$BUILD/libcrashd.so "$T/$1/app" "$2" 2>&1 | sed -n 's/^crash id: //p'; }
# What a shell says of a program that dies goes nowhere.
exec 3>&2 2>"$T/shell"

all=
for fault in null-deref use-after-free double-free heap-overflow stack-overflow assert abort div-by-zero bad-jump; do
	want=$(id pie $fault)
	like "$want" '^[0-9a-f]{16}$' "$fault has an id"
	is "$(id fixed $fault) $(id less $fault)" "$want $want" "the same in builds of another layout"
	all+="$want
"
done
for fault in null-deref assert; do
	is "$(id plain $fault)" "$(id pie $fault)" "$fault without debug information"
	all+="$(id bare $fault)
$(id bare2 $fault)
"
done
is "$(sort -u <<<"$all" | grep -c .)" 13 "different faults have different ids; stripped builds by their offsets"
is "$(id bare assert)" "$(id bare assert)" "a stripped program's is the same each time"
mkdir "$T/elsewhere"
cp "$T/bare/app" "$T/elsewhere/app"
is "$(id elsewhere assert)" "$(id bare assert)" "and from another folder"
# another depth
is "$(ulimit -s 512; id pie stack-overflow)" "$(id pie stack-overflow)" "a stack overflow on a smaller stack"
exec 2>&3

# ---- of a core that has lost its stack there is less to make an id of: it says so ----
if command -v gdb >/dev/null; then
	cat >"$T/deep.c" <<'C'
static volatile int *nowhere;
__attribute__((noinline)) static int inner(int a) { return *nowhere + a; }
__attribute__((noinline)) static int middle(int a) { return inner(a + 1) + 1; }
int main(void) { return middle(1) + 1; }
C
	gcc -g -O1 -fno-optimize-sibling-calls -w -o "$T/deep" "$T/deep.c"
	gdb -nx -q -batch -iex 'set pagination off' -ex run -ex "gcore $T/gdb.core" "$T/deep" >"$T/gdb.txt" 2>&1 </dev/null
	core=$(LD_PRELOAD=$BUILD/libcrashd.so TRACEBACK=crash,dir=$T "$T/deep" 2>&1 | sed -n 's/^  cinspect [^ ]* //p')
	mv "$core" "$T/deep.core"
	ask() { "$BUILD/cinspect" -n --batch --json --no-debuginfod "$@" "$T/deep" 2>"$T/err"; }
	sp=$(ask -ex 'p/x $sp' "$T/deep.core" | jq -r .result.value)
	stack=$(readelf -lW "$T/deep.core" | while read -r type offset addr _ size _; do
		[ "$type" = LOAD ] && ((addr <= sp && sp < addr + size)) && echo $((offset))
	done)
	head -c "$stack" "$T/deep.core" >"$T/cut.core"
	like "$(ask -ex id "$T/deep.core")" '"result":\{"id":"[0-9a-f]{16}"\}' "a whole core: an id"
	is "$(grep -c 'crash id' "$T/err")" 0 "and not a word about it"
	like "$(ask -ex id "$T/cut.core")" '"result":\{"id":"[0-9a-f]{16}","id_partial":true\}' "without its stack: marked"
	is "$(grep -c 'the crash id is of fewer functions' "$T/err")" 1 "and a warning"
	is "$(ask -ex why -ex status -ex id "$T/cut.core" | jq -c '.result.id_partial')" "true
true
true" "why, status and id"
	is "$(grep -c 'the crash id is of fewer functions' "$T/err")" 1 "one warning"
	is "$("$BUILD/cinspect" --id -n --no-debuginfod "$T/deep" "$T/cut.core" 2>"$T/err" | wc -w) $(grep -c 'fewer functions' "$T/err")" "1 1" \
		"--id: on standard error"
	# gdb writes the notes last: then there is nothing at all.
	head -c 100000 "$T/gdb.core" >"$T/nothing.core"
	like "$(ask -ex id "$T/nothing.core")" '"ok":false,.*no stack to make a crash id of' "without a thread there is no id"
	is "$(ask -ex why "$T/nothing.core" | jq -c .result.id_partial)" true "why marks what it gives"
fi
done_testing
