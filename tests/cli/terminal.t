#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A session at a real terminal (tmux): first screen, completion, history, ^C, the pager, leaving.
. tests/lib/tap.sh
. tests/lib/inspect.sh
command -v tmux >/dev/null || cannot "tmux, which is the terminal, is not here"
inspect_core
top=$PWD
socket=$T/tmux
export TERM=screen LC_ALL=C.UTF-8
tm() { tmux -S "$socket" "$@" 2>>"$T/tmux.log"; }
trap 'tm kill-server 2>/dev/null; tap_cleanup' EXIT
tm -f /dev/null new-session -d -x 80 -y 30 "cd $T && exec bash --norc"
tm set-option -g history-limit 5000

screen() { tm capture-pane -p -S - | sed 's/ *$//'; }
# until TEXT: waits for it on the screen
until_screen() {
	for _ in $(seq 200); do
		screen | grep -qF -- "$1" && return 0
		sleep 0.05
	done
	return 1
}
# type_line LINE: types it after emptying the screen and its history
type_line() {
	tm send-keys -R
	tm clear-history
	tm send-keys -l -- "$1"
	tm send-keys Enter
}
# answers LINE TEXT NAME
answers() {
	type_line "$1"
	ok "$3" until_screen "$2"
}

answers "$cinspect -n --color=never --source-dir $top victim victim.core" "(cinspect)" "the prompt"
first=$(screen)
like "$first" 'SIGSEGV, Segmentation fault: address not mapped at 0x1c' "the first screen: the signal and the address"
like "$first" 'NULL pointer' "why"
like "$first" '^#0 .*seat_of' "the frames"
like "$first" 'return row \+ g->next->seat.y;' "and the line"

tm send-keys -R
tm clear-history
tm send-keys -l "p alice.ne"
tm send-keys Tab
ok "TAB completes a member" until_screen "p alice.next"
tm send-keys Enter
ok "and the value is printed" until_screen '$1 = (struct guest *)'
tm send-keys -l "thread"
tm send-keys Tab Tab
ok "TAB lists commands" until_screen "threads"
tm send-keys C-u
tm send-keys -l 'p $r'
tm send-keys Tab Tab
ok "TAB lists registers" until_screen "rax"
tm send-keys C-c
answers "up" "#1" "^C drops the line"
tm send-keys Enter
ok "an empty line repeats up" until_screen "#2"
tm send-keys Up Up Enter
ok "history: the line before" until_screen '$2 = (struct guest *)'
answers "vars -v inspect" "--Type <RET> for more" "the pager stops at a full screen"
tm send-keys q
ok "q quits it" until_screen "(cinspect)"
unlike "$(screen)" 'count::calls' "and the rest is not shown"
type_line "set pagination off"
answers "vars -v inspect" "count::calls" "set pagination off"
answers "define two" ">" "define asks for lines"
tm send-keys -l 'p 40+2'
tm send-keys Enter
tm send-keys -l 'end'
tm send-keys Enter
answers "two" "= 42" "a user's command"
tm send-keys C-d
ok "^D leaves" until_screen "bash"
ok "the history is kept" grep -q '^p alice.next' "$T/cinspect/history"

answers "NO_COLOR= TERM=dumb $cinspect -q -n victim.core" "(cinspect)" "-q: no first screen"
unlike "$(screen)" "SIGSEGV" "nothing before the prompt"
type_line "quit"
ok "quit leaves" until_screen "bash"
done_testing
