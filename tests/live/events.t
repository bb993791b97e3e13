#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# cinspect events: the flight recorder of libcrashd, read out of a core.
. tests/lib/tap.sh
. tests/lib/machine.sh

# A pipe would get the core that libcrashd writes where there is none.
machine_core_pattern core
ulimit -c 0
export NO_COLOR=1 TZ=UTC DEBUGINFOD_URLS='' XDG_CONFIG_HOME=$T XDG_STATE_HOME=$T

cat >"$T/victim.c" <<'C'
#include "crashd/crashd.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
static int turn;
static void *notes(void *name)
{
	prctl(PR_SET_NAME, name);
	while (__atomic_load_n(&turn, __ATOMIC_SEQ_CST) != ((char *)name)[0] - 'a')
		;
	for (int i = 0; i < 3; i++)
		crashd_event(name, i);
	turn++;
	if (!strcmp(name, "b-ended"))
		return NULL;
	for (;;)
		pause();
}
int main(int argc, char **argv)
{
	pthread_t a, b, c;
	pthread_create(&a, NULL, notes, "a-waits");
	pthread_create(&b, NULL, notes, "b-ended");
	pthread_create(&c, NULL, notes, "c\033[31m");
	pthread_join(b, NULL);
	while (__atomic_load_n(&turn, __ATOMIC_SEQ_CST) != 3)
		;
	for (int i = 0; i < 100; i++)
		crashd_event("main", i);
	crashd_event("biggest", ~0ULL);
	if (argc > 1)
		abort();
	write(1, "ready\n", 6);
	for (;;)
		pause();
}
C
gcc -g -O1 -w -D_GNU_SOURCE -I. -o "$T/victim" "$T/victim.c" -L"$BUILD" -lcrashd -Wl,-rpath,"$BUILD" -lpthread ||
	cannot "no compiler"
cd "$T" || exit 1
see() { "$BUILD/cinspect" --batch -q -n "$@" 2>&1; }

coproc ./victim
read -r _ <&"${COPROC[0]}"
"$BUILD/csnap" -q -o core "$COPROC_PID" || cannot "csnap does not work"
kill -KILL "$COPROC_PID"
mv core.* core

json=$(see --json -ex events victim core)
is "$(jq -c '.result.events | map(select(.event != "main") | .event + " " + (.value | tostring))' <<<"$json")" \
	'["a-waits 0","a-waits 1","a-waits 2","b-ended 0","b-ended 1","b-ended 2","c\u001b[31m 0","c\u001b[31m 1","c\u001b[31m 2","biggest 18446744073709551615"]' \
	"events of all threads in one order"
is "$(jq -c '.result.events | map(select(.event == "main") | .value) | [length, .[0], .[-1]]' <<<"$json")" '[63,37,99]' \
	"the last ones of each"
is "$(jq -c '.result | [.zero, .dropped, .events[-1].seconds]' <<<"$json")" '["last event",0,0]' "a snapshot counts from the last event"
is "$(jq -c '[.result.events[] | [.lwp, .ended, .name]] | unique | map(.[1:]) | unique' <<<"$json")" \
	'[[false,"a-waits"],[false,"c\u001b[31m"],[false,"victim"],[true,null]]' "with the names of the threads that live"
is "$(jq -r '.result.events[].time' <<<"$json" | grep -vcE '^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$')" 0 "and the time of day"
out=$(see -ex events victim core)
like "$out" '^[0-9:]{8}\.[0-9]{6} +-[0-9]+\.[0-9]{6} +[0-9]+ +a-waits +a-waits +0$' "as text, a table"
like "$out" '\(ended\) +b-ended +2$' "a thread that has ended is said to have"
like "$out" 'c\\033\[31m +c\\033\[31m +2$' "no escape sequence reaches the terminal"
is "$(see -ex 'events 2' victim core | tail -n 2 | awk '{ print $5, $6 }')" "main 99
biggest 18446744073709551615" "the last two alone"
is "$(see -ex 'events | grep b-ended' victim core | wc -l)" 3 "and what a filter leaves"
like "$(see -ex 'events x' victim core)" '[Uu]sage' "a count that is none"

# One that crashed: libcrashd's own core needs no core_pattern.
(ulimit -Hc 0; TRACEBACK=crash exec ./victim crash) >/dev/null 2>report
mv core.* crashed
json=$(see --json -ex 'events 1' victim crashed)
is "$(jq -c '.result | [.zero, .events[0].event, .events[0].seconds < 0]' <<<"$json")" '["signal","biggest",true]' \
	"after a crash seconds are counted from the signal"
is "$(see --json -ex threads victim crashed | jq -c '[.result.threads[].name] | sort')" '["a-waits","c\u001b[31m","victim"]' \
	"in libcrashd's own core the threads have names"
cd / || exit 1
done_testing
