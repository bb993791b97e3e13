#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Two unwinders, one process: crashd-report's walk by libunwind and cinspect's own, of programs that nobody here wrote,
# stopped wherever they happen to be, have the same frames: address, function, line, inlining, and how each was found.
. tests/lib/tap.sh
. tests/lib/real.sh
cd "$T" || exit 1
mkfifo never
exec 9<>never

# Past main cinspect shows nothing unless it is told to.
frames='.threads | sort_by(.lwp)[] | .lwp as $l | .frames as $f | ([$f[].function] | index("main") // length) as $n
	| $f[:$n + 1][] | [$l, .level, .pc, .function, .line, .inlined, .signal, .how]'

# compare NAME PID: of a process that is stopped
compare() {
	timeout 100 "$BUILD/crashd-report" --pid="$2" --json --level=3 >report.json 2>err &&
		timeout 100 "$BUILD/csnap" -q -o core "$2" >out 2>>err &&
		timeout 100 "$BUILD/cinspect" --batch -q -n --json -ex 'bt -a' "core.$2" >core.json 2>>err
	is $? 0 "$1: both look at it"
	jq -c "$frames" report.json >report.txt
	jq -c ".result | $frames" core.json >core.txt
	ok "$1: there are frames ($(wc -l <report.txt) in $(jq '.threads | length' report.json) threads)" test -s report.txt
	is "$(diff report.txt core.txt | head -n 5)" "" "$1: the same"
	rm -f "core.$2"
}
# walk NAME TIMES SECONDS COMMAND...: stops it TIMES, the first time after SECONDS
walk() {
	local name=$1 times=$2 seconds=$3 pid
	shift 3
	command -v "$1" >which || { skip "$name is not here"; return; }
	"$@" <&9 >"$name.out" 2>&1 &
	pid=$!
	sleep "$seconds"
	for i in $(seq "$times"); do
		kill -STOP $pid 2>err || cannot "$name ended: $(tail -n 1 "$name.out")"
		until grep -q '^State:.[TtZ]' /proc/$pid/status 2>err || ! kill -0 $pid 2>err; do sleep 0.02; done
		sleep 0.2
		compare "$name, $i" $pid
		kill -CONT $pid
		sleep 0.1
	done
	kill -KILL $pid
	wait $pid 2>err
}
skip() { tap_result 1 "$1 # SKIP"; }

cat >odd.c <<'C'
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
static int by_value(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }
static void *clocks(void *a) { struct timespec t; for (;;) clock_gettime(CLOCK_MONOTONIC, &t); return a; }
static void *sorts(void *a) { int v[100]; for (;;) { for (int i = 0; i < 100; i++) v[i] = i * 7919 % 101; qsort(v, 100, sizeof *v, by_value); } return a; }
static void *copies(void *a) { char b[300], c[300]; for (;;) { memset(b, 1, sizeof b); memcpy(c, b, sizeof b); strlen(c); } return a; }
static void *allocates(void *a) { for (;;) free(malloc(100)); return a; }
static void inner(int sig) { sleep(1000); }
static void outer(int sig) { raise(SIGUSR2); }
static void *handles(void *a) { raise(SIGUSR1); return a; }
static void *waits_vfork(void *a) { if (!vfork()) { sleep(1000); _exit(0); } return a; }
int main(void)
{
	void *(*run[])(void *) = { clocks, sorts, copies, allocates, handles };
	pthread_t t;
	alarm(200);
	signal(SIGUSR1, outer);
	signal(SIGUSR2, inner);
	for (int i = 0; i < 5; i++)
		pthread_create(&t, NULL, run[i], NULL);
	sleep(1000);
}
C
gcc -g -O2 -w -pthread -o odd odd.c -lm || cannot "no compiler"
gcc -g -O2 -w -pthread -fomit-frame-pointer -static-pie -o odd-static odd.c -lm || cannot "no compiler"
walk vdso-plt-signal 8 0.3 ./odd
walk static-pie 4 0.3 ./odd-static

sql='with recursive c(x) as (select 1 union all select x+1 from c where x<1000000000) select sum(length(printf("%d %s", x*x%7, hex(x)))) from c;'
for how in "" gcc-O3 clang-O2; do
	if [ -z "$how" ]; then s=$(real_sqlite3); elif [ "$how" = gcc-O3 ]; then s=$(real_sqlite3_by gcc -O3); else s=$(real_sqlite3_by clang -O2); fi
	[ -z "$s" ] && skip "sqlite3 $how cannot be built" || walk "sqlite3 $how" 4 0.5 "$s" :memory: "$sql"
done
j=$(real_jq) && walk jq 3 0.5 "$j" -n '[range(100000000)] | add'
cat >threads.py <<'PY'
import hashlib, json, re, select, socket, threading, time
def spins():
    while True:
        re.sub("(a+)+b", "", "aaaaaaaaaaaaaaaac"); json.dumps({"a": [1, 2, {"b": "c"}]})
def hashes():
    while True:
        hashlib.pbkdf2_hmac("sha512", b"a", b"b", 100000)
lock = threading.Lock()
lock.acquire()
for f in spins, hashes, lock.acquire, lambda: time.sleep(1000):
    threading.Thread(target=f, daemon=True).start()
time.sleep(1000)
PY
walk python3 4 1 "$(python3 -c 'import sys; print(sys.executable)')" threads.py
walk bash 2 0.5 bash -c 'while :; do x=${x:0:100}$RANDOM; [[ $x =~ 1+2 ]]; done'
walk perl 3 0.5 perl -e 'while (1) { $x = join ",", sort map { $_ * 2 } 1..1000; $x =~ s/1/2/g }'
walk git 1 0.5 git hash-object --stdin
walk xz 3 1 xz -T4 -9 -c /dev/zero
walk sort 1 0.5 sort
walk redis 1 1 redis-server --port 0 --unixsocket redis.sock --save ""
walk gdb 1 2 gdb -nx -q /bin/bash
walk node 3 2 node -e 'const c = require("crypto"); for (let i = 0; i < 4; i++) c.pbkdf2("a", "b", 1e9, 64, "sha512", () => {}); setInterval(() => { for (let i = 0; i < 1e6; i++) JSON.stringify({ i }); }, 1)'
cat >Fib.java <<'JAVA'
public class Fib { static int f(int n) { return n < 2 ? n : f(n - 1) + f(n - 2); } public static void main(String[] a) { while (true) f(30); } }
JAVA
walk java 2 4 java Fib.java
if command -v go >which; then
	cp "$OLDPWD/tests/bench/threads.go" main.go
	HOME=$T GOCACHE=$T/cache GO111MODULE=off go build -o gothreads main.go && walk go 1 1 ./gothreads 20 0
fi
done_testing
