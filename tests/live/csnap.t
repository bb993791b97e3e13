#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# csnap on programs that run: what is in the core, and that the program does not notice.
. tests/lib/tap.sh
. tests/lib/machine.sh
. tests/lib/snap.sh
ulimit -c unlimited

# ---- the same process, by csnap and by the kernel ----
machine_core_pattern core.kernel
echo 0 >/proc/sys/kernel/core_uses_pid 2>/dev/null
start memory titled
ok "a process with mappings of many kinds is saved" "$csnap" -q $pid
ok "and with -a" "$csnap" -a -q -o all $pid
finish
mv core.kernel* kernel 2>/dev/null || ls -la
python3 "$core" headers core.$pid >ours
python3 "$core" headers kernel >theirs
is "$(diff ours theirs)" "" "program headers are the kernel's: number, addresses, sizes, permissions"
# ours has each other thread's SIGINFO, and notes of its own at the end
python3 "$core" notes kernel >theirs
python3 "$core" notes core.$pid >ours
is "$(awk '/CORE:1$/ {n++} !(n > 1 && /53494749/) && !/^crashd/' ours)" "$(cat theirs)" "notes are in the kernel's order"
is "$(python3 "$core" kernels core.$pid | grep '^CORE:3 ')" "$(python3 "$core" kernels kernel | grep '^CORE:3 ')" \
	"name and arguments, with a title over them"
is "$(grep -c 53494749 ours)" 4 "each thread has its siginfo"
like "$(tail -n 3 ours | head -n 1)" "^crashd:" "ours come last"
is "$(python3 "$core" thread-ids core.$pid | head -n 1)" $pid "the main thread is the first"
is "$(python3 "$core" thread-ids core.$pid | sort)" "$(python3 "$core" thread-ids kernel | sort)" "all threads are there"

is "$(page_of core.$pid plain 64 | tr ' ' '\n' | sort | uniq -c | xargs)" "8 00 56 a1" "memory, with its zero pages"
is "$(page_of core.$pid holed 1)" "a3" "a page among many untouched ones"
is "$(page_of core.$pid hidden 4)" "a4 a4 a4 a4" "memory that may not be read (PROT_NONE)"
is "$(page_of core.$pid shared 8)" "a5 a5 a5 a5 a5 a5 a5 a5" "shared memory"
is "$(page_of core.$pid undumped 2)" "-- --" "MADV_DONTDUMP is honoured"
is "$(page_of all.$pid undumped 2)" "a2 a2" "-a dumps it"
is "$(page_of core.$pid guard 4)" "a7 a7 a7 a7" "what comes after a page that cannot be read"
like "$(page_of all.$pid unreadable 4)" "^a6 a6 00 00" "a page that cannot be read costs itself alone"
is "$(page_of kernel hidden 4)" "a4 a4 a4 a4" "(the kernel's core agrees)"
# what the threads did between the two: stacks, stdio, the heap; nothing else may differ
python3 "$core" same core.$pid kernel >differ
ok "memory is the kernel's but for pages that were used meanwhile ($(wc -l <differ))" test "$(wc -l <differ)" -le 16
ok "sparse: less on disk than its size" test $(($(stat -c %b core.$pid) * 512)) -lt "$(stat -c %s core.$pid)"

# 0x100 is the kernel's (DAX), not our -a; 0x10 keeps the header of a file that was written to
for filter in 0 0x1 0x2 0x4 0x8 0x10 0x100 0x1ff; do
	start memory
	echo $filter >/proc/$pid/coredump_filter
	"$csnap" -q -o filtered $pid >/dev/null
	finish
	python3 "$core" headers filtered.$pid >ours
	python3 "$core" headers core.kernel >theirs
	rm -f core.kernel filtered.$pid
	is "$(diff ours theirs)" "" "coredump_filter $filter: the kernel's headers"
done

start torn 1000
for mode in fork direct; do
	"$csnap" -q --mode=$mode -o torn $pid >/dev/null
	is "$(python3 "$core" lost torn.$pid)" 1000 "mode $mode: each page that could not be read is named"
done
"$csnap" -q --mode=fork -z -o torn $pid >/dev/null
zstd -dqf torn.$pid.zst
is "$(python3 "$core" lost torn.$pid)" 1000 "compressed while it is read: the same"
finish

# ---- readers ----
gdb_says() { gdb -q -batch -ex "info threads" -ex "thread apply all bt" ./victim "$1" 2>&1; }
gcore_core() { gcore -o g $pid >/dev/null 2>&1; }
start memory
"$csnap" -q $pid >/dev/null
gcore_core
gdb_says core.$pid >by-csnap
gdb_says g.$pid >by-gcore
is "$(grep -i warning by-csnap | sed 's/core\.[0-9]*//' | sort -u)" \
	"$(grep -i warning by-gcore | sed 's/g\.[0-9]*//' | sort -u | grep -v 'Memory read failed')" \
	"gdb opens it without a warning that gcore's core would not give"
is "$(grep -cE 'in park|in memory|in main' by-csnap)" "$(grep -cE 'in park|in memory|in main' by-gcore)" "gdb shows the same frames"
like "$(eu-stack --core core.$pid --executable ./victim 2>&1)" "park" "eu-stack shows frames"
unlike "$(eu-readelf -a core.$pid 2>&1)" "[Ee]rror|invalid|cannot" "eu-readelf reads all of it"
if command -v lldb >/dev/null; then
	lldb -b -o "thread list" ./victim -c core.$pid >by-lldb 2>&1
	is "$(grep -c 'thread #' by-lldb)" 4 "lldb shows all threads"
	unlike "$(cat by-lldb)" "warning|error" "without a warning"
fi
finish

# ---- the target does not notice ----
start signals 20000
n=0
while kill -0 $pid 2>/dev/null && [ $n -lt 300 ]; do
	"$csnap" -q -o signals $pid >/dev/null 2>&1
	n=$((n + 1))
done
wait $pid
is "$(tail -n 1 out)" "20000 signals, 0 out of order, ticking" "queued signals arrive once and in order ($n snapshots)"

start pair
before=$(masks)
lock_step=0
for i in $(seq 10); do
	"$csnap" -q -o pair $pid >/dev/null
	read -r one two < <(gdb -q -batch -ex 'printf "%lu %lu\n", first, second' ./victim pair.$pid 2>/dev/null | tail -n 1)
	[ "$one" = "$two" ] || [ "$one" = $((two + 1)) ] && [ "$one" -gt 0 ] && lock_step=$((lock_step + 1))
done
is $lock_step 10 "memory is of one moment: two counters agree in 10 snapshots"
is "$(masks)" "$before" "signal masks and dispositions are unchanged"
goes_on "the program goes on counting"

# csnap interrupted, and killed, at moments of all kinds
for i in $(seq 40); do
	"$csnap" -q -o cut $pid >/dev/null 2>&1 &
	child=$!
	sleep 0.00$((i % 10))$((i * 7 % 10))
	kill -$([ $((i % 2)) = 0 ] && echo KILL || echo INT) $child 2>/dev/null
	wait $child
done 2>/dev/null
goes_on "it goes on after 40 csnaps that were interrupted or killed"
is "$(find . -name '.cut*' -o -name '*.tmp' | wc -l)" 0 "which left no file behind"
no_thread_stopped "and no thread stopped"

kill -STOP $pid
sleep 0.1
ok "a stopped job is saved" "$csnap" -q $pid
# the kernel wakes a thread for the way from one kind of stop to the other (__ptrace_unlink)
for _ in $(seq 200); do ! grep -q ') R ' /proc/$pid/stat || sleep 0.02; done
like "$(cat /proc/$pid/stat)" "\) T " "and stays stopped"
kill -CONT $pid
goes_on "until it is continued"

# somebody else has it
gdb -q -batch -p $pid -ex 'shell touch attached; while [ ! -e done ]; do sleep 0.1; done' >/dev/null 2>&1 &
gdb=$!
for _ in $(seq 100); do [ -e attached ] && break; sleep 0.1; done
"$csnap" $pid >said 2>&1
is $? 1 "a process that gdb holds is refused"
like "$(cat said)" "traced already by gdb \(process [0-9]+\)" "saying who has it"
touch done
wait $gdb
finish

start leader
sleep 0.2
ok "a process whose main thread has ended is saved" "$csnap" -q $pid
is "$(python3 "$core" thread-ids core.$pid | wc -l)" 1 "with the thread that lives"
like "$(gdb -q -batch -ex bt ./victim core.$pid 2>&1)" "park" "gdb shows it"
kill -9 $pid
finish

start churn
saved=0
for i in $(seq 10); do "$csnap" -q -o churn $pid >/dev/null 2>churn.err && saved=$((saved + 1)); done
is $saved 10 "threads that come and go do not disturb"
finish

start reserve
before=$(tables)
ok "a terabyte that was never touched is saved" "$csnap" -q $pid
ok "in less than 10 MB" test $(($(stat -c %b core.$pid) * 512)) -lt 10000000
is "$(tables)" "$before" "its page tables have not grown"
ok "nor the memory that it shares" test "$(awk '/RssShmem/ {print $2}' /proc/$pid/status)" -lt 1000
is "$(page_of core.$pid 'shared + 12344 * 4096' 3)" "00 a5 00" "what was shared and touched is there"
ok "compressed, too" "$csnap" -q -z $pid
# zstd needs 4 bytes for a block of 128 KiB (RFC 8878, 3.1.1.2)
ok "in little more than zstd must take" test "$(stat -c %s core.$pid.zst)" -lt 40000000
finish

start vfork
sleep 0.2
"$csnap" $pid >said 2>&1
is $? 0 "a process whose only thread waits for its vfork child is saved"
like "$(cat said)" "1 thread could not be stopped \\($pid, in [a-z_0-9]+\\)" "which is told"
finish
is "$(tail -n 1 out)" "the child has ended" "it goes on"

# ---- places that do not work ----
start pair
mkdir full
if mount -t tmpfs -o size=64k none full 2>/dev/null; then
	"$csnap" -o full/core $pid >said 2>&1
	is $? 1 "a full disk: exit status 1"
	like "$(cat said)" "^csnap: cannot save full/core.*disk is full" "says so"
	is "$(wc -l <said)" 1 "in one line"
	is "$(ls -A full)" "" "leaves nothing there"
	umount full
fi
goes_on "the program goes on"
mkdir closed open
chmod 777 open "$T"
cp "$csnap" open/csnap
nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
nobody open/csnap -o open/core $pid >said 2>&1
is $? 1 "somebody else's process: exit status 1"
like "$(cat said)" "belongs to root, not to nobody: run csnap as that user or as root" "says whose it is"
chmod 755 closed
setpriv --reuid=65534 --regid=65534 --clear-groups sleep 100 &
theirs=$!
sleep 0.2
nobody open/csnap -o closed/core $theirs >said 2>&1
is $? 1 "a folder that may not be written to: exit status 1"
like "$(cat said)" "cannot write to the folder of closed/core.*Permission denied" "says so"
if [ "$(cat /proc/sys/kernel/yama/ptrace_scope 2>/dev/null || echo 0)" = 0 ]; then
	ok "a user saves a process of their own" nobody open/csnap -q -o open/core $theirs
	ok "into a file that is theirs" test -O open/core.$theirs -o "$(stat -c %u open/core.$theirs)" = 65534
fi
kill $theirs
wait $theirs 2>/dev/null
finish
done_testing
