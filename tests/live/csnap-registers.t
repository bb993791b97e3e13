#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Registers of every kind, of threads that are in no system call: they are as they were after a snapshot, and right in it.
. tests/lib/tap.sh
. tests/lib/snap.sh
build registers
program=registers

for mode in direct fork; do
	start check
	for i in $(seq 20); do "$csnap" --mode=$mode -q -o core $pid >/dev/null 2>said || break; done
	is $i 20 "$mode: 20 snapshots of a program without a thread in a system call"
	finish
	is "$(tail -n 1 out)" "many rounds, 0 wrong" "$mode: every register is as it was, and the red zone"
done

start hold
read -r _ width <out
sleep 0.3 # both threads are in their loops
for mode in direct fork; do
	"$csnap" --mode=$mode -q -o $mode $pid >/dev/null
	# gdb BATCH: what the expressions of either thread are
	of() { gdb -q -batch -ex "thread $1" "${@:2}" ./registers $mode.$pid 2>/dev/null | sed -n 's/^\$[0-9]* = //p' | xargs; }
	is "$(of 1 -ex 'p $rax' -ex 'p $rbx' -ex 'p $rcx' -ex 'p $rdx' -ex 'p $rsi' -ex 'p $rdi' -ex 'p/d $rbp' -ex 'p $r8' -ex 'p $r9' \
		-ex 'p $r10' -ex 'p $r11' -ex 'p $r12' -ex 'p $r13' -ex 'p $r14')" "$(seq -s ' ' 11 24)" "$mode: general registers in gdb"
	like "$(of 1 -ex 'p $eflags')" "CF.* DF" "$mode: the flags"
	is "$(of 2 -ex 'p $st0' -ex 'p $st7' -ex 'p/x $fctrl' -ex 'p/x $mxcsr' -ex 'p/x $gs_base')" "1.5 8.5 0xe7f 0x7fa0 0x7654321000" \
		"$mode: the x87's, control words, gs"
	if [ "$width" = 64 ]; then
		is "$(of 2 -ex 'p $zmm0.v64_int8')" "{$(seq -s ', ' 0 63)}" "$mode: zmm0"
		is "$(of 2 -ex 'p $zmm31.v64_int8')" "{$(seq -s ', ' 31 94)}" "$mode: zmm31"
		is "$(of 2 -ex 'p $k1' -ex 'p $k7')" "4369 30583" "$mode: masks"
	fi
	is "$(of 2 -ex 'p $xmm15.v16_int8')" "{$(seq -s ', ' 15 30)}" "$mode: xmm15"
done
kill $pid
finish
done_testing
