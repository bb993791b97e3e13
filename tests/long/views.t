#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Walks and views over lists, trees and hash tables of programs that nobody here wrote: what redis' commands, nginx's
# configuration and sqlite's SQL put in comes out, and gdb's own loops over the same lists count the same.
. tests/lib/tap.sh
. tests/lib/real.sh
. tests/lib/ways.sh
views=$PWD/tests/long/views
server=
holder=
tap_cleanup() {
	[ -n "$server" ] && kill -KILL "$server" 2>/dev/null
	[ -n "$holder" ] && kill -KILL "$holder" 2>/dev/null
	rm -rf "$T"
}

# ask EXE CORE COMMAND...
ask() {
	local exe=$1 core=$2 ex=()
	shift 2
	for c in "$@"; do ex+=(-ex "$c"); done
	"$BUILD/cinspect" -q -n --batch "${ex[@]}" "$exe" "$core" 2>&1
}
# loop EXE CORE HEAD NEXT: gdb counts a list
loop() {
	printf 'set $n = 0\nset $p = %s\nwhile $p\nset $n = $n + 1\nset $p = %s\nend\noutput $n\n' "$3" "$4" >"$T/loop.gdb"
	gdb -nx -batch -x "$T/loop.gdb" "$1" "$2" 2>/dev/null | tail -n 1
}

# ---- redis: a hash table of keys, sets, a skip list ----
if exe=$(real_way redis gcc_O2_dwarf4_separate) && dir=$(dirname "$(realpath "$exe")") && [ -x "$dir/redis-cli" ]; then
	"$exe" --port 0 --unixsocket "$T/redis.sock" --save '' --dir "$T" >"$T/redis.log" 2>&1 &
	server=$!
	for _ in $(seq 600); do [ -S "$T/redis.sock" ] && break; sleep 0.1; done
	{
		for i in $(seq 300); do echo "set key:$i value-$i"; done
		echo "set n 42"
		echo "sadd colours red green blue"
		for i in $(seq 150); do echo "zadd board $i.5 player-$i"; done
	} | "$dir/redis-cli" -s "$T/redis.sock" >/dev/null
	"$BUILD/csnap" -q -o "$T/redis" "$server" >/dev/null
	core=$T/redis.$server
	kill -KILL "$server"
	wait "$server" 2>/dev/null
	server=
	keys=$(ask "$exe" "$core" 'walk -elements unlimited d in server.db[0].dict->ht_table count 2 each b in d count server.db[0].dict->ht_size_exp[d == server.db[0].dict->ht_table[1]] < 0 ? 0 : 1 << server.db[0].dict->ht_size_exp[d == server.db[0].dict->ht_table[1]] each e in b by next : (char *)e->key')
	is "$(printf '%s\n' "$keys" | grep -oE '"key:[0-9]+"' | sort -u | wc -l)" 300 "redis: all keys, of both tables of a dict"
	is "$(printf '%s\n' "$keys" | tail -n 1)" "303 elements." "and no others"
	said=$(ask "$exe" "$core" "views load $views/redis.views" 'print -elements unlimited -- server.db[0]')
	like "$said" 'value = 42\}' "redis: a number by the view of its encoding"
	like "$said" 'key = 0x[0-9a-f]+ "key:7", value = 0x[0-9a-f]+ "value-7"' "a string by that of another"
	is "$(printf '%s\n' "$said" | grep -oE 'members = \{[^}]*\}' | grep -oE '"[a-z]+"' | sort | xargs)" "blue green red" "a set"
	is "$(printf '%s\n' "$said" | grep -oE '"player-[0-9]+", score = [0-9.]+' | sed -E 's/.*-([0-9]+)", score = /\1 /' | awk '$1 + 0.5 == $2' | wc -l)" 150 \
		"a skip list, in its order, with its scores"
	is "$(ask "$exe" "$core" 'walk -elements unlimited server.commands->ht_table[0][0] next' | tail -n 1 | grep -oE '^[0-9]+ element')" \
		"$(loop "$exe" "$core" 'server.commands->ht_table[0][0]' '$p->next') element" "a chain as long as gdb's loop finds it"
	size=$(ask "$exe" "$core" 'output server.commands->ht_used[0]')
	is "$(ask "$exe" "$core" 'walk -elements unlimited b in server.commands->ht_table[0] count 1 << server.commands->ht_size_exp[0] each e in b by next : e' | tail -n 1)" \
		"$size elements." "redis' table of $size commands"
else tap_result 1 "redis is built"; fi

# ---- nginx: arrays, chunked lists, pools, a timer tree with a sentinel ----
if exe=$(real_nginx); then
	chmod 755 "$T"
	mkdir -p "$T/ng/logs"
	chmod -R a+rwX "$T/ng"
	cat >"$T/ng/n.conf" <<-CONF
		daemon off; master_process off; events { worker_connections 32; }
		http { server { listen unix:$T/ng/sock; } }
	CONF
	"$exe" -p "$T/ng" -c "$T/ng/n.conf" >"$T/ng/log" 2>&1 &
	server=$!
	for _ in $(seq 600); do [ -S "$T/ng/sock" ] && break; sleep 0.1; done
	# Connections that say nothing: each has a timer in the tree.
	python3 -c 'import socket, sys, time
held = [socket.socket(socket.AF_UNIX) for i in range(3)]
for s in held: s.connect(sys.argv[1])
time.sleep(600)' "$T/ng/sock" &
	holder=$!
	for _ in $(seq 100); do
		"$BUILD/csnap" -q -o "$T/nginx" "$server" >/dev/null
		core=$T/nginx.$server
		[ "$(ask "$exe" "$core" 'output ngx_event_timer_rbtree.root != ngx_event_timer_rbtree.sentinel')" = 1 ] && break
		rm -f "$core"
		sleep 0.2
	done
	kill -KILL "$server" "$holder" 2>/dev/null
	wait 2>/dev/null
	server= holder=
	said=$(ask "$exe" "$core" 'walk n in ngx_event_timer_rbtree.root tree left right nil ngx_event_timer_rbtree.sentinel as ngx_event_t.timer : timer.key, n->timer_set')
	like "$said" '^\[0\] = \{timer.key = [0-9]+, timer_set = 1\}' "nginx: its tree of timers, by the nodes inside of events"
	is "$(printf '%s\n' "$said" | sed -nE 's/.*key = ([0-9]+).*/\1/p' | sort -nc 2>&1)" "" "in order"
	like "$(ask "$exe" "$core" 'walk ngx_event_timer_rbtree.root left : key')" "then a cycle|element" "its sentinel alone ends no list, and nothing hangs"
	is "$(ask "$exe" "$core" 'walk -elements unlimited c in ngx_cycle->free_connections by (ngx_connection_t *)c->data : fd' | tail -n 1)" \
		"$(ask "$exe" "$core" 'output ngx_cycle->free_connection_n') elements." "its free connections: as many as it counts"
	is "$(ask "$exe" "$core" 'walk -elements unlimited m in ngx_modules count ngx_modules_n : m->name' | tail -n 1)" \
		"$(ask "$exe" "$core" 'output ngx_modules_n') elements." "its modules"
	is "$(ask "$exe" "$core" 'walk -elements unlimited ngx_cycle->pool d.next' | tail -n 1)" \
		"$(loop "$exe" "$core" 'ngx_cycle->pool' '$p->d.next') elements." "the chunks of a pool: as many as gdb's loop finds"
	said=$(ask "$exe" "$core" "views load $views/nginx.views" 'print *ngx_cycle')
	like "$said" 'modules = \{0x[0-9a-f]+ "ngx_core_module"' "a cycle by its view: modules"
	like "$said" 'files = \{.*name = "[^"]*error.log"' "files, from a list of chunks"
	like "$said" "addr_text = \"unix:$T/ng/sock\"" "listening sockets"
else tap_result 1 "nginx is built"; fi

# ---- sqlite: the schema, out of hash tables ----
if exe=$(real_sqlite3); then
	sql=$(for i in $(seq 40); do echo "create table t$i(a, b$i); create index i$i on t$i(b$i);"; done)
	gdb -nx -batch -ex 'break sqlite3_sleep' -ex 'break sqlite3VdbeExec if p->db->aDb[0].pSchema->tblHash.count > 40' -ex run \
		-ex "generate-core-file $T/sqlite" -ex kill --args "$exe" :memory: "$sql select * from t1;" >"$T/sqlite.log" 2>&1 </dev/null
	core=$T/sqlite
	said=$(ask "$exe" "$core" "views load $views/sqlite.views" 'print -elements unlimited -- *p->db->aDb[0].pSchema')
	is "$(printf '%s\n' "$said" | grep -oE 'zName = 0x[0-9a-f]+ "t[0-9]+", columns = \{0x[0-9a-f]+ "a", 0x[0-9a-f]+ "b[0-9]+"\}' | sort -u | wc -l)" 40 \
		"sqlite: the tables of a schema and their columns"
	like "$said" 'indexes = \{\{name = 0x[0-9a-f]+ "i[0-9]+", on = 0x[0-9a-f]+ "t[0-9]+"\}' "its indexes"
	is "$(ask "$exe" "$core" 'walk -elements unlimited p->db->aDb[0].pSchema->tblHash.first next : pKey' | tail -n 1)" \
		"$(ask "$exe" "$core" 'output p->db->aDb[0].pSchema->tblHash.count') elements." "as many as it counts"
else tap_result 1 "sqlite3 is built"; fi
done_testing
