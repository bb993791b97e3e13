#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Files from a debuginfod server on this machine: debug info of a stripped program, a library and a program that are
# gone, sources.  Then servers that are down, that say nothing, and ^C.
. tests/lib/tap.sh
cinspect=$BUILD/cinspect
csnap=$BUILD/csnap
command -v debuginfod >/dev/null || cannot "debuginfod is not installed"
cd "$T" || exit 1
export DEBUGINFOD_URLS='' DEBUGINFOD_CACHE_PATH=$T/client XDG_CACHE_HOME=$T/cache HOME=$T NO_COLOR=1
export XDG_CONFIG_HOME=$T XDG_STATE_HOME=$T
unset DEBUGINFOD_TIMEOUT DEBUGINFOD_PROGRESS DEBUGINFOD_VERBOSE http_proxy https_proxy all_proxy
cached() { find client -type f -size +0 \( -name debuginfo -o -name executable -o -name 'source*' \) 2>/dev/null | wc -l; }

mkdir src kept run
cat >src/lib.c <<'END'
#include <unistd.h>
static const char *const words[] = { "none", "one of the library", 0 };
__attribute__((noinline)) int in_library(int which)
{
	const char *volatile word = words[which];
	pause();
	return *word;
}
END
cat >src/prog.c <<'END'
int in_library(int which);
struct box { int a; const char *name; } box = { 42, "the box" };
__attribute__((noinline)) int in_program(int depth)
{
	int here = depth * 2;
	return in_library(1) + here;
}
int main(void)
{
	return in_program(21);
}
END
gcc -g -O0 -fPIC -shared -Wl,--build-id,-soname,libgone.so -o kept/libgone.so "$T/src/lib.c" &&
	gcc -g -O0 -Wl,--build-id -o kept/prog "$T/src/prog.c" kept/libgone.so -Wl,-rpath,"$T/run" || cannot "no compiler"
for file in prog libgone.so; do
	objcopy --only-keep-debug kept/$file kept/$file.debug
	strip kept/$file
	cp kept/$file run/
done
cp kept/prog plain
run/prog &
pid=$!
tap_at_exit "kill $pid"
disown
until [ "$(cut -d' ' -f1 /proc/$pid/syscall)" = 34 ]; do sleep 0.02; done
"$csnap" -q -o core $pid >/dev/null || cannot "csnap cannot trace here"
core=core.$pid

# ---- a server ----
# What it has: the two files, their debug info, and their sources where they were compiled.
serve() { # PORT
	HOME=$T/server debuginfod -F -d ":memory:" -p "$1" -t 1 kept >server.log 2>&1 &
	server=$!
	disown
}
mkdir server
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
id=$(eu-readelf -n kept/prog | sed -n 's/.*Build ID: //p')
lib_id=$(eu-readelf -n kept/libgone.so | sed -n 's/.*Build ID: //p')
has() { [ "$(curl -s -o answer -w '%{http_code}' "http://127.0.0.1:$port/buildid/$1")" = 200 ]; }
tap_at_exit 'kill $server 2>/dev/null'
for try in 1 2 3; do
	port=$(free_port)
	serve "$port"
	for wait in $(seq 600); do
		kill -0 $server 2>/dev/null || break
		has "$id/debuginfo" && has "$lib_id/executable" && has "$id/source$T/src/prog.c" && break 2
		sleep 0.1
	done
done
kill -0 $server 2>/dev/null || cannot "debuginfod does not start: $(tail -n 1 server.log)"
url=http://127.0.0.1:$port

# What a session says, without a server and with it.
rm run/prog run/libgone.so
look() { "$cinspect" -n --batch "$@" $core >out.txt 2>err.txt; }
look -ex bt -ex 'p box'
unlike "$(cat out.txt)" 'prog.c|a = 42' "without a server nothing is made up"
is "$(cached)" 0 "and nothing is asked"
like "$(cat err.txt)" "run/prog is not on this machine; .*debuginfod-find executable $id" "the missing program is named, and how to get it"
look --no-debuginfod -ex bt
export DEBUGINFOD_URLS=$url
look --no-debuginfod -ex bt -ex 'p box'
is "$(cached)" 0 "--no-debuginfod: nothing is asked"
look -ex 'echo hello\n'
is "$(cat out.txt)" hello "a command that needs no file"
look -ex libraries
is "$(cached)" 0 "fetches none"

look -ex bt -ex 'p box' -ex 'frame 2' -ex 'p words' -ex 'info locals'
is $? 0 "with a server every command succeeds"
like "$(cat out.txt)" "^#[0-9]+ .*in in_library \(which=1\) at .*/src/lib.c:6" "the removed library: function, argument, line"
like "$(cat out.txt)" "^#[0-9]+ .*in in_program \(depth=21\) at .*/src/prog.c:6" "the removed program too"
like "$(cat out.txt)" '\{a = 42, name = 0x[0-9a-f]+ "the box"\}' "its variables, and what they point to in the file"
like "$(cat out.txt)" 'one of the library' "read-only data of the removed library"
is "$(grep -vc '^warning: ' err.txt)" 0 "stderr has the warnings of the start alone"
like "$(cat err.txt)" 'run/prog is not on this machine.*; debuginfod is asked when it is needed' "which say what will be done"
is "$(cached)" 4 "two files and their debug info were fetched"

look --json -ex bt -ex 'p box'
is "$(jq -s length <out.txt)" 2 "--json: two objects and nothing else"
is "$(jq -r 'select(.command == "bt") | .result.threads[0].frames[] | select(.function == "in_program") | .line' <out.txt)" 6 "with the same frames"
"$cinspect" -n --batch -ex 'p box' plain $core >out.txt 2>err.txt
like "$(cat out.txt)" 'a = 42' "a stripped program that is here: debug info by build-id"
unlike "$(cat err.txt)" 'prog|debuginfod' "and not a word on stderr"

# ---- sources ----
# The server has it from the very place where it is not to be found then: the client's cache has it, too.
debuginfod-find source "$id" "$T/src/prog.c" >/dev/null
mv src away
look -ex 'frame function in_program' -ex 'list in_program'
like "$(cat out.txt)" '=> *6.*return in_library\(1\) \+ here' "a frame shows the source that is not here"
like "$(cat out.txt)" '^ *3.*in_program\(int depth\)' "list shows it too"
mv away src

# ---- not on the server ----
gcc -O0 -s -Wl,--build-id -o other -x c - <<<'#include <unistd.h>
int main(void) { pause(); return 0; }'
./other &
other=$!
tap_at_exit "kill $other"
disown
until [ "$(cut -d' ' -f1 /proc/$other/syscall)" = 34 ]; do sleep 0.02; done
"$csnap" -q -o core $other >/dev/null
rm other
"$cinspect" -n --batch -ex bt -ex 'info sharedlibrary' core.$other >out.txt 2>err.txt
like "$(cat out.txt err.txt)" 'other.*debuginfod-find' "what no server has is named"
unlike "$(cat err.txt)" 'not asked again|no answer' "and the server is not blamed"

# ---- down, silent, interrupted ----
kill $server
wait $server 2>/dev/null
rm -rf client
export DEBUGINFOD_URLS=http://127.0.0.1:$(free_port)
look -ex bt -ex 'p box' -ex 'info sharedlibrary'
is "$(grep -c 'debuginfod: ' err.txt)" 1 "a server that is down: one line"
like "$(cat err.txt)" "debuginfod: no answer from http://127.0.0.1:[0-9]+: Connection refused; it is not asked again" "it says what and why"
like "$(cat out.txt)" '^#0 ' "and the backtrace comes all the same"

cat >silent.py <<'END'
import socket, sys
s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen(64)
open("silent.port.new", "w").write(str(s.getsockname()[1]))
import os
os.rename("silent.port.new", "silent.port")
kept = []
while True:
    kept.append(s.accept())
    open("asked", "a").write("x")
END
python3 silent.py &
silent=$!
disown
tap_at_exit "kill $silent"
until [ -e silent.port ]; do sleep 0.05; done
export DEBUGINFOD_URLS=http://127.0.0.1:$(cat silent.port)
rm -rf client
DEBUGINFOD_TIMEOUT=1 DEBUGINFOD_RETRY_LIMIT=0 look -ex bt -ex 'p box'
is "$(grep -c 'debuginfod: ' err.txt)" 1 "a server that says nothing: one line"
like "$(cat err.txt)" "no answer from .*: it is too slow; it is not asked again" "it says so"
like "$(cat out.txt)" '^#0 ' "and the backtrace comes all the same"
for wait in $(seq 400); do [ -s asked ] && break || sleep 0.05; done
is "$(wc -c <asked)" 1 "it was asked once"

rm -rf client asked
"$cinspect" -n --batch --json -ex bt -ex "p 1+1" $core >out.txt 2>err.txt &
asking=$!
until [ -s asked ]; do sleep 0.05; done
kill -INT $asking
wait $asking
like "$(cat err.txt)" "debuginfod: interrupted; going on without" "^C ends the wait"
is "$(jq -s '[.[] | .ok] | all' <out.txt)" true "and the command goes on"
is "$(wc -c <asked)" 1 "without asking again"
done_testing
