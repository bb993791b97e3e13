#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Services under a real manager: systemd boots as process 1 over a small Debian.  coworkingapp.service starts, crashes,
# hangs and starts again; services of Debian's own get libcrashd by the drop-in that docs/services.md prints.
# In a mount namespace of its own, so that no mount outlives it.
[ -n "${CRASHD_PRIVATE_MOUNTS:-}" ] || exec env CRASHD_PRIVATE_MOUNTS=1 unshare --mount --propagation private "$0" "$@"
. tests/lib/tap.sh
. tests/lib/machine.sh
. tests/lib/tree.sh
. tests/lib/manager.sh
[ "$(id -u)" = 0 ] || skip_all "namespaces and core_pattern need root"
command -v debootstrap >/dev/null || cannot "debootstrap is not installed"
tree_made service systemd systemd-sysv systemd-coredump libmicrohttpd12 libsqlite3-0 libjansson4 libjwt0 libcrypt1 libdw1 \
	libelf1 libzstd1 libreadline8 liblz4-1 libcapstone4 libarchive13 cron redis-server nginx-light curl ||
	cannot "debootstrap: $tree_why"
manager_mount || cannot "no overlay file system"

# ---- make install, without being asked for more ----
make -s --no-print-directory install B="$BUILD" PREFIX=/usr/local DESTDIR="$root" >"$T/install.log" 2>&1 ||
	cannot "make install: $(tail -n 1 "$T/install.log")"
is "$(find "$T/layers/upper" -type f ! -path '*/upper/usr/local/*')" "" "make install puts nothing outside of its PREFIX"
mkdir -p "$root/var/log/journal" # kept, as on most machines
# A debug build has more of everything; the one that is shipped is tested.
machine_core_pattern core
manager_boot || cannot "systemd does not boot: $(tail -n 1 "$T/manager.log")"
ctl() { manager systemctl --no-pager "$@" 2>&1; }
property() { ctl show -P "$2" "$1"; }
journal() { manager journalctl -q --no-pager --sync >/dev/null 2>&1; manager journalctl -q --no-pager -o cat "$@"; }
# drop_in UNIT NAME: standard input, as `systemctl edit` would save it.
drop_in() {
	mkdir -p "$root/etc/systemd/system/$1.d"
	manager sh -c "mkdir -p /etc/systemd/system/$1.d && cat >/etc/systemd/system/$1.d/$2.conf"
	ctl daemon-reload
}
has_ended() { [[ $(property "$1" ActiveState) =~ ^(failed|inactive)$ ]]; }
ended() { manager_wait has_ended "$1"; }
ask() { manager curl -s -m 20 "http://127.0.0.1:8080$1" "${@:2}"; }

is "$(ctl is-enabled coworkingapp)" disabled "the service is there, and not enabled"
is "$(ctl is-active coworkingapp)" inactive "nor started"

# ---- it starts, is ready, and gives signs of life ----
drop_in coworkingapp.service test <<'UNIT'
[Service]
ExecStart=
ExecStart=/usr/local/bin/coworkingapp --faults --workers 2 --db %S/coworkingapp/coworking.db
WatchdogSec=1min
Restart=no
UNIT
is "$(ctl start coworkingapp)" "" "it starts"
is "$(property coworkingapp ActiveState)" active "and is active when the start is done"
like "$(ask /healthz)" '"status": *"ok"|ok' "its port is open by then"
serves() { [[ $(property coworkingapp StatusText) =~ ^[0-9]+\ requests\ served,\ port\ 8080$ ]]; }
ok "its status says what it does" manager_wait serves

# ---- it crashes: the report from inside of the hardening, the core, the manager's view ----
# said UNIT: on stderr since it was last started; the reporter's lines have its PID, not the service's.
said() { journal _SYSTEMD_INVOCATION_ID="$(property "$1" InvocationID)" _TRANSPORT=stdout; }
# stab PID SIGNAL: from a process that is not the manager.
stab() { manager sh -c 'kill "-$1" "$0"' "$1" "$2"; }
# crash FAULT: of a service that runs; its PID in $pid, what the journal has of it in $report.
crash() {
	pid=$(property coworkingapp MainPID)
	ask "/debug/faults/$1" -X POST >/dev/null
	ended coworkingapp
	report=$(said coworkingapp)
}
crash null-deref
is "$(property coworkingapp Result)" core-dump "a crash is a crash to the manager"
is "$(property coworkingapp ExecMainStatus)" 11 "of the signal that it was"
like "$(property coworkingapp StatusText)" "^SIGSEGV: .*read of 0x[0-9a-f]+, PID $pid, thread [0-9]+ \"worker-[12]\"$" "the status says what happened"
like "$(ctl status coworkingapp)" 'Status: "SIGSEGV: ' "as systemctl status shows it"
like "$report" '^SIGSEGV: .* PID' "the report is in the journal"
like "$report" '^#0 +0x[0-9a-f]+ in count_seats \(first=.*\) at demo/faults\.c:[0-9]+' "with lines and arguments"
unlike "$report" '^\[' "by the reporter, which the hardening leaves alone"
for thread in janitor worker-1 worker-2 http; do
	like "$report" "^thread [0-9]+ \"$thread" "$thread is in it"
done
like "$report" "^--- end of crashd report $pid ---" "to its end"
record=$(manager journalctl -q --no-pager -o json SYSLOG_IDENTIFIER=crashd _PID="$pid" 2>/dev/null)
[ -n "$record" ] || record=$(manager journalctl -q --no-pager -o json SYSLOG_IDENTIFIER=crashd COREDUMP_PID="$pid")
is "$(jq -r 'select(.MESSAGE | tostring | test("count_seats")) | .COREDUMP_SIGNAL_NAME' <<<"$record")" SIGSEGV "and as a record of its own"
core=$(find "$root/var/lib/private/coworkingapp" -name 'core*' | head -n 1)
is "$(stat -c '%a' "$core")" 600 "the core is in its state folder, for nobody else"
# look OPERANDS...: cinspect as installed there.
look() { manager cinspect --batch -q -n --no-debuginfod "$@" 2>&1; }
findings() { manager cinspect --batch -q -n --no-debuginfod --json "$@" -ex why 2>/dev/null | jq -r ".result.findings | map(.cause) | join(\" \")"; }
is "$(findings "${core#"$root"}")" null-deref "cinspect, there: null-deref"
rm -f "$core"

# ---- it hangs: the watchdog ----
drop_in coworkingapp.service test2 <<'UNIT'
[Service]
WatchdogSec=4
UNIT
ctl reset-failed coworkingapp
ctl start coworkingapp
sleep 5
is "$(property coworkingapp ActiveState)" active "a watchdog that is fed lets it live"
crash deadlock
is "$(property coworkingapp Result)" watchdog "a service of which a part hangs is ended by the watchdog"
like "$report" '^coworkingapp: worker-[12] does not get on' "it says why it does not feed it"
like "$report" '^SIGABRT: aborted, sent with kill \(SI_USER\) by process 1, uid 0 \(the service manager: its watchdog, WatchdogSec, was not fed, it seems\)' \
	"the report says that it was the watchdog"
like "$report" '^why: 2 threads wait for each other in a circle' "and why it hung"
like "$(property coworkingapp StatusText)" "^SIGABRT: .*its watchdog.* PID $pid" "so does the status"
core=$(find "$root/var/lib/private/coworkingapp" -name 'core*' | head -n 1)
is "$(findings "${core#"$root"}")" "deadlock watchdog" "cinspect: a deadlock, and a watchdog"
rm -f "$core"

# ---- it starts again ----
drop_in coworkingapp.service test2 <<'UNIT'
[Service]
Restart=on-failure
RestartSec=100ms
UNIT
ctl reset-failed coworkingapp
ctl start coworkingapp
pid=$(property coworkingapp MainPID)
ask /debug/faults/abort -X POST >/dev/null
is_back() { [ "$(property coworkingapp NRestarts)" = 1 ] && [ "$(property coworkingapp ActiveState)" = active ]; }
ok "after a crash it is started again" manager_wait is_back
like "$(ask /healthz)" 'ok' "and answers"
unlike "$(property coworkingapp StatusText)" SIGABRT "the status is that of the new process"
ctl stop coworkingapp
is "$(property coworkingapp Result)" success "it stops when it is told to"
rm -f "$root"/var/lib/private/coworkingapp/core*

# ---- systemd-coredump, there: what the kernel starts is brought to it by a program that enters its namespaces ----
handler=/run/crashd-test/systemd-coredump # the report tells the handler by its name
tap_at_exit 'rm -rf /run/crashd-test'
mkdir -p /run/crashd-test
printf '#!/bin/sh\nexec /usr/bin/nsenter -t %d -m -u -i -n -p -C -r -w /lib/systemd/systemd-coredump "$@"\n' "$manager_pid" >$handler
chmod 755 $handler
manager sh -c "mkdir /run/crashd-test && ln -s /lib/systemd/systemd-coredump $handler"
machine_core_pattern "|$handler %p %u %g %s %t 9223372036854775808 %h %d"
dump() { manager coredumpctl -q --no-pager "$@" 2>&1; }
stored() { dump list --no-legend "$1" | grep -q present; }
if manager sh -c 'sh -c "kill -SEGV \$\$"; :' 2>/dev/null && manager_wait stored sh; then
	drop_in coworkingapp.service test2 <<-'UNIT'
		[Service]
		Restart=no
	UNIT
	ctl reset-failed coworkingapp
	ctl start coworkingapp
	crash use-after-free
	like "$report" 'core: by the kernel, to systemd-coredump' "the report says where the core goes"
	like "$report" "^  cinspect --journal=$pid$" "and how to look at it"
	ok "systemd-coredump stores it" manager_wait stored "$pid"
	like "$(dump list "$pid")" " $pid +[0-9]+ +[0-9]+ SIGSEGV +present +/usr/local/bin/coworkingapp" "coredumpctl list"
	like "$(dump info "$pid")" 'Unit: coworkingapp.service' "coredumpctl info names the unit"
	bt=$(dump debug --debugger=cinspect -A '--batch -q -n -ex bt' "$pid" 2>&1)
	like "$bt" '^#[0-9]+ .* ring \(.* at .*demo/faults\.c:[0-9]+' "coredumpctl debug --debugger=cinspect"
	is "$(findings --journal="$pid")" bad-call "cinspect --journal"
	like "$(manager cinspect --list)" " $pid .*SIGSEGV .*coworkingapp" "cinspect --list"
	is "$(findings --journal=coworkingapp.service)" bad-call "by unit"
else
	ok "the kernel's handler reaches the namespaces" false
fi
machine_core_pattern core
drop_in coworkingapp.service test2 <<<''

# ---- the drop-in over services that are not ours ----
# text HEADING: the block of docs/services.md that follows this comment in it.
text() { sed -n "/<!-- $1 -->/,/^\`\`\`\$/p" docs/services.md | sed '1,2d;$d'; }
is "$(text drop-in | grep -c '^LimitCORE=')" 1 "docs/services.md has the drop-in"
for unit in cron redis-server nginx; do
	text drop-in | drop_in $unit.service crashd
done
text drop-in-status | drop_in cron.service status

ctl restart cron
pid=$(property cron MainPID) invocation=$(property cron InvocationID)
stab "$pid" SEGV
restarted() { [ "$(property "$1" NRestarts)" -gt 0 ]; }
ok "cron: dies and is started again, as its unit says" manager_wait restarted cron
report=$(journal _SYSTEMD_INVOCATION_ID="$invocation" _TRANSPORT=stdout)
like "$report" "^SIGSEGV: .*by process [0-9]+, uid 0, PID $pid, thread $pid \"cron\"" "cron: the report"
like "$report" '^#[0-9]+ .* from /usr/sbin/cron' "with its frames"
like "$report" "^--- end of crashd report $pid ---" "to its end"
like "$(journal _PID=1 UNIT=cron.service)" 'cron.service: Main process exited, code=(dumped|killed), status=11/SEGV' "the manager sees the same signal"

# Debian's redis may execute little, and has a handler of its own for crashes, but none for SIGQUIT.
redis_quits() {
	ctl reset-failed redis-server
	ctl restart redis-server
	pid=$(property redis-server MainPID) invocation=$(property redis-server InvocationID)
	stab "$pid" "$1"
	manager_wait restarted redis-server
	report=$(journal _SYSTEMD_INVOCATION_ID="$invocation" _TRANSPORT=stdout; journal SYSLOG_IDENTIFIER=crashd COREDUMP_PID="$pid")
}
redis_quits QUIT
like "$report" 'libcrashd.so.* cannot be preloaded' "redis: without ExecPaths the loader says that it may not load it"
text drop-in-noexec | drop_in redis-server.service noexec
redis_quits QUIT
like "$report" '^\[threads by .*SIGSYS' "redis: without @debug the handler makes the report"
text drop-in-filter | drop_in redis-server.service filter
redis_quits QUIT
like "$report" 'thread [0-9]+ "bio_' "redis: the report has its threads"
unlike "$report" '\[threads by' "by the reporter, from inside of Debian's hardening"
answers() { [ "$(manager redis-cli ping 2>/dev/null)" = PONG ]; }
ok "and the next one works" manager_wait answers
echo 'crash-log-enabled no' >>"$root/etc/redis/redis.conf"
redis_quits SEGV
like "$report" "(^|Process $pid \(redis-server\) got )SIGSEGV" "redis without its own handler: the report of a crash"

# Workers that gave up root; the report goes where nginx has its stderr, and to the journal.
is "$(ctl restart nginx)" "" "nginx: starts with it"
is "$(manager curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1/)" 200 "and serves"
worker=$(manager sh -c 'cat /proc/$(systemctl show -P MainPID nginx)/task/*/children' | awk '{ print $1 }')
stab "$worker" SEGV
recorded() { journal SYSLOG_IDENTIFIER=crashd COREDUMP_PID="$1" | grep -q .; }
ok "nginx: the crash of a worker is in the journal" manager_wait recorded "$worker"
report=$(journal SYSLOG_IDENTIFIER=crashd COREDUMP_PID="$worker")
like "$report" 'in ngx_|in epoll_wait|from /usr/sbin/nginx' "with its frames"
is "$(manager curl -s -o /dev/null -w '%{http_code}' http://127.0.0.1/)" 200 "and the master has another one"

# ---- a program that gets its watchdog from a user's manager ----
manager useradd -m ann
uid=$(manager id -u ann)
user() { manager setpriv --reuid ann --regid ann --init-groups env XDG_RUNTIME_DIR=/run/user/"$uid" HOME=/home/ann "$@"; }
manager mkdir -p "/run/user/$uid"
manager chown ann "/run/user/$uid"
# As user@.service does it, without logind and PAM.
manager systemd-run -q --unit=manager-of-ann -p User=ann -p Delegate=yes -p Environment="XDG_RUNTIME_DIR=/run/user/$uid" /lib/systemd/systemd --user
users_is_up() { user systemctl --user is-system-running 2>&1 | grep -qE 'running|degraded'; }
if ! manager_wait users_is_up; then
	ok "a user's manager starts" false
else
	user sh -c 'mkdir -p ~/.config/systemd/user && cat >~/.config/systemd/user/sleeper.service' <<-'UNIT'
		[Service]
		ExecStart=/bin/sleep 1000
		Environment=LD_PRELOAD=/usr/local/lib/libcrashd.so TRACEBACK=single,file=/home/ann/report
		WatchdogSec=1
		NotifyAccess=main
	UNIT
	user systemctl --user daemon-reload
	user systemctl --user start sleeper
	barked() { [ "$(user systemctl --user show -P Result sleeper)" = watchdog ]; }
	ok "a user's manager ends it" manager_wait barked
	manager_wait grep -q '^--- end' "$root/home/ann/report"
	like "$(cat "$root/home/ann/report")" "^SIGABRT: .* by process [0-9]{2,}, uid $uid \(the service manager: its watchdog" "the report says so, though it is not process 1"
	like "$(user systemctl --user show -P StatusText sleeper)" '^SIGABRT: .*its watchdog' "that manager hears of it, too"
fi

# ---- and one in a container, to which the manager has no number ----
manager sh -c 'cat >/etc/systemd/system/boxed.service' <<'UNIT'
[Service]
ExecStart=/usr/bin/unshare --pid --fork --mount-proc sh -c 'LD_PRELOAD=/usr/local/lib/libcrashd.so TRACEBACK=single,file=/root/report sleep 1000; :'
WatchdogSec=1
UNIT
ctl daemon-reload
ctl start boxed
ended boxed
manager_wait grep -qs '^--- end' "$root/root/report"
like "$(cat "$root/root/report")" '^SIGABRT: .* by process 0, uid 0 \(the service manager: its watchdog' "in a container: the report says that it was the watchdog"
done_testing
