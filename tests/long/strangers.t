#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# libcrashd preloaded into programs with signal handlers, threads and run times of their own: they work as before, and
# where they leave SIGQUIT alone there is a report.
. tests/lib/tap.sh

lib=$BUILD/libcrashd.so
ulimit -c 0
mkfifo "$T/never"
exec 9<>"$T/never"

# start COMMAND...: preloaded, in $pid; stop SIGNAL: status in $st, stderr in $err, stdout in $out
start() {
	(LD_PRELOAD=$lib TRACEBACK=all exec env --default-signal=QUIT "$@") <"$T/never" >"$T/out" 2>"$T/err" &
	pid=$!
}
# until_out REGEX: waits for it in what the program prints
until_out() {
	for _ in $(seq 600); do
		grep -qE -- "$1" "$T/out" && return
		sleep 0.05
	done
}
stop() {
	kill "-$1" $pid
	wait $pid 2>"$T/bash"
	st=$?
	err=$(cat "$T/err") out=$(cat "$T/out")
}
# make check-long installs them all.
has() { command -v "$1" >/dev/null || { tap_result 1 "$1 is here"; false; }; }

if has python3; then
	cat >"$T/t.py" <<-'PY'
		import subprocess, threading, time
		for i in range(4):
		    threading.Thread(target=time.sleep, args=(30,), daemon=True).start()
		assert subprocess.run(["true"]).returncode == 0
		print("works", flush=True)
		time.sleep(30)
	PY
	start python3 "$T/t.py"
	until_out works
	stop QUIT
	is "$st $out" "131 works" "python3 with threads: works, dies of SIGQUIT"
	is "$(grep -c '^thread ' <<<"$err")" 5 "python3 with threads: five in the report"
	out=$(LD_PRELOAD=$lib python3 -X faulthandler -c 'import faulthandler; faulthandler._sigsegv()' 2>&1)
	like "$out" 'Fatal Python error' "python3 -X faulthandler: its own handler comes first"
fi
# Python's own tests of signals and threads; what fails without the library, too, is not ours.
if has python3 && python3 -c 'import test.test_signal' 2>"$T/err"; then
	own() { timeout 600 python3 -m test test_signal test_threading >"$T/own" 2>&1; }
	(export LD_PRELOAD=$lib && own) || {
		grep -oE '^(FAIL|ERROR): [a-z_A-Z0-9]+|^test [a-z_]+ failed' "$T/own" | sort -u >"$T/with"
		own
		grep -oE '^(FAIL|ERROR): [a-z_A-Z0-9]+|^test [a-z_]+ failed' "$T/own" | sort -u >"$T/without"
	}
	is "$(cd "$T" && touch with without && diff with without)" "" "python3: its own tests pass"
fi
if has node; then
	start node -e 'setTimeout(() => {}, 30000); console.log("works")'
	until_out works
	stop QUIT
	is "$st $out" "131 works" "node: works, dies of SIGQUIT"
	like "$err" "^--- end of crashd report $pid ---" "node: a whole report"
fi
if has java; then
	cat >"$T/Nulls.java" <<-'JAVA'
		public class Nulls {
			public static void main(String[] a) throws Exception {
				int n = 0;
				for (int i = 0; i < 200000; i++)
					try { ((Object) (i % 2 == 0 ? null : "x")).hashCode(); } catch (NullPointerException e) { n++; }
				System.out.println("caught " + n);
				Thread.sleep(20000);
			}
		}
	JAVA
	start java "$T/Nulls.java"
	until_out '^caught'
	kill -QUIT $pid
	until_out 'Full thread dump'
	ok "java: SIGQUIT is its own" kill -0 $pid
	kill -TERM $pid
	wait $pid 2>"$T/bash"
	like "$(cat "$T/out")" '^caught 100000' "java: implicit null checks by SIGSEGV work"
	like "$(cat "$T/out")" 'Full thread dump' "java: and so does its thread dump"
	unlike "$(cat "$T/err")" '^SIG' "java: no report of ours"
fi
if has go; then
	cat >"$T/main.go" <<-'GO'
		package main

		/*
		#include <pthread.h>
		#include <unistd.h>
		static void *sleeps(void *a) { sleep(60); return a; }
		static int more(void) { pthread_t t; return pthread_create(&t, NULL, sleeps, NULL); }
		__attribute__((noinline)) static int read_null(volatile int *p) { return *p; }
		static int crash(void) { return read_null(0); }
		*/
		import "C"

		import (
			"fmt"
			"os"
			"time"
		)

		type node struct{ next *node; value int }

		func caught() (n int) {
			for i := 0; i < 100000; i++ {
				func() {
					defer func() {
						if recover() != nil {
							n++
						}
					}()
					var p *node
					_ = p.value
				}()
			}
			return n
		}

		func main() {
			if C.more() != 0 {
				os.Exit(9)
			}
			fmt.Println("caught", caught())
			if len(os.Args) > 1 {
				C.crash()
			}
			time.Sleep(30 * time.Second)
		}
	GO
	(cd "$T" && HOME=$T GOCACHE=$T/cache GO111MODULE=off go build -o cgo main.go) || cannot "cgo does not build"
	start "$T/cgo"
	sleep 3
	stop QUIT
	is "$st $out" "2 caught 100000" "Go with cgo: nil pointers are its own panics, and SIGQUIT its own"
	like "$err" '^goroutine 1 ' "Go with cgo: with its own traceback"
	start "$T/cgo" crash
	wait $pid 2>"$T/bash"
	is "$? $(cat "$T/out")" "139 caught 100000" "Go with cgo: a fault in C code dies of its signal"
	like "$(cat "$T/err")" '^#0 .*read_null' "Go with cgo: which Go hands on to us, with the C frames"
	like "$(cat "$T/err")" '^#[0-9]+ .*sleeps|nanosleep' "Go with cgo: and the threads that C made"
	like "$(cat "$T/err")" "^--- end of crashd report $pid ---" "Go with cgo: a whole report"
fi
if has nginx && has curl; then
	mkdir "$T/nginx"
	cat >"$T/nginx/conf" <<-CONF
		daemon off; worker_processes 2; pid $T/nginx/pid; error_log $T/nginx/log;
		events {} http { access_log off; server { listen unix:$T/nginx/socket; location / { return 200 "ok\n"; } } }
	CONF
	start nginx -c "$T/nginx/conf"
	sleep 1
	ask() { curl -s --unix-socket "$T/nginx/socket" http://nginx/; }
	is "$(ask)" ok "nginx: answers"
	worker=$(pgrep -P $pid | head -n 1)
	kill -SEGV "$worker"
	sleep 1
	like "$(cat "$T/nginx/log")" "^--- end of crashd report $worker ---" "nginx: a worker's crash is reported, in its log"
	like "$(cat "$T/nginx/log")" "worker process $worker exited on signal 11" "nginx: and it dies of its signal"
	is "$(ask)" ok "nginx: answers again"
	is "$(for i in $(seq 300); do ask; done | sort | uniq -c | tr -s ' ')" " 300 ok" "nginx: to hundreds"
	stop QUIT
	is "$st" 0 "nginx: SIGQUIT ends it gracefully, as it wants"
fi
if has bash; then
	out=$(LD_PRELOAD=$lib bash -c 'trap "echo trapped" SEGV; kill -SEGV $$; for i in 1 2 3; do (exit $i); echo $?; done | tail -n 1; echo end' 2>&1)
	like "$out" 'trapped' "bash: traps of its own"
	like "$out" 'end$' "bash: works"
fi
if has git && has perl; then
	work() {
		rm -rf "$T/repo" && git init -q "$T/repo" && cd "$T/repo" && for i in 1 2 3; do
			perl -e 'print join("\n", map { $_ * '$i' } 1..1000)' >file && git add file &&
				git -c user.name=a -c user.email=a@b commit -q -m "$i" --date "2020-01-0${i}T00:00:00"
		done && git gc -q && git fsck --no-progress && git log -p | perl -ne '$n += tr/0-9//; END { print $n }'
	}
	want=$(export GIT_COMMITTER_DATE=2020-02-01T00:00:00; work)
	is "$(export GIT_COMMITTER_DATE=2020-02-01T00:00:00 LD_PRELOAD=$lib TRACEBACK=all; work 2>&1)" "$want" "git and perl: the same work, the same result"
fi
if has sqlite3; then
	start sqlite3 :memory: 'with recursive c(x) as (select 1 union all select x + 1 from c where x < 1000000000) select sum(x) from c;'
	sleep 1
	stop QUIT
	is "$st" 131 "sqlite3: dies of SIGQUIT"
	like "$err" '^#[0-9]+ .* in (sqlite3_step|\?\?|main) ' "sqlite3: with frames"
	like "$err" "^--- end of crashd report $pid ---" "sqlite3: a whole report"
	out=$(LD_PRELOAD=$lib sqlite3 :memory: 'create table t(a); insert into t values (1), (2); select sum(a) from t;')
	is "$out" 3 "sqlite3: works"
fi
done_testing
