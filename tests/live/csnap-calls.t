#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A thread in each kind of system call that waits; at least twenty snapshots meanwhile, in each mode. A call that started
# over would never end. What signal(7) lists as never restarted, and has a time limit, ends with EINTR: those are counted.
. tests/lib/tap.sh
. tests/lib/snap.sh
build calls
program=calls

./calls 6 | sed 1d >control &
control=$!
# through_calls MODE SECONDS: snapshots for as long as it runs; $n of them, what the first one warns of in $limited
through_calls() {
	start "$2"
	n=0 limited=
	while kill -0 $pid 2>/dev/null && [ $n -lt 400 ]; do
		"$csnap" --mode="$1" --json -o core $pid >json 2>said || { kill -0 $pid 2>/dev/null && cat said; }
		# those with a limit wait in the first one alone
		[ -n "$limited" ] || limited=$(jq -r '.warnings[0]' json)
		n=$((n + 1))
		sleep 0.05
	done
	wait $pid
	sed 1d out >snapped
}
for mode in direct fork; do
	# a busy machine takes fewer in the time
	for seconds in 6 15 40; do
		through_calls $mode $seconds
		[ $n -lt 20 ] || break
	done
	ok "$mode: $n snapshots" test $n -ge 20
	wait $control
	is "$(grep -v limited snapped)" "$(grep -v limited control)" "$mode: calls give what they would have, when they would have"
	is "$(sed -n 's/.*: //; / limited/p' snapped | sort -u)" "-1 EINTR early limited" "$mode: those with a limit that are never restarted: EINTR"
	like "$limited" "^$(grep -c limited control) system calls with a time limit ended early, with EINTR" "$mode: which is told"
done
ok "there were calls of many kinds" test "$(wc -l <control)" -ge 50
done_testing
