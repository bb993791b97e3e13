#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Processes that share the target's memory without being its threads, a thread that nothing can stop, and what a core says
# of its process beside threads and memory.
. tests/lib/tap.sh
. tests/lib/snap.sh
build relatives
program=relatives
mkfifo door

warnings() { jq -r '.warnings[]' json; }
# note TYPE: its description, as text.
note() { readelf -nW "core.$pid" 2>/dev/null | grep -c "Unknown note type: (0x0*$1)"; }

for mode in fork direct; do
	start vfork door
	spawner=$(ls /proc/$pid/task | tail -n 1)
	is "$(awk '/^State/ {print $2}' /proc/$pid/task/$spawner/status)" D "$mode: a thread waits for its vfork child"
	child=$(tr -d ' ' </proc/$pid/task/$spawner/children)
	"$csnap" --mode=$mode --json -o core $pid >json
	is $? 0 "$mode: a core all the same"
	like "$(warnings)" "1 thread could not be stopped \($spawner, in [a-z_0-9]+\): of its registers only" "$mode: the thread is told"
	like "$(warnings)" "stopped too, because of shared memory .*: process $child\$" "$mode: the child was stopped too"
	is "$(jq .threads json)" 2 "$mode: both threads are in it"
	is "$(note 00010005)" 1 "$mode: and a note of it"
	like "$(gdb -q -batch -ex 'thread apply all bt' ./relatives core.$pid 2>/dev/null | tr '\n' ' ')" "vfork.*spawn.*start_thread" "$mode: its stack can be walked"
	is "$(awk '/^State/ {print $2}' /proc/$child/status)" S "$mode: the child goes on"
	goes_on "$mode: so does the process"
	exec 5>door
	for _ in $(seq 100); do
		grep -q returned out && break
		sleep 0.05
	done
	exec 5>&-
	like "$(cat out)" returned "$mode: the thread gets its answer"
	finish
done

# It comes out of its wait while csnap, its tracer, writes: it must not stand until csnap ends.
start vfork door 64
mkfifo slow
"$csnap" --mode=direct --json -o - $pid >slow 2>json &
snapper=$!
exec 6<slow
head -c 100 <&6 >head
exec 5>door
for _ in $(seq 100); do
	grep -q returned out && break
	sleep 0.05
done
like "$(cat out)" returned "a thread that could not be stopped goes on while its core is written"
is "$(kill -0 $snapper 2>/dev/null && echo writes)" writes "which it is"
cat <&6 >/dev/null
exec 5>&- 6<&-
wait $snapper
finish

for mode in fork direct; do
	start vm door
	torn=
	for _ in 1 2 3 4 5; do
		"$csnap" --mode=$mode --json -o core $pid >json
		read -r first last < <(gdb -q -batch -ex 'printf "%lu %lu\n", word[0].value, word[511].value' ./relatives core.$pid 2>/dev/null | tail -n 1)
		[ $((first - last)) -ge 0 ] && [ $((first - last)) -le 1 ] || torn="$torn $first:$last"
	done
	is "$torn" "" "$mode: words that a child of clone(CLONE_VM) writes are of one moment"
	is "$(jq .consistent json)" true "$mode: consistent"
	finish
done

start vm door
for type in 00010006 00010007 00010008 00010009 0001000a; do
	[ -e core.$pid ] || "$csnap" -q -o core $pid >/dev/null
	is "$(note $type)" 1 "a note of type $type"
done
cp core.$pid core
python3 - core >texts <<'EOF'
import struct, sys
data = open(sys.argv[1], "rb").read()
phoff, phnum = struct.unpack_from("<Q", data, 32)[0], struct.unpack_from("<H", data, 56)[0]
kind, _, at, _, _, size = struct.unpack_from("<IIQQQQ", data, phoff)
end = at + size
while at < end:
    n, d, t = struct.unpack_from("<III", data, at)
    name, desc = data[at + 12:at + 12 + n], data[at + 12 + (n + 3 & ~3):][:d]
    at += 12 + (n + 3 & ~3) + (d + 3 & ~3)
    if name != b"crashd\0":
        continue
    if 0x10006 <= t <= 0x10009:
        sys.stdout.write(desc.decode())
    if t == 0x1000a:
        for i in range(0, d, 48):
            start, size = struct.unpack_from("<QI", desc, i)
            print("build-id %x %s" % (start, desc[i + 12:i + 12 + size].hex()))
EOF
# of a process that waits for input nothing of these changes
for what in limits cgroup; do
	is "$(grep -cxFf /proc/$pid/$what texts)" "$(wc -l </proc/$pid/$what)" "$what: every line of /proc"
done
is "$(grep -E '^(Name|Uid|Gid|NSpid|Sig...|ShdPnd|Cap...|Seccomp|Cpus_allowed):' texts)" \
	"$(grep -E '^(Name|Uid|Gid|NSpid|Sig...|ShdPnd|Cap...|Seccomp|Cpus_allowed):' /proc/$pid/status)" "status: as in /proc"
is "$(grep -P '^\d+\t[0-7]+\t\d+\t' texts | cut -f1,2,3,4- | sort)" "$(for fd in /proc/$pid/fd/*; do
	awk -v n="${fd##*/}" -v path="$(readlink "$fd")" '{ v[$1] = $2 } END { sub(/^0+/, "", v["flags:"]); printf "%s\t%s\t%s\t%s\n", n, v["flags:"], v["pos:"], path }' /proc/$pid/fdinfo/${fd##*/}
done | sort)" "open files: those of /proc, each"
like "$(grep $'^0\t' texts)" $'^0\t[0-7]+\t0\t'"$T/in" "open files: number, flags, offset, path"
like "$(cat texts)" "Max open files" "limits"
like "$(cat texts)" "0::/|:memory:" "control group"
like "$(cat texts)" $'Name:\trelatives' "status"
id=$(readelf -nW ./relatives | sed -n 's/.*Build ID: //p')
like "$(cat texts)" "build-id [0-9a-f]+ $id" "build ids: the program's"
id=$(readelf -nW "$(readlink -f /lib/x86_64-linux-gnu/libc.so.6)" | sed -n 's/.*Build ID: //p')
like "$(cat texts)" "build-id [0-9a-f]+ $id" "and libc's"
finish
done_testing
