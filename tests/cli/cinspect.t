#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# cinspect from outside: options, operands, exit codes, what goes to which stream, bad input.
. tests/lib/tap.sh
. tests/lib/inspect.sh
inspect_core
top=$PWD
cd "$T" || exit 1

# run ARG...: status in $status, standard output in $out, standard error in $err
run() {
	"$cinspect" "$@" >out.txt 2>err.txt </dev/null
	status=$?
	out=$(cat out.txt) err=$(cat err.txt)
}
# fails NAME STATUS REGEX: the last run printed no result and said why in one line
fails() {
	is "$status" "$2" "$1: exit status $2"
	is "$out" "" "$1: nothing on standard output"
	like "$err" "$3" "$1: says why"
}

# ---- operands ----
for operands in "victim victim.core" "victim.core victim" "victim.core" "victim -c victim.core" "core victim victim.core" \
	"-c victim.core victim" "-c victim.core"; do
	run --batch -ex 'bt 1' $operands
	is "$status" 0 "$operands: opens"
	like "$out" '^#0  .*seat_of \(factor=2, g=0x[0-9a-f]+ <bob>\) at tests/victims/inspect.c:[0-9]+' "$operands: the frame"
done
for pack in zstd xz gzip bzip2 lz4; do
	command -v $pack >/dev/null || continue
	$pack -q -c victim.core >packed
	run --batch -ex 'p alice.age' victim packed
	is "$status $out" '0 $1 = 37' "a core packed by $pack"
done

# ---- commands and exit codes ----
run --batch -ex 'p 1' -ex nosuch -ex 'p 2' victim.core
is "$status" 1 "--batch: a command that failed makes the exit status 1"
is "$out" $'$1 = 1\n$2 = 2' "a failing -ex does not stop the next"
like "$err" 'Undefined command: "nosuch"' "and says so on standard error"
printf 'p 1\nnosuch\np 2\n' >script
run --batch -x script victim.core
is "$status $out" '1 $1 = 1' "an -x file stops at the first failure"
run -batch -nx -iex 'set pagination off' -O x -ex 'p 1' victim.core
is "$status $out" '0 $1 = 1' "-batch, -nx, -iex and -O are understood"
run -q -ex 'p 1' -ex nosuch victim.core
is "$status" 0 "without --batch a failing command does not fail the session"
run --batch -ex 'exit 7' -ex 'p 1' victim.core
is "$status $out" "7 " "exit N leaves with N"
run --batch -ex 'echo a\n' -x /dev/null -ex 'output 2' victim.core
is "$out" $'a\n2' "-ex and -x run in the order given"
is "$(printf 'p 1\n\n# comment\nnosuch\np 2\n' | "$cinspect" -q victim.core 2>/dev/null)" $'$1 = 1\n$2 = 2' "a pipe: one command a line"
is "$(printf 'p 1\nnosuch\np 2\n' | "$cinspect" --json -q victim.core 2>/dev/null | jq -r '.ok' | tr '\n' ' ')" \
	"true false true " "--json and a pipe: one object a line"
run --json --batch -ex 'p nosuch' victim.core
is "$status $out" '1 {"command":"p nosuch","ok":false,"error":{"code":"not-found","message":"No symbol \"nosuch\" in current context."}}' \
	"--json: the error object"
coproc server { exec "$cinspect" --json -q victim.core 2>/dev/null; }
printf 'p 40+2\n' >&"${server[1]}"
read -r -t 20 answer <&"${server[0]}"
is "$(printf '%s' "$answer" | jq -r .result.value)" 42 "an answer comes before the next question"
kill -INT "$server_PID"
sleep 0.3
printf 'p 40+3\n' >&"${server[1]}"
answer=
read -r -t 20 answer <&"${server[0]}"
is "$(printf '%s' "$answer" | jq -r .result.value)" 43 "an interrupt while nothing runs does not end the session"
eval "exec ${server[1]}>&-"
wait "$server_PID" 2>/dev/null

run --batch -ex 'transcript -t log' -ex 'p 1' -ex 'p nosuch' -ex 'transcript -off' -ex 'p 2' victim.core
is "$(cat log)" $'(cinspect) p 1\n$1 = 1\n(cinspect) p nosuch\nNo symbol "nosuch" in current context.\n(cinspect) transcript -off' \
	"transcript keeps commands, results and errors"
mkdir -p cinspect && echo 'set print elements 3' >cinspect/init
run --batch -ex 'p seats' victim.core
is "$out" '$1 = {1, 2, 3...}' "an init file is read"
run --batch -n -ex 'output seats[1]' victim.core
is "$out" 2 "-n: it is not"
rm -r cinspect

run --help
is "$status" 0 "--help"
like "$out" "^usage: cinspect" "--help is a result"
run --version
like "$out" '^cinspect [0-9]+\.[0-9]+' "--version"
run --batch --color=always -ex bt victim.core
like "$out" $'\033\\[' "--color=always colours"
run --batch -ex bt victim.core
unlike "$out" $'\033' "no colour without a terminal"

libc=$(ldd victim | awk '$1 == "libc.so.6" { print $3 }')
run --batch -ex 'libraries libc' -ex 'info symbol puts' victim.core
like "$out" "ok +$libc
.*puts in section .text of $libc\$" "a library is called as the dynamic linker, ldd and gdb call it"
run --batch -ex "vars $libc | count" -ex 'vars libc.so.6 | count' victim.core
is "$(echo "$out" | uniq | wc -l)" 1 "and found by that name"

# ---- sources ----
run --batch -ex list --substitute-path="$T=$top" victim.core
like "$out" 'g->next->seat.y' "--substitute-path finds the source"
run --batch -ex list --source-dir "$top" victim.core
like "$out" 'g->next->seat.y' "--source-dir finds the source"
run --batch -ex "directory $top/tests/victims" -ex list victim.core
like "$out" '=> [0-9]+' "a folder with the file alone is enough"
run --batch -ex list victim.core
is "$status" 1 "a source file that is not here"
like "$err" 'inspect.c: no such source file here' "is named"

run --batch --sysroot ./nosuch --debug-dir script -ex 'p 1' victim.core
is "$status $out" '0 $1 = 1' "folders that are none do not keep a core from opening"
like "$err" 'sysroot ./nosuch: No such file' "but are named"
like "$err" 'debug-dir script: not a directory' "each one"

# ---- usage ----
run
fails "nothing given" 2 "no core was given"
run --nosuch
fails "an unknown option" 2 "--nosuch"
run --batch -ex
fails "an option without its argument" 2 "argument is missing after -ex"
run --color=pink victim.core
fails "a wrong colour" 2 "pink"
run --substitute-path nothing victim.core
fails "a substitution without =" 2 "FROM=TO"
run victim victim.core victim.core
fails "two cores" 2 "one file too many"
run -p abc
fails "-p without a number" 2 "abc"

# ---- what cannot be opened ----
run nosuch.core
fails "a missing file" 3 "nosuch.core: No such file"
run core
fails "core, and no such file" 3 "core: no such core file"
run victim nosuch.core
fails "a missing core" 3 "nosuch.core: No such file"
run victim
fails "an executable alone" 3 "its core is needed"
run .
fails "a folder" 3 "directory"
run script
fails "a text file" 3 "script: not a core"
: >empty
run empty
fails "an empty file" 3 "empty"
run --batch -ex 'p 1' script victim.core
fails "a text file beside a core" 3 "script: not a core but a text file"
run --batch -ex 'p 1' /dev/null victim.core
fails "a device beside a core" 3 "/dev/null: not a regular file"
run -p 0
fails "process 0" 2 '-p needs a process id, not "0"'
head -c 40 victim.core >tiny
run tiny
fails "a file that ends in the ELF header" 3 "tiny: "
cp victim.core riscv && printf '\363\000' | dd of=riscv bs=1 seek=18 conv=notrunc 2>/dev/null
run riscv
fails "a core of another architecture" 3 "RISC-V"
head -c 100 /dev/urandom >random
run random
fails "random bytes" 3 "random: "
if [ "$(id -u)" = 0 ]; then
	tap_result 0 "an unreadable file # SKIP root reads everything"
else
	cp victim.core secret && chmod 0 secret
	run secret
	fails "an unreadable file" 3 "Permission denied"
fi
run -p 999999999
fails "a process that does not exist" 3 "999999999"

# ---- what opens, and says what is wrong ----
size=$(stat -c %s victim.core)
head -c $((size / 3)) victim.core >cut.core
run --batch -ex status victim cut.core
is "$status" 0 "a truncated core opens"
like "$err" 'warning: cut.core is cut off' "and is told to be truncated"
run --batch --json -ex status victim cut.core
is "$(printf '%s' "$out" | jq -r '.result.truncated')" true "status says so too"
head -c 600 victim.core >cut.core
run --batch --json -ex why -ex status victim cut.core
is "$(printf '%s' "$out" | jq -r '.result.findings[0].cause? // .result.what' 2>/dev/null | tr '\n' ' ')" \
	"unknown not known: the core has lost its notes " "a core cut off before its notes is not called a snapshot"

printf 'int main(void) { return 0; }\n' >other.c
${CC:-gcc} -g -o other other.c
run --batch -ex 'bt 1' -ex libraries other victim.core
like "$err" 'other has build-id [0-9a-f]+, but the core' "the wrong executable is named with both build-ids"
like "$out" '^#0 .*wrong file' "its frames say so"
unlike "$out" 'seat_of' "and it is not used"
run --batch --force -ex 'bt 1' other victim.core
like "$out" 'forced' "--force uses it and says so at the frame"
mv victim moved
run --batch -ex 'bt 1' victim.core
is "$status" 0 "a core without its executable opens"
like "$err" 'victim' "and names what is missing"
run --batch -ex 'bt 1' moved victim.core
like "$out" 'seat_of' "the executable by another path"
mv moved victim

cp victim.core second.core
run --batch -ex 'up' -ex 'core-file nosuch' -ex 'frame | head -1' -ex 'file script' -ex 'core-file second.core' -ex 'p alice.age' victim.core
like "${out//$'\n'/ }" "#1 .*#1 .*Opened second.core.*= 37" "a core that cannot be opened leaves the one that is"
like "$err" 'nosuch: No such file' "and is named"
if [ -w /dev/full ]; then
	"$cinspect" --batch -ex bt victim.core >/dev/full 2>err.txt
	is "$? $(cat err.txt)" "1 cinspect: cannot write standard output" "a full disk under standard output is a failure"
fi

# ---- a live process ----
sleep 100 &
live=$!
run --batch -ex 'info threads' -ex status -p $live
if [ -x "$BUILD/csnap" ]; then
	is "$status" 0 "-p takes a snapshot and opens it"
	like "$out" "LWP $live" "of that process"
	like "$out" "snapshot" "and says that it is one"
	is "$err" "" "without a word about the file"
	ok "the process lives on" kill -0 $live
fi
kill $live
wait $live 2>/dev/null
done_testing
