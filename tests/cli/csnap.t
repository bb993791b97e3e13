#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# csnap from outside: options, output, exit codes, bad input; the target is a sleeping child.
. tests/lib/tap.sh
csnap=$BUILD/csnap
cd "$T" || exit 1

sleep 1000 &
pid=$!
disown
until [ "$(cat /proc/$pid/comm)" = sleep ]; do sleep 0.05; done
trap 'kill $pid 2>/dev/null; tap_cleanup' EXIT

# run ARG...: status in $status, standard output in $out, standard error in $err
run() {
	"$csnap" "$@" >out.txt 2>err.txt
	status=$?
	out=$(cat out.txt) err=$(cat err.txt)
}
# one_line NAME STATUS REGEX: the last run failed with one line that matches
one_line() {
	is "$status" "$2" "$1: exit status $2"
	like "$err" "$3" "$1: says why"
	[ "$2" = 2 ] || is "$(wc -l <err.txt)" 1 "$1: in one line"
}

# ---- a core ----
run $pid
is $status 0 "a sleeping child is saved"
is "$(tail -n 1 out.txt)" "Saved corefile core.$pid" "the last line is gcore's"
like "$out" "stopped for [0-9.]+ ms, mode direct" "the pause and the mode come before it"
like "$out" "cinspect /[^ ]*/sleep core.$pid" "and the next command to type"
is "$(stat -c %a core.$pid)" 600 "only its owner may read it"
like "$(eu-readelf -h core.$pid)" "CORE \(Core file\)" "it is a core"
is "$(find . -name '*.tmp' | wc -l)" 0 "nothing else is left behind"
like "$(cat /proc/$pid/stat)" ' S ' "the target sleeps on"
is "$(awk '/TracerPid/ {print $2}' /proc/$pid/status)" 0 "nobody traces it"

run -o "$T/sub dir/x" $pid
one_line "a folder that is not there" 1 "sub dir.*No such file"
mkdir -p "sub dir"
run -o "sub dir/x" $pid
is "$(tail -n 1 out.txt)" "Saved corefile sub dir/x.$pid" "-o is a prefix"
like "$out" "cinspect .* 'sub dir/x.$pid'" "the command to type is quoted"
run -o "sub dir/" $pid
ok "-o with a folder puts core.PID there" test -s "sub dir/core.$pid"
run -q $pid
is "$out" "Saved corefile core.$pid" "-q leaves the last line"

run --json $pid
is "$(wc -l <out.txt)" 1 "--json is one line"
is "$(jq -r 'keys_unsorted|join(" ")' out.txt)" \
	"pid path mode pause_ms threads bytes bytes_on_disk seconds consistent warnings pause_parts_ms predicted_ms reason" "--json has the fields"
is "$(jq -r '"\(.pid) \(.path) \(.mode) \(.threads) \(.consistent) \(.warnings | map(select(contains("predicted") | not)) | length)"' out.txt)" \
	"$pid core.$pid direct 1 true 0" "with their values"
is "$(jq .bytes out.txt)" "$(stat -c %s core.$pid)" "bytes is the size of the file"
# the file system may still add blocks of its own when it writes the file back
said=$(jq .bytes_on_disk out.txt) takes=$(($(stat -c %b core.$pid) * 512))
ok "bytes_on_disk is what it takes ($said, $takes)" test $((takes - said)) -ge -65536 -a $((takes - said)) -le 65536

# ---- compressed, piped ----
run -z $pid
is "$(tail -n 1 out.txt)" "Saved corefile core.$pid.zst" "-z adds .zst"
ok "zstd reads it" zstd -q -d -f core.$pid.zst -o unpacked
like "$(eu-readelf -n unpacked)" "PRSTATUS" "it is the core"
# the seekable format: a skippable frame with the sizes of the others, and its footer at the very end
is "$(python3 - core.$pid.zst unpacked <<'END'
import os, struct, sys
data = open(sys.argv[1], "rb").read()
count, flags, magic = struct.unpack("<IBI", data[-9:])
size = 8 * count + 9
sizes = struct.unpack(f"<{2 * count}I", data[-size:-9])
print(hex(magic), struct.unpack("<II", data[-size - 8:-size]) == (0x184D2A5E, size),
      sum(sizes[::2]) == len(data) - size - 8, sum(sizes[1::2]) == os.path.getsize(sys.argv[2]))
END
)" "0x8f92eab1 True True True" "frames that can be sought: a table of their sizes is at the end"
run --compress=19 -q $pid
is $status 0 "--compress takes a level"
run --compress=99 $pid
one_line "a level that zstd does not have" 2 "level from 1 to"
"$csnap" -o - $pid 2>err.txt | cat >piped
like "$(eu-readelf -n piped)" "PRSTATUS" "-o - writes the core to a pipe"
like "$(cat err.txt)" "Saved corefile -" "its messages go to standard error"
"$csnap" -o - --json $pid 2>err.txt >piped
is "$(jq -r .path err.txt)" "-" "with --json, too"
"$csnap" -o - -z $pid 2>err.txt | zstd -dc >piped
like "$(eu-readelf -n piped)" "PRSTATUS" "-o - -z writes zstd to a pipe"
"$csnap" -o - $pid >/dev/full 2>err.txt
is $? 1 "standard output that is full: exit status 1"
like "$(cat err.txt)" "standard output: No space left" "says so"
"$csnap" -o - $pid 2>err.txt | true
like "$(cat err.txt)" "reader has gone" "a reader that goes away"
mkfifo stuck
# more than a pipe holds, packed too
bash -c 'x=$(head -c 300000 /dev/urandom | base64); echo ready; kill -STOP $$' >large.txt &
large=$!
disown
until [ -s large.txt ]; do sleep 0.05; done
for pack in "" -z; do
	sleep 60 <stuck &
	reader=$!
	"$csnap" $pack --timeout=0.5 -o - $large >stuck 2>err.txt
	status=$? err=$(cat err.txt)
	one_line "a reader that sleeps, with --timeout $pack" 1 "the core takes longer than --timeout"
	env --default-signal=INT "$csnap" $pack -o - $large >stuck 2>err.txt &
	writer=$!
	for _ in $(seq 100); do
		grep -q pipe_write /proc/$writer/wchan 2>/dev/null && break
		sleep 0.05
	done
	kill -INT $writer
	wait $writer
	status=$? err=$(cat err.txt)
	one_line "a reader that sleeps, interrupted $pack" 1 "^csnap: interrupted"
	kill $reader
done
like "$(cat /proc/$large/stat)" ' T ' "the target is as it was"
kill -9 $large
run -o - $pid $pid
one_line "two cores in one pipe" 2 "one process"

# ---- an older core, more than one process ----
echo old >core.$pid
run --max-pause=0.001 $pid
one_line "a pause that is too long" 1 "would be stopped for about .* was not touched"
is "$(cat core.$pid)" old "an older core stays when there is no new one"
run --max-pause=60000 --timeout=60 --sync $pid
is $status 0 "--max-pause, --timeout and --sync"
like "$(eu-readelf -h core.$pid)" CORE "an older core is replaced by a new one"
sleep 1000 &
other=$!
disown
run $pid 999999999 $other
kill $other
is $status 1 "one of three failed: exit status 1"
is "$(grep -c '^Saved' out.txt)" 2 "the others are saved"
like "$err" "there is no process 999999999" "the one is named"
run --json 999999999
like "$(jq -r .error out.txt)" "there is no process" "--json has an object for a failure"

# ---- wrong usage ----
run
one_line "no process" 2 "missing"
for word in abc 12x -1 0 "" 99999999999; do
	run -- "$word"
	one_line "process '$word'" 2 "is not the id of a process"
done
run --mode=warp $pid
one_line "a mode that does not exist" 2 "auto, fork or direct"
run --max-pause=x $pid
one_line "a pause that is no number" 2 "milliseconds"
run --timeout=0 $pid
one_line "a timeout of nothing" 2 "seconds"
run --nonsense $pid
one_line "an option that does not exist" 2 "nonsense"
run --mode=direct -q $pid
is $status 0 "--mode=direct"
run --help
is $status 0 "--help"
like "$out" "usage: csnap .*-o PREFIX" "prints the usage"
run --version
like "$out" "^csnap [0-9]" "--version"

# ---- what cannot be saved ----
run 999999999
one_line "a process that is not there" 1 "there is no process"
kthread=$(pgrep -x kthreadd | head -n 1)
if [ -n "$kthread" ]; then
	run "$kthread"
	one_line "a kernel thread" 1 "kernel thread"
fi
# $! of a child that execs csnap is csnap's own id
sh -c 'exec "$0" $$' "$csnap" >out.txt 2>err.txt
status=$? err=$(cat err.txt)
one_line "csnap itself" 1 "csnap itself"
mkdir "dir.$pid"
run -o dir $pid
one_line "a folder in the place of the core" 1 "not a regular file"
(sleep 0 & exec sleep 1000) &
parent=$!
disown
for _ in $(seq 50); do
	zombie=$(pgrep -P $parent -r Z)
	[ -n "$zombie" ] && break
	sleep 0.1
done
run "$zombie"
one_line "a zombie" 1 "zombie"
kill $parent

# ---- ps ----
run ps
is $status 0 "ps lists"
like "$out" "^PID +PPID +NAME +THREADS +RSS MB +EXECUTABLE" "with a heading"
like "$out" "^$pid +[0-9]+ +sleep +1 +[0-9]+ +/[^ ]*/sleep$" "the sleeping child"
run ps --json
is "$(jq -r ".processes[]|select(.pid==$pid)|\"\(.name) \(.threads) \(.crashd) \(.user)\"" out.txt)" \
	"sleep 1 false $(id -un)" "ps --json, too"
run ps $pid
for word in "parent     $$ " "threads    1" "memory     [0-9.]+ MiB" "CPU        [0-9.]+%" "user       $(id -un)" \
	"command    sleep 1000" "elapsed    00:" sockets; do
	like "$out" "$word" "ps of one process: ${word%% *}"
done
if [ -e "$BUILD/libcrashd.so" ]; then
	LD_PRELOAD=$BUILD/libcrashd.so sleep 1000 &
	with=$!
	disown
	sleep 0.3
	run ps
	like "$out" "^$with +[0-9]+ +sleep\* " "a star marks libcrashd"
	kill $with
fi
run ps abc
one_line "ps of nonsense" 2 "not the id"
run ps 999999999
one_line "ps of a process that is not there" 1 "there is no process"

# ---- why ----
(ulimit -S -c 0; exec sleep 1000) &
limited=$!
disown
sleep 0.2
run why $limited
is $status 0 "why answers"
if [ "$(head -c 1 /proc/sys/kernel/core_pattern)" != "|" ]; then
	like "$out" "process $limited \(sleep\) would leave no core:" "a limit of 0: none"
	like "$out" "prlimit --pid $limited --core=unlimited" "and what to do"
	run why --json $limited
	is "$(jq -r '"\(.core) \(.kind) \(.against|length>0)"' out.txt)" "false file true" "why --json"
fi
kill $limited
run why
one_line "why without a process" 2 "one process"
run why 999999999
one_line "why of a process that is not there" 1 "there is no process"

# ---- many, and an interruption ----
mkfifo lines
words=()
for _ in $(seq 300); do words+=("$pid"); done
"$csnap" --json -o many "${words[@]}" >lines 2>err.txt &
snapper=$!
exec 8<lines
read -r first <&8
kill -TERM $snapper
{ echo "$first"; cat <&8; } >out.txt
exec 8<&-
wait $snapper
is $? 1 "interrupted among many processes: exit status 1"
is "$(jq -s length out.txt)" 300 "each has its object"
is "$(wc -l <err.txt)" "$(jq -s '[.[] | select(.error)] | length' out.txt)" "each that was not saved its line"

# ---- standard descriptors that are closed ----
"$csnap" -o closed $pid 0<&- >&- 2>&-
is $? 1 "no standard descriptors: it fails to say where the core is"
ok "the core is whole" eu-readelf -n closed.$pid
"$csnap" -o - $pid >&- 2>err.txt
like "$(cat err.txt)" "standard output: Bad file descriptor" "a core to a closed descriptor goes nowhere"

# ---- answers that cannot be written ----
for word in ps why stack; do
	[ $word != stack ] || [ -x "$BUILD/crashd-report" ] || continue
	"$csnap" $word $pid >/dev/full 2>err.txt
	is $? 1 "$word to a full disk fails"
	like "$(cat err.txt)" "cannot write|No space left" "and says why"
done

# ---- stack ----
if [ -x "$BUILD/crashd-report" ]; then
	run stack $pid
	is $status 0 "stack of a sleeping child"
	like "$out" "nanosleep" "shows where it sleeps"
	run stack --json $pid
	is "$(jq -r '.threads[0].lwp' out.txt)" $pid "stack --json"
fi
run stack 999999999
one_line "stack of a process that is not there" 1 "there is no process"
run stack
one_line "stack without a process" 2 "one process"
done_testing
