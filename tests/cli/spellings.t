#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Every word of gdb's and delve's that users are promised, one by one: what it prints, and what JSON has of it.
. tests/lib/tap.sh
. tests/lib/inspect.sh
inspect_core
top=$PWD
cd "$T" || exit 1
printf 'p 40+2\n' >script

# COMMAND;;what its text is like;;what is true of its JSON.  In one session, from top to bottom.
rows=$(
	cat <<'ROWS'
bt;;^#0 .*seat_of .*#3 .*main ;;.threads[0].frames | length == 4
backtrace;;^#0 .*seat_of;;.threads[0].frames[0].function == "seat_of"
where;;^#0 .*seat_of;;.threads[0].signal == "SIGSEGV"
stack;;^#0 .*seat_of;;.threads[0].end | length > 0
bt full;;^#0 .*row = 6;;.threads[0].frames[0].locals[0].name == "row"
bt -full;;^#0 .*row = 6;;.threads[0].frames[0].locals[0].value == "6"
bt -1;;^#3 .*main;;.threads[0].frames | length == 1 and .[0].function == "main"
bt 1;;^#0 .*More stack frames follow;;.threads[0].frames[0].inlined
bt -n 2;;^#0 .*#1 .*count;;.threads[0].frames | length == 2
bt -a;;Thread 1 .*Thread 2 .*spin;;.threads | length == 2
thread apply all bt;;Thread 2 .*spin.*Thread 1 .*main;;.threads | length == 2
thread apply 1-2 print 7;;Thread 1 .*= 7.*Thread 2 .*= 7;;.threads[1].result.value == "7"
thread apply 1-999999999 print 7;;Thread 1 .*= 7.*Thread 2 .*= 7;;.threads | length == 2
thread apply 1 -q p 7;;^\$[0-9]+ = 7$;;.threads[0].result.value == "7"
frame apply all p 7;;#0 .*= 7.*#3 .*= 7;;.frames | length == 4
frame function main;;#3 .*main .*=> ;;.frame.function == "main"
frame;;#3 .*main;;.frame.level == 3
frame 1;;#1 .*count .*=> [0-9]+;;.source.lines | map(select(.current)) | length == 1
up;;#2 .*count;;.frame.level == 2
down 2;;#0 .*seat_of;;.frame.level == 0
up 3;;#3 .*main;;.frame.level == 3
frame 0;;=> 91;;.source.lines | map(select(.current))[0].line == 91
thread find spin|victim;;Thread [0-9];;.threads | length > 0
taas p 7;;Thread .*= 7;;.threads | length == 2
faas p 7;;#0 .*= 7;;.frames | length == 4
ls;;=> 91;;.lines | length == 10
list;;^[^a-z]*9[67];;.lines[0].line == 96
l -;;76|8[0-9];;.lines | length > 0
list count;;static int count;;.lines | map(.text) | index("static int count(struct guest *g, int depth)") != null
list inspect.c:91;;g->next->seat;;.lines | length == 10
list 10,20;;10.*20;;.lines | length == 11
locals;;row = 6;;.variables[0] | .name == "row" and .type == "int" and .kind == "int"
args;;factor = 2;;.variables | map(.name) == ["factor", "g"]
print alice.seat;;= \{x = 1, y = 2\};;.children | map(.value) == ["1", "2"]
p alice.seat.y;;= 2;;.value == "2"
p/x 255;;= 0xff;;.value == "0xff"
p -pretty -- alice.seat;;\{ *x = 1;;.kind == "struct"
vars;;seats = ;;.variables | map(.name) | index("seats") != null
vars inspect;;visits = ;;.variables | map(.name) | index("visits") != null
vars -v inspect.c;;bob: struct guest = ;;.variables | length > 10
threads;;\* 1 .*got SIGSEGV.* 2 ;;.threads | map(.id) == [1, 2]
thread;;Current thread is 1;;.id == 1
thread 2;;Switching to thread 2 .*spin;;.frame.function == "spin"
thread 1;;Switching to thread 1;;.frame.function == "seat_of"
grs;;\* 1 .*got SIGSEGV;;.threads | length == 2
gr;;Current thread is 1;;.id == 1
gr 2 bt 1;;#0 .*spin;;.threads[0].frames[0].function == "spin"
goroutines;;\* 1 .*got SIGSEGV;;.threads[0].state == "got SIGSEGV"
goroutine 1;;Switching to thread 1;;.lwp > 0
regs;;rip +0x;;.registers | map(.name) | index("rip") != null
regs rsp;;rsp +0x;;.registers[0].name == "rsp"
x/8gx $rsp;;0x[0-9a-f]+.*:.*0x.*0x;;.units | length == 8
x /2gx $rsp;;0x.*:.*0x;;.units | length == 2
p /x 255;;= 0xff;;.value == "0xff"
x/s alice.name;;"Alice;;.units | length == 1
examinemem &seats;;0x;;.units | length == 1
whatis alice;;type = struct guest;;.type == "struct guest"
ptype struct point;;struct point \{ *int x;;.members | map(.name) == ["x", "y"]
ptype/o struct point;;offset .*total size;;.members[1].offset == 4
funcs seat_of;;seat_of;;.functions[0].name == "seat_of"
types color;;enum color;;.types | length == 1
sources inspect;;inspect.c;;.sources[0].file | endswith("inspect.c")
libraries;;ok .*victim;;.libraries | length > 1
status;;SIGSEGV;;.signal == "SIGSEGV"
why;;null-deref;;.findings[0].cause == "null-deref"
locks;;;;.waits == [] and .cycles == []
refs &alice;;host;;.refs | map(.symbol) | index("host") != null
disassemble;;=> 0x;;.instructions | map(select(.current)) | length == 1
disassemble /s count;;return ;;.instructions | length > 5
disassemble/r $pc,+4;;=> 0x;;.instructions | length > 0
find &seats, +sizeof(seats), 9;;seats;;.matches | length == 12
find /w &seats, +sizeof(seats), 3;;seats;;.matches[0].symbol == "seats+8"
source script;;= 42;;.results[0].result.value == "42"
config max-array-values 3;;;;. == {}
p seats;;= \{1, 2, 3\.\.\.\};;.value == "{1, 2, 3...}"
config -list;;on|off;;.settings | length > 10
set print elements 200;;;;. == {}
set print pretty on;;;;. == {}
show print pretty;;is on;;.settings[0].value == "on"
set print pretty off;;;;. == {}
set print repeats 5;;;;. == {}
show print repeats;;5;;.settings[0].value == "5"
set print repeats 10;;;;. == {}
set listsize 4;;;;. == {}
show listsize;;4;;.settings[0].value == "4"
set sysroot /;;;;. == {}
show sysroot;;"/";;.settings[0].value == "/"
set sysroot;;;;. == {}
set solib-search-path /nosuch;;;;. == {}
set debug-file-directory /usr/lib/debug;;;;. == {}
set substitute-path /from /to;;;;. == {}
show substitute-path;;/from -> /to;;.settings[0].value == "/from -> /to"
unset substitute-path /from;;;;. == {}
set disassembly-flavor intel;;;;. == {}
x/i $pc;;=> .*\[r;;.instructions | length == 1
set disassembly-flavor att;;;;. == {}
x/i $pc;;=> .*\(%r;;.instructions | length == 1
set pagination off;;;;. == {}
set confirm off;;;;. == {}
set width 0;;;;. == {}
set height 0;;;;. == {}
set $mine = 5;;;;. == {}
p $mine + 1;;= 6;;.value == "6"
output 40+2;;^42$;;.value == "42"
printf "%s is %d\n", alice.note, alice.age;;hello, world is 37;;.text == "hello, world is 37\n"
echo hi\n;;^hi$;;.text == "hi\n"
shell echo from the shell;;from the shell;;.text == "from the shell\n"
!echo from the shell;;from the shell;;.status == 0
pipe p 40+2 | tr 4 5;;= 52;;.text | endswith("= 52\n")
bt |! head -n 1;;^#0 [^#]*$;;.lines | length == 1
bt | grep main | count;;^1$;;.lines == ["1"]
bt | tail 1;;^#3;;.lines | length == 1
with print elements 2 -- p seats;;\{1, 2\.\.\.\};;.value == "{1, 2...}"
define twice;;;;. == {}
p $arg0 * 2;;;;. == null
end;;;;. == null
twice 21;;= 42;;.results[0].result.value == "42"
alias tw = twice;;;;. == {}
tw 4;;= 8;;.results[0].result.value == "8"
directory /nosuch;;/nosuch;;.settings[0].value | endswith("/nosuch")
transcript -t log;;;;. == {}
transcript -off;;;;. == {}
info threads;;\* 1 ;;.threads | length == 2
info frame;;seat_of;;.function == "seat_of"
info locals;;row = 6;;.variables[0].value == "6"
info args;;factor = 2;;.variables | length == 2
info registers;;rip ;;.registers | length > 16
info registers rip;;rip ;;.registers | length == 1
info all-registers;;[xyz]mm0;;.registers | map(.name) | any(test("mm0"))
info functions seat_of;;seat_of;;.functions | length == 1
info variables seats;;seats;;.variables | length == 1
info types ^point$;;struct point;;.types | map(.declaration) | index("struct point") != null
info source;;inspect.c;;.file | endswith("inspect.c")
info sources;;inspect.c;;.sources | length > 0
info scope count;;calls;;.variables | map(.name) | index("calls") != null
info files;;victim;;.core | endswith("victim.core")
info sharedlibrary;;libc;;.libraries | length > 0
info proc mappings;;victim;;.mappings | length > 3
info symbol count;;count in section .text;;.symbol == "count"
info line count;;Line [0-9]+ of ;;.line > 90
info address alice;;static storage|Symbol;;.location | startswith("0x")
info auxv;;AT_ENTRY;;.auxv | map(.name) | index("AT_ENTRY") != null
info signal;;SIGSEGV;;.name == "SIGSEGV"
show version;;cinspect;;.version | length > 0
show;;print elements|Limit;;.settings | length > 10
help;;Stack.*backtrace;;.commands | length > 50
help bt;;backtrace .*bt -a;;.name == "backtrace"
apropos memory;;find;;.commands | length > 1
backtr;;^#0;;.threads | length == 1
inf thr;;\* 1 ;;.threads | length == 2
core-file victim.core;;Opened .*2 threads;;.core == "victim.core"
file victim;;Opened;;.executable | endswith("victim")
t a a bt 1;;Thread 1;;.threads | length == 2
ROWS
)
# What fails, and the sentence.
errors=$(
	cat <<'ROWS'
continue;;does not run.*bt and why
c;;does not run
next;;does not run.*up and list
n;;does not run
step;;does not run
finish;;does not run.*up
run;;does not run
break main;;does not run.*csnap
b main;;does not run
tbreak main;;does not run
watch alice;;does not run.*find
call greet(&alice);;does not run.*print
detach;;does not run.*exit
kill;;does not run
bakctrace;;Did you mean "backtrace"
pirnt 1;;Did you mean "print"
nosuchthing;;Undefined command: "nosuchthing"
s nosuch;;does not run
info nosuch;;Undefined info command
frame 99;;No frame at level 99.*4 frames
thread 99;;threads 1 to 2
thread apply 8-9 p 1;;Unknown thread 8-9: the core has threads 1 to 2
thread apply 2-1 p 1;;Inverted range "2-1"
list nosuch;;nosuch
p alice.;;ends at column 7, where the name of a member
p a->];;near .].: the name of a member was expected at column 4
set nosuch 1;;nosuch
x/8gx nosuch;;No symbol "nosuch"
core-file nosuch;;nosuch: No such file
alice->next;;Or "print alice->next"\?
alice;;Or "print alice"\?
struct point;;Or "ptype struct point"\?
ROWS
)

while IFS= read -r row; do
	printf '%s\n' "${row%%;;*}"
done <<<"$rows" >commands
printf '%s\nexit\n' "$errors" | sed 's/;;.*//' >>commands

"$cinspect" --json -q -n --source-dir "$top" victim victim.core <commands >json 2>json.err
# In text a word of ours stands between the answers; inside of a definition it would be a part of that.
while IFS= read -r line; do
	case $line in 'p $arg0'* | end) ;; define*) ;; *) echo 'echo @@@\n' ;; esac
	printf '%s\n' "$line"
done <commands >texts
"$cinspect" -q -n --source-dir "$top" victim victim.core <texts >text 2>&1
status=$?
is "$status" 0 "a session of all of them ends well"
is "$(wc -l <json)" "$(wc -l <commands)" "one object a line"

# text_of COMMAND-NUMBER: what stands between two marks, on one line.
awk 'BEGIN { RS = "@@@\n" } { gsub(/\n/, " "); print }' text >answers
n=0 mark=1
while IFS= read -r row; do
	n=$((n + 1))
	command=${row%%;;*} rest=${row#*;;}
	object=$(sed -n "${n}p" json)
	case $command in 'p $arg0'* | end | define*) ;; *) mark=$((mark + 1)) ;; esac
	case $command in 'p $arg0'* | end) continue ;; esac
	text=$(sed -n "${mark}p" answers | sed 's/ *$//')
	like "$text" "${rest%%;;*}" "$command: text"
	if jq -e --arg command "$command" ".command == \$command and .ok and (.result | ${rest#*;;})" <<<"$object" >jq.out 2>&1; then tap_result 0 "$command: JSON"; else
		tap_result 1 "$command: JSON"
		printf '#  got: %.600s\n# want: %s\n' "$object" "${rest#*;;}"
	fi
done <<<"$rows"
while IFS= read -r row; do
	n=$((n + 1)) mark=$((mark + 1))
	object=$(sed -n "${n}p" json)
	like "$(sed -n "${mark}p" answers)" "${row#*;;}" "${row%%;;*}: says what is wrong"
	like "$(jq -r 'select(.ok == false and .command == "'"${row%%;;*}"'") | .error.message' <<<"$object")" "${row#*;;}" "${row%%;;*}: in JSON too"
done <<<"$errors"
without=$("$cinspect" --json --batch -q -n -ex help victim.core | jq -r '.result.commands[].name' | sed 's/^/help /' |
	"$cinspect" --json -q -n victim.core | jq -r '.result | select(.summary | test("^Not for cores") | not)
		| select((.help // "") | test("(^|\n)    [a-z]") | not) | .name')
is "$without" "version" "help has an example for every command that does something"
for leave in exit quit q 'exit 0' 'q 0'; do
	is "$(printf '%s\np 1\n' "$leave" | "$cinspect" -q -n victim.core 2>&1)" "" "$leave: nothing follows it"
done
done_testing
