#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Thread-local variables without libthread_db: of the executable, of libraries that it is linked with and of one that it
# opened, in all four models and with descriptors; of a thread that has never used them.
. tests/lib/tap.sh
. tests/lib/inspect.sh
[ -x "$cinspect" ] || cannot "$cinspect is not built"
command -v gdb >/dev/null || cannot "gdb, which makes the core, is not here"
cd "$T" || exit 1

cat >linked.c <<'EOC'
__thread int linked_global = 11;
static __thread long linked_static = 12;
__thread int linked_zero;
void linked_touch(int n) { linked_global += n; linked_static += n; linked_zero += n; }
EOC
cat >opened.c <<'EOC'
__thread int opened_global = 21;
static __thread int opened_static = 22;
void opened_touch(int n) { opened_global += n; opened_static += n; }
EOC
cat >initial.c <<'EOC'
__thread int initial_exec __attribute__((tls_model("initial-exec"))) = 31;
void initial_touch(int n) { initial_exec += n; }
EOC
cat >main.c <<'EOC'
#include <dlfcn.h>
#include <pthread.h>
#include <unistd.h>
void linked_touch(int), initial_touch(int);
__thread int local_exec = 1;
static __thread int local_zero;
static pthread_barrier_t barrier;
static void (*touch)(int);
static void *user(void *arg)
{
	local_exec += 100;
	local_zero += 100;
	linked_touch(100);
	initial_touch(100);
	touch(100);
	pthread_barrier_wait(&barrier);
	pause();
	return arg;
}
static void *idle(void *arg)
{
	pthread_barrier_wait(&barrier);
	pause();
	return arg;
}
int main(void)
{
	pthread_t t[2];
	touch = (void (*)(int))dlsym(dlopen("./opened.so", RTLD_NOW), "opened_touch");
	pthread_barrier_init(&barrier, NULL, 3);
	pthread_create(&t[0], NULL, user, NULL);
	pthread_create(&t[1], NULL, idle, NULL);
	linked_touch(1000);
	pthread_barrier_wait(&barrier);
	*(volatile int *)0 = 1;
}
EOC
# values THREAD EXPRESSION...: on one line
values() {
	local commands=(-ex "thread $1")
	shift
	for e in "$@"; do commands+=(-ex "p $e"); done
	"$cinspect" --batch -q -n --no-debuginfod "${commands[@]}" main main.core 2>&1 |
		sed -n 's/^\$[0-9]* = //p; /Can.t take address/p' | paste -sd' '
}
all="local_exec local_zero linked_global linked_static linked_zero initial_exec opened_global opened_static"
for dialect in gnu gnu2; do
	for lib in linked opened initial; do
		gcc -g -fPIC -shared -mtls-dialect=$dialect -o $lib.so $lib.c || cannot "the libraries cannot be built"
	done
	gcc -g -mtls-dialect=$dialect -o main main.c ./linked.so ./initial.so -ldl -pthread || cannot "the program cannot be built"
	gdb -nx -q -batch -ex 'set debuginfod enabled off' -ex run -ex 'gcore main.core' ./main >gdb.txt 2>&1 </dev/null
	[ -s main.core ] || cannot "gdb could not make a core"
	ids=$("$cinspect" --batch -q -n --json -ex threads main main.core 2>/dev/null | jq -r '.result.threads[].id' | sort -n)
	got=$(for id in $ids; do values "$id" $all; done)
	like "$got" "^101 100 111 112 100 131 121 122$" "$dialect: a thread that has used all of them"
	unused_re="\(initial value: this thread has not used it yet\)"
	like "$got" "^1 0 1011 1012 1000 31 21( $unused_re)? 22( $unused_re)?$" "$dialect: the first thread, which has not called the opened library"
	like "$got" "^1 0 11 12 0 31 21( $unused_re)? 22( $unused_re)?$" "$dialect: one that has used none"
	if grep -q "not used" <<<"$got"; then
		like "$(for id in $ids; do values "$id" '&opened_global'; done)" "Can't take address" \
			"$dialect: what was not allocated has no address"
	fi
done
done_testing
