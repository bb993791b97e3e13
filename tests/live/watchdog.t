#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A service that hangs is aborted by its manager.  systemd is not process 1 here, but in a PID namespace of its own a
# process that does what it does is: WATCHDOG_USEC and WATCHDOG_PID in the environment, then SIGABRT.
. tests/lib/tap.sh
[ "$(id -u)" = 0 ] || skip_all "a PID namespace needs root"
unshare -pf true || cannot "no PID namespaces"
cd "$T" || exit 1
cat >service.c <<'C'
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
static pthread_mutex_t front = PTHREAD_MUTEX_INITIALIZER, back = PTHREAD_MUTEX_INITIALIZER;
__attribute__((noinline)) static void both(pthread_mutex_t *a, pthread_mutex_t *b)
{
	pthread_mutex_lock(a);
	usleep(200000);
	pthread_mutex_lock(b);
}
static void *other(void *a) { both(&back, &front); return a; }
int main(void)
{
	pthread_t t;
	pthread_create(&t, NULL, other, NULL);
	both(&front, &back);
	return 0;
}
C
cat >manager.py <<'PY'
import os, signal, sys, time
watched = sys.argv[1] == "watched"
pid = os.fork()
if not pid:
    env = dict(os.environ, LD_PRELOAD=sys.argv[2], TRACEBACK="crash,dir=.")
    if watched:
        env.update(WATCHDOG_USEC="1000000", WATCHDOG_PID=str(os.getpid()))
    os.execve("./service", ["service"], env)
for i in range(200):  # until both hang
    time.sleep(0.05)
    tasks = os.listdir(f"/proc/{pid}/task")
    if len(tasks) == 2 and i > 8 and all("futex" in open(f"/proc/{pid}/task/{t}/wchan").read() for t in tasks):
        break
os.kill(pid, signal.SIGABRT)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
PY
gcc -g -O1 -w -pthread -o service service.c || cannot "no compiler"
ulimit -c 0
for how in watched other; do
	out=$(unshare -pf --mount-proc python3 manager.py $how "$BUILD/libcrashd.so" 2>err)
	is "$out" -6 "$how: dies of SIGABRT"
	if [ $how = watched ]; then
		like "$(head -n 1 err)" '^SIGABRT: aborted, sent with kill \(SI_USER\) by process 1, uid 0 \(the service manager: its watchdog' "the first line says that it was the watchdog"
	else
		like "$(head -n 1 err)" 'by process 1, uid 0 \(init\), PID' "without one, it is not spoken of"
	fi
	like "$(cat err)" '^why: 2 threads wait for each other in a circle' "$how: and the report why it hung"
	is "$(grep -c 'both (' err)" 2 "$how: both threads are seen"
done
core=$(sed -n 's/^  cinspect [^ ]* //p' err)
is "$("$BUILD/cinspect" --batch -n --json --no-debuginfod -ex why ./service "$core" 2>cinspect.err | jq -r '.result.findings | map(.cause + " " + .confidence) | join(", ")')" \
	"deadlock certain, watchdog likely" "cinspect: a deadlock, ended by a watchdog"
done_testing
