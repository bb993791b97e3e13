#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# csnap --mode=fork: what is in the core is of one moment, and the program cannot tell that there was a child.
. tests/lib/tap.sh
. tests/lib/snap.sh
[ "$(awk '/^Seccomp:/ {print $2}' /proc/self/status)" = 0 ] || skip_all "everything here runs under seccomp: no child can be made"

snap() { "$csnap" --mode=fork -q "$@" $pid >/dev/null 2>said; }

# ---- the core ----
start memory
ok "a process with mappings of many kinds is saved" snap -o first
"$csnap" --mode=direct -q -o direct $pid >/dev/null
ok "and again" snap -o core
python3 "$core" headers core.$pid >by-child
python3 "$core" headers direct.$pid >directly
is "$(diff by-child directly)" "" "program headers are as of a direct copy"
python3 "$core" same core.$pid direct.$pid >differ
ok "memory is, too, but for pages that were used meanwhile ($(wc -l <differ))" test "$(wc -l <differ)" -le 8
python3 "$core" same first.$pid core.$pid >differ
ok "nothing was written into a process that is parked ($(wc -l <differ))" test "$(wc -l <differ)" -le 8
is "$(page_of core.$pid unforked 4)" "a8 a8 a8 a8" "what the child does not get (MADV_DONTFORK)"
is "$(page_of core.$pid wiped 4)" "a9 a9 a9 a9" "what is wiped in it (MADV_WIPEONFORK)"
is "$(page_of core.$pid shared 2)" "a5 a5" "shared memory"
is "$(page_of core.$pid hidden 4)" "a4 a4 a4 a4" "memory that may not be read (PROT_NONE)"
like "$(gdb -q -batch -ex 'thread apply all bt' ./victim core.$pid 2>&1)" "in park" "gdb shows frames"
finish

start pair
# a loaded machine may fail the prediction
is "$("$csnap" --mode=fork --json -o json $pid | jq -c '[.mode, .consistent, (.warnings[] | select(contains("predicted") | not))]')" \
	'["fork",true]' "mode and consistency are told, and nothing to warn of"
before=$(masks) held=$(holds)
lock_step=0 shared_step=0
for i in $(seq 10); do
	snap -o pair
	read -r one two three four < <(gdb -q -batch -ex 'printf "%lu %lu %lu %lu\n", first, second, common[0], common[1]' \
		./victim pair.$pid 2>/dev/null | tail -n 1)
	[ "$one" = "$two" ] || [ "$one" = $((two + 1)) ] && [ "$one" -gt 0 ] && lock_step=$((lock_step + 1))
	{ [ "$three" = "$four" ] || [ "$three" = $((four + 1)) ]; } && [ $((one - three)) -ge 0 ] && [ $((one - three)) -le 1 ] &&
		shared_step=$((shared_step + 1))
done
is $lock_step 10 "memory is of one moment: two counters agree in 10 snapshots"
is $shared_step 10 "shared memory is of the same one"
for i in $(seq 90); do snap -o pair; done
is "$(children)" "" "no child and no zombie is left after 100"
is "$(masks)" "$before" "signal masks, dispositions and queues are unchanged; SIGTRAP is still blocked and caught"
is "$(holds)" "$held" "so are descriptors, limits, oom_score_adj and mappings"
goes_on "the program goes on"
finish

start wide 80
"$csnap" --mode=fork --json -o wide $pid >json
is "$(jq .consistent json)" false "more shared memory than a pause may cost: not consistent"
like "$(jq -r '.warnings[0]' json)" "80 MiB of shared memory were copied while the process went on" "and told"
like "$(python3 "$core" notes wide.$pid)" "crashd:10004" "and marked in the core"
ok "it is in the core nevertheless" test $(($(stat -c %b wide.$pid) * 512)) -gt 80000000
finish

# ---- the program cannot tell ----
start parent
for i in $(seq 20); do snap -o parent || break; done
is $i 20 "20 snapshots of a program that looks for children"
finish
is "$(tail -n 1 out)" "0 children, 0 strange answers, 0 SIGCHLD" "it finds none, and gets no signal"

build waits
program=waits
for kind in none child; do
	start $kind
	for i in $(seq 10); do snap -o waits || break; done
	is $i 10 "10 snapshots of a tracer (threads wait with __WALL, __WCLONE; of its own it has: $kind)"
	is "$(children | wc -w)" "$([ $kind = child ]; echo $((1 - $?)))" "$kind: the child is cleared away"
	[ $kind = child ] || goes_on "$kind: afterwards there is no child to wait for, as before"
	finish
	is "$(tail -n 1 out)" "0 found" "$kind: none of them was given the child"
done
program=victim

start signals 20000
n=0
while kill -0 $pid 2>/dev/null && [ $n -lt 100 ]; do
	snap -o signals
	n=$((n + 1))
done
wait $pid
is "$(tail -n 1 out)" "20000 signals, 0 out of order, ticking" "queued signals arrive once and in order ($n snapshots)"

start rseq
for i in $(seq 20); do snap -o rseq; done
finish
is "$(tail -n 1 out)" "many, 0 lost" "restartable sequences lose nothing"

start churn
saved=0
for i in $(seq 10); do snap -o churn && saved=$((saved + 1)); done
is $saved 10 "threads that come and go do not disturb"
finish

start leader
sleep 0.2
ok "a process whose main thread has ended is saved" snap -o leader
is "$(children)" "" "and the child is cleared away"
kill -9 $pid
finish

start reserve
before=$(tables)
ok "a terabyte that was never touched is saved" snap -o reserve
ok "in less than 10 MB" test $(($(stat -c %b reserve.$pid) * 512)) -lt 10000000
is "$(tables)" "$before" "its page tables have not grown"
finish

under="unshare --pid --fork --kill-child" start pair
inner victim
ok "the first process of a namespace is saved" snap -o init
is "$(children)" "" "no zombie is left in the namespace"
goes_on "it goes on"
pid=$outer
finish

# ---- csnap and its keeper die ----
start large 300
gone() { # PID: within 5 s
	for _ in $(seq 50); do
		[ -e /proc/$1 ] || return 0
		sleep 0.1
	done
	return 1
}
"$csnap" --mode=fork -q -o held $pid >/dev/null 2>&1 &
snapper=$!
await_child
kill -STOP $snapper
ok "while csnap does not move there is a child" test -n "$child" -a -n "$keeper"
is "$(ps -o sid= -p $keeper | xargs)" "$keeper" "the keeper has its own session"
for _ in $(seq 50); do [ -z "$(ls /proc/$child/fd)" ] && break; sleep 0.05; done
is "$(ls /proc/$child/fd)" "" "the child holds no descriptor"
goes_on "the program goes on"
# less than one's own needs CAP_SYS_RESOURCE
least=$(sh -c 'echo -1000 >/proc/self/oom_score_adj; cat /proc/self/oom_score_adj' 2>/dev/null)
is "$(cat /proc/$keeper/oom_score_adj) $(cat /proc/$child/oom_score_adj)" "$least 1000" "the OOM killer would take it first, and its keeper last"
kill -KILL $snapper
wait $snapper 2>/dev/null
ok "csnap is killed: the child goes" gone $child
ok "and the keeper" gone $keeper

"$csnap" --mode=fork -q -o held $pid >/dev/null 2>said &
snapper=$!
await_child
kill -STOP $snapper
kill -KILL $keeper
sleep 0.2
like "$(cat /proc/$child/stat 2>/dev/null || echo gone)" "gone|\) [ZX] " "the keeper is killed: the child dies with it"
kill -CONT $snapper
wait $snapper
ok "csnap clears it away" gone $child
goes_on "the program goes on"

for i in $(seq 60); do
	"$csnap" --mode=fork -q -o cut $pid >/dev/null 2>&1 &
	snapper=$!
	sleep 0.$(printf %03d $((i * 37 % 250)))
	kill -$([ $((i % 3)) = 0 ] && echo INT || echo KILL) $snapper 2>/dev/null
	wait $snapper
done 2>/dev/null
for _ in $(seq 150); do [ -z "$(children)" ] && break; sleep 0.1; done
for child in $(children); do grep -E '^(State|TracerPid)' /proc/$child/status; done
is "$(children)" "" "60 csnaps interrupted or killed at moments of all kinds: no child is left"
goes_on "and the program goes on"
no_thread_stopped "and no thread stopped"
is "$(for keeper in $(pgrep snapshot-keeper); do readlink /proc/$keeper/exe; done | grep -cx "$csnap")" 0 "and no keeper is left"
finish

# ---- no child ----
# refused NAME REGEX: --mode=fork says why not, and auto copies directly
refused() {
	snap -o refused
	is $? 1 "$1: --mode=fork is refused"
	like "$(cat said)" "cannot be copied by a child: $2" "$1: says why"
	"$csnap" --json -o refused $pid >json 2>said
	is "$(jq -r .mode json)" direct "$1: auto copies directly"
}
start seccomp 40
refused "seccomp" "its threads run under seccomp"
like "$(jq -r '.warnings[0]' json)" "not by a child: its threads run under seccomp" "and warns"
finish

start large 40
kill -STOP $pid
sleep 0.1
refused "a stopped job" "it is stopped"
like "$(cat /proc/$pid/stat)" "\) T " "it stays stopped"
kill -CONT $pid
goes_on "until it is continued"

pids=$(awk '$3 == "cgroup" && $4 ~ /(^|,)pids(,|$)/ {print $2; exit}' /proc/mounts)
if [ -n "$pids" ] && mkdir "$pids/crashd-$$" 2>/dev/null; then
	tap_at_exit "rmdir $pids/crashd-$$"
	echo $pid >"$pids/crashd-$$/cgroup.procs"
	echo 1 >"$pids/crashd-$$/pids.max"
	refused "pids.max" "no more processes are allowed"
	goes_on "it goes on"
	echo $pid >"$pids/cgroup.procs"
fi
unified=$(awk '$3 == "cgroup2" {print $2; exit}' /proc/mounts)
if [ -n "$unified" ] && mkdir "$unified/crashd-$$" 2>/dev/null; then
	tap_at_exit "rmdir $unified/crashd-$$"
	echo $pid >"$unified/crashd-$$/cgroup.procs"
	echo 1 >"$unified/crashd-$$/cgroup.freeze"
	sleep 0.2
	refused "a frozen group of version 2" "it is stopped or frozen"
	echo 0 >"$unified/crashd-$$/cgroup.freeze"
	goes_on "it goes on when it is thawed"
	echo $pid >"$unified/cgroup.procs"
fi
freezer=$(awk '$3 == "cgroup" && $4 ~ /(^|,)freezer(,|$)/ {print $2; exit}' /proc/mounts)
if [ -n "$freezer" ] && mkdir "$freezer/crashd-$$" 2>/dev/null; then
	tap_at_exit "rmdir $freezer/crashd-$$"
	echo $pid >"$freezer/crashd-$$/cgroup.procs"
	echo FROZEN >"$freezer/crashd-$$/freezer.state"
	sleep 0.2
	"$csnap" -o refused $pid >/dev/null 2>said
	is $? 1 "a frozen group of version 1: refused"
	like "$(cat said)" "frozen control group of version 1" "says so"
	echo THAWED >"$freezer/crashd-$$/freezer.state"
	goes_on "it goes on when it is thawed"
	echo $pid >"$freezer/cgroup.procs"
fi
finish

exec 7>&-
unshare --pid sleep 100 &
pid=$!
sleep 0.3
snap -o namespace
like "$(cat said)" "its children would live in another pid namespace" "one whose children go elsewhere is refused"
kill $pid
wait $pid 2>/dev/null

# ---- the choice ----
# on one processor: the kernel tells a thread which one it is on by writing to its memory (rseq)
under="taskset -c 0" start large 200
like "$("$csnap" -o auto $pid)" "mode fork" "auto takes a child for a process of some size"
"$csnap" --max-pause=0.5 -o pause $pid >said 2>&1
like "$(cat said)" "would be stopped for about .* --max-pause" "--max-pause refuses in time"
ok "a compressed core" "$csnap" -q -z -o packed $pid
ok "zstd reads it" zstd -q -d -f packed.$pid.zst
"$csnap" -q -o - $pid 2>/dev/null >piped
like "$(eu-readelf -n piped)" PRSTATUS "a core for a pipe"

# ---- compressed, or into a pipe: the child is read while it passes through ----
"$csnap" -q --mode=fork -o whole $pid
is "$(python3 "$core" same whole.$pid packed.$pid)" "" "with the same memory"
is "$(python3 "$core" same whole.$pid piped)" "" "in a pipe, too"
like "$("$csnap" --json --mode=fork -z -o packed $pid | jq -r '.warnings[]')" "compressed while its copy-on-write child lived, for .* s" "which is told"
mkdir small
mount -t tmpfs -o size=120m none small || cannot "no tmpfs could be mounted"
tap_at_exit "umount $T/small"
ok "200 MiB by way of a folder of 120" env TMPDIR="$T/small" "$csnap" -q --mode=fork -z -o small/packed $pid
TMPDIR=$T/small "$csnap" --json --mode=fork -o - $pid 2>json | tail -c 1 >/dev/null
is "$(jq -r '.bytes == .bytes_on_disk' json)" true "and into a pipe"
mkfifo slow
"$csnap" --json --mode=fork -o - $pid >slow 2>json &
snapper=$!
exec 8<slow
for _ in $(seq 200); do [ -n "$(children)" ] && break; sleep 0.05; done
unlike "$(children)" "^$" "the child waits for a slow reader"
exec 8<&-
wait $snapper
is $? 1 "a reader that goes"
like "$(cat json)" "its reader has gone" "is told of"
is "$(children)" "" "and no child is left"
"$csnap" --json --mode=fork -o - $pid >slow 2>json &
snapper=$!
exec 8<slow
for _ in $(seq 200); do [ -n "$(children)" ] && break; sleep 0.05; done
kill -KILL "$(children)"
cat <&8 >/dev/null
exec 8<&-
wait $snapper
is $? 1 "a child that is killed meanwhile"
like "$(cat json)" "child of process .* was killed before it was read" "is told of, too"
finish

# what cannot be read is known when the notes have been written
cat >beyond.py <<'PY'
import mmap, os, sys
f = open("file", "w+b")
f.truncate(1 << 20)
m = mmap.mmap(f.fileno(), 1 << 20, flags=mmap.MAP_PRIVATE, prot=mmap.PROT_READ | mmap.PROT_WRITE)
m[0] = 1
f.truncate(4096)
print(os.getpid(), flush=True)
sys.stdin.read()
PY
exec 7>&-
rm -f in out
mkfifo in
python3 beyond.py <in >out &
pid=$!
exec 7>in
for _ in $(seq 400); do [ -s out ] && break; sleep 0.05; done
beyond=$("$csnap" --json --mode=fork -z -o beyond $pid | jq -r '.warnings[0]')
like "$beyond" "^255 pages could not be read and are zero in the core" "pages beyond the end of a file, compressed"
like "$("$BUILD/cinspect" --batch -ex "x/x $(grep -o "0x[0-9a-f]*" <<<"$beyond")" beyond.$pid.zst 2>&1)" "could not read that page" "cinspect knows of them"
finish
done_testing
