#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# TRACEBACK=…,journal: the report is a record of systemd's journal, too; and a journal that does not listen holds up
# nothing.
. tests/lib/tap.sh
. tests/lib/machine.sh
. tests/lib/systemd.sh

[ "$(id -u)" = 0 ] || skip_all "journald can be started by root alone"
machine_core_pattern core
systemd_has || cannot "journald is not installed"
systemd_start || cannot "journald cannot be started here: $(tail -n 1 "$T"/*.log | tr '\n' ' ')"
ulimit -c 0
machine_core_pattern core # no core of the kernel
cat >"$T/victim.c" <<'C'
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
__attribute__((noinline)) static void *blocks(void *a) { for (;;) pause(); return a; }
__attribute__((noinline)) static int crash(volatile int *where) { return *where; }
int main(int argc, char **argv)
{
	pthread_attr_t small;
	pthread_t t;
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 65536);
	for (int i = atoi(argv[1]); i; i--)
		pthread_create(&t, &small, blocks, NULL);
	return crash(NULL);
}
C
gcc -g -O1 -w -o "$T/victim" "$T/victim.c" -lpthread || cannot "no compiler"
mkdir "$T/alone"
cp "$BUILD/libcrashd.so" "$T/alone" # no reporter beside it

# crash THREADS: in $pid, $st, $err
crash() {
	LD_PRELOAD=${lib:-$BUILD/libcrashd.so} TRACEBACK=all,journal timeout 30 "$T/victim" "$1" 2>"$T/err" &
	wait $! 2>"$T/bash"
	st=$?
	err=$(cat "$T/err")
	pid=$(grep -oE '^SIGSEGV: .* PID [0-9]+' <<<"$err" | grep -oE '[0-9]+$')
}
# of_id ID PID: the record of that process; record PID: that for coredumpctl, systemd's SD_MESSAGE_BACKTRACE.
of_id() { journalctl -q --no-pager --all -o json "MESSAGE_ID=$1" "COREDUMP_PID=$2"; }
record() { of_id 1f4e0a44a88649939aaea34fc6da8c95 "$1"; }
report() { of_id f4092f9c38be4bc7a4ab18e218c3f1e5 "$1"; }
recorded() { record "$1" | grep -q .; }
reported() { report "$1" | grep -q .; }
fields() { jq -r "[$2] | join(\" \")" <<<"$1"; }

crash 2
is "$st" 139 "it dies of its signal"
ok "the report is in the journal" systemd_wait recorded "$pid"
json=$(record "$pid")
is "$(wc -l <<<"$json")" 1 "once"
is "$(jq -r '[.COREDUMP_SIGNAL_NAME, .COREDUMP_SIGNAL, .COREDUMP_COMM, .COREDUMP_EXE, .COREDUMP_CMDLINE, .SYSLOG_IDENTIFIER] | join(" ")' <<<"$json")" \
	"SIGSEGV 11 victim $T/victim $T/victim 2 crashd" "with the fields that coredumpctl knows"
message=$(jq -r .MESSAGE <<<"$json")
is "$(head -n 1 <<<"$message")" "Process $pid (victim) got SIGSEGV in thread $pid." "its message begins with what happened"
is "$(sed 1d <<<"$message")" "$(sed -n '/^program /,/^registers\|^last events\|^---/{/^program /d;/^---/!p}' <<<"$err")" "and goes on as on stderr"
unlike "$err" 'not sent' "which says nothing of it"
id=$(sed -n 's/^crash id: //p' <<<"$err")
like "$id" '^[0-9a-f]{16}$' "the report has a crash id"
is "$(fields "$json" '.CRASHD_CRASH_ID, .CRASHD_LEVEL, .CRASHD_THREAD, .CRASHD_THREAD_NAME, .CRASHD_FAULT_ADDRESS, .CRASHD_SIGNAL_CODE, .CRASHD_FATAL')" \
	"$id all $pid victim 0x0 1 1" "the record has it, and what is ours to tell"
is "$(jq -r .CRASHD_BUILD_ID <<<"$json")" "$(readelf -n "$T/victim" | sed -n 's/.*Build ID: //p')" "the build-id of the program"
is "$(fields "$json" '.COREDUMP_CWD, .COREDUMP_ROOT, .COREDUMP_HOSTNAME')" "$PWD / $(uname -n)" "where it ran"
like "$(jq -r .COREDUMP_OPEN_FDS <<<"$json")" "^2:$T/err\$" "its open files"
like "$(jq -r .COREDUMP_PROC_LIMITS <<<"$json")" '^Max core file size +0 ' "its limits"
is "$(fields "$json" '.COREDUMP_ENVIRON, .CRASHD_CORE')" " " "no environment, which may hold secrets, and no core, as there is none"
like "$(coredumpctl -q --no-pager info "$pid" 2>&1)" "Process $pid \\(victim\\) got SIGSEGV" "coredumpctl info shows it"

# ---- where the core is ----
LD_PRELOAD=$BUILD/libcrashd.so TRACEBACK=crash,journal,dir=$T "$T/victim" 0 2>"$T/err" &
pid=$!
wait $pid 2>"$T/bash"
ok "with a core of ours: a record" systemd_wait recorded $pid
is "$(fields "$(record $pid)" '.CRASHD_CORE, .COREDUMP_FILENAME, .CRASHD_LEVEL')" "$T/core.$pid $T/core.$pid crash" "names it"
is "$("$BUILD/cinspect" --id -n "$T/victim" "$T/core.$pid" 2>&1)" "$id" "cinspect --id of that core: the same crash id"
is "$(coredumpctl -q --no-pager debug --debugger="$BUILD/cinspect" -A '--id' $pid 2>&1 | tail -n 1)" "$id" "coredumpctl debug opens it"
sleep 1000 &
sleeper=$!
saved=$("$BUILD/csnap" --journal -q -o "$T/snap" $sleeper 2>&1)
is "$saved" "Saved corefile $T/snap.$sleeper" "csnap --journal"
ok "is in the journal" systemd_wait sh -c "journalctl -q COREDUMP_PID=$sleeper | grep -q ."
json=$(of_id 5c1491ea0bc14010abd773c8d73d5766 $sleeper)
is "$(fields "$json" '.MESSAGE, .CRASHD_CORE, .COREDUMP_COMM, .COREDUMP_CMDLINE, .SYSLOG_IDENTIFIER')" \
	"Saved a core of process $sleeper (sleep): $T/snap.$sleeper $T/snap.$sleeper sleep sleep 1000 csnap" "with the core's path"
unlike "$(coredumpctl -q --no-pager list 2>&1)" " $sleeper " "which is no crash for coredumpctl"
kill $sleeper
wait $sleeper 2>/dev/null

# ---- no second record for coredumpctl ----
LD_PRELOAD=$BUILD/libcrashd.so TRACEBACK=all,journal,continue,signal=USR2 sleep 1000 2>"$T/err" &
pid=$!
systemd_wait grep -q libcrashd "/proc/$pid/maps"
systemd_wait grep -q '^SigCgt:.*8' "/proc/$pid/status"
kill -USR2 $pid
ok "a process that goes on: a record" systemd_wait reported $pid
is "$(fields "$(report $pid)" '.CRASHD_FATAL, .PRIORITY, .COREDUMP_SIGNAL_NAME, .CRASHD_CRASH_ID')" "0 5 SIGUSR2 " "that says so, and is no crash"
is "$(record $pid)" "" "and none for coredumpctl"
kill $pid
wait $pid 2>/dev/null

crash 1500
ok "a report that is larger than a datagram arrives" systemd_wait recorded "$pid"
is "$(record "$pid" | jq -r .MESSAGE | grep -c '^#[0-9]* .*in blocks')" 1500 "whole"

if systemd_handlers_are_ours; then
	machine_core_pattern "$SYSTEMD_PATTERN"
	stored() { of_id fc2e22bc6ee647b6b90729ab34a250b1 "$1"; }
	is_stored() { stored "$1" | grep -q .; }
	crash 2
	systemd_crashed+=("$pid")
	ok "a process whose core systemd-coredump gets: its record comes" systemd_wait is_stored "$pid"
	ok "and one of ours" systemd_wait reported "$pid"
	is "$(fields "$(report "$pid")" '.CRASHD_FATAL, .CRASHD_CRASH_ID')" "1 $id" "with the same crash id"
	is "$(record "$pid")" "" "which is none for coredumpctl: that would hide the core"
	is "$("$BUILD/cinspect" --id -n --journal="$pid" 2>/dev/null)" "$id" "the stored core has the same crash id"
	is "$("$BUILD/cinspect" --list="$pid" --json | jq -r '[.crashes[].id] | unique | join(" ")')" "$id" "and so has its record's text"
	machine_core_pattern core
fi

lib=$T/alone/libcrashd.so
crash 2
lib=
is "$st" 139 "without the reporter it dies of its signal"
ok "and the handler's own report is in the journal" systemd_wait recorded "$pid"
json=$(record "$pid")
is "$(jq -r '[.COREDUMP_SIGNAL_NAME, .COREDUMP_SIGNAL, .COREDUMP_COMM, .COREDUMP_EXE, .COREDUMP_CMDLINE, .SYSLOG_IDENTIFIER] | join(" ")' <<<"$json")" \
	"SIGSEGV 11 victim $T/victim $T/victim 2 crashd" "with the same fields"
is "$(fields "$json" '.CRASHD_LEVEL, .CRASHD_THREAD, .CRASHD_FAULT_ADDRESS, .CRASHD_FATAL, .CRASHD_CRASH_ID')" "all $pid 0x0 1 " "what the handler knows of ours"
is "$(jq -r .MESSAGE <<<"$json")" "$(sed '/^---/d' <<<"$err")" "all that stderr has"

if [ -n "${systemd_journald:-}" ]; then
	kill -STOP "$systemd_journald"
	# until its queue is full
	python3 - <<-'PY'
		import socket
		s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
		s.setblocking(False)
		try:
		    while True:
		        s.sendto(b"MESSAGE=full\n", "/run/systemd/journal/socket")
		except BlockingIOError:
		    pass
	PY
	crash 2
	is "$st" 139 "with a journald that is stopped it dies of its signal"
	like "$err" '^crashd-report: not sent to the journal: journald does not read what it is sent$' "says what the journal misses"
	is "$(tail -n 1 <<<"$err")" "--- end of crashd report $pid ---" "after a whole report"
	lib=$T/alone/libcrashd.so
	crash 2
	lib=
	is "$st" 139 "nor does it hold up the handler"
	like "$err" '^\[not sent to the journal: journald does not read what it is sent\]$' "which says the same"
	kill -CONT "$systemd_journald"
	systemd_stop
	crash 2
	is "$st" 139 "without a journald, too"
	like "$err" '^crashd-report: not sent to the journal: /run/systemd/journal/socket: ' "it says so"
fi
done_testing
