#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Thousands of generated expressions over the globals and locals of programs that nobody here wrote, at -O2: values, addresses,
# members, indexes, casts, arithmetic, formats, types with their offsets, memory.  At least 99.5 % of cinspect's answers are
# gdb's; the rest has its reasons in tests/oracle/expressions.py and docs/oracle.md.
. tests/lib/tap.sh
. tests/lib/real.sh
command -v gdb >/dev/null || cannot "gdb is not here to compare with"

# stop NAME WHERE PROGRAM ARGUMENT...: $T/NAME.core at the first call of a function.
stop() {
	local name=$1 at=$2
	shift 2
	gdb -nx -batch -ex "break $at" -ex run -ex "generate-core-file $T/$name.core" -ex kill --args "$@" >"$T/$name.log" 2>&1 </dev/null
}
total=0
# compare NAME EXE
compare() {
	local said
	[ -s "$T/$1.core" ] || { tap_result 1 "$1: a core"; tail -n 5 "$T/$1.log" | sed 's/^/# /'; return; }
	said=$(tests/oracle/expressions.py --count "${COUNT:-1500}" --show 20 "$BUILD/cinspect" "$2" "$T/$1.core" 2>&1)
	tap_result $? "$1: $(printf '%s\n' "$said" | tail -n 1)"
	printf '%s\n' "$said" | sed '$d; s/^/# /' | cut -c1-300
	total=$((total + $(printf '%s\n' "$said" | sed -nE '$s/^([0-9]+) expressions.*/\1/p')))
}

sql="create table t(a,b); create index i on t(a); insert into t values(1,2),(3,'x'),(4,null); select * from t order by b;"
if exe=$(real_sqlite3); then
	stop sqlite-vdbe sqlite3VdbeExec "$exe" :memory: "$sql" && compare sqlite-vdbe "$exe"
	stop sqlite-insert sqlite3BtreeInsert "$exe" :memory: "$sql" && compare sqlite-insert "$exe"
else tap_result 1 "sqlite3 is built"; fi
if exe=$(real_jq); then
	stop jq-next jq_next "$exe" -n '[range(5)]|map(.*2)' && compare jq-next "$exe"
	stop jq-dump jv_dump_term "$exe" -n '{"a":[1,2,{"b":"c"}],"d":1.5}' && compare jq-dump "$exe"
else tap_result 1 "jq is built"; fi
if exe=$(real_nginx); then
	# nobody reads the folder.
	chmod 755 "$T"
	mkdir -p "$T/ng/logs"
	echo hello >"$T/ng/index.html"
	chmod -R a+rwX "$T/ng"
	cat >"$T/ng/n.conf" <<-CONF
		daemon off; master_process off; events { worker_connections 64; }
		http { types { text/html html; text/css css; } server { listen unix:$T/ng/sock; server_name a.example b.example;
		location / { root $T/ng; add_header X-A b; } } }
	CONF
	(for _ in $(seq 600); do [ -S "$T/ng/sock" ] && break; sleep 0.1; done
	 curl -s -m 60 --unix-socket "$T/ng/sock" -H 'X-One: 1' http://a.example/index.html >/dev/null) &
	stop nginx ngx_http_static_handler "$exe" -p "$T/ng" -c "$T/ng/n.conf" && compare nginx "$exe"
	wait
else tap_result 1 "nginx is built"; fi
ok "at least 3,000 expressions: $total" [ "$total" -ge 3000 ]
done_testing
