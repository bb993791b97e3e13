# SPDX-License-Identifier: GPL-3.0-or-later
# For tests of csnap: programs to take snapshots of, and questions to them and to their cores.  After tap.sh; the test
# then runs in its own folder.
csnap=$BUILD/csnap
core=$PWD/tests/lib/elfcore.py
snap_victims=$PWD/tests/victims

# build NAME [FLAG...]: tests/victims/NAME.c as $T/NAME.
build() {
	local name=$1
	shift
	${CC:-gcc} -std=gnu2x -g -O1 -D_GNU_SOURCE -pthread -o "$T/$name" "$snap_victims/$name.c" "$@" || exit 1
}
build snap
mv "$T/snap" "$T/victim"
cd "$T" || exit 1

# start WORD ARG...: the victim (or $program), its input kept open; sets $pid. Its output is in out.
start() {
	exec 7>&-
	rm -f in out
	mkfifo in
	${under:-} "./${program:-victim}" "$@" <in >out &
	pid=$!
	exec 7>in
	for _ in $(seq 400); do
		[ -s out ] && return
		sleep 0.05
	done
}
finish() {
	exec 7>&-
	wait $pid
} 2>/dev/null
# new_group CONTROLLER: makes a control group of version 1, $group, for the rest of the test; false where there is none.
new_group() {
	local mount
	mount=$(awk -v c="$1" '$3 == "cgroup" && $4 ~ "(^|,)" c "(,|$)" {print $2; exit}' /proc/mounts)
	group=$mount/crashd-$$
	[ -n "$mount" ] && mkdir "$group" 2>/dev/null || return 1
	tap_at_exit "rmdir $group"
}
# inner COMM: $outer is what was started (under unshare), $pid its child of that name.
inner() {
	outer=$pid
	for _ in $(seq 200); do
		pid=$(cat "/proc/$outer/task/$outer/children")
		pid=${pid% }
		[ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "$1" ] && return
		sleep 0.05
	done
}

# ---- questions to the core ----
address() { gdb -q -batch -ex "output/x (unsigned long) $2" "./${program:-victim}" "$1" 2>/dev/null | grep -o '0x[0-9a-f]*$'; }
# page_of CORE VARIABLE PAGES
page_of() { python3 "$core" pages "$1" "$(address "$1" "$2")" "$3"; }

# ---- and to the process ----
# progress: a line of input, and the last line of its answer.
progress() {
	local before
	before=$(wc -l <out)
	echo >&7
	for _ in $(seq 400); do
		[ "$(wc -l <out)" -gt "$before" ] && break
		sleep 0.02
	done
	tail -n 1 out
}
goes_on() { # NAME
	local a b
	a=$(progress)
	# the thread that counts may wait for a processor
	for _ in $(seq 100); do
		b=$(progress)
		[ "${b:-0}" -le "${a:-0}" ] || break
		sleep 0.05
	done
	ok "$1" test "${b:-0}" -gt "${a:-0}"
}
masks() { grep -hE '^Sig(Blk|Ign|Cgt|Pnd)|^ShdPnd' /proc/$pid/task/*/status; }
tables() { awk '/VmPTE/ {print $2}' /proc/$pid/status; }
children() { cat /proc/$pid/task/*/children 2>/dev/null; }
# What a child, or its maker, could leave behind.
holds() {
	# shellcheck disable=SC2012 # names of descriptors
	ls -l /proc/$pid/fd | awk '{print $9, $10, $11}'
	cat /proc/$pid/oom_score_adj /proc/$pid/limits
	grep -c . /proc/$pid/maps
}
# await_child: until csnap has made one, and the pause is over; sets $child and $keeper. Until the keeper has put the
# registers back its end would be felt (docs/snapshots.md).
await_child() {
	local end=$((SECONDS + 20))
	child='' keeper=''
	while [ $SECONDS -lt $end ] && [ -z "$child" ]; do
		read -r child </proc/$pid/task/$pid/children # which has no newline
	done 2>/dev/null
	child=${child% }
	keeper=$(awk '/TracerPid/ {print $2}' "/proc/$child/status")
	while [ $SECONDS -lt $end ] && ! grep -q '^TracerPid:.0$' /proc/$pid/status; do sleep 0.01; done
}
# holding NAME COMMAND...: a child is made by csnap, and kept while the command runs; then csnap ends: its status in
# $status, what it says in said.
holding() {
	local name=$1 snapper
	shift
	"$csnap" --mode=fork -q -o held $pid >/dev/null 2>said &
	snapper=$!
	await_child
	kill -STOP $snapper
	ok "$name: while csnap does not move there is a child" test -e "/proc/${child:-none}"
	"$@"
	kill -CONT $snapper
	wait $snapper
	status=$?
}
no_thread_stopped() { like "$(awk '/State/ {print $2}' /proc/$pid/task/*/status | sort -u | xargs)" "^[RS]( S)?$" "$1"; }
