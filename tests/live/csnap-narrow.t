#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A 32-bit program: csnap's core of it is the kernel's own, note for note, and gdb reads the one as the other and as the
# process. The program without a C library has registers of all kinds in use; the others, dynamic and static, have threads.
. tests/lib/tap.sh
. tests/lib/machine.sh
. tests/lib/snap.sh

machine_core_pattern core
build compat -m32 -static -nostdlib -fno-stack-protector -fno-pic -no-pie
# asm/ is not where a compiler of 32 bits looks for it
build narrow -m32 -idirafter /usr/include/x86_64-linux-gnu
build narrow -m32 -idirafter /usr/include/x86_64-linux-gnu -static
mv narrow fixed
build narrow -m32 -idirafter /usr/include/x86_64-linux-gnu
export DEBUGINFOD_URLS=
ulimit -c unlimited

# stacks ARG...: of all threads, as gdb has them, each in a line: the kernel's core has them in any order.
stacks() {
	gdb -q -batch -iex 'set auto-load off' "$@" -ex 'thread apply all bt' 2>/dev/null | sed -n '/^Thread [0-9]* /,$p' |
		awk '/^Thread/ {match($0, /(LWP|process) [0-9]+/); split(substr($0, RSTART, RLENGTH), id, " "); printf "\nThread %s", id[2]}
			/^#/ {printf " %s", $0} END {print ""}' | sort
}
# Not of the kernel's core: gdb before 14 does not find vector registers where an AMD processor has them.
registers() {
	gdb -q -batch -iex 'set auto-load off' "$@" -ex "thread apply all info registers all" 2>/dev/null |
		grep -E '^(st|fctrl|fop|mxcsr|[xyz]mm|k[0-7]|e[a-z]+|[c-g]s) *' | sort
}
told() { readelf -nW "$1" | grep -vE '^ *(LINUX|crashd)' | grep -v SIGINFO | sed -n '/PRSTATUS/,$p'; }

# settle: all threads have come to where they wait, or have been in their loop for a while.
settle() {
	for _ in $(seq 200); do
		[ -n "$(awk '$3 != "S" && $14 < 3' /proc/$pid/task/*/stat)" ] || break
		sleep 0.05
	done
}

# everything NAME THREADS ARG...: what $program is in gdb and in csnap's core; then, of another that gdb has not written to,
# csnap's core and the kernel's.
everything() {
	local name=$1 threads=$2
	start "${@:3}"
	settle
	"$csnap" --json -o core $pid >json
	tap_result $? "$name: is saved"
	is "$(jq -r .threads json)" "$threads" "$name: all of its threads"
	unlike "$(jq -r '.warnings[]' json)" 'register|i386' "$name: nothing is to be told of its registers"
	mv core.$pid ours
	stacks -p $pid >live.stacks
	registers -p $pid >live.registers
	is "$(grep -c ^Thread live.stacks)" "$threads" "$name: gdb sees as many in the process"
	is "$("$csnap" stack $pid 2>&1) $?" "csnap: process $pid ($program) is a 32-bit program, whose stacks and system calls are not known here: use gdb -p $pid 1" \
		"$name: csnap stack refuses, and says what does"
	goes_on "$name: it goes on"
	finish
	is "$(stacks "./$program" ours)" "$(cat live.stacks)" "$name: gdb finds the stacks of the process"
	is "$(registers "./$program" ours)" "$(cat live.registers)" "$name: and the registers"
	unlike "$(gdb -q -batch -ex bt "./$program" ours 2>&1)" '[Ww]arning|[Ee]rror|corrupt' "$name: without a complaint"

	start "${@:3}"
	settle
	"$csnap" -q -z -o packed $pid >/dev/null
	"$csnap" -q -o - $pid 2>/dev/null >piped
	ok "$name: another is saved" "$csnap" -q -o last $pid
	mv last.$pid last
	kill -ABRT $pid
	wait $pid 2>/dev/null # before its input ends
	finish
	[ -e core ] || mv core.$pid core
	is "$(readelf -hW last)" "$(readelf -hW core)" "$name: the ELF header is the kernel's"
	is "$(python3 "$core" headers last)" "$(python3 "$core" headers core)" "$name: the segments are the kernel's"
	is "$(python3 "$core" kernels last)" "$(python3 "$core" kernels core)" "$name: the notes are the kernel's"
	is "$(told last)" "$(told core)" "$name: and for readelf too"
	is "$(python3 "$core" same last core)" "" "$name: memory is the kernel's"
	is "$(stacks "./$program" last)" "$(stacks "./$program" core)" "$name: gdb finds the stacks of the kernel's core"
	zstd -qdf packed.$pid.zst -o packed
	is "$(python3 "$core" headers packed)" "$(python3 "$core" headers core)" "$name: compressed it is the same"
	is "$(python3 "$core" headers piped)" "$(python3 "$core" headers core)" "$name: and through a pipe"
	is "$(stacks "./$program" piped)" "$(stacks "./$program" core)" "$name: which gdb opens"
	for file in last core; do
		"$BUILD/cinspect" --batch -n -ex bt "./$program" $file >seen 2>said
		is "$? $(cat seen)" "3 " "$name: cinspect does not open $file"
		is "$(cat said)" "cinspect: $file: a core of a 32-bit program (i386); cinspect is built for x86-64 only: open it with gdb, and name the program" \
			"$name: and says what it is, and what does"
	done
	rm -f core core.* ours last piped packed*
}

program=compat
everything "one thread" 1
everything "vector registers, a loop, areas for threads" 3 threads
# through it the kernel writes to a thread's memory, when that comes to another processor
export GLIBC_TUNABLES=glibc.pthread.rseq=0
program=narrow
everything "dynamic" 5 parked
program=fixed
everything "static" 5 parked

program=compat
start mixed
settle
"$csnap" --json -o ours $pid >json
like "$(jq -r '.warnings[]' json)" "^1 of 2 threads were in 64-bit code: a core of a 32-bit program has the low halves of their registers only$" \
	"a thread in 64-bit code is told"
like "$(gdb -q -batch -ex 'thread apply all bt' ./compat ours.$pid 2>/dev/null)" "in wide" "and has a pc"
goes_on "it goes on"
finish

for program in narrow fixed; do
	start calls
	settle
	"$csnap" --json -o ours $pid >json
	like "$(jq -r '.warnings[]' json)" "^2 system calls .*EINTR" "$program: calls with a time limit that end are counted"
	for _ in $(seq 19); do "$csnap" -q -o ours $pid >/dev/null; done
	is "$(progress)" "0 without an end, 2 with a limit" "$program: after 20 snapshots the calls without one go on"
	kill -USR1 $pid
	for _ in $(seq 50); do [[ "$(progress)" = 0* ]] || break; done
	is "$(progress)" "1 without an end, 2 with a limit" "$program: and do what they wait for"
	finish
done

# Of a program of 64 bits a thread in 32-bit code has registers of 64 bits; ptrace shows others.
build hard
program=hard
for mode in direct fork; do
	start narrow
	settle
	ok "$mode: 32-bit code in a program of 64 bits: is saved" "$csnap" --mode=$mode -q -o ours $pid
	kill -ABRT $pid
	wait $pid 2>/dev/null
	finish
	[ -e core ] || mv core.$pid core
	is "$(python3 "$core" kernels ours.$pid)" "$(python3 "$core" kernels core)" "$mode: the notes are the kernel's"
	like "$(gdb -q -batch -ex 'thread 2' -ex 'p $rax == (11L << 32 | 12)' -ex 'p $cs' -ex 'x/i $pc' ./hard ours.$pid 2>&1 | tr '\n\t' '  ')" \
		'= 1 .*= 35 .*=> (0x[0-9a-f]+): +jmp +\1' "$mode: gdb finds the thread where it is"
	rm -f core core.*
done
done_testing
