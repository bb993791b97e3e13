#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# cinspect beside gdb, lldb and eu-stack on the same cores: time, processor time and peak memory of whole runs, as
# scripts start them.  The programs run in turn; nothing is warmed for one of them alone.
#
# Each cell is one core and one question, asked cold (no file of it in the page cache, cinspect's own cache empty: one
# run each) and warm.  What has to be built for long is measured where it is there already, or with HUGE=1: postgres, and
# a program with 500 MB of debug info.  The last table shows how opening grows with the size of the debug info.
. tests/lib/bench.sh
. tests/lib/real.sh
ROUNDS=${ROUNDS:-5}
export XDG_CACHE_HOME="$T/cache"
mkdir -p "$XDG_CACHE_HOME"
cinspect="$BUILD/cinspect --batch -q -n"
gdb="gdb -nx -batch -iex 'set auto-load off'"
lldb="lldb --no-lldbinit -b -o 'settings set target.load-cwd-lldbinit false'"
debug=/usr/lib/debug/.build-id

# evict FILE...: out of the page cache.
evict() {
	local f
	for f; do
		[ -r "$f" ] && dd if="$f" iflag=nocache count=0 status=none
	done
	find "$debug" -name '*.debug' -exec dd if={} iflag=nocache count=0 status=none \; 2>/dev/null
}

# cell TITLE EXE CORE NAME=COMMAND...: cold, then warm.
cell() {
	local exe=$2 core=$3 what
	title "$1: cold"
	shift 3
	for what; do
		rm -rf "$XDG_CACHE_HOME/cinspect"
		evict "$exe" "$core"
		"$T/measure" 1 "$what" | if [ "$what" = "$1" ]; then cat; else tail -n 1; fi
	done | cut -c1-92
	for what; do
		sh -c "${what#*=}" >/dev/null 2>&1 </dev/null
	done
	printf '  warm, the first one = 1\n'
	"$T/measure" "$ROUNDS" "$@" | tail -n +2
}

# backtrace TITLE EXE CORE: of programs with one thread, since eu-stack has no choice but all.
backtrace() {
	cell "$1: bt" "$2" "$3" \
		"cinspect bt=$cinspect -ex bt $2 $3" \
		"gdb bt=$gdb -ex bt $2 $3" \
		"lldb bt=$lldb -o bt $2 -c $3" \
		"eu-stack -i -s=eu-stack -i -s --core $3 --executable $2"
}
# threads TITLE EXE CORE: all of them, without values.
threads() {
	cell "$1: bt of all" "$2" "$3" \
		"cinspect bt -a=$cinspect -ex 'bt -a' $2 $3" \
		"gdb thread apply all bt=$gdb -ex 'thread apply all bt' $2 $3" \
		"lldb bt all=$lldb -o 'bt all' $2 -c $3" \
		"eu-stack -i -s=eu-stack -i -s --core $3 --executable $2"
}
# full TITLE EXE CORE: all threads, every variable.
full() {
	cell "$1: every variable of every frame" "$2" "$3" \
		"cinspect bt -a -full=$cinspect -ex 'bt -a -full' $2 $3" \
		"cinspect --json=$cinspect --json -ex 'bt -a -full' $2 $3" \
		"gdb thread apply all bt full=$gdb -ex 'thread apply all bt full' $2 $3"
}
# global TITLE EXE CORE NAME
global() {
	cell "$1: print $4" "$2" "$3" \
		"cinspect print=$cinspect -ex 'print $4' $2 $3" \
		"gdb print=$gdb -ex 'print $4' $2 $3" \
		"lldb print=$lldb -o 'target variable $4' $2 -c $3"
}
# snapshot NAME PID: a core of a running process, by csnap.
snapshot() {
	"$BUILD/csnap" -q -o "$T/$1" "$2" >/dev/null || exit 1
	mv "$T/$1.$2" "$T/$1"
}
# waiting NAME PROGRAM ARG...: a core of it after a second.
waiting() {
	local name=$1
	shift
	"$@" </dev/null >/dev/null 2>&1 &
	victims+=($!)
	sleep 1
	snapshot "$name" $!
	bench_kill
}

victim_start 1 0 0
snapshot small "$victim"
victim_stop
backtrace "A small program, 1 thread" "$T/victim" "$T/small"
full "The same" "$T/victim" "$T/small"
global "The same" "$T/victim" "$T/small" waiting

for n in 1000 5000; do
	victim_start $n 0 0
	snapshot "threads$n" "$victim"
	victim_stop
	[ $n -lt 5000 ] || ROUNDS=3
	threads "The same program, $n threads" "$T/victim" "$T/threads$n"
done
full "The same core, 5,000 threads" "$T/victim" "$T/threads5000"
global "The same core" "$T/victim" "$T/threads5000" waiting
ROUNDS=5

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
bench_kill
full "coworkingapp, three requests in their handlers" "$BUILD/coworkingapp" "$T/app"

if sqlite=$(real_sqlite3); then
	waiting sqlite "$sqlite" :memory: "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT max(x) FROM c;"
	backtrace "sqlite3 from Debian's source, -O2 -g, in the middle of a query" "$sqlite" "$T/sqlite"
	full "The same" "$sqlite" "$T/sqlite"
fi

if { [ -n "${HUGE:-}" ] || [ -e "$REAL/postgres.built" ]; } && postgres=$(real_postgres); then
	# One process, in the middle of a query, without a server.
	as=()
	[ "$(id -u)" != 0 ] || as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	install -d ${as:+-o 65534 -g 65534} "$T/pg"
	chmod 755 "$T"
	"${as[@]}" "$REAL/postgres/bin/initdb" -D "$T/pg" >/dev/null 2>&1
	echo "select count(*) from generate_series(1,1000000000) a join pg_class b on a%7=b.oid::int%3" >"$T/query"
	"${as[@]}" "$postgres" --single -D "$T/pg" postgres <"$T/query" >/dev/null 2>&1 &
	victims+=($!)
	sleep 3
	snapshot postgres $!
	bench_kill
	backtrace "postgres from Debian's source, -O2 -g, 40 MB, in the middle of a query" "$postgres" "$T/postgres"
	full "The same" "$postgres" "$T/postgres"
	global "The same" "$postgres" "$T/postgres" MyProcPid
fi

if [ -n "${HUGE:-}" ] || [ -e "$REAL/big100.built" ]; then
	if big=$(real_big 100); then
		ROUNDS=3
		waiting big100 "$big"
		backtrace "500 MB of debug info" "$big" "$T/big100"
		full "The same" "$big" "$T/big100"
		global "The same" "$big" "$T/big100" global_counter
		title "How opening grows with the debug info: bt, then print of a global, warm"
		for n in 1 10 100; do
			big=$(real_big $n) && waiting "big$n" "$big" || continue
			$cinspect -ex 'print global_counter' "$big" "$T/big$n" >/dev/null
			"$T/measure" 5 "bt, $((n * 5)) MB=$cinspect -ex bt $big $T/big$n" \
				"print, $((n * 5)) MB=$cinspect -ex 'print global_counter' $big $T/big$n" | tail -n 2
		done
	fi
fi
