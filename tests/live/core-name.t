#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Something has the core's name already: csnap why, libcrashd's report and the kernel agree on what comes of it.
. tests/lib/tap.sh
. tests/lib/machine.sh
machine_core_pattern core
ulimit -c unlimited
chmod 755 "$T"
mkdir "$T/bin" "$T/own"
cp "$BUILD/libcrashd.so" "$BUILD/crashd-report" "$T/bin"
chmod 777 "$T/own"
nobody=65534

# case_of NAME SETUP: SETUP runs in the core's folder, which is nobody's; then a program of nobody's crashes there
case_of() {
	local name=$1 report why kernel=no
	rm -rf "$T/here"
	install -d -o $nobody -m 755 "$T/here"
	cd "$T/here" || exit 1
	eval "$2"
	LD_PRELOAD=$T/bin/libcrashd.so TRACEBACK=crash,dir=$T/own \
		setpriv --reuid=$nobody --regid=$nobody --clear-groups sleep 1000 2>"$T/err" &
	local pid=$!
	until [ "$(cat /proc/$pid/comm)" = sleep ]; do sleep 0.05; done
	sleep 0.2
	why=$("$BUILD/csnap" why --json $pid | jq .core)
	kill -SEGV $pid
	wait $pid 2>/dev/null
	report=$(grep -o -m1 'the kernel will write none\|by the kernel' "$T/err")
	cd "$T" || exit 1
	[ -f here/core ] && [ ! -L here/core ] && [ -s here/core ] && kernel=yes
	case $kernel in
	yes) is "$why, $report" "true, by the kernel" "$name: it is there, as foretold" ;;
	no) is "$why, $report" "false, the kernel will write none" "$name: there is none, as foretold" ;;
	esac
}

case_of "nothing" :
case_of "an old core" 'install -o $nobody -m 600 /dev/null core'
case_of "one that everybody reads" 'install -o $nobody -m 644 /dev/null core'
case_of "one that nobody may write" 'install -o $nobody -m 400 /dev/null core'
case_of "another user's file" 'install -m 600 /dev/null core'
case_of "another user's file in another user's sticky folder" 'chown 0 .; chmod 1777 .; install -m 666 /dev/null core'
case_of "an old core in a sticky folder" 'chown 0 .; chmod 1777 .; install -o $nobody -m 600 /dev/null core'
case_of "another user's file in a sticky folder of one's own" 'chmod 1777 .; install -m 600 /dev/null core'
case_of "a link" 'ln -s /nowhere core'
case_of "a file with two names" 'install -o $nobody /dev/null x; ln x core'
case_of "a folder" 'mkdir core'
case_of "a fifo" 'mkfifo core'
case_of "an old core in a folder of another user" 'chown 0 .; install -o $nobody -m 600 /dev/null core'
done_testing
