# SPDX-License-Identifier: GPL-3.0-or-later
# TAP for shell tests under prove.  Source it; use ok, is, like, unlike; call done_testing last.
# Every test gets a folder of its own in $T, removed at exit; $BUILD is the build folder (absolute).
# A test has a process group of its own: what takes longer than any test may is ended, and what it leaves behind at its
# end is killed, because prove waits for whoever holds its pipe.
if [ -z "${TAP_GROUP:-}" ]; then
	TAP_GROUP=1 exec timeout -k 10 1500 bash "$0" "$@"
fi
unset TAP_GROUP
tap_n=0
tap_failed=0
BUILD=$(realpath "${BUILD:-build}")
T=$(mktemp -d "${TMPDIR:-/tmp}/crashd-test.XXXXXX")
tap_cleanup() {
	local left
	for left in $(pgrep -g 0); do
		[ "$left" = $$ ] || [ "$left" = $PPID ] || kill -KILL "$left" 2>/dev/null
	done
	rm -rf "$T"
}
tap_exit=tap_cleanup
# Not in a child that dies of a signal before its exec, where a test may fail for no other reason.
trap '[ "$BASHPID" = "$$" ] && eval "$tap_exit"' EXIT
# tap_at_exit COMMAND: run at exit too, before what was asked for earlier.
tap_at_exit() { tap_exit="$1; $tap_exit"; }

tap_result() { # 0|1 name
	tap_n=$((tap_n + 1))
	if [ "$1" = 0 ]; then echo "ok $tap_n - $2"; else
		tap_failed=$((tap_failed + 1))
		echo "not ok $tap_n - $2"
	fi
}
# ok NAME COMMAND...: passes when the command succeeds
ok() {
	local name=$1
	shift
	if "$@"; then tap_result 0 "$name"; else tap_result 1 "$name"; fi
}
# is GOT WANT NAME
is() {
	if [ "$1" = "$2" ]; then tap_result 0 "$3"; else
		tap_result 1 "$3"
		printf '#  got: %s\n# want: %s\n' "$1" "$2" | sed '2,$s/^[^#]/# &/'
	fi
}
# like TEXT REGEX NAME
like() {
	if printf '%s\n' "$1" | grep -qE -- "$2"; then tap_result 0 "$3"; else
		tap_result 1 "$3"
		printf '%s\n' "$1" | head -n 40 | sed 's/^/#  got: /'
		printf '# want: %s\n' "$2"
	fi
}
unlike() {
	if printf '%s\n' "$1" | grep -qE -- "$2"; then
		tap_result 1 "$3"
		printf '%s\n' "$1" | head -n 40 | sed 's/^/#  got: /'
		printf '# must not match: %s\n' "$2"
	else tap_result 0 "$3"; fi
}
skip_all() {
	echo "1..0 # SKIP $1"
	exit 0
}
# cannot WHY: what this test needs should be here and is not: a failure, not a skip.
cannot() {
	echo "not ok 1 - $1"
	echo "1..1"
	exit 1
}
done_testing() {
	echo "1..$tap_n"
	[ "$tap_failed" = 0 ]
	exit $?
}
