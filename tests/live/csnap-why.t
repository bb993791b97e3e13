#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# csnap why foretells; then the process crashes, and it is as foretold.
. tests/lib/tap.sh
. tests/lib/machine.sh
csnap=$BUILD/csnap
cd "$T" || exit 1
chmod 755 "$T"
mkdir cores closed
chmod 777 cores
chmod 555 closed
ulimit -c unlimited

# foretold NAME PATTERN LIMIT FOLDER [SETPRIV...]: crashes a process; "as foretold" when the core is, or is not, where
# csnap why said.
foretold() {
	local name=$1 pattern=$2 limit=$3 folder=$4 said core
	shift 4
	machine_core_pattern "$pattern"
	rm -f cores/* why.json
	(
		cd "$folder" || exit
		ulimit -S -c "$limit"
		exec "$@" sleep 1000
	) &
	local pid=$!
	sleep 0.3
	"$csnap" why --json $pid >why.json
	"$csnap" why $pid >why.txt
	kill -SEGV $pid
	wait $pid 2>/dev/null
	machine_restore
	core=$(jq -r .path why.json)
	case $(jq .core why.json) in
	true) said="a core" ;;
	false) said="no core" ;;
	*) said=nothing ;;
	esac
	if [ -f "$core" ]; then is "$said" "a core" "$name: it is there"; else is "$said" "no core" "$name: there is none"; fi
}

foretold "a name in the current folder" core unlimited cores
like "$(cat why.txt)" "would leave a core, in $T/cores/core" "says where"
foretold "an absolute path with %p and %e" "$T/cores/c.%e.%p" unlimited .
like "$(jq -r .path why.json)" "cores/c.sleep.[0-9]+$" "expands it"
foretold "a limit of 0" "$T/cores/c.%p" 0 .
like "$(cat why.txt)" "limit for cores is 0" "says why"
foretold "a folder that is not there" "$T/nowhere/c.%p" unlimited .
like "$(cat why.txt)" "folder is not there" "says why"
foretold "a folder that may not be written to" core unlimited closed setpriv --reuid=65534 --regid=65534 --clear-groups
like "$(cat why.txt)" "may not be written to|not dumpable" "says why"
foretold "a pipe to nothing" "|/nonexistent/helper %p" unlimited cores
like "$(cat why.txt)" "program that cannot be run" "says why"
cp "$(command -v sleep)" suid-sleep
chmod 4755 suid-sleep
foretold "a program that is root for another user" core unlimited cores setpriv --reuid=65534 --regid=65534 --clear-groups \
	sh -c "exec $T/suid-sleep \"\$2\"" sh
findmnt -no OPTIONS -T "$T" | grep -qw nosuid || like "$(cat why.txt)" "not dumpable" "says why"
mkdir taken
mkdir taken/core
foretold "a folder in the core's place" core unlimited taken
like "$(cat why.txt)" "a folder has the core's name" "says why"
if command -v busybox >/dev/null && ! ldd "$(command -v busybox)" >/dev/null 2>&1; then
	mkdir -p jail/cores
	cp "$(command -v busybox)" jail/busybox
	foretold "a name in a folder of a chroot" core unlimited jail/cores chroot "$T/jail" /busybox sh -c 'cd /cores; exec /busybox "$@"' sh
	rm -f jail/cores/core
	foretold "an absolute path in a chroot" /cores/core unlimited jail chroot "$T/jail" /busybox
	is "$(jq -r .path why.json)" "$T/jail/cores/core" "says where it is from outside"
fi
done_testing
