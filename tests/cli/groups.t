#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Many threads at the same place are told once: bt -group, threads -group.
. tests/lib/tap.sh
. tests/lib/inspect.sh
[ -x "$cinspect" ] || cannot "$cinspect is not built"
command -v gdb >/dev/null || cannot "gdb, which makes the core, is not here"
cd "$T" || exit 1
cat >pool.c <<'EOC'
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t work = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t all;
static void *waiter(void *arg)
{
	pthread_mutex_lock(&lock);
	pthread_barrier_wait(&all);
	for (;;)
		pthread_cond_wait(&work, &lock);
	return arg;
}
static void *sleeper(void *arg)
{
	pthread_barrier_wait(&all);
	for (;;)
		pause();
	return arg;
}
int main(void)
{
	pthread_t t;
	for (int i = 0; i < 12; i++) {
		pthread_barrier_init(&all, NULL, 2);
		pthread_create(&t, NULL, i % 4 == 3 ? sleeper : waiter, NULL);
		pthread_barrier_wait(&all);
		if (i % 4 == 3)
			usleep(200000);
		else
			pthread_mutex_lock(&lock), pthread_mutex_unlock(&lock);
		usleep(100000);
	}
	abort();
}
EOC
${CC:-gcc} -g -O0 -pthread -o pool pool.c && gdb -nx -q -batch -ex run -ex 'gcore pool.core' ./pool >gdb.txt 2>&1 </dev/null
[ -s pool.core ] || cannot "gdb could not make a core"
ask() { "$cinspect" --batch -q -n --no-debuginfod "$@" pool pool.core 2>&1; }
json() { "$cinspect" --batch --json -q -n --no-debuginfod -ex "$1" pool pool.core 2>/dev/null | jq -c "$2"; }

is "$(json 'bt -a -group' '[.result.groups[] | .count]')" "[1,9,3]" "bt -group: who got the signal, then by number"
is "$(json 'bt -group' '[.result.groups[].ids | join(" ")]')" '["1","2 3 4 6 7 8 10 11 12","5 9 13"]' "which threads"
is "$(json 'bt -group' '[.result.groups[] | (.lwps | length) == .count and (.frames | length) > 1] | all')" true "and frames of one of them"
is "$(json 'bt -group' '[.result.groups[].frames[].function | select(. == "waiter" or . == "sleeper" or . == "main")]')" \
	'["main","waiter","sleeper"]' "every stack once"
text=$(ask -ex 'bt -group')
like "$text" '^9 threads with this stack: 2-4, 6-8, 10-12; values are of Thread 2 \(Thread 0x[0-9a-f]+ \(LWP [0-9]+\)' "the text: number and ids"
is "$(grep -c '^#0' <<<"$text")" 3 "three stacks"
is "$(json 'threads -group' '[.result.groups[] | .count]')" "[1,9,3]" "threads -group"
text=$(ask -ex 'threads -group')
like "$text" '^9 +2-4, 6-8, 10-12 .* <- waiter at pool.c:1[0-9]  \[futex wait on condition variable' "a line for each"
is "$(wc -l <<<"$text")" 4 "and a heading"
is "$(ask -ex 'bt -group -n 1' | grep -c '^#')" 3 "-n: so many frames, which are what is compared"
done_testing
