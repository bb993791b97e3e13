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
	for _ in $(seq 200); do [ -z "${await:-}" ] || [ -e "$await" ] || sleep 0.05; done
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
nobody="setpriv --reuid=65534 --regid=65534"
mkdir -p closed-way/cores ours
chmod 777 closed-way/cores
chmod 700 closed-way
# shellcheck disable=SC2086 # words
foretold "a folder that the process cannot get to" "$T/closed-way/cores/c.%p" unlimited . $nobody --clear-groups
like "$(cat why.txt)" "may not be written to" "says why"
chgrp 777 ours
chmod 770 ours
# shellcheck disable=SC2086
foretold "a folder of a further group of the process" "$T/ours/c.%p" unlimited . $nobody --groups=777
like "$(cat why.txt)" "would leave a core" "says so"
chown 65534 ours
chmod 755 ours
foretold "a folder of another user, for a root without capabilities" "$T/ours/c.%p" unlimited . \
	setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-dac_override,-dac_read_search
like "$(cat why.txt)" "may not be written to" "says why"
foretold "a folder that was removed" core unlimited . sh -c 'mkdir gone; cd gone; rmdir ../gone; exec "$@"' sh
like "$(cat why.txt)" "folder is not there" "says why"
foretold "a pipe to a folder" "|/tmp %p" unlimited cores
like "$(cat why.txt)" "program that cannot be run" "says why"
if mkdir full && mount -t tmpfs -o size=64k none full 2>/dev/null; then
	tap_at_exit "umount '$T/full'"
	chmod 777 full
	dd if=/dev/zero of=full/all bs=4k 2>/dev/null
	machine_core_pattern "$T/full/c.%p"
	"$csnap" why $$ >why.txt
	machine_restore
	like "$(cat why.txt)" "file system .* is full" "a full file system"
fi
# since Linux 6.16 the kernel says it
if [ "$(printf '%s\n6.16\n' "$(uname -r)" | sort -V | head -n 1)" = 6.16 ]; then
	await=ready foretold "root that said PR_SET_DUMPABLE 0" "$T/cores/c.%p" unlimited . python3 -c 'if 1:
		import ctypes, time
		ctypes.CDLL(None).prctl(4, 0, 0, 0, 0)
		open("ready", "w")
		time.sleep(1000)'
	like "$(cat why.txt)" "not dumpable" "says why"
fi
machine_core_pattern "|/nonexistent/helper %p"
said=$(unshare --pid --fork --mount --mount-proc "$BUILD/csnap" why 1)
machine_restore
like "$said" "would leave a core, through a pipe to /nonexistent/helper" "inside a container a pipe leads elsewhere"
like "$said" "cannot be seen from inside" "and no more is known"
python3 -c 'if 1:
	import mmap, time
	m = mmap.mmap(-1, 3 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
	m.write(b"x" * (3 << 20))
	m.madvise(mmap.MADV_DONTDUMP)
	open("excludes", "w")
	time.sleep(1000)' &
pid=$!
for _ in $(seq 200); do [ -e excludes ] || sleep 0.05; done
like "$("$csnap" why $pid)" "3\.0 MiB would be missing.*MADV_DONTDUMP" "excluded memory"
kill $pid
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
