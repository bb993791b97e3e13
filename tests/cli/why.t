#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# why and locks over the demo's faults, at -O2 and -O0: the cause, and the function to blame.  gdb makes the cores.
. tests/lib/tap.sh
command -v gdb >/dev/null || cannot "gdb, which makes the cores, is not here"
cinspect=$BUILD/cinspect
export DEBUGINFOD_URLS=''
victim=$PWD/tests/victims/bad.c
cd "$T" || exit 1

core_of() { # PROGRAM FAULT
	TRACEBACK=none gdb -nx -q -batch -iex 'set pagination off' -ex run -ex 'gcore fault.core' \
		--args "$BUILD/$1" fault "$2" >gdb.txt 2>&1 </dev/null
}

# The last column: the expression whose value is bad, at -O2 and at -O0.
while read -r fault cause confidence function optimized plain; do
	for program in coworkingapp coworkingapp-debug; do
		rm -f fault.core
		core_of $program "$fault"
		finding=$("$cinspect" --batch -n --json -ex why "$BUILD/$program" fault.core 2>/dev/null |
			jq -r '.result.findings[0] | "\(.cause) \(.confidence) \(.function) \(.evidence | length > 0)"')
		like "$finding" "^$cause $confidence ($function) true$" "$program, $fault: $cause"
		expression=$optimized
		[ $program = coworkingapp ] || expression=$plain
		# A sanitizer puts its own instructions between.
		readelf -d "$BUILD/$program" | grep -q libasan ||
			is "$("$cinspect" --batch -n --json -ex why "$BUILD/$program" fault.core 2>/dev/null |
				jq -r '.result.findings[0] | "\(.expression) \(.expression as $e | $e == null or (.text | contains($e)))"')" \
				"$expression true" "$program, $fault: the expression is $expression"
	done
done <<'FAULTS'
null-deref null-deref certain count_seats reservation->guest reservation->guest
use-after-free bad-call certain ring listener->notify listener->notify
double-free double-free certain guest_leave|fault_double_free|fault_run null null
heap-overflow heap-overflow certain fault_heap_overflow null null
stack-overflow stack-overflow certain open_door null null
assert assert certain check_in null null
abort abort certain give_up null null
div-by-zero div-by-zero certain share_of null null
bad-jump bad-call certain hook_call null hook->call
FAULTS

"$cinspect" --batch -n --json -ex why "$BUILD/coworkingapp-debug" fault.core 2>/dev/null | jq -r .result.id >id1
"$cinspect" --batch -n --json -ex why fault.core 2>/dev/null | jq -r .result.id >id2
like "$(cat id1)" '^[0-9a-f]{16}$' "a crash has an id"
is "$(cat id2)" "$(cat id1)" "the same for the same crash"

# ---- what the bad pointer is called, at -O0 and -O2; nothing where it is the index that is bad ----
while read -r number expression; do
	for level in 0 2; do
		[ -x "bad$level" ] || ${CC:-gcc} -g -O$level -o "bad$level" "$victim" || cannot "no compiler"
		rm -f bad.core
		TRACEBACK=none gdb -nx -q -batch -iex 'set pagination off' -ex run -ex 'gcore bad.core' \
			--args "./bad$level" "$number" >gdb.txt 2>&1 </dev/null
		is "$("$cinspect" --batch -n --json -ex why "./bad$level" bad.core 2>/dev/null |
			jq -r '.result.findings[0].expression')" "$expression" "-O$level: $expression"
	done
done <<'BAD'
1 first
2 rooms[2]
3 room->next->next
4 room->name
5 room->open
6 room->name
7 room->next->next
8 null
9 room->next->next
BAD
like "$("$cinspect" --batch -n -ex why ./bad2 bad.core 2>/dev/null)" \
	"^wild-pointer \(likely\): .* at offset [0-9]+ of a pointer that is -1: an error code or MAP_FAILED taken" "a small address is not always a NULL pointer's"

# ---- a deadlock, seen from a snapshot ----
TRACEBACK=none "$BUILD/coworkingapp" fault deadlock >/dev/null 2>&1 &
disown
pid=$!
trap 'kill -9 $pid 2>/dev/null; tap_cleanup' EXIT
for _ in $(seq 100); do
	[ "$(cat /proc/$pid/task/*/wchan 2>/dev/null | grep -o futex | wc -l)" = 3 ] && break
	[ "$(ls /proc/$pid/task 2>/dev/null | wc -l)" = 3 ] && sleep 0.2 && break
	sleep 0.1
done
"$BUILD/csnap" -q -o dead $pid >/dev/null 2>&1
"$cinspect" --batch -n --json -ex locks -ex why -ex threads "$BUILD/coworkingapp" dead.$pid >json 2>/dev/null
is "$(sed -n 1p json | jq -r '.result.cycles[0] | length')" 2 "locks: two threads in a circle"
is "$(sed -n 1p json | jq -r '.result.waits | map(.kind) | sort | join(" ")')" "join mutex mutex" "locks: what each waits for"
is "$(sed -n 1p json | jq -r '.result.waits[] | select(.kind == "mutex") | .object' | sort | sed 's/+.*//' | tr '\n' ' ')" \
	"kitchen terrace " "locks: the mutexes have names"
is "$(sed -n 2p json | jq -r '.result.findings | map(.cause) | join(" ")')" "deadlock snapshot" "why: a deadlock comes first"
like "$(sed -n 3p json | jq -r '.result.threads[].state')" "futex wait on mutex 0x[0-9a-f]+, held by LWP [0-9]+" "threads: who has the mutex"
done_testing
