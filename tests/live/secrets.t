#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What docs/fleet.md says of secrets: memory that the program marks is in no core, and nobody else may read one.
. tests/lib/tap.sh
. tests/lib/machine.sh
[ "$(id -u)" = 0 ] || skip_all "core_pattern can be set by root alone"
machine_core_pattern core
export DEBUGINFOD_URLS=''
cat >"$T/keeper.c" <<'C'
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	char *open = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *closed = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	madvise(closed, 4096, MADV_DONTDUMP);
	/* In pieces: the strings are not in the program's own data. */
	sprintf(open, "%s-%s", "plain", argv[1]);
	sprintf(closed, "%s-%s", "secret", argv[1]);
	sprintf(shared, "%s-%s", "common", argv[1]);
	puts("ready");
	fflush(stdout);
	if (argc > 2)
		*(volatile int *)8 = 1;
	pause();
	return 0;
}
C
"${CC:-gcc}" -g -o "$T/keeper" "$T/keeper.c" || cannot "no compiler"
cd "$T" || exit 1
# holds FILE: which of the three are in it
holds() { for word in plain secret common; do grep -qa "$word-xyzzy" "$1" && echo "$word"; done | paste -sd' '; }

ulimit -H -c 0
LD_PRELOAD=$BUILD/libcrashd.so TRACEBACK=crash,dir=$T ./keeper xyzzy crash >out 2>err
core=$(sed -n 's/^  cinspect [^ ]* //p' err)
is "$(holds "$core")" "plain common" "TRACEBACK=crash: not what MADV_DONTDUMP marks; the rest whatever the filter says"
is "$(stat -c %a "$core")" 600 "which nobody else may read"
unlike "$(cat err)" 'secret-xyzzy' "the report shows nothing of it"

./keeper xyzzy >ready &
pid=$!
for _ in $(seq 200); do grep -qs ready ready && break; sleep 0.05; done
echo 0x01 >/proc/$pid/coredump_filter
"$BUILD/csnap" -q -o plain $pid >out 2>&1
is "$(holds plain.$pid)" "plain" "csnap: neither that nor what coredump_filter leaves out"
is "$(stat -c %a plain.$pid)" 600 "and for its owner alone"
"$BUILD/csnap" -q -a -o all $pid >out 2>&1
is "$(holds all.$pid)" "plain secret common" "csnap -a: all of it"
"$BUILD/csnap" -q -z -o packed $pid >out 2>&1
is "$(stat -c %a packed.$pid.zst)" 600 "a packed one, too"
kill $pid
done_testing
