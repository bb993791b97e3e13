#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Crashes in states in which crash reporters fail (tests/live/states.c): with crashd-report, and with none.
. tests/lib/tap.sh
. tests/lib/machine.sh

machine_core_pattern core
ulimit -S -c 0
gcc -std=gnu2x -O1 -g -w -D_GNU_SOURCE -I. -o "$T/states" tests/live/states.c -lpthread || cannot "no compiler"
mkdir "$T/run" "$T/alone" "$T/bad"
cat >"$T/plugin.c" <<'C'
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
__attribute__((constructor)) static void die_here(void)
{
	if (!strcmp(getenv("PLUGIN"), "wait"))
		for (;;)
			pause();
	if (!strcmp(getenv("PLUGIN"), "crash"))
		*(volatile int *)0;
}
void wait_there(void)
{
	for (;;)
		pause();
}
static int resolved(void) { return 1; }
__attribute__((noinline)) static void choose(const char *how)
{
	if (how && how[0] == 'r')
		*(volatile int *)0;
}
/* Environment: libc may not be relocated yet, but it is; this library is not. */
static void *resolve(void)
{
	extern char **environ;
	for (char **e = environ; *e; e++)
		if (!__builtin_memcmp(*e, "PLUGIN=", 7))
			choose(*e + 7);
	return resolved;
}
int by_processor(void) __attribute__((ifunc("resolve")));
C
cat >"$T/exception.cpp" <<'C'
static volatile int *volatile where;
struct dies {
	~dies() { *where; }
};
__attribute__((noinline)) static void throws()
{
	dies on_the_way_out;
	throw 1;
}
int main() { try { throws(); } catch (int) { } }
C
gcc -shared -fPIC -g -w -o "$T/plugin.so" "$T/plugin.c"
! command -v g++ >"$T/bash" || g++ -g -w -O1 -o "$T/exception" "$T/exception.cpp"
export PLUGIN_PATH=$T/plugin.so
cp "$BUILD/libcrashd.so" "$T/alone"
chmod 755 "$T" "$T/run" "$T/alone" "$T/states"
cd "$T/run" || exit 1

# launch LIBRARY LEVEL STATE FOLDER: in the background, in that folder; a report that hangs fails by its status.
launch() {
	(
		mkdir -p "$4"
		cd "$4" || exit 1
		(LD_PRELOAD=$1 TRACEBACK=$2 exec env --default-signal=QUIT "$T/states" "$3") >out 2>err &
		pid=$!
		echo $pid >pid
		{ sleep 20 && kill -KILL $pid; } >bash 2>&1 &
		watch=$!
		wait $pid 2>bash
		echo $? >status
		kill $watch
	) 2>"$T/bash" &
}
# result FOLDER: of what was launched there and has ended, in $st, $pid and $err.
result() {
	st=$(cat "$1/status") pid=$(cat "$1/pid") err=$(cat "$1/err")
}
# run LIBRARY LEVEL STATE: here, and waits.
run() {
	rm -rf core core.* /tmp/core.* /tmp/crashd-empty.*
	launch "$@" .
	wait $!
	result .
}
# together: reads state names; runs them at level all with $lib, a few at a time, each in a folder of its name below $1.
together() {
	while read -r state _; do
		[ -n "$state" ] || continue
		while [ "$(jobs -rp | wc -l)" -ge 6 ]; do wait -n; done
		launch "$lib" all "$state" "$1/$state"
	done
	wait
}

# cgroup: makes one with 32 MB of memory, and no swap where that can be said.
cgroup() {
	export CGROUP CGROUP_USED
	if [ -e /sys/fs/cgroup/memory/memory.limit_in_bytes ]; then
		CGROUP=/sys/fs/cgroup/memory/crashd-test.$$ CGROUP_USED=$CGROUP/memory.usage_in_bytes
		mkdir "$CGROUP" && echo 32M >"$CGROUP/memory.limit_in_bytes" && { echo 32M >"$CGROUP/memory.memsw.limit_in_bytes" || true; }
	else
		CGROUP=/sys/fs/cgroup/crashd-test.$$ CGROUP_USED=$CGROUP/memory.current
		mkdir "$CGROUP" && echo 32M >"$CGROUP/memory.max" && { echo 0 >"$CGROUP/memory.swap.max" || true; }
	fi 2>"$T/bash"
}

# state      status threads  what the report must say (regex; - nothing special)
table='
plain            139    1  -
loader           139    2  -
stdio            139    2  -
atfork           139    1  -
smashed          139    1  -
sp-zero          139    1  the stack pointer 0x0 is bad
sp-wild          135    1  SI_KERNEL
fp-cycle         139    1  a call through a null pointer
call-data        139    1  SEGV_ACCERR.*execute
call-wild        139    1  SI_KERNEL
jit              139    1  -
first-instruction 139   1  -
without-cfi      139    1  -
leaf-without-cfi 139    1  -
plt              139    1  SEGV_ACCERR
vdso             139    1  write of 0x8
abort-jumps      139    1  ^SIGSEGV
churn            139    5  -
reaping          139    2  -
no-siginfo       139    1  origin unknown
taken-away       139    1  -
overwritten      139    1  section events failed: SIGSEGV
dlopen-other     139    2  -
dlopen-self      139    1  -
resolver         139    1  -
atexit           139    1  -
small-altstack   139    1  -
no-altstack      139    1  -
autodisarm       139    1  -
dlclosed         139    2  -
cut-library      135    1  SIGBUS.*BUS_ADRERR
quit-worker      131    2  SIGQUIT
quit-read        139    1  SIGSEGV
stopped          131    2  SIGQUIT
no-memory        139    1  -
no-descriptors   139    1  -
no-processes     139    1  no process could be started
seccomp          139    3  own seccomp filter may kill
seccomp-spin     139    3  own seccomp filter may kill
seccomp-kill     139    3  own seccomp filter may kill
seccomp-trap     159    1  forbidden by a seccomp filter
traced           139    4  -
landlock         139    3  -
aligned          139    1  read of 0x0
file-cut-off     135    1  SIGBUS.*BUS_ADRERR
breakpoint       133    1  SIGTRAP
chroot           139    2  -
nobody           139    3  -
secret           139    2  -
thousand         139 1001  -
vfork            139    2  -
spin             139    3  -
nonblock         139  301  -
closes-all       139    2  -
leader-gone      139    1  -
c11-overflow     139    2  stack overflow
named            139    1  \\x1b\[31mred
fiber            139    1  -
handler          139    1  -
'
[ -w /dev/fuse ] && table+='
dead-server      139    2  , in newfstatat\(\), uninterruptible|, waiting in request_wait_answer
'
for lib in "$BUILD/libcrashd.so" "$T/alone/libcrashd.so"; do
	with="with crashd-report"
	[ "$lib" = "$T/alone/libcrashd.so" ] && with="alone"
	install -d -m 777 "$T/all"
	together "$T/all" <<<"$table"
	while read -r state status threads regex; do
		[ -n "$state" ] || continue
		result "$T/all/$state"
		is "$st" "$status" "$state, $with: dies of its signal"
		is "$(tail -n 1 <<<"$err")" "--- end of crashd report $pid ---" "$state, $with: a whole report"
		got=$(grep -cE '^thread [0-9]+ ?' <<<"$err")
		ok "$state, $with: $threads threads" test "$got" -ge "$threads"
		[ "$regex" = - ] || like "$err" "$regex" "$state, $with: says $regex"
		case $state in sp-* | fp-cycle | smashed | fiber) ;; *) like "$err" '^#[0-9]+ .*(states|deep)' "$state, $with: has frames" ;; esac
	done <<<"$table"
	if [ "$with" != alone ]; then # the reporter finds the callers, whatever the frame before
		while read -r state caller; do
			result "$T/all/$state"
			like "$err" "^#1 .* in $caller \\(\\)|^#2 .* in $caller \\(\\)" "$state: $caller called it"
			like "$err" '^#[1-3] .* in main ' "$state: and main that"
		done <<-'END'
			first-instruction calls_first
			without-cfi calls_without
			leaf-without-cfi calls_leaf
			plt calls_plt
			vdso calls_vdso
		END
	fi
	rm -rf "$T/all" /tmp/crashd-empty.*

	run "$lib" all seccomp-spin
	unlike "$err" 'cannot be read' "seccomp-spin, $with: running threads are asked for their registers"
	while read -r state status; do
		run "$lib" single "$state"
		is "$st" "$status" "$state, $with: a filter that kills lets it die of its signal"
		like "$err" '^#0 .*\+' "$state, $with: with frames"
		is "$(tail -n 1 <<<"$err")" "--- end of crashd report $pid ---" "$state, $with: a whole report"
	done <<-'END'
		seccomp-files 139
		seccomp-abort 134
		seccomp-least 139
	END
	run "$lib" system seccomp-files
	is "$st" 159 "seccomp-files, $with: at a level that needs files the filter kills"
	like "$err" '^registers' "seccomp-files, $with: after all that needs none"
	is "$(tail -n 1 <<<"$err")" "[what needs files follows, and may be ended by the program's own seccomp filter]" "seccomp-files, $with: and says so in advance"
	run "$lib" all unmapped
	is "$st" 139 "unmapped, $with: without its memory the process dies all the same"
	like "$err" "^SIGSEGV: .* in libcrashd, whose memory is gone: no report, PID $pid$" "unmapped, $with: and one line says so"
	run "$lib" all tiny-altstack
	is "$st, $err" "139, " "tiny-altstack, $with: the kernel kills before any handler runs, as crashd(3) says"
	rm -f "$T/replaced"
	cp "$T/states" "$T/replaced"
	LD_PRELOAD=$lib TRACEBACK=all "$T/replaced" replaced 2>"$T/err" >"$T/out" &
	wait $! 2>"$T/bash"
	is $? 139 "replaced, $with: dies of its signal"
	like "$(cat "$T/err")" '^#0 .*(leaf|replaced)' "replaced, $with: has frames"
	[ "$with" = alone ] || like "$(cat "$T/err")" '^#0 .* in leaf \(a=1\) at .*states\.c:' "replaced: with lines, of the file that it runs"
	like "$(tail -n 1 "$T/err")" '^--- end of crashd report' "replaced, $with: a whole report"
	run "$lib" crash raw-overflow
	is "$st, $err" "139, " "raw-overflow, $with: a thread without an alternate stack is killed by the kernel"
	ok "raw-overflow, $with: and leaves its core" test -s core
	if cgroup; then
		run "$lib" all cgroup-full
		is "$st" 139 "cgroup-full, $with: not the program is killed for its memory"
		is "$(tail -n 1 <<<"$err")" "--- end of crashd report $pid ---" "cgroup-full, $with: a whole report"
		like "$err" '^#0 .*(leaf|states)' "cgroup-full, $with: with frames"
		rmdir "$CGROUP"
	fi
	run "$lib" crash nobody
	ok "nobody, $with: a core of a daemon that gave up root" test -s "/tmp/core.$pid"
	like "$(gdb -nx -batch -ex bt "$T/states" "/tmp/core.$pid" 2>&1)" '^#0 .*leaf' "nobody, $with: its frame 0"
	run "$lib" crash chroot
	like "$err" '^core: by the kernel, in /core below the root folder of the process' "chroot, $with: where the core is"
	run "$lib" crash secret
	like "$err" 'not dumpable' "secret, $with: says why there is no core"
	ok "secret, $with: and writes none" test ! -e "core.$pid" -a ! -e core
	run "$lib" crash thousand
	is "$(gdb -nx -batch -ex 'info threads' "$T/states" core 2>&1 | grep -cE '^[* ] +[0-9]+ +Thread')" 1001 "thousand, $with: all in the core"

	(
		ulimit -c 0
		BEFORE_MAIN=1 LD_PRELOAD=$lib TRACEBACK=all exec "$T/states"
	) 2>"$T/err" >"$T/out" &
	wait $! 2>"$T/bash"
	like "$(cat "$T/err")" '^--- end of crashd report' "before main, $with: a whole report"

	if [ -x "$T/exception" ]; then
		LD_PRELOAD=$lib TRACEBACK=all "$T/exception" 2>"$T/err" >"$T/out" &
		wait $! 2>"$T/bash"
		is $? 139 "a C++ exception in flight, $with: dies of its signal"
		like "$(cat "$T/err")" '^#1 .*(throws|exception \(\+)' "a C++ exception in flight, $with: frames"
		like "$(cat "$T/err")" '^--- end of crashd report' "a C++ exception in flight, $with: a whole report"
	fi

	# outputs that fail
	LD_PRELOAD=$lib TRACEBACK=all,file=/dev/full "$T/states" plain 2>"$T/err" >"$T/out" &
	pid=$!
	wait $pid 2>"$T/bash"
	like "$(cat "/tmp/crashd-report.$pid")" "^--- end of crashd report $pid ---" "a full disk, $with: the report is in /tmp"
	rm -f "/tmp/crashd-report.$pid"
	LD_PRELOAD=$lib TRACEBACK=all "$T/states" plain 2> >(exec true) >"$T/out" &
	pid=$!
	wait $pid 2>"$T/bash"
	is $? 139 "a reader that is gone, $with: dies of its signal"
	rm -f "/tmp/crashd-report.$pid"
	if unshare -m true 2>"$T/bash"; then
		LD_PRELOAD=$lib TRACEBACK=all unshare -m sh -c 'umount -l /proc && exec "$0" plain' "$T/states" 2>"$T/err" >"$T/out" &
		wait $! 2>"$T/bash"
		is $? 139 "no /proc, $with: dies of its signal"
		like "$(cat "$T/err")" '^#0 ' "no /proc, $with: has frames"
		like "$(tail -n 1 "$T/err")" '^--- end of crashd report' "no /proc, $with: a whole report"
	fi
	if command -v strace >"$T/bash"; then
		strace -f -o "$T/trace" -E LD_PRELOAD="$lib" -E TRACEBACK=all "$T/states" spin 2>"$T/err" >"$T/out" &
		wait $! 2>"$T/bash"
		like "$(cat "$T/err")" '^--- end of crashd report' "traced already, $with: a whole report"
		is "$(grep -c '^thread ' "$T/err")" 3 "traced already, $with: all threads"
		if [ "$with" != alone ]; then
			like "$(cat "$T/err")" '^\[the other threads are not stopped: process [0-9]+ \(strace\) traces them\]' "traced already: said"
			is "$(grep -cE '^#0 .* in spins \(a=0x0\) at .*states\.c:[0-9]+' "$T/err")" 2 "traced already: running threads have lines, too"
		fi
	fi

	run "$lib" all closed
	is "$st" 139 "closed, $with: dies of its signal"
	like "$(cat "/tmp/crashd-report.$pid")" "^--- end of crashd report $pid ---" "closed, $with: the report is in /tmp"
	rm -f "/tmp/crashd-report.$pid"
	run "$lib" all reused
	is "$(cat database)" data "reused, $with: a file that got the number 2 is left alone"
	rm -f "/tmp/crashd-report.$pid" database

	mkfifo stuck
	exec 7<>stuck
	(LD_PRELOAD=$lib TRACEBACK=all exec "$T/states" thousand) 2>stuck &
	pid=$!
	{ sleep 20 && kill -KILL $pid; } >"$T/bash" 2>&1 &
	watch=$!
	wait $pid 2>"$T/bash"
	is $? 139 "stuck pipe, $with: dies of its signal"
	kill $watch 2>"$T/bash"
	like "$(tail -n 1 "/tmp/crashd-report.$pid")" "^--- end of crashd report $pid ---" "stuck pipe, $with: the rest is in /tmp"
	rm -f "/tmp/crashd-report.$pid" stuck
	exec 7<&-
done

# debug info that is nonsense: whole reports by the reporter itself, with frame 0
cat >"$T/corrupt.py" <<'PY'
import random, subprocess, sys
whole = open(sys.argv[1], "rb").read()
random.seed(3)
for line in subprocess.check_output(["readelf", "-SW", sys.argv[1]], text=True).splitlines():
    f = line.replace("[ ", "[").split()
    if len(f) < 6 or not (f[1].startswith(".debug_") or f[1] == ".symtab"):
        continue
    at, size = int(f[4], 16), int(f[5], 16)
    noise = bytearray(whole[at:at + size])
    for i in range(0, size, 17):
        noise[i] = random.randrange(256)
    for how, section in ("noise", noise), ("ones", b"\xff" * size), ("zeros", bytes(size)):
        with open(f"{sys.argv[2]}/{f[1][1:]}-{how}", "wb") as out:
            out.write(whole[:at] + section + whole[at + size:])
PY
mkdir "$T/corrupt"
python3 "$T/corrupt.py" "$T/states" "$T/corrupt"
chmod +x "$T/corrupt"/*
n=0
for p in "$T/corrupt"/*; do
	LD_PRELOAD=$BUILD/libcrashd.so TRACEBACK=all timeout 30 "$p" plain 2>"$T/err" >"$T/out" &
	wait $! 2>"$T/bash"
	[ $? = 139 ] && n=$((n + 1)) && grep -q '^#0 ' "$T/err" && grep -q '^--- end of crashd report' "$T/err" && ! grep -q '^\[' "$T/err" && continue
	is "$(cat "$T/err")" "" "corrupt: ${p##*/}: a whole report by the reporter"
done
ok "corrupt: $n programs with a section of nonsense" test "$n" -ge 15

# programs with sanitizers: their run time must come first; each prints its report
for sanitizer in address thread undefined; do
	gcc -g -w -fsanitize=$sanitizer -o "$T/sanitized" -xc - <<<'int main(void) { return *(volatile int *)0; }' 2>"$T/bash" || continue
	runtime=$(ldd "$T/sanitized" | grep -oE '/[^ ]*lib(a|t|ub)san[^ ]*' | head -n 1)
	LD_PRELOAD=$runtime:$BUILD/libcrashd.so "$T/sanitized" 2>"$T/err" >"$T/out" &
	wait $! 2>"$T/bash"
	like "$(cat "$T/err")" '^#0 .* in main ' "-fsanitize=$sanitizer: frames"
	like "$(cat "$T/err")" '^--- end of crashd report' "-fsanitize=$sanitizer: a whole report"
	[ $sanitizer = undefined ] || like "$(cat "$T/err")" 'Sanitizer: SEGV on' "-fsanitize=$sanitizer: and the sanitizer's own"
done

# a reporter that fails: the next tier, and a whole report
bad() { # NAME, C code
	mkdir -p "$T/bad/$1"
	cp "$BUILD/libcrashd.so" "$T/bad/$1"
	printf '#include <signal.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <unistd.h>\nint main(void) { %s }\n' "$2" >"$T/bad/$1/bad.c"
	gcc -w -o "$T/bad/$1/crashd-report" "$T/bad/$1/bad.c"
	launch "$T/bad/$1/libcrashd.so" all plain "$T/bad/$1/run"
}
judge() { # NAME, reason
	result "$T/bad/$1/run"
	is "$st" 139 "a reporter that $1: dies of its signal"
	is "$(tail -n 1 <<<"$err")" "--- end of crashd report $pid ---" "a reporter that $1: a whole report"
	like "$err" "not by crashd-report: $2" "a reporter that $1: says so"
	like "$err" '^#0 .*states \(\+' "a reporter that $1: and walks itself"
}
bad fails 'return 1;'
bad crashes 'abort();'
bad lies 'return 0;'
bad stops 'raise(SIGSTOP);'
bad hangs 'for (;;) pause();'
bad dawdles 'sleep(1); return 1;'
wait
judge fails 'it failed'
judge crashes 'it was killed by SIGABRT'
judge lies 'it ended without a report'
judge stops 'it did not finish in time'
judge hangs 'it did not finish in time'
judge dawdles 'it failed'
mkdir "$T/bad/text"
cp "$BUILD/libcrashd.so" "$T/bad/text"
echo nonsense >"$T/bad/text/crashd-report"
chmod +x "$T/bad/text/crashd-report"
run "$T/bad/text/libcrashd.so" all plain
like "$err" 'could not be executed' "a reporter that is no program: says so"

# a reporter that does not stop the others, so that they crash meanwhile
run "$T/bad/dawdles/libcrashd.so" all eight
is "$st" 139 "eight threads crash: the status of the first"
is "$(grep -cE '^SIG[A-Z]+: ' <<<"$err")" 1 "eight threads crash: one report"
is "$(grep -cE '^thread [0-9]+ also crashed: SIG(SEGV|FPE|BUS|ILL)$' <<<"$err")" 7 "eight threads crash: the others are named"

# a pipeline: Ctrl+\ gives whole reports, one after the other
cat >"$T/pipeline.py" <<'PY'
import os, re, signal, subprocess, sys, time
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
r, w = os.pipe()
p = subprocess.Popen(["bash", "-c", "sleep 5 | sleep 5 | sleep 5 | sleep 5 | sleep 5"], stderr=w, start_new_session=True,
                     env=dict(os.environ, LD_PRELOAD=sys.argv[1], TRACEBACK="system"))
os.close(w)
time.sleep(0.7)
os.killpg(p.pid, signal.SIGQUIT)
text = b""
while chunk := os.read(r, 65536):
    text += chunk
p.wait()
whole, current, mixed = 0, None, 0
for line in text.decode().splitlines():
    if m := re.match(r"SIGQUIT: .* PID (\d+)", line):
        mixed += current is not None
        current = m[1]
    elif m := re.match(r"--- end of crashd report (\d+)", line):
        mixed += m[1] != current
        current, whole = None, whole + 1
print(whole, "whole", mixed, "mixed")
PY
like "$(python3 "$T/pipeline.py" "$BUILD/libcrashd.so")" '^[56] whole 0 mixed' "a pipeline of five: whole reports, not mixed"

# a hundred times Ctrl+\ is one report; a terminal that stops background writers does not stop it
cat >"$T/terminal.py" <<'PY'
import os, pty, signal, sys, termios, time
pid, fd = pty.fork()
if pid == 0:
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)  # a background job
        os.environ.update(LD_PRELOAD=sys.argv[1], TRACEBACK="all")
        os.execv(sys.argv[2], [sys.argv[2], "wait"])
    attr = termios.tcgetattr(2)
    attr[3] |= termios.TOSTOP
    termios.tcsetattr(2, termios.TCSANOW, attr)
    time.sleep(0.7)
    for i in range(100):
        try:
            os.kill(child, signal.SIGQUIT)
        except ProcessLookupError:
            break
    for i in range(100):
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            os.write(1, b"status %d\n" % (status & 127))
            os._exit(0)
        time.sleep(0.1)
    os.kill(child, signal.SIGKILL)
    os._exit(1)
text = b""
try:
    while chunk := os.read(fd, 65536):
        text += chunk
except OSError:
    pass
sys.stdout.write(text.decode().replace("\r", ""))
PY
out=$(python3 "$T/terminal.py" "$BUILD/libcrashd.so" "$T/states")
like "$out" '^status 3$' "a background job on a TOSTOP terminal: dies of SIGQUIT"
is "$(grep -c '^--- end of crashd report' <<<"$out")" 1 "a hundred SIGQUITs: one report"

# PID 1 of a namespace is not killed by a signal that is only sent to it
if unshare -pf true 2>"$T/bash"; then
	init() { # OPTION
		env --default-signal=QUIT LD_PRELOAD="$BUILD/libcrashd.so" TRACEBACK=crash unshare -pf $1 sleep 5 >"$T/out" 2>"$T/err" &
		pid=$!
		sleep 0.5
		pkill -QUIT -P $pid
		wait $pid 2>"$T/bash"
		st=$?
	}
	init
	is $st 131 "a foreign /proc: exits with 128+3"
	like "$(cat "$T/err")" 'another PID namespace' "a foreign /proc: said"
	like "$(cat "$T/err")" '^--- end of crashd report 1 ---' "a foreign /proc: a whole report"
	init --mount-proc
	is $st 131 "PID 1 with SIGQUIT: exits with 128+3"
	like "$(cat "$T/err")" '^--- end of crashd report 1 ---' "PID 1 with SIGQUIT: a whole report"
	ok "PID 1 with SIGQUIT: its own core" test -s core.1
	like "$(cat "$T/err")" '^core: the kernel will write none: PID 1 is not killed' "PID 1 with SIGQUIT: says why not the kernel's"
fi
rm -rf /tmp/crashd-empty.*
cd / || exit 1
done_testing
