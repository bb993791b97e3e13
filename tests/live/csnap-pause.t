#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A pause that becomes longer than was predicted, or than --max-pause allows: csnap itself is stopped in the middle of it,
# for longer than any prediction.  And a child for a process that is copied directly otherwise.
. tests/lib/tap.sh
. tests/lib/snap.sh

cat >held.py <<'PY'
# held.py PID SECONDS COMMAND...: stops the command when all that is left to do is to let the process go, or before
import os, signal, subprocess, sys, time
pid, seconds = sys.argv[1], float(sys.argv[2])

def state():
    with open(f"/proc/{pid}/stat") as f:
        return f.read().rsplit(")", 1)[1].split()[0]

command = subprocess.Popen(sys.argv[3:])
held = False
while command.poll() is None and not held:
    if state() == "t":
        command.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        held = state() == "t"
        command.send_signal(signal.SIGCONT)
command.wait()
sys.exit(0 if held else 1)
PY
# held ARG...: until the moment was met and a line of what csnap said matches $wanted.
held() {
	for _ in $(seq 10); do
		rm -f core.$pid
		python3 held.py $pid 2 "$csnap" "$@" $pid >said 2>&1 && grep -qE "$wanted" said && return
	done
	return 1
}

start large 300
wanted="warning: stopped for [0-9]{4,} ms, where [0-9]+ were predicted: [0-9]+ of them (until|to) "
ok "a pause that was longer than predicted is told, with the part that took the most" held --mode=direct -o core
like "$(cat said)" "Saved corefile core.$pid" "and the core is kept"

wanted="copying process $pid .* would take longer than --max-pause allows: it goes on, nothing was saved"
ok "--max-pause ends a pause that becomes longer than was predicted" held --mode=direct --max-pause=1900 -o core
is "$(ls core.* 2>/dev/null)" "" "nothing is left of it"
finish

# The estimates of both ways grow with the load; what lies between them is taken anew each time.
estimate() { "$csnap" --mode="$1" --json -o estimate $pid 2>/dev/null | jq .predicted_ms; }
by_child() {
	local direct fork
	for _ in $(seq 30); do
		fork=$(estimate fork) direct=$(estimate direct)
		"$csnap" --json -o between --max-pause="$(echo "${fork:-1} ${direct:-1}" | awk '{ print ($1 + $2) / 2 }')" $pid >json 2>said || continue
		[ "$(jq -r .mode json)" != fork ] || return 0
	done
	return 1
}
start large 20
for _ in $(seq 30); do
	mode=$("$csnap" --json -o auto $pid | jq -r .mode)
	[ "$mode" != direct ] || break
done
if [ "$(awk '/^Seccomp:/ {print $2}' /proc/self/status)" = 0 ]; then
	is "$mode" direct "a small process is copied directly"
	ok "and by a child where --max-pause is less than that takes" by_child
fi
finish
done_testing
