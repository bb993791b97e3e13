#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# origin against functions in assembly, each of which brings a value to rax in one way: the steps that it has to go, and
# where it has to stop.
. tests/lib/tap.sh
. tests/lib/inspect.sh
[ -x "$cinspect" ] || cannot "$cinspect is not built"
command -v gdb >/dev/null || cannot "gdb, which makes the core, is not here"
source=$PWD/tests/victims/origin.c
(cd "$T" && ${CC:-gcc} -g -O0 -pthread -o ways "$source" &&
	gdb -nx -q -batch -ex 'set pagination off' -ex run -ex 'gcore ways.core' ./ways >gdb.txt 2>&1 </dev/null)
[ -s "$T/ways.core" ] || cannot "gdb could not make a core"

# name, steps, end, and the first words of branches: LABEL=END.
table='
constant	move constant	constant
spill	reload store argument move address	address
load	load	memory
result	move move call	call-result
clobbered	move call	clobbered
decided	constant	constant
join	-	join	one way=memory one way=memory
loop	load	unknown-address
vector	reload store load	memory
pair	reload store move move argument move address	address
exposed	reload	perhaps-written
unset	reload	unset
part	part	part
choose	choose move argument move address	address
offset	add add argument move address	address
arithmetic	compute	computed	$rax=memory $rsi=address
exchange	move move argument move address	address
stored	load constant	constant
perhaps	load	memory
table	constant	constant
unknown	-	unknown-jump
argument	move argument load	memory
kept	move kept load	unknown-address
stack	reload argument constant	constant
tailcall	move	caller
noreturn	constant	constant
'
"$cinspect" --batch -q -n --json "$T/ways" "$T/ways.core" -ex 'bt -a' 2>/dev/null >"$T/threads"
while IFS=$'\t' read -r name steps end branches; do
	[ -n "$name" ] || continue
	id=$(jq -r --arg n "w_$name" '.result.threads[] | select(any(.frames[]; .function == $n)) | .id' "$T/threads")
	[ "$name" != load ] || load=$id
	"$cinspect" --batch -q -n --json "$T/ways" "$T/ways.core" -ex "thread $id" -ex 'origin $rax' 2>/dev/null |
		tail -n 1 >"$T/got"
	is "$(jq -r '.result.origins[0] | [.steps[].how] | join(" ")' "$T/got")" "${steps#-}" "$name: the steps"
	is "$(jq -r '.result.origins[0].end' "$T/got")" "$end" "$name: where it ends"
	is "$(jq -r '.result.origins[0].branches | map(.of + "=" + .end) | join(" ")' "$T/got")" "$branches" "$name: branches"
done <<<"$table"

"$cinspect" --batch -q -n "$T/ways" "$T/ways.core" -ex 'thread 1' -ex 'origin nosuch' >"$T/out" 2>&1
is $? 1 "a wrong expression fails"
like "$(cat "$T/out")" 'No symbol "nosuch"' "and says why"
"$cinspect" --batch -q -n "$T/ways" "$T/ways.core" -ex 'thread 1' -ex 'origin first' >"$T/out" 2>&1
like "$(cat "$T/out")" 'give one of its members' "a struct has no single origin"
"$cinspect" --batch -q -n --json "$T/ways" "$T/ways.core" -ex "thread $load" -ex 'disassemble' 2>/dev/null | tail -n 1 >"$T/got"
is "$(jq -r '[.result.instructions[] | select(.text == "mov (%rdi),%rax") | .operands[].register, .memory.value] | join(" ")' "$T/got" |
	sed 's/0x[0-9a-f]*/VALUE/')" '$rdi VALUE' "disassemble says what operands held"
"$cinspect" --batch -q -n --json "$T/ways" "$T/ways.core" -ex "thread $load" -ex 'disassemble /p' 2>/dev/null | tail -n 1 >"$T/got"
is "$(jq '[.result.instructions[] | select(.operands)] | length' "$T/got")" 0 "and /p does not"

# The demo's faults: the instruction that has loaded, or made, the bad pointer.
demo() { # FAULT STEPS END NAME
	TRACEBACK=0 gdb -nx -q -batch -ex 'set pagination off' -ex run -ex "gcore $T/$1.core" --args "$BUILD/coworkingapp" fault "$1" \
		>"$T/gdb.txt" 2>&1 </dev/null
	"$cinspect" --batch -q -n --json "$BUILD/coworkingapp" "$T/$1.core" -ex origin 2>/dev/null >"$T/got"
	is "$(jq -r '.result.origins[0] | [.steps[].how] | join(" ")' "$T/got")" "$2" "$1: the steps"
	is "$(jq -r '.result.origins[0].end' "$T/got")" "$3" "$1: where it ends"
	is "$(jq -r '.result.origins[0].steps[-1].name' "$T/got")" "$4" "$1: what it is called"
}
# A sanitizer puts its own instructions between.
if [ -x "$BUILD/coworkingapp" ] && ! readelf -d "$BUILD/coworkingapp" | grep -q libasan; then
	demo null-deref load unknown-address 'reservation->guest'
	demo bad-jump 'argument reload constant' constant nowhere
fi
done_testing
