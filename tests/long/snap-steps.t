#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# csnap is killed at each of its steps: the process goes on, and no child, file or stopped thread is left. So it is when the
# keeper is killed, but for the one window that docs/snapshots.md tells of. And a thousand snapshots leave nothing.
. tests/lib/tap.sh
. tests/lib/snap.sh
build hard
program=hard

# until_gone: no child of the process is left, nor a tracer
is_let_go() { [ -z "$(children)" ] && ! grep -hq "^TracerPid:.[1-9]" /proc/$pid/task/*/status 2>/dev/null; }
until_let_go() {
	for _ in $(seq 500); do
		is_let_go && return
		sleep 0.02
	done
	return 1
}
is_whole() { [ "$(masks)" = "$blocked" ] && [ -n "$(progress)" ] && kill -0 $pid; } 2>/dev/null
# killed MODE CALLS N OPTION...: csnap under strace, which kills whoever makes the Nth of these calls as it makes it
killed() {
	local mode=$1 calls=$2 n=$3
	shift 3
	rm -f traced
	strace "$@" -o traced -e trace="$calls" -e inject="$calls:signal=KILL:when=$n" "$csnap" --mode="$mode" -q -o step $pid
} >said 2>&1

start grow 40
blocked=$(masks) held=$(holds)
for mode in fork direct; do
	strace -c -o counted "$csnap" --mode=$mode -q -o step $pid >said 2>&1
	calls=$(awk '$NF == "total" {print $(NF - 2)}' counted)
	[ "$(awk '$NF == "total" {print NF}' counted)" = 6 ] || calls=$(awk '$NF == "total" {print $(NF - 1)}' counted)
	bad= n=0
	# each of the first and the last steps; of the copy, in the middle, some
	for step in $(seq 1 2 150) $(seq 151 $((calls / 25 + 1)) "$calls") $(seq $((calls - 30)) 3 "$calls"); do
		killed $mode all "$step"
		n=$((n + 1))
		until_let_go && is_whole || bad="$bad $step"
		kill -0 $pid 2>/dev/null || break
	done
	is "$bad" "" "$mode: csnap is killed at its nth system call, in $n places of $calls: the process is let go, and goes on"
	is "$(holds)" "$held" "$mode: as it was"
	is "$(find . -name '.*' -type f -o -name '*.tmp' | wc -l)" 0 "$mode: and no file is left"
done
finish

# The keeper makes all calls of ptrace.
start grow 40
strace -f -c -e trace=ptrace -o counted "$csnap" --mode=fork -q -o step $pid >said 2>&1
calls=$(awk '$NF == "ptrace" {print $4}' counted)
harmed= left=0 both=0
for step in $(seq "$calls"); do
	killed fork ptrace "$step" -f
	# csnap, too, as it cleared away what the keeper had left: then nobody is there to do it
	if [ $? = 137 ]; then
		both=$((both + 1))
	else
		until_let_go || { kill -0 $pid 2>/dev/null && left=$((left + 1)); }
		is_whole && continue
		harmed="$harmed $step"
	fi
	kill -9 $pid 2>/dev/null
	finish
	start grow 40
done
is $left 0 "the keeper is killed at each of its $calls calls of ptrace (csnap, too, at $both): no child and no stopped thread is left"
# shellcheck disable=SC2086 # words
ok "the process is harmed while its thread makes the call alone, or clears the child away:$harmed of $calls" \
	test "$(wc -w <<<"$harmed")" -lt $((calls / 2))
finish

start threads 3
blocked=$(masks) held=$(holds) tables=$(tables)
saved=0
for _ in $(seq 1000); do "$csnap" --mode=fork -q -o many $pid >/dev/null 2>said && saved=$((saved + 1)); done
is $saved 1000 "a thousand snapshots"
is "$(children)" "" "no child and no zombie is left"
is "$(masks) $(holds) $(tables)" "$blocked $held $tables" "signals, descriptors, limits, mappings, page tables are as before"
is "$(for keeper in $(pgrep snapshot-keeper); do readlink /proc/$keeper/exe; done | grep -cx "$csnap")" 0 "and no keeper"
finish
done_testing
