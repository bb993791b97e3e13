#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# csnap on processes that are hard to copy, or that a copy could harm: the right mode and the reason, the right bytes, and
# a process that goes on.
. tests/lib/tap.sh
. tests/lib/machine.sh
. tests/lib/snap.sh
build hard
program=hard

snap() { "$csnap" --json -o core "$@" $pid >json 2>said; }
# alone NAME REGEX: --mode=fork is refused for that reason, auto copies directly and says why.
alone() {
	snap --mode=fork
	is $? 1 "$1: --mode=fork is refused"
	like "$(cat said)" "cannot be copied by a child: .*$2" "$1: says why"
	snap
	is "$(jq -r .mode json)" direct "$1: auto copies directly"
	like "$(jq -r '.warnings[]' json)" "not by a child: .*$2" "$1: and says why"
}

start userfault
resident() { awk '/^VmRSS/ {print $2}' /proc/$pid/status; }
before=$(resident)
alone "userfaultfd" "pages come from userfaultfd"
is "$(page_of core.$pid area 4)" "b3 00 b3 00" "userfaultfd: pages that were provided are there"
ok "userfaultfd: no other was asked for" test $(($(resident) - before)) -lt 1000
goes_on "userfaultfd: it goes on"
finish

start pinned 64
alone "registered buffers of an io_uring" "its memory is pinned"
is "$(page_of core.$pid "area + (64 << 20) - 4096" 1)" "b4" "registered buffers: they are there"
goes_on "registered buffers: it goes on"
finish

# ---- threads that cannot make a child: another one does ----
for word in workers deadline; do
	start $word
	sleep 0.2
	if ! kill -0 $pid 2>/dev/null; then
		ok "$word # SKIP: not to be had here" true
		continue
	fi
	ok "$word: a child is made by another thread" snap --mode=fork
	is "$(children)" "" "$word: and cleared away"
	goes_on "$word: it goes on"
	finish
done

start dispatch
alone "system calls that may be redirected" "have their system calls redirected"
goes_on "system calls that may be redirected: it goes on"
finish

start holes
for mode in direct fork; do
	snap --mode=$mode
	is "$(page_of core.$pid area 4)" "b7 00 b7 b7" "$mode: a guard page costs itself alone"
	is "$(page_of core.$pid named 1)" "b8" "$mode: a page of a file with a newline in its name"
	like "$(eu-readelf -n core.$pid)" "break \(deleted\)$" "$mode: whose name is in the core"
done
goes_on "holes: it goes on"
finish

start together
for mode in direct fork; do
	snap --mode=$mode
	like "$(jq -r '.warnings[]' json)" "share its memory|because of shared memory" "$mode: another process that shares its memory is told"
done
goes_on "shared memory space: it goes on"
finish

# ---- every page ----
# on one processor: the kernel tells a thread which one it is on by writing to its memory (rseq)
under="taskset -c 0" start grow 40
progress >parked
for mode in direct fork; do
	snap --mode=$mode -a
	is "$(python3 "$core" live core.$pid $pid)" "" "$mode: every page of a process that is parked is as in the process"
done
kill -STOP $pid
snap -a
is "$(python3 "$core" live core.$pid $pid)" "" "stopped: every page is as in the process"
kill -CONT $pid
before=$(holds) tables=$(tables) blocked=$(masks)
for i in $(seq 20); do snap --mode=$([ $((i % 2)) = 0 ] && echo fork || echo direct); done
is "$(holds)" "$before" "descriptors, limits, oom_score_adj, mappings are unchanged"
is "$(tables)" "$tables" "so are its page tables"
is "$(masks)" "$blocked" "and its signals"
goes_on "it goes on"
finish

# ---- what a child would cost others ----
machine_setting vm/nr_hugepages 18
if [ "$(awk '/HugePages_Free/ {print $2}' /proc/meminfo)" = 18 ]; then
	start mixed 16
	alone "no huge pages left" "private pages of hugetlbfs, and the pool has no others"
	is "$(page_of core.$pid "area + 31 * (1 << 20)" 1)" "b2" "no huge pages left: its own are there"
	machine_setting vm/nr_hugepages 40
	if [ "$(awk '/HugePages_Free/ {print $2}' /proc/meminfo)" -ge 16 ]; then
		holding "huge pages left" goes_on "huge pages left: it writes to all of its own"
		is $status 0 "huge pages left: a child"
		is "$(page_of held.$pid "area + 31 * (1 << 20)" 1)" "b2" "huge pages left: which has what was there before"
	fi
	finish
fi
machine_setting vm/nr_hugepages 0

if new_group memory; then
	# charges stay where they were made: it starts inside
	printf '#!/bin/sh\necho $$ >%s/cgroup.procs\nexec "$@"\n' "$group" >enter
	chmod +x enter
	start_in() { under="./enter" start "$@"; }
	echo $((330 << 20)) >"$group/memory.limit_in_bytes"
	start_in grow 300
	alone "a control group at its limit" "control group has no memory left"
	goes_on "a control group at its limit: it goes on"
	finish
	echo $((400 << 20)) >"$group/memory.limit_in_bytes"
	start_in grow 300
	snap --mode=fork -z
	like "$(jq -r '.warnings[]' json)" "compressed by way of a file of [0-9]+ MiB, .*memory" "a control group with little room: no child for as long as it takes to compress"
	holding "a control group with little room" goes_on "a control group with little room: it writes everything, and goes on"
	is $status 1 "a control group with little room: the child is what the OOM killer takes"
	like "$(cat said)" "child of process .* was killed before it was read \(by the OOM killer" "a control group with little room: says so"
	is "$(children)" "" "a control group with little room: and nothing is left of it"
	goes_on "a control group with little room: it goes on"
	finish
fi

# ---- others ----
start births
saved=0
for i in $(seq 20); do snap --mode=$([ $((i % 2)) = 0 ] && echo fork || echo direct) && saved=$((saved + 1)); done
is $saved 20 "each thread starts the next one and ends: saved all the same"
goes_on "each thread starts the next one: it goes on"
finish

# sentence: the last csnap saved, or failed and said one of what may be said of a process that changes under it.
sentence() {
	[ "$1" = 0 ] || { [ "$1" = 1 ] && [ "$(wc -l <said)" = 1 ] && grep -qE \
		'is ending|executes one program after|has ended|ended before|there is no process|has no memory left|does not stop' said; }
}
start exec 2000
failed=0 n=0
while kill -0 $pid 2>/dev/null && [ $n -lt 50 ]; do
	snap --mode=$([ $((n % 2)) = 0 ] && echo fork || echo direct)
	sentence $? || { failed=$((failed + 1)) && sed 's/^/# /' said; }
	n=$((n + 1))
done
is $failed 0 "a process that executes itself: $n snapshots, saved or a reason given"
finish
is "$(tail -n 1 out)" "executed" "it goes on to its end"

# one of its threads does, which waits for all others to be gone, and they for their tracer
build execs
for mode in fork direct; do
	program=execs start 4
	failed=0 n=0
	while kill -0 $pid 2>/dev/null && [ $n -lt 1000 ]; do
		timeout -k 1 30 "$csnap" --mode=$mode -q -o core $pid >/dev/null 2>said
		status=$?
		sentence $status || grep -qE 'none of its threads could make a call|or it was executing a program' said || { failed=$((failed + 1)) && sed "s/^/# $status: /" said; }
		n=$((n + 1))
	done
	is $failed 0 "$mode, a thread executes, all the time: saved, or a reason given"
	finish
	like "$(tail -n 1 out)" "^executed [0-9]+ times" "$mode, a thread executes, all the time: it goes on to its end"
done
failed=0
for i in $(seq 40); do
	sleep 0.00$((i % 10)) &
	pid=$!
	snap --mode=$([ $((i % 2)) = 0 ] && echo fork || echo direct)
	sentence $? || { failed=$((failed + 1)) && sed 's/^/# /' said; }
	wait $pid
done
is $failed 0 "a process that ends meanwhile: saved or a reason given, 40 times"

start threads 20
failed=0
for i in $(seq 20); do
	"$csnap" --mode=fork -q -o one $pid >/dev/null 2>one.said &
	one=$!
	"$csnap" --mode=direct -q -o two $pid >/dev/null 2>two.said
	second=$?
	wait $one
	first=$?
	for said in $first:one.said $second:two.said; do
		[ "${said%%:*}" = 0 ] || grep -q 'traced already by \(csnap\|snapshot-keeper\) (process' "${said#*:}" ||
			{ failed=$((failed + 1)) && sed 's/^/# /' "${said#*:}"; }
	done
	[ $first = 0 ] || [ $second = 0 ] || failed=$((failed + 1))
done
is $failed 0 "two csnaps at once: one of them saves, the other says who has it"
goes_on "two csnaps at once: it goes on"

strace -f -o traced -p $pid 2>attached &
strace=$!
for _ in $(seq 100); do grep -q attached attached && break; sleep 0.05; done
snap
is $? 1 "a process that strace holds is refused"
like "$(cat said)" "traced already by strace \(process $strace\)" "saying who has it"
kill $strace
wait $strace
goes_on "it goes on"
finish

# ---- who reads what csnap writes ----
# the reader of its output, and its own parent
mkfifo pipe
cat pipe >piped &
pid=$!
for mode in direct fork; do
	timeout 60 "$csnap" --mode=$mode -q -o - $pid >pipe 2>said
	is $? 0 "$mode: the process that reads csnap's output is saved"
	[ $mode = direct ] || continue
	wait $pid
	like "$(eu-readelf -n piped)" PRSTATUS "$mode: whole"
	cat pipe >piped &
	pid=$!
done
wait $pid
like "$(eu-readelf -n piped)" PRSTATUS "fork: whole"
for mode in direct fork; do
	is "$(timeout 60 bash -c "'$csnap' --mode=$mode -q -o parent \$\$ | tail -n 1; echo alive" 2>&1 | tail -n 1)" alive "$mode: csnap's own parent, which waits for it"
done

# ---- what its parent, and who wants to end it, see ----
cat >parent.py <<'PY'
import os, signal, subprocess, sys
csnap = sys.argv[1]
p = subprocess.Popen(["./hard", "grow", "4"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
p.stdout.readline()
p.send_signal(signal.SIGSTOP)
os.waitid(os.P_PID, p.pid, os.WSTOPPED)
for mode in ["direct", "auto"] * 5:
    subprocess.run([csnap, "--mode=" + mode, "-q", "-o", "stopped", str(p.pid)], check=True, stdout=subprocess.DEVNULL)
told = os.waitid(os.P_PID, p.pid, os.WSTOPPED | os.WCONTINUED | os.WEXITED | os.WNOHANG)
print(told, open(f"/proc/{p.pid}/stat").read().rsplit(")", 1)[1].split()[0])
p.kill()
PY
is "$(python3 parent.py "$csnap" 2>&1)" "None T" "a stopped job: its parent is told nothing"

start grow 300
tell() { kill -TERM "$child"; }
holding "SIGTERM to all of a service" tell
is $status 0 "SIGTERM to all of a service: the child ends with the copy"
is "$(children)" "" "SIGTERM to all of a service: and keeps nobody waiting"
finish

# ---- elsewhere ----
under="unshare --user --map-root-user --pid --mount --fork --kill-child --mount-proc" start grow 40
inner hard
for mode in direct fork; do
	snap --mode=$mode
	is "$(jq -r .mode json)" $mode "$mode: a process of a container is saved from outside"
	like "$(gdb -q -batch -ex bt ./hard core.$pid 2>&1)" "in answer" "$mode: and its core opens"
done
is "$(children)" "" "no zombie is left in the container"
goes_on "it goes on"
pid=$outer
finish

chmod 777 .
nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
mkdir open
chmod 777 open
cp "$csnap" open/csnap
under="setpriv --reuid=65534 --regid=65534 --clear-groups" start secret
nobody open/csnap -o open/core $pid >said 2>&1
is $? 1 "a process that is not dumpable: refused to its own user"
like "$(cat said)" "may not be traced: .*not dumpable|belongs to root" "says why"
ok "and saved by root" snap
finish
start threads 1
is "$(unshare --mount sh -c "mount -t proc -o hidepid=2 proc /proc && exec setpriv --reuid=65534 --regid=65534 --clear-groups open/csnap -o open/core $pid" 2>&1)" \
	"csnap: process $pid is hidden from this user (/proc mounted with hidepid): run csnap as root" "a process that /proc hides is told"
finish

build compat -m32 -static -nostdlib -fno-stack-protector -fno-pic -no-pie
program=compat
start
alone "32-bit code" "it is a 32-bit program"
is "$(page_of core.$pid "&area[12287]" 1)" "c1" "32-bit code: its memory is there"
goes_on "32-bit code: it goes on"
finish
done_testing
