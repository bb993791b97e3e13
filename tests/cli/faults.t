#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Each fault of the demo ends in the signal that its table names, at -O2 and
# -O0; those that never end do not.
. "$(dirname "$0")/../lib/tap.sh"

ulimit -c 0
export TRACEBACK=none

run() { # PROGRAM FAULT: sets status, the name of a signal or a number
	timeout --preserve-status --signal=KILL 60 "$1" fault "$2" \
		>"$T/out" 2>"$T/err"
	status=$?
	[ "$status" -gt 128 ] && status=SIG$(kill -l "$status")
}
endless() { # PROGRAM FAULT
	"$1" fault "$2" >"$T/out" 2>"$T/err" &
	local pid=$!
	sleep 1
	kill -0 "$pid" 2>/dev/null
	local alive=$?
	kill -KILL "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	return $alive
}

table=$("$BUILD/coworkingapp" fault --list)
is "$(awk '{ printf "%s ", $1 }' <<<"$table")" \
	"null-deref use-after-free double-free heap-overflow stack-overflow\
 assert abort div-by-zero bad-jump deadlock leak busy-loop " \
	"the list of faults"

for program in coworkingapp coworkingapp-debug; do
	while read -r name signal _; do
		if [ "$signal" = never ]; then
			ok "$program: $name never ends" \
				endless "$BUILD/$program" "$name"
		else
			run "$BUILD/$program" "$name" 2>/dev/null
			is "$status" "$signal" "$program: $name ends in $signal"
		fi
	done <<<"$table"
done

run "$BUILD/coworkingapp" double-free 2>/dev/null
like "$(cat "$T/err")" '^free\(\): double free detected' \
	"glibc notices the second free"
run "$BUILD/coworkingapp" assert 2>/dev/null
like "$(cat "$T/err")" 'demo/faults.c:[0-9]+: .*people <= .*capacity' \
	"the assertion names its line"
done_testing
