#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Snapshots of real programs under load, several a second, in both modes: their clients see no error and no broken
# connection, and the cores open.
. tests/lib/tap.sh
csnap=$BUILD/csnap
cinspect=$BUILD/cinspect
cd "$T" || exit 1
export DEBUGINFOD_URLS=
chmod 755 .
has() { command -v "$1" >/dev/null || { tap_result 1 "$1 is here"; false; }; }
wait_for() { for _ in $(seq 200); do "$@" >wait_for.log 2>&1 && return; sleep 0.1; done; }

# snapshots NAME PID LOAD-PID [NAMELESS]: a snapshot every 0.3 s, in turn by a child and directly, for as long as the load runs;
# the last core of either kind is opened by everybody.
snapshots() {
	local name=$1 pid=$2 load=$3 nameless=${4:-^0$} taken=0 failed=0 modes=(fork direct) mode exe
	exe=$(readlink "/proc/$pid/exe")
	while kill -0 "$load" 2>/dev/null; do
		mode=${modes[$((taken % 2))]}
		"$csnap" --mode=$mode -q -o "$mode" "$pid" >saved 2>said ||
			{ [ -e "/proc/$pid/exe" ] && failed=$((failed + 1)) && sed 's/^/# /' said; }
		taken=$((taken + 1))
		sleep 0.3
	done
	is $failed 0 "$name: $taken snapshots"
	ok "$name: both kinds" test $taken -ge 4
	for mode in fork direct; do
		threads=$(gdb -q -batch -ex 'info threads' "$exe" "$mode.$pid" 2>/dev/null | grep -cE '^[* ] +[0-9]+ +(Thread|LWP)')
		ok "$name: gdb opens the core ($mode): $threads threads" test "$threads" -ge 1
		"$cinspect" --json -q --batch -ex 'bt -a' "$exe" "$mode.$pid" >bt 2>bt.err
		is "$(jq '.result.threads | length' bt)" "$threads" "$name: cinspect, too ($mode)"
		# every thread waits in, or runs, code that has a name or at least a module
		like "$(jq '[.result.threads[] | select(.frames[0].module == null and .frames[0].function == null)] | length' bt)" \
			"$nameless" "$name: and shows where each of them is ($mode)"
	done
	rm -f fork.* direct.*
}

if has redis-server && has redis-benchmark; then
	setpriv --pdeathsig TERM redis-server --unixsocket "$T/redis" --port 0 --save '' --daemonize no --io-threads 2 >redis.log 2>&1 &
	server=$!
	wait_for redis-cli -s "$T/redis" ping
	end=$((SECONDS + 10))
	while [ $SECONDS -lt $end ]; do
		redis-benchmark -s "$T/redis" -c 20 -n 5000 -r 100000 -d 500 -t set,get,lpush -q || exit 1
	done >load 2>&1 &
	load=$!
	snapshots redis-server $server $load
	wait $load
	is $? 0 "redis-server: its benchmark ends well"
	unlike "$(cat load)" '[Ee]rror|[Cc]onnection|refused|reset' "redis-server: without an error"
	is "$(redis-cli -s "$T/redis" info stats | tr -d '\r' | sed -n 's/^rejected_connections://p')" 0 "redis-server: no connection was refused"
	like "$(redis-cli -s "$T/redis" dbsize)" '^[0-9]{3}' "redis-server: has its keys"
	kill $server
	wait $server
fi 2>redis.err

postgres=$(compgen -G '/usr/lib/postgresql/*/bin/postgres' | tail -n 1)
if has "${postgres:-postgres}" && has pgbench; then
	bin=${postgres%/*}
	mkdir pg
	chown postgres pg
	as=(setpriv --pdeathsig INT --reuid=postgres --regid=postgres --clear-groups env "PGHOST=$T/pg")
	"${as[@]}" "$bin/initdb" -D "$T/pg/data" -A trust >initdb.log 2>&1
	"${as[@]}" "$postgres" -D "$T/pg/data" -k "$T/pg" -c listen_addresses= -c fsync=off >postgres.log 2>&1 &
	server=$!
	wait_for "${as[@]}" psql -c 'select 1' postgres
	"${as[@]}" pgbench -i -q -s 5 postgres >pgbench.log 2>&1
	"${as[@]}" pgbench -c 4 -T 10 -n postgres >load 2>&1 &
	load=$!
	sleep 1
	backend=$(pgrep -P $server -f 'postgres: .*postgres .*(UPDATE|SELECT|idle|COMMIT|BEGIN|INSERT)' | head -n 1)
	snapshots "a backend of postgresql" "$backend" $load
	wait $load
	is $? 0 "postgresql: pgbench ends well"
	unlike "$(cat load)" 'error|fatal|aborted|terminated' "postgresql: without an error"
	like "$(cat load)" 'number of failed transactions: 0' "postgresql: no transaction failed"
	# our own wait for it may have come too early
	unlike "$(grep -v 'FATAL:  the database system is starting up$' postgres.log)" 'PANIC|FATAL|server process|reinitializing' "postgresql: nor does the server say of one"
	"$csnap" -q -o postmaster $server >saved
	ok "postgresql: the server itself is saved" test -s postmaster.$server
	kill -INT $server
	wait $server
fi 2>pg.err

if has nginx && has ab; then
	mkdir www
	head -c 100000 /dev/zero | tr '\0' x >www/page
	cat >nginx.conf <<-CONF
		daemon off; worker_processes 1; pid $T/nginx.pid; error_log $T/nginx.log; user root;
		events {} http { access_log off; keepalive_requests 1000000; server { listen 127.0.0.1:0; root $T/www; } }
	CONF
	# a port that is free: nginx takes none by itself
	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	sed -i "s/127.0.0.1:0/127.0.0.1:$port/" nginx.conf
	setpriv --pdeathsig TERM nginx -c "$T/nginx.conf" >nginx.out 2>&1 &
	server=$!
	wait_for curl -sf "http://127.0.0.1:$port/page"
	ab -k -c 20 -t 8 -n 10000000 "http://127.0.0.1:$port/page" >load 2>&1 &
	load=$!
	snapshots "a worker of nginx" "$(pgrep -P $server | head -n 1)" $load
	wait $load
	is $? 0 "nginx: ab ends well"
	like "$(cat load)" 'Failed requests: +0$' "nginx: no request failed"
	unlike "$(cat load)" 'Non-2xx|Write errors: +[1-9]' "nginx: every answer is the right one"
	unlike "$(cat nginx.log)" 'exited on signal|\[alert\]|\[crit\]' "nginx: nor does the server say of one"
	kill -QUIT $server
	wait $server
fi 2>nginx.err

if has java && has javac; then
	cat >Load.java <<-'JAVA'
		import java.util.concurrent.*;
		import java.util.concurrent.atomic.*;
		public class Load {
			static volatile Object keep;
			public static void main(String[] a) throws Exception {
				long end = System.nanoTime() + Long.parseLong(a[0]) * 1000000000L;
				AtomicLong sum = new AtomicLong(), wrong = new AtomicLong();
				ExecutorService pool = Executors.newFixedThreadPool(6);
				for (int t = 0; t < 6; t++)
					pool.submit(() -> {
						long n = 0;
						while (System.nanoTime() < end) {
							byte[][] some = new byte[64][];
							for (int i = 0; i < some.length; i++) { some[i] = new byte[4096]; some[i][i] = (byte) i; }
							for (int i = 0; i < some.length; i++) if (some[i][i] != i) wrong.incrementAndGet();
							keep = some;
							try { keep = null; ((Object) null).hashCode(); } catch (NullPointerException e) { n++; }
							LockSupport();
						}
						sum.addAndGet(n);
					});
				pool.shutdown();
				pool.awaitTermination(100, TimeUnit.SECONDS);
				System.out.println((sum.get() > 1000 ? "many" : "few") + " rounds, " + wrong + " wrong");
			}
			static void LockSupport() { java.util.concurrent.locks.LockSupport.parkNanos(10000); }
		}
	JAVA
	javac Load.java
	setpriv --pdeathsig KILL java -Xmx256m -XX:+UseG1GC -Xlog:gc:file=gc.log Load 12 >load 2>&1 &
	server=$!
	wait_for test -s gc.log
	# code that a JVM makes has no module and no name: the six that run it may be there
	snapshots "a JVM" $server $server '^[0-6]$'
	wait $server
	is "$? $(cat load)" "0 many rounds, 0 wrong" "a JVM: it ends well, and counts right"
	ok "a JVM: its garbage was collected meanwhile" test "$(grep -c Pause gc.log)" -ge 3
fi 2>java.err

if has /usr/bin/python3; then
	cat >load.py <<-'PY'
		import os, queue, socket, subprocess, threading, time
		end, errors, done = time.monotonic() + 8, [], [0] * 8
		jobs = queue.Queue(10)
		def work(i):
		    a, b = socket.socketpair()
		    try:
		        while time.monotonic() < end:
		            a.sendall(b"x" * 1000)
		            n = 0
		            while n < 1000:
		                n += len(b.recv(1000))
		            jobs.put(i, timeout=5)
		            jobs.get(timeout=5)
		            time.sleep(0.001)
		            done[i] += 1
		    except Exception as e:
		        errors.append(repr(e))
		threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
		for t in threads: t.start()
		while time.monotonic() < end:
		    if subprocess.run(["true"]).returncode: errors.append("child")
		for t in threads: t.join()
		print("many" if min(done) > 100 else "few", errors)
	PY
	setpriv --pdeathsig KILL /usr/bin/python3 load.py >load 2>&1 &
	server=$!
	sleep 0.5
	snapshots "python3 with threads and children" $server $server
	wait $server
	is "$? $(cat load)" "0 many []" "python3: it ends well"
fi 2>python.err
done_testing
