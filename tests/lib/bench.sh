# SPDX-License-Identifier: GPL-3.0-or-later
# For tests/bench/*.sh: a folder of their own, the three small programs, processes that are ready.
# $BUILD is the build folder.
BUILD=$(realpath "${BUILD:-build}")
T=$(mktemp -d "${TMPDIR:-/tmp}/crashd-bench.XXXXXX")
export DEBUGINFOD_URLS= TERM=dumb
victims=()
bench_kill() {
	[ ${#victims[@]} = 0 ] || kill -KILL "${victims[@]}" 2>/dev/null
	wait 2>/dev/null
	victims=()
}
bench_cleanup() {
	bench_kill
	rm -rf "$T"
}
trap bench_cleanup EXIT

for c in measure latency startup victim copy; do
	${CC:-gcc} -std=gnu2x -D_GNU_SOURCE -g -O2 -o "$T/$c" "tests/bench/$c.c" -lpthread || exit 1
done

title() { printf '\n%s\n' "$*"; }
have() { command -v "$1" >/dev/null; }

# median: of the numbers on standard input.
median() { sort -n | awk '{ v[NR] = $1 } END { printf "%.1f", v[int((NR + 1) / 2)] }'; }

# victim_start ARG...: starts it and waits until it is ready; sets $victim; its input is fd 8, its answers fd 9.
victim_start() {
	rm -f "$T/in" "$T/out"
	mkfifo "$T/in" "$T/out"
	"$T/victim" "$@" <"$T/in" >"$T/out" &
	victim=$!
	victims+=("$victim")
	exec 8>"$T/in" 9<"$T/out"
	read -r -u 9 _
}
victim_gap() { # the largest gap since last asked, ms
	echo >&8
	read -r -u 9 gap
	echo "$gap"
}
victim_stop() {
	exec 8>&- 9<&-
	wait "$victim" 2>/dev/null
	victims=()
}
