#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Cores that go through systemd-coredump: the report names the way to them, cinspect and coredumpctl open them; and
# where the pipe leads nowhere, our own core is there instead.  The demo runs through in each of these settings.
. tests/lib/tap.sh
. tests/lib/machine.sh
. tests/lib/systemd.sh

[ "$(id -u)" = 0 ] || skip_all "core_pattern can be set by root alone"
systemd_has || cannot "systemd-coredump is not installed"
systemd_handlers_are_ours || skip_all "the kernel starts core_pattern's programs outside of this chroot or container"
systemd_start || cannot "journald or systemd-coredump's socket cannot be started here: $(tail -n 1 "$T"/*.log | tr '\n' ' ')"
machine_core_pattern "$SYSTEMD_PATTERN"
export XDG_CONFIG_HOME=$T XDG_STATE_HOME=$T DEBUGINFOD_URLS='' NO_COLOR=1 PAGER=cat SYSTEMD_COLORS=0
ulimit -S -c 0 # which pipes do not mind
cinspect=$BUILD/cinspect
root=$PWD
cd "$T" || exit 1

look() { "$cinspect" --batch -q -n "$@" 2>&1; }
# systemd-coredump's record, which comes when the core is stored.
recorded() { journalctl -q --no-pager -n 1 MESSAGE_ID=fc2e22bc6ee647b6b90729ab34a250b1 "COREDUMP_PID=$1" 2>&1 | grep -q .; }
# stranger COMMAND...: in $pid, once it is that program, no longer our shell, and sleeps.
stranger() {
	"$@" &
	pid=$!
	systemd_wait grep -qF "(${1##*/}) S " "/proc/$pid/stat"
}
# crashed PID SIGNAL: ends the job by the signal, and waits for its record.
crashed() {
	systemd_crashed+=("$1")
	kill "-$2" "$1"
	wait "$1" 2>/dev/null
	systemd_wait recorded "$1"
}
# serve: a server in $server, ready to be asked.
serve() {
	rm -f app.out
	TRACEBACK=${1:-crash} env --default-signal=QUIT "$BUILD/coworkingapp" --port 0 --db :memory: >app.out 2>app.err &
	server=$!
	systemd_wait grep -qs listening app.out
}

# ---- served: our server ----
serve
crashed "$server" QUIT
err=$(cat app.err)
like "$err" 'core: by the kernel, to systemd-coredump' "the report says where the core goes"
is "$(tail -n 2 app.err)" "  cinspect --journal=$server
--- end of crashd report $server ---" "and how to look at it"
ok "no core of our own" test ! -e "core.$server"
bt=$(look --journal="$server" -ex 'thread apply all bt')
is "$?" 0 "cinspect --journal=PID: exit 0"
like "$bt" '^#[0-9]+ .* main \(.*\) at .*demo/main\.c:[0-9]+$' "opens the core with the right executable"
like "$bt" '^#[0-9]+ .* at .*demo/worker\.c:[0-9]+$' "all threads of it"
like "$(coredumpctl -q --no-pager list)" " $server +0 +0 +SIGQUIT +present +$BUILD/coworkingapp" "coredumpctl lists it"
like "$("$cinspect" --list)" " $server +0 +SIGQUIT +present +$BUILD/coworkingapp" "cinspect lists it"
debug() { coredumpctl -q --no-pager debug --debugger="$cinspect" "$@" 2>&1; }
frames() { grep -E '^#[0-9]+'; }
is "$(debug -A '--batch -ex bt' "$server" | frames)" "$(look --journal="$server" -ex bt | frames)" "coredumpctl debug --debugger=cinspect: the same frames"
like "$(debug -A '--batch -ex "thread apply all bt" -ex status' "$server")" '^#[0-9]+ .* at .*demo/worker\.c:[0-9]+$' "its arguments with quotes"
like "$(echo bt | debug "$server")" '^#[0-9]+ .* main \(.*\) at .*demo/main\.c:[0-9]+$' "without arguments: commands from standard input"
like "$(echo bt | SYSTEMD_DEBUGGER=$cinspect coredumpctl -q --no-pager debug "$server" 2>&1)" '^#[0-9]+ .* main \(' "SYSTEMD_DEBUGGER=cinspect"
coredumpctl -q --no-pager dump -o dumped "$server" >dump.log 2>&1
is "$(look dumped -ex bt | frames)" "$(look --journal="$server" -ex bt | frames)" "coredumpctl dump's file: the same frames"

# ---- served: programs that know nothing of us ----
stranger /bin/sleep 1000
sleeper=$pid
is "$("$BUILD/csnap" why --json $sleeper | jq -c '[.core, .kind]')" '[true,"systemd"]' "csnap why: a core, by systemd-coredump"
crashed $sleeper SEGV
like "$(look --journal=$sleeper -ex bt)" '^#[0-9]+ .*nanosleep' "Debian's sleep: a stack"
like "$(look --journal=$sleeper -ex status)" 'signal +SIGSEGV' "Debian's sleep: its signal"
like "$(debug -A '--batch -ex bt' $sleeper)" '^#[0-9]+ .*nanosleep' "Debian's sleep: coredumpctl debug"
like "$(look --journal=sleep -ex status)" "process +$sleeper, sleep" "--journal=COMM: the newest of that name"
like "$(look --journal="$(realpath /bin/sleep)" -ex status)" "process +$sleeper, sleep" "--journal=PATH"
like "$(look --journal=COREDUMP_SIGNAL=11 -ex status)" "process +$sleeper, sleep" "--journal=FIELD=VALUE"
newest=$("$cinspect" --list --json | jq '.crashes[-1].pid')
like "$(look --journal -ex status)" "process +$newest, " "--journal alone: the newest of all"
like "$("$cinspect" --list=COREDUMP_SIGNAL=3)" " $server " "--list=FIELD=VALUE: has what matches"
unlike "$("$cinspect" --list=COREDUMP_SIGNAL=3)" " $sleeper " "and nothing else"

json=$("$cinspect" --list --json)
is "$(wc -l <<<"$json")" 1 "--list --json: one object, one line"
is "$(jq -c '[.crashes[] | keys | map(select(IN("time","pid","uid","signal","exe","unit","id","core","path")))] | unique | map(length)' <<<"$json")" '[9]' "with all fields of each crash"
record() { jq -c ".crashes[] | select(.pid == $1)" <<<"$json"; }
is "$(record "$server" | jq -r '[.uid, .signal, .exe, .core] | map(tostring) | join(" ")')" "0 SIGQUIT $BUILD/coworkingapp present" "the server's"
like "$(record $sleeper | jq -r .time)" '^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z$' "when, in UTC"
ok "where" test -f "$(record $sleeper | jq -r .path)"

like "$(look --journal=nosuchprogram -ex bt)" '^cinspect: [^:]*no record of a crash that matches nosuchprogram' "no match: a sentence"
out=$("$cinspect" --batch --journal=nosuchprogram -ex bt 2>err)
is "$? $(wc -l <err) $out" "3 1 " "no match: exit 3, one line on stderr"
"$cinspect" --list=nosuchprogram >out 2>err
is "$? $(wc -l <err) $(cat out)" "3 1 " "--list without a match: the same"
is "$("$cinspect" --list=nosuchprogram --json)" '{"crashes":[]}' "--list --json without a match: an empty list"
"$cinspect" --list sleep >out 2>err
is "$? $(head -n 1 err | grep -c -e --list=MATCH)" "2 1" "--list with an operand: usage"
like "$(look --journal sleep)" '--journal=sleep' "--journal with an operand: how it is written"
"$cinspect" --journal=lower=case >out 2>err
is "$? $(head -n 1 err | grep -c 'not a PID')" "2 1" "a field in small letters: usage"

# ---- the reporter's record and systemd-coredump's, of one crash ----
serve crash,journal
crashed "$server" QUIT
is "$(journalctl -q --no-pager -o cat --output-fields=MESSAGE_ID "COREDUMP_PID=$server" | sort -u | wc -l)" 2 "TRACEBACK=crash,journal: two records"
is "$("$cinspect" --list="$server" --json | jq -c '[.crashes[] | .core]')" '["present"]' "listed as one crash, with its core"
like "$(look --journal="$server" -ex bt)" '^#[0-9]+ .* main \(' "which opens"
like "$(debug -A '--batch -ex bt' "$server")" '^#[0-9]+ .* main \(' "with coredumpctl too"

# ---- executables that are not what they were ----
cp /bin/sleep deleted
stranger ./deleted 1000
rm deleted
crashed $pid SEGV
like "$(look --journal=$pid -ex bt)" '^#[0-9]+ .*nanosleep' "a deleted executable: what the core and the libraries tell"
like "$(look --journal=$pid -ex status)" "had been deleted" "and said"
out=$(debug -A '--batch -ex bt' $pid)
like "$out" '^#[0-9]+ .*nanosleep' "a deleted executable: coredumpctl debug"
like "$out" "$T/deleted: No such file or directory; the core is opened without it" "and said"
cp /bin/sleep replaced
stranger ./replaced 1000
cp --remove-destination /bin/cat replaced
crashed $pid SEGV
out=$(debug -A '--batch -ex bt -ex status' $pid)
like "$out" '^#[0-9]+ .*nanosleep' "a replaced executable: the core opens"
like "$out" 'build-id' "the file is refused by its build-id"
rm -f "$(jq -r ".crashes[] | select(.pid == $sleeper) | .path" <<<"$json")"
out=$(look --journal=$sleeper -ex bt)
is "$?" 3 "a core that was vacuumed: exit 3"
like "$out" "^cinspect: .*core\.sleep\..*has been removed since" "and why"
is "$("$cinspect" --list --json | jq -r ".crashes[] | select(.pid == $sleeper) | .core")" missing "--list: missing"

# ---- the demo ----
demo() { BUILD=$BUILD TMPDIR=$T bash "$root/demo/demo.sh" >"$T/demo.out" 2>&1; }
demo
is "$?" 0 "the demo, with systemd-coredump"
like "$(cat demo.out)" '^\$ cinspect --journal=[0-9]+$' "shows how to open the stored core"
systemd_crashed+=($(sed -n 's/^\$ cinspect --journal=//p' demo.out))

# ---- a core without a record ----
if systemd_stop_journald; then
	stranger /bin/sleep 1000
	systemd_crashed+=("$pid")
	kill -BUS "$pid"
	wait "$pid" 2>/dev/null
	systemd_wait look --journal="$pid" -ex echo >/dev/null
	like "$(look --journal="$pid" -ex bt)" '^#[0-9]+ .*nanosleep' "no journald: the core is found where it is stored"
	like "$("$cinspect" --list=COREDUMP_SIGNAL=7)" " $pid +0 +SIGBUS +present +$(realpath /bin/sleep)" "and listed"
fi

# ---- nobody serves the pipe ----
# unserved NAME WHY: our own core instead, which cinspect and gdb open
unserved() {
	local name=$1 why=$2 bt
	serve
	is "$("$BUILD/csnap" why --json "$server" | jq .core)" false "$name: csnap why foretells none"
	kill -QUIT "$server"
	wait "$server" 2>/dev/null
	like "$(cat app.err)" "core: the kernel will write none: .*$why" "$name: the report says so"
	is "$(tail -n 2 app.err)" "  cinspect $BUILD/coworkingapp $T/core.$server
--- end of crashd report $server ---" "$name: our own instead"
	bt=$(look "$BUILD/coworkingapp" "core.$server" -ex 'thread apply all bt')
	like "$bt" '^#[0-9]+ .* main \(.*\) at .*demo/main\.c:[0-9]+$' "$name: cinspect opens it"
	bt=$(gdb -nx -batch -ex 'thread apply all bt' "$BUILD/coworkingapp" "core.$server" 2>&1)
	like "$bt" '^#[0-9]+ .* main \(.*\) at .*demo/main\.c:[0-9]+$' "$name: gdb opens it"
	like "$bt" 'SIGQUIT' "$name: with its signal"
	demo
	is "$?" 0 "$name: the demo"
	like "$(cat demo.out)" '^\$ cinspect .*/coworkingapp .*/core\.[0-9]+$' "$name: the demo opens our own core"
}
if systemd_stop_coredump; then
	unserved "nobody at the socket" "nobody listens at $SYSTEMD_SOCKET"
fi
machine_core_pattern '|/nonexistent/handler %p'
unserved "no such program" "a program that cannot be run"

cd / || exit 1
done_testing
