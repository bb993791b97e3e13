#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# SIGKILL, as when memory is used up, while a report is made: what was seen of a process that was going away is not
# printed, the report says that it is not complete, and no core of it is left.
. tests/lib/tap.sh
. tests/lib/machine.sh

machine_core_pattern core
ulimit -c 0
cd "$T" || exit 1
cat >victim.c <<'C'
#include <pthread.h>
#include <unistd.h>
static void *waits(void *a) { pause(); return a; }
static volatile int *volatile no;
__attribute__((noinline)) static void crash(volatile int *p) { p[4] = 1; }
int main(void)
{
	pthread_attr_t small;
	pthread_t t;
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 65536);
	for (int i = 0; i < 300; i++)
		pthread_create(&t, &small, waits, NULL);
	crash(no);
	return 0;
}
C
# Stands in for the reporter: kills the process after the time in "ms", and is the reporter meanwhile.
cat >wrapper.c <<'C'
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	int ms = 0, pid = 0;
	FILE *f = fopen("ms", "r");
	if (!f || fscanf(f, "%d", &ms) != 1)
		return 1;
	for (int i = 1; i < argc; i++)
		if (!strncmp(argv[i], "--pid=", 6))
			pid = atoi(argv[i] + 6);
	if (!ms) {
		kill(pid, SIGKILL);
		usleep(100000);
	} else if (!fork()) {
		usleep(ms * 1000);
		kill(pid, SIGKILL);
		_exit(0);
	}
	execv(REPORTER, argv);
	return 127;
}
C
mkdir lib
cp "$BUILD/libcrashd.so" lib
gcc -g -O1 -w -pthread -o victim victim.c &&
	gcc -w -DREPORTER="\"$BUILD/crashd-report\"" -o lib/crashd-report wrapper.c || cannot "no compiler"
cut=0
for ms in 0 1 2 3 4 6 8 10 12 15 20 25 30 40 50 70 100 200; do
	echo $ms >ms
	rm -f core* err
	LD_PRELOAD=$T/lib/libcrashd.so TRACEBACK=all,dir=. ./victim 2>err &
	pid=$!
	wait $pid 2>bash.err
	# the reporter may outlive it
	for _ in $(seq 100); do grep -q '^--- end of crashd report' err && break; sleep 0.05; done
	lies=$(grep -vE '^(SIGSEGV: |a null pointer, plus 16$|program |thread [0-9]+ "victim"|#[0-9]+  0x[0-9a-f]+ in .* at |crash id: [0-9a-f]{16}$|why: .*NULL pointer|     instruction: movl|\[process [0-9]+ ended during this report|--- end of crashd report |$)' err)
	is "$lies" "" "after $ms ms: nothing that is not so"
	is "$(tail -n 1 err)" "--- end of crashd report $pid ---" "after $ms ms: the end line"
	cut=$((cut + $(grep -c '^\[process' err)))
done
ok "cut short at $cut of 18 moments" test "$cut" -ge 1

echo 30 >ms
sed -i 's/^int main(void)$/static char big[1 << 29];\n&/; s/	crash(no);/	for (long i = 0; i < sizeof big; i += 4096) big[i] = 1;\n&/' victim.c
gcc -g -O1 -w -pthread -o victim victim.c
for ms in 30 100 300; do
	echo $ms >ms
	LD_PRELOAD=$T/lib/libcrashd.so TRACEBACK=crash,dir=. ./victim 2>err &
	pid=$!
	wait $pid 2>bash.err
	for _ in $(seq 100); do grep -q '^--- end of crashd report' err && break; sleep 0.05; done
	if grep -q '^\[process' err; then
		is "$(ls core* 2>/dev/null)" "" "crash, after $ms ms: no core of half a process"
	else
		like "$(ls)" "core" "crash, after $ms ms: it was done, with a core"
	fi
	rm -f core*
done
done_testing
