#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A service that hangs is aborted by its manager.  systemd itself: tests/long/service.t.  Here, in a PID namespace of its
# own, a process that does what it does: WATCHDOG_USEC and WATCHDOG_PID in the environment, a socket that listens to
# what the service has to say, then SIGABRT.
. tests/lib/tap.sh
. tests/lib/machine.sh

[ "$(id -u)" = 0 ] || skip_all "a PID namespace needs root"
machine_core_pattern core
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
import os, signal, socket, struct, sys, time
how, preload, name = sys.argv[1:]
listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
listener.bind("\0" + name[1:] if name[0] == "@" else name)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
listener.setblocking(False)
pid = os.fork()
if not pid:
    env = dict(os.environ, LD_PRELOAD=preload, TRACEBACK="crash,dir=.", NOTIFY_SOCKET=name, SYSTEMD_EXEC_PID=str(os.getpid()))
    if how != "other":
        env.update(WATCHDOG_USEC="1000000", WATCHDOG_PID=str(os.getpid()))
    os.execve("./service", ["service"], env)
for i in range(200):  # until both hang
    time.sleep(0.05)
    tasks = os.listdir(f"/proc/{pid}/task")
    if len(tasks) == 2 and i > 8 and all("futex" in open(f"/proc/{pid}/task/{t}/wchan").read() for t in tasks):
        break
os.kill(pid, signal.SIGABRT)
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
text, ancillary, _, _ = listener.recvmsg(4096, 64)
print("heard:", "main" if struct.unpack("3i", ancillary[0][2])[0] == pid else "stranger", text.decode().replace("\n", "|"), file=open("heard", "w"))
PY
gcc -g -O1 -w -pthread -o service service.c || cannot "no compiler"
ulimit -c 0
findings() {
	core=$(sed -n "s/^  cinspect [^ ]* //p" err)
	"$BUILD/cinspect" --batch -n --json --no-debuginfod -ex why ./service "$core" 2>cinspect.err |
		jq -r '.result.findings | map(.cause + " " + .confidence) | join(", ")'
}
# By process 1; by a parent, as `systemd --user` is; and by one without a watchdog.  The shell is process 1, and stays.
for how in watched user other; do
	rm -f heard core.*
	name=$T/notify.$how
	[ $how = watched ] || name=@crashd-test.$$.$how
	run=(python3 manager.py $how "$BUILD/libcrashd.so" "$name")
	[ $how != user ] || run=(sh -c '"$@"; :' sh "${run[@]}")
	out=$(unshare -pf --mount-proc "${run[@]}" 2>err)
	is "$out" -6 "$how: dies of SIGABRT"
	first='^SIGABRT: aborted, sent with kill \(SI_USER\) by process [0-9]+, uid 0'
	status='STATUS=SIGABRT: aborted, sent with kill \(SI_USER\) by process [0-9]+, uid 0'
	case $how in
	watched | user)
		like "$(head -n 1 err)" "$first \(the service manager: its watchdog" "$how: the first line says that it was the watchdog"
		like "$(cat heard)" "^heard: main $status \(the service manager: its watchdog.*\|$" "$how: the manager hears it from the main process"
		want="deadlock certain, watchdog likely"
		;;
	other)
		like "$(head -n 1 err)" "$first \(init\), PID" "without one, it is not spoken of"
		like "$(cat heard)" "^heard: main WATCHDOG=1\|$status \(init\), PID.*\|$" "$how: the manager hears of the crash"
		want="deadlock certain, killed-by certain"
		;;
	esac
	like "$(cat err)" '^why: 2 threads wait for each other in a circle' "$how: and the report why it hung"
	is "$(grep -c 'both (' err)" 2 "$how: both threads are seen"
	is "$(findings)" "$want" "$how: cinspect finds $want"
done
done_testing
