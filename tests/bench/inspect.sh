#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# cinspect beside gdb, lldb and eu-stack on the same cores: time, processor time and peak memory of whole runs, as
# scripts start them.  The programs run in turn; nothing is warmed for one of them alone.
. tests/lib/bench.sh
. tests/lib/real.sh
ROUNDS=${ROUNDS:-5}
cinspect="$BUILD/cinspect --batch -q -n"
gdb="gdb -nx -batch -iex 'set auto-load off'"
lldb="lldb --no-lldbinit -b -o 'settings set target.load-cwd-lldbinit false'"

# backtrace EXE CORE: of programs with one thread, since eu-stack has no choice but all.
backtrace() {
	"$T/measure" "$ROUNDS" \
		"cinspect bt=$cinspect -ex bt $1 $2" \
		"gdb bt=$gdb -ex bt $1 $2" \
		"lldb bt=$lldb -o bt $1 -c $2" \
		"eu-stack -i -s=eu-stack -i -s --core $2 --executable $1"
}
# threads EXE CORE: all of them, without values.
threads() {
	"$T/measure" "$ROUNDS" \
		"cinspect bt -a=$cinspect -ex 'bt -a' $1 $2" \
		"gdb thread apply all bt=$gdb -ex 'thread apply all bt' $1 $2" \
		"lldb bt all=$lldb -o 'bt all' $1 -c $2" \
		"eu-stack -i -s=eu-stack -i -s --core $2 --executable $1"
}
# full EXE CORE: all threads, every variable.
full() {
	"$T/measure" "$ROUNDS" \
		"cinspect bt -a -full=$cinspect -ex 'bt -a -full' $1 $2" \
		"cinspect --json=$cinspect --json -ex 'bt -a -full' $1 $2" \
		"gdb thread apply all bt full=$gdb -ex 'thread apply all bt full' $1 $2"
}
# snapshot NAME PID: a core of a running process, by csnap.
snapshot() {
	"$BUILD/csnap" -q -o "$T/$1" "$2" >/dev/null || exit 1
	mv "$T/$1.$2" "$T/$1"
}

title "A small program, 1 thread: bt"
victim_start 1 0 0
snapshot small "$victim"
victim_stop
backtrace "$T/victim" "$T/small"

for n in 10 100 1000; do
	title "The same program, $n threads: bt of all"
	victim_start $n 0 0
	snapshot "threads$n" "$victim"
	victim_stop
	[ $n -lt 1000 ] || ROUNDS=3
	threads "$T/victim" "$T/threads$n"
done
title "The same core, 1,000 threads: every variable of every frame"
full "$T/victim" "$T/threads1000"
ROUNDS=5

title "coworkingapp, three requests in their handlers: every variable of every frame"
env --default-signal=QUIT "$BUILD/coworkingapp" --port 0 --db "$T/db" --workers 4 --faults >"$T/server" 2>/dev/null &
server=$!
victims=("$server")
until grep -q listening "$T/server"; do sleep 0.05; done
url=$(sed -n 's/.*listening on \(http:[^ ]*\).*/\1/p' "$T/server")
for room in 1 2 3; do
	curl -s -X POST "$url/debug/slow?ms=60000&room=$room" >/dev/null 2>&1 &
done
sleep 1
snapshot app "$server"
full "$BUILD/coworkingapp" "$T/app"

if sqlite=$(real_sqlite3); then
	title "sqlite3 from Debian's source, -O2 -g, in the middle of a query"
	"$sqlite" :memory: "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT max(x) FROM c;" </dev/null >/dev/null &
	victims+=($!)
	sleep 1
	snapshot sqlite $!
	bench_kill
	backtrace "$sqlite" "$T/sqlite"
	full "$sqlite" "$T/sqlite"
fi
