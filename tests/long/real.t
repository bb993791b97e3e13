#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Programs that nobody here wrote, at -O2 -g, killed in the middle of their work under LD_PRELOAD with TRACEBACK=crash:
# the report names their functions, the kernel's core opens, its frames and lines are gdb's, values nearly all, and a
# structure of theirs is read out of it.  The same at other moments, in cores of csnap and gcore, and by other compilers.
. tests/lib/tap.sh
. tests/lib/real.sh
. tests/lib/machine.sh

machine_core_pattern core
ulimit -c 0
ulimit -Hc unlimited 2>/dev/null
# A worker of nginx that is nobody writes its core below.
chmod 755 "$T"

# A moment of the first second and a half, another one each time.
moment() { sleep "$((RANDOM % 2)).$((RANDOM % 50 + 20))"; }

# work COMMAND...: starts it, quiet, without the library, lets it work; sets $pid.
work() {
	"$@" </dev/null >/dev/null 2>&1 &
	pid=$!
	moment
}

# crash SIGNAL NAME COMMAND...: starts it preloaded in $T/NAME, lets it work, kills it; sets $pid, $status and $report.
crash() {
	local signal=$1 name=$2
	shift 2
	rm -rf "${T:?}/$name"
	mkdir -p "$T/$name"
	(cd "$T/$name" && LD_PRELOAD=$BUILD/libcrashd.so TRACEBACK=crash exec env --default-signal=QUIT "$@") \
		</dev/null >"$T/$name/out" 2>"$T/$name/report" &
	pid=$!
	moment
	kill -"$signal" "$pid"
	wait "$pid" 2>/dev/null
	status=$?
	report=$(cat "$T/$name/report")
	mv "$T/$name"/core* "$T/core.$name.$pid"
	core=$T/core.$name.$pid
}

# moments NAME COMMAND...: cores of it at more moments, taken in each way: $T/core.NAME.*
moments() {
	local name=$1
	shift
	crash SEGV "$name" "$@"
	work "$@"
	"$BUILD/csnap" -q -o "$T/core.$name" "$pid" >/dev/null
	kill -KILL "$pid"
	work "$@"
	gcore -o "$T/core.$name" "$pid" >/dev/null 2>&1
	kill -KILL "$pid"
	wait 2>/dev/null
}

# agree NAME EXE CORE...: the oracle.  $least: percent of the values.
least=99.5
agree() {
	local name=$1 said rc
	shift
	said=$(tests/oracle/compare.py --values --min "$least" "$BUILD/cinspect" "$@" 2>&1)
	rc=$?
	printf '%s\n' "$said" | cut -c1-400 | sed 's/^/# /'
	is "$rc" 0 "$name: in $(($# - 1)) cores frames and lines are gdb's, and $least % of the values"
}

# ---- sqlite3 ----
query="WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT count(*), sum(x%7), group_concat(substr(printf('%d',x),1,1)) FROM c GROUP BY x%13 ORDER BY 3;"
sqlite=$(real_sqlite3) || skip_all "sqlite3's source cannot be had"
crash SEGV sqlite3 "$sqlite" :memory: "$query"
is "$status" $((128 + 11)) "sqlite3 dies of its signal"
like "$report" 'sqlite3VdbeExec' "sqlite3: the report names the function at work"
like "$report" 'in main \(argc=3, argv=0x' "sqlite3: the report has main and its arguments"
like "$report" "cinspect .*core" "sqlite3: the report says what to type next"
like "$("$BUILD/cinspect" --batch -q -ex 'frame function sqlite3_step' -ex 'print ((Vdbe *)pStmt)->db->nDb' -ex 'print ((Vdbe *)pStmt)->db->aDb[0]' "$sqlite" "$core" 2>&1)" \
	'zDbSName = 0x[0-9a-f]+ "main"' "sqlite3: its list of databases, read through two pointers"
moments sqlite3 "$sqlite" :memory: "$query"
agree sqlite3 "$sqlite" "$T"/core.sqlite3.*
for by in "gcc -O3" "clang -O2"; do
	# shellcheck disable=SC2086
	other=$(real_sqlite3_by $by) || continue
	moments other "$other" :memory: "$query"
	agree "sqlite3 by $by" "$other" "$T"/core.other.*
	rm -f "$T"/core.*
done

# ---- jq ----
jq=$(real_jq) || skip_all "jq's source cannot be had"
crash QUIT jq "$jq" -n 'reduce range(1e12) as $i (0; . + $i)'
is "$status" $((128 + 3)) "jq dies of its signal"
like "$report" 'jq_next' "jq: the report names the function at work"
like "$("$BUILD/cinspect" --batch -q -ex 'frame function jq_next' -ex 'print *jq' "$jq" "$core" 2>&1)" 'subexp_nest = [0-9]+' "jq: its state is read"
moments jq "$jq" -n '[range(1e9) | {a: ., b: (tostring | ascii_downcase), c: [., . + 1]} | .b + "x" | length] | add'
agree jq "$jq" "$T"/core.jq.*
rm -f "$T"/core.*

# ---- nginx: its master and workers go on; workers are nobody, have threads, and log to a file, not to stderr ----
nginx=$(real_nginx) || skip_all "nginx's source cannot be had"
mkdir -p "$T/www/logs" "$T/nginx"
chmod 777 "$T/nginx"
head -c 3000000 /dev/urandom >"$T/www/big"
cat >"$T/www/nginx.conf" <<CONF
daemon off;
worker_processes 2;
error_log $T/www/error.log;
pid $T/www/nginx.pid;
thread_pool default threads=3;
events { worker_connections 64; }
http {
	access_log off;
	server {
		listen unix:$T/www/sock;
		root $T/www;
		location / { autoindex on; aio threads; sendfile off; output_buffers 2 32k; }
	}
}
CONF
get() { curl -s --max-time 10 -o /dev/null -w '%{http_code}' --unix-socket "$T/www/sock" "http://x/$1"; }
worker() { pgrep -P $master | head -n 1; }
(cd "$T/nginx" && LD_PRELOAD=$BUILD/libcrashd.so TRACEBACK=crash exec "$nginx" -p "$T/www" -c "$T/www/nginx.conf") 2>"$T/nginx/stderr" &
master=$!
for _ in $(seq 50); do
	[ -n "$(worker)" ] && [ -S "$T/www/sock" ] && break
	sleep 0.1
done
(while [ -S "$T/www/sock" ]; do get big; done) >/dev/null 2>&1 &
load=$!
moment
"$BUILD/csnap" -q -o "$T/core.nginx" "$(worker)" >/dev/null
gcore -o "$T/core.nginx" "$(pgrep -P $master | tail -n 1)" >/dev/null 2>&1
moment
victim=$(worker)
kill -SEGV "$victim"
for _ in $(seq 100); do
	grep -q "end of crashd report $victim" "$T/www/error.log" && [ ! -e "/proc/$victim" ] && break
	sleep 0.1
done
is "$(get '')" 200 "nginx: the master and the other worker go on"
kill -TERM $master
wait $master
kill $load 2>/dev/null
rm -f "$T/www/sock"
wait $load 2>/dev/null
like "$(cat "$T/www/error.log")" 'ngx_worker_process_cycle' "nginx: the report of a worker, in the error log, names its cycle"
mv "$T"/nginx/core* "$T/core.nginx.crash"
core=$T/core.nginx.crash
ok "nginx: there is a core of the worker, though it gave up root" test -s "$core"
agree nginx "$nginx" "$T"/core.nginx.*
like "$("$BUILD/cinspect" --batch -q -ex 'print ngx_cycle->conf_file' -ex 'print *ngx_cycle->connections[0].read' "$nginx" "$core" 2>&1)" \
	'nginx\.conf' "nginx: its configuration is read through pointers"
done_testing
