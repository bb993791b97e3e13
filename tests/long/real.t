#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Programs that nobody here wrote, at -O2 -g, killed in the middle of their work under LD_PRELOAD with TRACEBACK=crash:
# the report names their functions, the kernel's core opens, its frames and lines are gdb's, values nearly all, and a
# structure of theirs is read out of it.
. tests/lib/tap.sh
. tests/lib/real.sh
. tests/lib/machine.sh

machine_core_pattern core
ulimit -c 0
ulimit -Hc unlimited 2>/dev/null

# crash SIGNAL NAME COMMAND...: starts it preloaded in $T/NAME, lets it work, kills it; sets $pid and $report.
crash() {
	local signal=$1 name=$2
	shift 2
	mkdir -p "$T/$name"
	(cd "$T/$name" && LD_PRELOAD=$BUILD/libcrashd.so TRACEBACK=crash exec env --default-signal=QUIT "$@") \
		<"$T/input" >"$T/$name/out" 2>"$T/$name/report" &
	pid=$!
	sleep 2
	kill -"$signal" "${victim:-$pid}"
	wait "$pid"
	status=$?
	report=$(cat "$T/$name/report")
}

# agree NAME EXE CORE: the oracle.
agree() {
	local said
	said=$(tests/oracle/compare.py --values --min 99.5 "$BUILD/cinspect" "$2" "$3" 2>&1)
	local rc=$?
	printf '%s\n' "$said" | sed 's/^/# /'
	is "$rc" 0 "$1: frames and lines are gdb's, and 99.5 % of the values"
}

echo '.' >"$T/input"

sqlite=$(real_sqlite3) || skip_all "sqlite3's source cannot be had"
crash SEGV sqlite3 "$sqlite" :memory: "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT max(x) FROM c;"
is "$status" $((128 + 11)) "sqlite3 dies of its signal"
like "$report" 'sqlite3VdbeExec' "sqlite3: the report names the function at work"
like "$report" 'in main \(argc=3, argv=0x' "sqlite3: the report has main and its arguments"
like "$report" "cinspect .*core" "sqlite3: the report says what to type next"
core=$(echo "$T"/sqlite3/core*)
agree sqlite3 "$sqlite" "$core"
like "$("$BUILD/cinspect" --batch -q -ex 'frame function sqlite3_step' -ex 'print ((Vdbe *)pStmt)->db->nDb' -ex 'print ((Vdbe *)pStmt)->db->aDb[0]' "$sqlite" "$core" 2>&1)" \
	'zDbSName = 0x[0-9a-f]+ "main"' "sqlite3: its list of databases, read through two pointers"

jq=$(real_jq) || skip_all "jq's source cannot be had"
crash QUIT jq "$jq" -n 'reduce range(1e12) as $i (0; . + $i)'
is "$status" $((128 + 3)) "jq dies of its signal"
like "$report" 'jq_next' "jq: the report names the function at work"
core=$(echo "$T"/jq/core*)
agree jq "$jq" "$core"
like "$("$BUILD/cinspect" --batch -q -ex 'frame function jq_next' -ex 'print *jq' "$jq" "$core" 2>&1)" 'subexp_nest = [0-9]+' "jq: its state is read"

nginx=$(real_nginx) || skip_all "nginx's source cannot be had"
mkdir -p "$T/www/logs"
cat >"$T/www/nginx.conf" <<CONF
daemon off;
worker_processes 2;
error_log $T/www/error.log;
pid $T/www/nginx.pid;
events { worker_connections 64; }
http { access_log off; server { listen unix:$T/www/sock; root $T/www; } }
CONF
mkdir -p "$T/nginx"
(cd "$T/nginx" && LD_PRELOAD=$BUILD/libcrashd.so TRACEBACK=crash exec "$nginx" -p "$T/www" -c "$T/www/nginx.conf") 2>"$T/nginx/report" &
master=$!
for _ in $(seq 50); do
	worker=$(pgrep -P $master | head -n 1)
	[ -n "$worker" ] && [ -S "$T/www/sock" ] && break
	sleep 0.1
done
curl -s --unix-socket "$T/www/sock" http://x/ >/dev/null
chmod 777 "$T/nginx"
kill -SEGV "$worker"
for _ in $(seq 100); do
	grep -q "end of crashd report $worker" "$T/nginx/report" && break
	sleep 0.1
done
sleep 1
code=$(curl -s -o /dev/null -w '%{http_code}' --unix-socket "$T/www/sock" http://x/)
like "$code" '^(403|404)$' "nginx: the master and the other worker go on"
kill -TERM $master
wait $master
like "$(cat "$T/nginx/report")" 'ngx_worker_process_cycle' "nginx: the report of a worker names its cycle"
core=$(ls "$T"/nginx/core* "$T"/www/core* 2>/dev/null | head -n 1)
ok "nginx: there is a core of the worker" test -s "$core"
agree nginx "$nginx" "$core"
like "$("$BUILD/cinspect" --batch -q -ex 'print ngx_cycle->conf_file' -ex 'print *ngx_cycle->connections[0].read' "$nginx" "$core" 2>&1)" \
	'nginx\.conf' "nginx: its configuration is read through pointers"
done_testing
