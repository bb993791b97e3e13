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
# until_prompt: waits until there is nothing after the last one
until_prompt() {
	for _ in $(seq 200); do
		[ "$(screen | grep . | tail -n 1)" = "(cinspect)" ] && return 0
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
ok "^C shows a new prompt" until_prompt
answers "up" "#1" "drops the line"
tm send-keys Enter
ok "an empty line repeats up" until_screen "#2"
tm send-keys Up Up Enter
ok "history: the line before" until_screen '$2 = (struct guest *)'
answers 'p $n = 40' '= 40' "a convenience variable"
answers 'p ++$n' '= 41' "that changes"
tm send-keys Enter
ok "an empty line repeats print" until_screen '= 42'
answers 'x/2xb &seats' '<seats>' "x"
tm send-keys Enter
ok "an empty line goes on" until_screen '<seats+2>'
answers 'list 5,6' '5' "list"
tm send-keys Enter
ok "an empty line goes on behind it" until_screen '16'
type_line 'p 20 + \'
answers '5' '= 25' "a backslash asks for more of the line"
type_line 'p 20 + \'
tm send-keys C-c
ok "^C drops it" until_prompt
answers 'p 9' '= 9' "whole"
tm set-buffer 'p 30+1
set $t = 5
if $t > 4
p 30+ \
2
end
p 30+3
'
type_line ''
tm paste-buffer -p
tm send-keys Enter
ok "many lines at once are one command each" until_screen '= 33'
like "$(screen | tr '\n' ' ')" '= 31 .*= 32 .*= 33' "and what goes on goes on"
answers 'while 1' '>' "a block"
tm send-keys -l 'p 5'
tm send-keys Enter C-c
ok "^C gives it up" until_prompt
answers 'p 8' '= 8' "and what comes next runs"
answers 'define never' '>' "a definition"
tm send-keys -l 'end'
tm send-keys Enter
ok "that ends" until_prompt
tm send-keys Enter
sleep 0.2
is "$(screen | grep -c '^>')" 1 "is not repeated"
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

# tab TEXT KEYS WANT NAME: what TAB makes of it; the line is dropped again
tab() {
	tm send-keys -R
	tm clear-history
	tm send-keys -l -- "$1"
	tm send-keys Tab $2
	ok "$4" until_screen "$3"
	tm send-keys C-u
}
echo 'p 7' >"$T/some_script"
tab 'bt -gr' '' 'bt -group' "TAB: an option"
tab 'p -' 'Tab' '-elements' "options of print"
tab 'p (struct gue' '' 'p (struct guest' "a type in a cast"
tab 'ptype gues' '' 'ptype guest' "a type"
tab 'list insp' '' 'list inspect.c' "a source file"
tab 'frame function cou' '' 'frame function count' "a function of the stack"
tab 'thread apply all ba' '' 'thread apply all backtrace' "a command in a command"
tab 'with print pretty on -- p matr' '' 'p matrix' "and after with"
tab 'thread ' 'Tab' 'apply' "threads"
tab 'info sharedl' '' 'info sharedlibrary' "words of info"
tab 'set print pre' '' 'set print pretty' "settings"
tab 'bt | gr' '' 'bt | grep' "filters"
tab "source $T/some_" '' "some_script" "files, by their paths"
tab 'p alice.next->seat.' 'Tab' 'seat.x' "members of members"
tab 'p host->ne' '' 'p host->next' "members of what a pointer points to"
tab 'walk host nex' '' 'walk host next' "a walk: members of its nodes"
tab 'walk g in host by next wh' '' 'walk g in host by next where' "its clauses"
tab 'walk g in host by next : g->na' '' 'g->name' "members of what it calls a node"
tab 'walk host next as guest.sea' '' 'as guest.seat' "and of the type that the nodes are in"
tab 'p -each g in host by next : na' '' ': name' "also of print -each"
tab 'help apro' '' 'help apropos' "what there is help for"

answers 'shell read word && echo "read $word"' 'shell read' "a shell command has the terminal"
tm send-keys -l 'this'
tm send-keys Enter
ok "its input too" until_screen "read this"
type_line 'p 6*7'
tm send-keys C-z
ok "^Z stops" until_screen "Stopped"
tm send-keys -R
tm send-keys -l fg
tm send-keys Enter
ok "and fg goes on with the prompt" until_screen "(cinspect)"
tm resize-window -x 40 -y 30
answers "help print" "hexadecimal" "a smaller window"
is "$(screen | awk 'length > 40' | wc -l)" 0 "texts fit into it"
tm resize-window -x 80 -y 30
tm send-keys C-d
ok "^D leaves" until_screen "bash"
ok "the history is kept" grep -q '^p alice.next' "$T/cinspect/history"

# ---- long values, and characters that are not ASCII ----
cat >"$T/long.c" <<'EOC'
int numbers[12000000];
struct größe { int höhe; struct größe *nächste; } kiste = { 5, &kiste };
char *wide = "日本語 ü";
int main(void) { for (int i = 0; i < 12000000; i++) numbers[i] = 7 * i; __builtin_trap(); }
EOC
(cd "$T" && ${CC:-gcc} -g -o long long.c && gdb -nx -q -batch -ex run -ex 'gcore long.core' ./long >gdb.txt 2>&1 </dev/null)
answers "$cinspect -q -n long.core" "(cinspect)" "another program"
type_line "set print elements unlimited"
answers "p numbers" "--Type <RET> for more" "a line of millions of numbers is shown by pages"
tm send-keys q
type_line "set pagination off"
answers "p numbers" "p numbers" "a long print"
tm send-keys C-c
ok "^C stops it, and says so" until_screen "Interrupted."
answers "p 40+3" "= 43" "the session goes on"
tm send-keys -l "p kiste.nä"
tm send-keys Tab
ok "names of UTF-8 are completed" until_screen "p kiste.nächste"
tm send-keys Enter
answers "p wide" '"日本語 ü"' "and strings shown"
tm send-keys -l "p ää"
tm send-keys BSpace BSpace
tm send-keys -l "6*9"
tm send-keys Enter
ok "a character is deleted as one" until_screen "= 54"
tm send-keys -l "p 1000 + 1"
tm send-keys Enter
ok "a last command" until_screen "= 1001"
kill -KILL "$(pgrep -P "$(tm display-message -p '#{pane_pid}')")"
ok "the session is killed" until_screen "Killed"
ok "and its history is kept" grep -qx 'p 1000 + 1' "$T/cinspect/history"
answers "reset; $cinspect -q -n victim.core" "(cinspect)" "the next session"
tm send-keys Up Enter
ok "has it" until_screen "= 1001"
tm send-keys C-d
ok "^D leaves it" until_screen "bash"

cat >"$T/names.cc" <<'EOC'
namespace shop { namespace stock { struct shelf { int room; int free() { return room; } } first; int total = 4; } }
int main() { __builtin_trap(); return shop::stock::first.free(); }
EOC
(cd "$T" && g++ -g -o names names.cc && gdb -nx -q -batch -ex run -ex 'gcore names.core' ./names >gdb.txt 2>&1 </dev/null)
answers "$cinspect -q -n names.core" "(cinspect)" "a program in C++"
tab 'p shop::stock::to' '' 'p shop::stock::total' "names in namespaces"
tab 'p sho' '' 'p shop::' "namespaces"
tab 'ptype shop::stock::she' '' 'ptype shop::stock::shelf' "types in them"
tab 'p 1 ? 2:shop::stock::firs' '' '2:shop::stock::first' "behind a colon that is an operator"
tm send-keys C-d
ok "^D leaves that" until_screen "bash"

answers "NO_COLOR= TERM=dumb $cinspect -q -n victim.core" "(cinspect)" "-q: no first screen"
unlike "$(screen)" "SIGSEGV" "nothing before the prompt"
answers "bt" "#3" "a stack on a dumb terminal"
unlike "$(tm capture-pane -p -e)" $'\033\\[[0-9;]*[1-9]m' "without colours"
type_line quit
ok "quit leaves that" until_screen "bash"
answers "unset NO_COLOR; $cinspect -q -n victim.core" "(cinspect)" "a terminal with colours"
answers "bt" "#3" "a stack on it"
like "$(tm capture-pane -p -e)" $'\033\\[33m' "is coloured"
type_line quit
ok "quit leaves that too" until_screen "bash"
answers "NO_COLOR=1 $cinspect -q -n victim.core" "(cinspect)" "NO_COLOR"
answers "bt" "#3" "a stack"
unlike "$(tm capture-pane -p -e)" $'\033\\[33m' "has none"
type_line "quit"
ok "quit leaves" until_screen "bash"

# ---- ^C that comes at any moment of the prompt's ----
cat >"$T/interrupts.py" <<'PY'
import os, pty, select, sys
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
seen = b""
def until(text):
    global seen
    while text not in seen:
        if not select.select([fd], [], [], 60)[0]:
            sys.exit(f"no {text!r} in {seen!r}")
        seen += os.read(fd, 65536)
    before, _, seen = seen.partition(text)
    return before
until(b"(cinspect) ")
for i in range(3000):
    os.write(fd, b"p 1" + b"\x03")
    until(b"(cinspect) ")
os.write(fd, b"shell grep SigBlk /proc/$PPID/status\n")
until(b"SigBlk:")
print("blocked:", int(until(b"\n"), 16))
until(b"(cinspect) ")
os.write(fd, b"quit\n")
print("status:", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
PY
fine="blocked: 0
status: 0"
cd "$T" || exit 1
is "$(python3 interrupts.py "$cinspect" -q -n victim.core 2>&1)" "$fine" "each ^C brings a prompt, and no signal stays blocked"
is "$(python3 interrupts.py bash -c "trap '' INT; $cinspect -q -n victim.core; exit \$?" 2>&1)" "$fine" \
	"also below a program that ignores ^C and waits, as coredumpctl debug does"
done_testing
