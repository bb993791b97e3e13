#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# csnap beside gcore on the same process, in turn (-z once, it takes long): the stop as the process feels it, the whole time, what is on the disk,
# and what is left of page tables in the process.  The stop is the largest gap between two readings of the clock by a
# thread of the process that does nothing else; the gap that the same thread sees while nobody touches the process is
# printed beside it.
. tests/lib/bench.sh
ROUNDS=${ROUNDS:-5}
fresh= # a new process for each core

milliseconds() { date +%s%N | sed 's/......$//'; }
page_tables() { awk '/^VmPTE/ { print $2 }' "/proc/$victim/status"; }

# save TOOL: runs it once; appends its gap, time, apparent size and disk use to files in $T.
save() {
	local before
	# gcore leaves page tables behind, which csnap would have to search next time.
	[ -z "$fresh" ] || { victim_stop && victim_start "${shape[@]}"; }
	rm -f "$T"/core*
	victim_gap >/dev/null
	before=$(milliseconds)
	case $1 in
	csnap) "$BUILD/csnap" --json -o "$T/core" "$victim" ;;
	csnap-fork) "$BUILD/csnap" --json --mode=fork -o "$T/core" "$victim" ;;
	csnap-z) "$BUILD/csnap" --json -z -o "$T/core" "$victim" ;;
	gcore) gcore -o "$T/core" "$victim" ;;
	esac >"$T/said" 2>&1 || { cat "$T/said" && exit 1; }
	echo $(($(milliseconds) - before)) >>"$T/$1.time"
	victim_gap >>"$T/$1.gap"
	stat -c '%s' "$T"/core.* >>"$T/$1.size"
	stat -c '%b' "$T"/core.* | awk '{ print $1 * 512 }' >>"$T/$1.disk"
	[ "$1" = gcore ] || { jq .pause_ms "$T/said" >>"$T/$1.own" && jq -r .mode "$T/said" >"$T/$1.mode"; }
	rm -f "$T"/core*
}

# row TOOL: its medians, the stop and the time as multiples of csnap's.
row() {
	local gap time
	gap=$(median <"$T/$1.gap")
	time=$(median <"$T/$1.time")
	[ "$1" != csnap ] || first="$gap $time"
	echo "$1 $gap $(if [ -e "$T/$1.own" ]; then median <"$T/$1.own"; else echo -; fi) $time $(median <"$T/$1.size") $(median <"$T/$1.disk") $first" |
		awk -v mode="$(cat "$T/$1.mode" 2>/dev/null)" '{ printf "  %-12s %-6s %10.1f %10s %10.0f %10.1f %10.1f %9.1fx %9.1fx\n",
			$1, mode, $2, $3, $4, $5 / 1048576, $6 / 1048576, $2 / $7, $4 / $8 }'
}

# compare TITLE ARG...: of the victim.
compare() {
	local tables
	title "$1"
	shift
	shape=("$@" spin)
	victim_start "${shape[@]}"
	rm -f "$T"/*.gap "$T"/*.own "$T"/*.time "$T"/*.size "$T"/*.disk "$T"/*.mode
	for ((i = 0; i < 5; i++)); do
		victim_gap >/dev/null
		sleep 0.4
		victim_gap >>"$T/idle.gap"
	done
	tables=$(page_tables)
	save csnap
	tables="$tables kB, $(page_tables) kB after csnap"
	save csnap-fork
	save csnap-z
	save gcore
	for ((i = 1; i < ROUNDS; i++)); do
		for tool in csnap csnap-fork gcore; do save $tool; done
	done
	printf '  %-12s %-6s %10s %10s %10s %10s %10s %10s %10s\n' '' mode 'stop ms' 'it says' 'total ms' 'size MiB' 'disk MiB' stop total
	row csnap
	row csnap-fork
	row csnap-z
	row gcore
	echo "  idle               $(median <"$T/idle.gap" | awk '{ printf "%10.1f", $1 }')    page tables: $tables, $(page_tables) kB after gcore"
	victim_stop
}

compare "1 thread, next to nothing" 1 0 0
compare "7 threads, 100 MiB touched" 7 100 0
compare "1,000 threads, 100 MiB touched" 1000 100 0
fresh=1
compare "1 thread, 2 GiB reserved and never touched" 1 0 2048
fresh=
ROUNDS=3
compare "7 threads, 1 GiB touched" 7 1024 0
compare "7 threads, 1 GiB touched, in huge pages" 7 1024 0 thp
