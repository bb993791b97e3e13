#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The main job, end to end, on a real server: `make demo` runs this once all is built.
#
# Starts coworkingapp with TRACEBACK=crash, books rooms from several connections at once, sends the server Ctrl+\'s
# signal while requests are in their handlers, shows the report, finds the core where the machine's core_pattern put it
# and reads it; then snapshots a second server under load, which goes on.  Every wait is bounded; nothing of the machine
# is changed; what is left behind (two cores, two logs) is named at the end.
set -euo pipefail

BUILD=$(realpath "${BUILD:-build}")
WORK=$(mktemp -d "${TMPDIR:-/tmp}/crashd-demo.XXXXXX")
cd "$WORK"
server=
load=()

finish() {
	for p in "${load[@]}" $server; do kill -KILL "$p" 2>/dev/null || true; done
	wait 2>/dev/null || true
}
trap finish EXIT

say() { printf '\n\033[1m== %s\033[0m\n' "$*" | if [ -t 1 ]; then cat; else sed 's/\x1b\[[0-9]*m//g'; fi; }
show() { printf '$ %s\n' "$*"; }
die() {
	echo "demo: $*" >&2
	exit 1
}

# until_true SECONDS WHAT COMMAND...
until_true() {
	local tries=$(($1 * 20)) what=$2
	shift 2
	for ((i = 0; i < tries; i++)); do
		"$@" && return
		sleep 0.05
	done
	die "gave up waiting for $what; see $WORK"
}

# start LOG ENVIRONMENT...: a server on a free port; sets $server, $port, $url.
start() {
	local log=$1
	shift
	# A script's background jobs ignore SIGQUIT: the server must find it at its default, as from a terminal.
	env --default-signal=QUIT "$@" "$BUILD/coworkingapp" --port 0 --db "$log.db" --workers 4 --faults \
		>"$log.out" 2>"$log.report" &
	server=$!
	until_true 10 "the server to listen" grep -q listening "$log.out"
	url=$(sed -n 's/.*listening on \(http:[^ ]*\).*/\1/p' "$log.out")
}

# request METHOD PATH [BODY]: prints the answer's body.
request() {
	curl -sS --max-time 30 -X "$1" -H "Authorization: Bearer ${token:-}" -H 'Content-Type: application/json' ${3:+-d "$3"} "$url$2"
}

sign_up() {
	request POST /auth/signup '{"email":"ann@example.com","password":"correct horse","name":"Ann"}' | jq -c .
	token=$(request POST /auth/login '{"email":"ann@example.com","password":"correct horse"}' | jq -r .token)
	[ -n "$token" ] && [ "$token" != null ] || die "the login gave no token"
}

book_rooms() { # how many connections at once
	local day jobs=()
	day=$(date -u -d '+2 days' +%F)
	for ((i = 1; i <= $1; i++)); do
		request POST /bookings "{\"room_id\":$((i % 4 + 1)),\"start\":\"${day}T$(printf %02d $((7 + i / 4))):00:00Z\",\"end\":\"${day}T$(printf %02d $((8 + i / 4))):00:00Z\",\"guests\":1,\"note\":\"standup $i\"}" >"booking.$i" &
		jobs+=($!)
	done
	for p in "${jobs[@]}"; do wait "$p"; done
	echo "$(cat booking.* | jq -s '[.[] | select(.id)] | length') of $1 bookings made, at once; the first:"
	jq -c . booking.1
	rm -f booking.*
}

in_flight() { [ "$(request GET /healthz | jq .in_flight)" -ge "$1" ]; }

# hold N: N requests stay inside their handlers.
hold() {
	load=()
	for ((i = 1; i <= $1; i++)); do
		request POST "/debug/slow?ms=60000&room=$i" >/dev/null 2>&1 &
		load+=($!)
	done
	until_true 10 "$1 requests in flight" in_flight "$1"
	request GET /healthz | jq -c .
}

let_go() {
	for p in "${load[@]}"; do
		kill "$p" 2>/dev/null || true
		wait "$p" 2>/dev/null || true
	done
	load=()
}

# session OPERANDS -- COMMAND...: one run of cinspect that shows what it is asked.
session() {
	local operands=() options=()
	while [ "$1" != -- ]; do
		operands+=("$1")
		shift
	done
	shift
	for c; do options+=(-ex "echo \n(cinspect) $c\n" -ex "$c"); done
	show "cinspect ${operands[*]}"
	"$BUILD/cinspect" --batch -q -n "${options[@]}" "${operands[@]}" || die "a command of cinspect failed"
}

# handler_thread OPERANDS: a thread that is inside a handler, by name, since thread numbers differ from run to run.
handler_thread() {
	"$BUILD/cinspect" --batch -q -n --json -ex 'bt -a' "$@" |
		jq -r '[.result.threads[] | select(any(.frames[]; .function == "handle_debug_slow"))][0].id'
}

look() { # OPERANDS: the same session for both cores
	local thread
	thread=$(handler_thread "$@")
	[ -n "$thread" ] && [ "$thread" != null ] || die "no thread of the core is inside a handler"
	session "$@" -- status "thread $thread" bt "frame function handle_debug_slow" ls args locals \
		"print req->session->user->name" "print *req->session->user" \
		"frame function debug_rehearse" locals "print *quote.applied[0]" \
		"frame function debug_hold" "print draft->room->name" "print draft->room->location" \
		"vars rooms" threads
}

say "1. A server, as you would start it: TRACEBACK=crash ./coworkingapp"
show "TRACEBACK=crash coworkingapp --port 0 --faults"
start server TRACEBACK=crash
cat server.out
sign_up
book_rooms 12

say "2. Three requests are in their handlers when Ctrl+\\ arrives"
hold 3
show "kill -QUIT $server"
kill -QUIT "$server"
status=0
wait "$server" 2>/dev/null || status=$? # bash's own word on the signal is not wanted
crashed=$server
server=
let_go
[ "$status" = 131 ] || die "the server ended with status $status, not by SIGQUIT (131)"

say "3. What it printed before it died of that signal"
cat server.report
grep -q "^--- end of crashd report $crashed ---" server.report || die "the report is not whole"

say "4. The core, where this machine's core_pattern put it ($(cat /proc/sys/kernel/core_pattern))"
next=$(sed -n 's/^ *\(cinspect .*\)$/\1/p' server.report | tail -n 1)
[ -n "$next" ] || die "the report names no core"
read -r -a operands <<<"${next#cinspect }"
# systemd-coredump stores a core some time after the process is gone.
until_true 30 "the core" "$BUILD/cinspect" --batch -q -n -ex echo "${operands[@]}" 2>/dev/null
look "${operands[@]}"

say "5. A second server, under load; a core of it, and it goes on"
start second TRACEBACK=single
sign_up
book_rooms 8
hold 3
show "csnap $server"
"$BUILD/csnap" "$server"
echo "It still answers:"
request GET /healthz | jq -c .
request GET /rooms | jq -c '.rooms[0] // .[0]'
snapped=$server
let_go
kill -TERM "$server"
status=0
wait "$server" || status=$?
server=
[ "$status" = 0 ] || die "the second server ended with status $status after its snapshot"
look "$BUILD/coworkingapp" "core.$snapped"

say "6. Try by hand"
cat <<END
cd $WORK
PATH=$BUILD:\$PATH
$next
cinspect $BUILD/coworkingapp core.$snapped
    bt    frame 2    locals    print rooms    vars rooms    thread apply all bt    help
LD_PRELOAD=$BUILD/libcrashd.so TRACEBACK=all sleep 60      and Ctrl+\\
csnap \$\$ && cinspect core.\$\$
END
