#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# csnap beside gcore and the kernel's own dump, on processes of the same shape, in turn.  The stop is what the process feels:
# the largest gap between two readings of the clock by a thread that does nothing else, its gap while nobody touches the
# process printed beside it; under the kernel's dump the process dies, and its stop lasts until it is reaped.  Two floors
# stand beside them: a bare clone of the same process, made by itself, and a copy of as many bytes to the same file system.
#   ROUNDS=5  SIZES='100 1024 4096 8192' (MiB)  THREADS='8 1000'  TOOLS='csnap gcore kernel' (csnap-direct, csnap-z)
. tests/lib/bench.sh
ROUNDS=${ROUNDS:-5}
SIZES=${SIZES:-100 1024 4096 8192}
THREADS=${THREADS:-8 1000}
TOOLS=${TOOLS:-csnap gcore kernel}
MANY_LARGEST=1024 # MiB of a process with many threads

milliseconds() { date +%s%N | sed 's/......$//'; }
page_tables() { awk '/^VmPTE/ { print $2 }' "/proc/$victim/status"; }
# ask QUESTION: of the victim (see victim.c)
ask() {
	echo "$1" >&8
	read -r -u 9 answer
	echo "$answer"
}

# The kernel's dump needs a core_pattern that is a file name; others are left as they are.
kernel_dumps() { read -r pattern </proc/sys/kernel/core_pattern && [[ $pattern != [@\|]* && $pattern != */* ]]; }

# A death of our own: the time until it is reaped.  A new process for who comes next.
save_kernel() {
	local before
	kernel_dumps || return 0
	before=$(milliseconds)
	kill -ABRT "$victim"
	wait "$victim" 2>/dev/null
	echo $(($(milliseconds) - before)) | tee -a "$T/kernel.time" >>"$T/kernel.gap"
	du -B1 "$T"/core* 2>/dev/null | awk '{ s += $1 } END { print s + 0 }' >>"$T/kernel.disk"
	exec 8>&- 9<&-
	rm -f "$T"/core*
	victims=()
	victim_start "${shape[@]}"
}

# save TOOL: runs it once; appends gap, time and disk use to files in $T.
save() {
	local before
	rm -f "$T"/core*
	[ "$1" != kernel ] || { save_kernel && return; }
	ask clone >>"$T/$1.clone"
	sleep 0.3
	ask "" >/dev/null
	before=$(milliseconds)
	case $1 in
	csnap) "$BUILD/csnap" --json -o "$T/core" "$victim" ;;
	csnap-direct) "$BUILD/csnap" --json --mode=direct -o "$T/core" "$victim" ;;
	csnap-z) "$BUILD/csnap" --json -z -o "$T/core" "$victim" ;;
	gcore) gcore -o "$T/core" "$victim" ;;
	esac >"$T/said" 2>&1 || { cat "$T/said" && exit 1; }
	echo $(($(milliseconds) - before)) >>"$T/$1.time"
	ask "" >>"$T/$1.gap"
	stat -c '%b' "$T"/core.* | awk '{ print $1 * 512 }' >>"$T/$1.disk"
	[ "$1" = gcore ] || { jq .pause_ms "$T/said" >>"$T/$1.own" && jq -r .mode "$T/said" >"$T/$1.mode"; }
	rm -f "$T"/core*
}

# row TOOL: its medians, the stop and the time as multiples of csnap's.
row() {
	local gap time
	[ -e "$T/$1.time" ] || return 0
	gap=$(median <"$T/$1.gap")
	time=$(median <"$T/$1.time")
	[ "$1" != csnap ] || first="$gap $time"
	echo "$1 $gap $(if [ -e "$T/$1.own" ]; then median <"$T/$1.own"; else echo -; fi) $(if [ -e "$T/$1.clone" ]; then median <"$T/$1.clone"; else echo -; fi) $time $(median <"$T/$1.disk") $first" |
		awk -v mode="$(cat "$T/$1.mode" 2>/dev/null)" '{ printf "  %-12s %-6s %10.1f %10s %10s %10.0f %10.1f %9.1fx %9.1fx\n",
			$1, mode, $2, $3, $4, $5, $6 / 1048576, $2 / $7, $5 / $8 }'
}

# compare TITLE ROUNDS ARG...: of the victim.
compare() {
	local tables rounds=$2 tool copied=$4
	title "$1"
	shift 2
	shape=("$@" spin)
	rm -f "$T"/*.gap "$T"/*.own "$T"/*.time "$T"/*.disk "$T"/*.mode "$T"/*.clone "$T"/*.copy
	cd "$T" || exit
	ulimit -c unlimited
	victim_start "${shape[@]}"
	for ((i = 0; i < 5; i++)); do
		ask "" >/dev/null
		sleep 0.3
		ask "" >>"$T/idle.gap"
	done
	tables=$(page_tables)
	for ((i = 0; i < rounds; i++)); do
		for tool in $TOOLS; do
			save "$tool"
			[ $i != 0 ] || [ "$tool" != csnap ] || tables="$tables kB, $(page_tables) kB after csnap"
			[ $i != 0 ] || [ "$tool" != gcore ] || tables="$tables, $(page_tables) kB after gcore"
		done
		"$T/copy" "$copied" "$T/copied" >>"$T/floor.copy"
		rm -f "$T/copied"
	done
	printf '  %-12s %-6s %10s %10s %10s %10s %10s %10s %10s\n' '' mode 'stop ms' 'it says' 'clone ms' 'total ms' 'disk MiB' stop total
	for tool in $TOOLS; do row "$tool"; done
	echo "  idle gap $(median <"$T/idle.gap") ms; a parallel copy of as many bytes $(median <"$T/floor.copy") ms; page tables: $tables; load $(cut -d' ' -f1 /proc/loadavg)"
	victim_stop
	cd "$OLDPWD" || exit
}

# writer MIB [thp]: bytes a ms that a thread writes into random pages: by itself, and until csnap is done.
writer() {
	local alone meanwhile took
	victim_start 1 "$1" 0 write ${2:+"$2"}
	ask writes >/dev/null
	sleep 1
	alone=$(ask writes)
	took=$(milliseconds)
	"$BUILD/csnap" -q -o "$T/core" "$victim" >"$T/said" 2>&1 || { cat "$T/said" && exit 1; }
	meanwhile=$(ask writes)
	took=$(($(milliseconds) - took))
	rm -f "$T"/core*
	echo "$1 ${2:-4K} $alone $meanwhile $took" | awk '{ printf "  %5d MiB %-4s %12.0f a ms alone, %10.0f a ms during the %d ms of csnap (%.2f)\n", $1, $2, $3, $4, $5, $4 / $3 }'
	victim_stop
}

kernel_dumps || echo "core_pattern is no plain file name: the kernel's dump is left out"
for pages in "" thp; do
	for threads in $THREADS; do
		for size in $SIZES; do
			[ "$threads" -lt 100 ] || [ "$size" -le $MANY_LARGEST ] || continue
			rounds=$ROUNDS
			[ "$size" -le 1024 ] || rounds=1
			[ "$size" -lt 1024 ] || [ $rounds -lt 3 ] || rounds=3
			compare "$threads threads, $size MiB touched, ${pages:-pages of 4 KiB}" $rounds "$threads" "$size" 0 $pages
		done
	done
done
TOOLS='csnap gcore'
compare "1 thread, 2 GiB reserved and never touched" 1 1 0 2048
TOOLS=csnap
compare "1 thread, 1 TiB reserved and never touched" 3 1 0 1048576
title "a thread that writes into random pages"
writer 1024
writer 1024 thp
