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
# The record of that process: systemd's SD_MESSAGE_BACKTRACE.
record() { journalctl -q --no-pager --all -o json MESSAGE_ID=1f4e0a44a88649939aaea34fc6da8c95 "COREDUMP_PID=$1"; }
recorded() { record "$1" | grep -q .; }

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

crash 1500
ok "a report that is larger than a datagram arrives" systemd_wait recorded "$pid"
is "$(record "$pid" | jq -r .MESSAGE | grep -c '^#[0-9]* .*in blocks')" 1500 "whole"

lib=$T/alone/libcrashd.so
crash 2
lib=
is "$st" 139 "without the reporter it dies of its signal"
ok "and the handler's own report is in the journal" systemd_wait recorded "$pid"
json=$(record "$pid")
is "$(jq -r '[.COREDUMP_SIGNAL_NAME, .COREDUMP_SIGNAL, .COREDUMP_COMM, .COREDUMP_EXE, .COREDUMP_CMDLINE, .SYSLOG_IDENTIFIER] | join(" ")' <<<"$json")" \
	"SIGSEGV 11 victim $T/victim $T/victim 2 crashd" "with the same fields"
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
