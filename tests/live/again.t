#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# cinspect -p: again takes another snapshot, marks the threads that have moved, and leaves nothing behind.
. tests/lib/tap.sh
export XDG_CONFIG_HOME=$T XDG_STATE_HOME=$T DEBUGINFOD_URLS='' NO_COLOR=1
cat >"$T/moves.c" <<'C'
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
volatile long n;
static void *counts(void *p) { for (;;) n++; return p; }
static void *sleeps(void *p) { for (;;) pause(); return p; }
static void *ends(void *p) { getchar(); return p; }
int main(void)
{
	pthread_t t;
	alarm(300);
	pthread_create(&t, NULL, counts, NULL); pthread_setname_np(t, "counts");
	pthread_create(&t, NULL, sleeps, NULL); pthread_setname_np(t, "sleeps");
	pthread_create(&t, NULL, ends, NULL); pthread_setname_np(t, "ends");
	puts("ready"); fflush(stdout);
	for (;;) pause();
}
C
${CC:-gcc} -g -O1 -D_GNU_SOURCE -pthread -o "$T/moves" "$T/moves.c" || cannot "no compiler"
mkfifo "$T/in"
mkdir "$T/snapshots"
"$T/moves" <"$T/in" >"$T/ready" &
pid=$!
tap_at_exit "kill -9 $pid 2>$T/null"
exec 3>"$T/in"
while ! grep -q ready "$T/ready"; do sleep 0.1; done
# The thread that ends does so between the two.
mkfifo "$T/commands"
TMPDIR=$T/snapshots "$BUILD/cinspect" -q -n --json -p "$pid" <"$T/commands" >"$T/out" 2>"$T/err" &
reader=$!
exec 4>"$T/commands"
echo threads >&4
while [ ! -s "$T/out" ] && kill -0 "$reader" 2>"$T/null"; do sleep 0.1; done
echo >&3
while [ "$(find "/proc/$pid/task" -mindepth 1 -maxdepth 1 | wc -l)" -gt 3 ]; do sleep 0.1; done
sleep 0.5
echo again >&4
echo 'bt -a' >&4
echo status >&4
exec 4>&-
wait "$reader"
got=$(sed -n 2p "$T/out")
state() { jq -r --arg n "$1" '.result.threads[] | select(.name == $n) | .state' <<<"$got"; }
is "$(jq -r .ok <<<"$got")" true "another snapshot"
is "$(state counts)" moved "a thread that runs has moved"
is "$(state sleeps)" same "one that sleeps has not"
is "$(jq -r '[.result.threads[] | select(.state == "gone") | .was] | length' <<<"$got")" 1 "one has ended"
is "$(jq -r '.result.gone' <<<"$got")" 1 "and is counted"
is "$(sed -n 3p "$T/out" | jq -r '.result.threads | length')" 3 "what is open now has three threads"
like "$(jq -r '.result.snapshot' <<<"$got")" 'in a pause of [0-9]+\.[0-9] ms' "how long it was paused"
core=$(sed -n 4p "$T/out" | jq -r .result.core)
# Containers may have no room there.
if [ "$(stat -f -c %T /dev/shm)" = tmpfs ] && [ "$(df --output=avail -B1M /dev/shm | tail -n 1)" -gt 64 ]; then
	like "$core" '^/dev/shm/cinspect\.' "the snapshot is in memory, whatever TMPDIR is"
else
	like "$core" "^$T/snapshots/cinspect\." "the snapshot is in TMPDIR"
fi
ok "the process goes on" kill -0 "$pid"
is_gone() { [ ! -e "$1" ] && [ ! -e "${1%/*}" ]; }
ok "the snapshot is removed" is_gone "$core"
is "$(ls "$T/snapshots")" '' "nothing is left behind"
done_testing
