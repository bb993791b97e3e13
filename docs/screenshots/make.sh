#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# docs/screenshots/*.svg anew: sessions with the demo's faults in a real terminal (tmux), as it showed them.
# Usage: BUILD=build docs/screenshots/make.sh.  Needs tmux, gdb (for the cores) and python3.
BUILD=$(realpath "${BUILD:-build}")
HERE=$(realpath "$(dirname "$0")")
SOURCES=$(realpath "$HERE/../..")
W=$(mktemp -d "${TMPDIR:-/tmp}/crashd-shots.XXXXXX")
tm() { tmux -S "$W/tmux" "$@"; }
trap 'tm kill-server 2>/dev/null; rm -rf "$W"' EXIT
export DEBUGINFOD_URLS='' XDG_STATE_HOME=$W XDG_CONFIG_HOME=$W LC_ALL=C.UTF-8 TERM=screen-256color COLUMNS_WANTED=100
unset NO_COLOR

core_of() { # FAULT: $W/FAULT.core, of a process that made it
	(cd "$W" && timeout -s INT 3 gdb -nx -q -batch -ex "run fault $1" -ex "gcore $1.core" ./coworkingapp >/dev/null 2>&1 </dev/null)
	[ -s "$W/$1.core" ] || { echo "no core of $1" >&2; exit 1; }
}
# shot NAME TITLE: the screen as it is
shot() { tm capture-pane -p -e | python3 "$HERE/svg.py" $COLUMNS_WANTED "$2" >"$HERE/$1.svg"; }
until_screen() {
	for _ in $(seq 100); do
		tm capture-pane -p | grep -qF -- "$1" && return
		sleep 0.1
	done
	echo "never seen: $1" >&2
	exit 1
}
# line TEXT UNTIL: types it; waits for what it prints
line() {
	tm send-keys -l -- "$1"
	tm send-keys Enter
	until_screen "$2"
}
session() { # CORE
	tm kill-server 2>/dev/null
	sleep 0.5
	tm -f /dev/null new-session -d -x $COLUMNS_WANTED -y "$2" "cd $W && PS1='$ ' exec bash --norc"
	until_screen '$'
	line "cinspect ./coworkingapp $1" "(cinspect)"
}

ln -s "$BUILD/coworkingapp-debug" "$W/coworkingapp"
ln -s "$BUILD/libcrashd.so" "$W/libcrashd.so"
printf 'set directories %s\n' "$SOURCES" >"$W/init"
mkdir "$W/cinspect" && mv "$W/init" "$W/cinspect/init"
PATH=$BUILD:$PATH

core_of null-deref
session null-deref.core 22
shot first "The first screen: what happened, where, and the line"
tm kill-server
session null-deref.core 40
tm send-keys C-l
sleep 0.5
line "up" "=>"
line "locals" "list = "
line "p *list" "guest = "
shot frame "A frame: its source with the line, its variables"
tm send-keys C-l
sleep 0.5
tm send-keys -l 'p first.next->'
tm send-keys Tab Tab
until_screen "number"
tm send-keys C-u
tm send-keys -l 'bt -'
tm send-keys Tab Tab
until_screen "-group"
tm send-keys C-u
line "backtrcae" "Did you mean"
shot complete "Completion of members and options, and a suggestion"

core_of deadlock
session deadlock.core 34
tm send-keys C-l
sleep 0.5
line "locks" "deadlock"
line "threads -group" "Count"
line "bt | grep fault" "fault_deadlock"
shot threads "Who waits for whom; threads at the same place"
