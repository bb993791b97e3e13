#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Cores of processes of odd shapes, opened by everybody: gdb, lldb, eu-stack, eu-readelf, cinspect, and the parser of
# systemd-coredump, as coredumpctl shows what it found.
. tests/lib/tap.sh
. tests/lib/machine.sh
. tests/lib/systemd.sh
. tests/lib/snap.sh

machine_core_pattern core
build hard
build snap -static-pie
mv snap static
export DEBUGINFOD_URLS=
cinspect=$BUILD/cinspect
systemd_start >/dev/null 2>&1

# What systemd-coredump says of a core: as if the kernel had piped it.
parsed() {
	/lib/systemd/systemd-coredump $pid 0 0 6 "$(date +%s)" 9223372036854775808 host <"$1" 2>/dev/null
	systemd_crashed+=("$pid")
	systemd_wait in_journal
	coredumpctl -q --no-pager info $pid
}
in_journal() { coredumpctl -q --no-pager info $pid >parsed 2>/dev/null && grep -q 'Message:' parsed; }
says() { "$@" 2>&1 </dev/null; }

readelf=eu-readelf
# everybody NAME THREADS FUNCTION: reads core.$pid
everybody() {
	local name=$1 threads=$2 function=$3 exe=${program:-victim}
	# gdb asks libthread_db, which knows a main thread that has ended; names of memory that has no file are the kernel's
	says gdb -q -batch -ex 'info threads' -ex bt ./$exe core.$pid |
		grep -vE '[(]Exiting[)]|<unavailable> in|Can.t open file .* [(]deleted[)]' >gdb.out
	is "$(grep -cE '^[* ] +[0-9]+ +(Thread|LWP)' gdb.out)" "$threads" "$name: gdb: $threads threads"
	like "$(grep '^#' gdb.out)" "$function" "$name: gdb: frames"
	unlike "$(cat gdb.out)" '[Ww]arning|[Ee]rror|cannot|corrupt' "$name: gdb: no complaint"
	says lldb -b -o 'thread list' -o bt ./$exe -c core.$pid >lldb.out
	is "$(grep -c '^[* ] thread #[0-9]*: ' lldb.out)" "$threads" "$name: lldb: $threads threads"
	like "$(grep 'frame #' lldb.out)" "$function" "$name: lldb: frames"
	says eu-stack --core core.$pid --executable ./$exe >stack.out
	is "$(grep -c '^TID ' stack.out)" "$threads" "$name: eu-stack: $threads threads"
	like "$(cat stack.out)" "$function" "$name: eu-stack: frames"
	says $readelf -n core.$pid >notes.out
	is "$(grep -c PRSTATUS notes.out)" "$threads" "$name: $readelf -n: a PRSTATUS of each"
	unlike "$(cat notes.out)" '[Ee]rror|invalid|cannot' "$name: $readelf -n: no complaint"
	says "$cinspect" --json --batch -q -ex threads -ex bt ./$exe core.$pid >ours.out
	is "$(head -n 1 ours.out | jq '.result.threads | length')" "$threads" "$name: cinspect: $threads threads"
	like "$(sed -n 2p ours.out | jq -r '.result.threads[].frames[].function')" "$function" "$name: cinspect: frames"
	like "$(parsed core.$pid)" "^ +#[0-9]+ +0x[0-9a-f]+ .*/$exe \\+ 0x" "$name: systemd-coredump's parser: frames"
}
snap() {
	"$csnap" --mode="${2:-auto}" -q $pid >saved
	tap_result $? "$1: is saved"
}

program=hard
start threads 1000
snap "a thousand threads"
everybody "a thousand threads" 1001 'parked|answer'
finish

start threads 5000
for mode in direct fork; do
	snap "5,000 threads, $mode" $mode
	is "$(python3 "$core" thread-ids core.$pid | sort -u | wc -l)" 5001 "5,000 threads, $mode: each has its registers"
	is "$(says "$cinspect" --json --batch -q -ex threads ./hard core.$pid | jq '.result.threads | length')" 5001 \
		"5,000 threads, $mode: cinspect"
done
is "$(says gdb -q -batch -ex 'info threads' ./hard core.$pid | grep -cE '^[* ] +[0-9]+ +(Thread|LWP)')" 5001 "5,000 threads: gdb"
finish

machine_setting vm/nr_hugepages 40
if [ "$(awk '/HugePages_Free/ {print $2}' /proc/meminfo)" -ge 32 ]; then
	start huge 16
	for mode in direct fork; do
		snap "huge pages, $mode" $mode
		is "$(page_of core.$pid 'area + 15 * (2 << 20)' 2)" "b2 b2" "huge pages, $mode: they are in the core"
	done
	everybody "huge pages" 1 'answer'
	finish
else
	ok "huge pages # SKIP the machine has none to give" true
fi
machine_setting vm/nr_hugepages 0

machine_setting vm/max_map_count 140000
start maps 70000
for mode in direct fork; do
	snap "70,000 mappings, $mode" $mode
	ok "70,000 mappings, $mode: a header for each" test "$(python3 "$core" headers core.$pid | wc -l)" -gt 70000
	is "$(page_of core.$pid 'area + 69999 * 4096' 1)" "b1" "70,000 mappings, $mode: the last one is in the core"
done
# eu-readelf takes a file with a section for one that has its notes in sections, the kernel's cores too
readelf=readelf
everybody "70,000 mappings" 1 'answer'
readelf=eu-readelf
finish
program=

start leader
sleep 0.2
snap "a main thread that has ended"
everybody "a main thread that has ended" 1 'park'
kill -9 $pid
finish

start pair
kill -STOP $pid
sleep 0.1
snap "a stopped job"
everybody "a stopped job" 2 'write_pair|pair'
kill -CONT $pid
finish

program=static
start pair
snap "static-pie"
everybody "static-pie" 2 'write_pair|pair'
finish
done_testing
