#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# libcrashd preloaded into programs that die: the report, the exit status, the core.
. tests/lib/tap.sh
. tests/lib/machine.sh

machine_core_pattern core
ulimit -S -c 0
cat >"$T/victim.c" <<'C'
#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
static volatile int *volatile where;
__attribute__((noinline)) static int leaf(int a) { return *where + a; }
__attribute__((noinline)) static int middle(int a) { return leaf(a) + 1; }
__attribute__((noinline)) static int deep(volatile int n) { volatile char b[200]; b[0] = (char)n; return deep(n + 1) + b[0]; }
static void *waits(void *a) { sigset_t all; sigfillset(&all); pthread_sigmask(SIG_BLOCK, &all, NULL); pause(); return a; }
static void *named(void *a) { prctl(PR_SET_NAME, a); return waits(a); }
static void *overflows(void *a) { deep(1); return a; }
static void *faults(void *a) { usleep(50000); middle(1); return a; }
__attribute__((noinline, optimize("O0"))) static void count(long n) { for (;;) n++; }
static void *counts(void *a) { count(0); return a; }
static void mine(int sig) { (void)sig; write(1, "mine\n", 5); }
int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "null";
	pthread_t t;

	for (int i = 0; argc > 2 && i < atoi(argv[2]); i++)
		pthread_create(&t, NULL, waits, NULL);
	if (argc > 2)
		usleep(30000);
	if (!strcmp(how, "null"))
		return middle(3);
	if (!strcmp(how, "count")) {
		for (int i = 0; i < 3; i++)
			pthread_create(&t, NULL, counts, NULL);
		usleep(50000);
		return middle(1);
	}
	if (!strcmp(how, "names")) {
		pthread_create(&t, NULL, named, "one");
		pthread_create(&t, NULL, named, "fifteen letters");
		usleep(50000);
		return middle(1);
	}
	if (!strcmp(how, "deep"))
		return deep(1);
	if (!strcmp(how, "deep-thread")) {
		pthread_create(&t, NULL, overflows, NULL);
		pthread_join(t, NULL);
	}
	if (!strcmp(how, "many")) {
		for (int i = 0; i < 4; i++)
			pthread_create(&t, NULL, faults, NULL);
		pause();
	}
	if (!strcmp(how, "assert"))
		assert(argc == 77);
	if (!strcmp(how, "free")) {
		char *volatile p = malloc(100), *volatile q = p;
		free(p);
		free(q);
	}
	if (!strcmp(how, "call"))
		((void (*)(void))0x1234)();
	if (!strcmp(how, "general"))
		return where = (int *)0x4141414141414141, leaf(1);
	if (!strcmp(how, "div")) {
		volatile int zero = 0;
		volatile int r = argc * 100 / zero;
		return r;
	}
	if (!strcmp(how, "write"))
		*(volatile char *)main = 1;
	if (!strcmp(how, "fork")) {
		if (fork() == 0)
			return middle(1);
		wait(NULL);
		puts("parent lives");
	}
	if (!strcmp(how, "vfork")) {
		int status;
		if (vfork() == 0) {
			*(volatile int *)0 = 1;
			_exit(0);
		}
		wait(&status);
		printf("child died of %d\n", WTERMSIG(status));
		fflush(stdout);
		return middle(1);
	}
	if (!strcmp(how, "handler")) {
		signal(SIGSEGV, mine);
		raise(SIGSEGV);
		puts("on");
	}
	if (!strcmp(how, "limit")) {
		struct rlimit r;
		FILE *f = fopen("/proc/self/coredump_filter", "r");
		char line[32];
		getrlimit(RLIMIT_CORE, &r);
		printf("%s %s", r.rlim_cur == r.rlim_max ? "raised" : "kept", fgets(line, sizeof line, f));
	}
	if (!strcmp(how, "wait")) {
		puts("ready");
		fflush(stdout);
		for (int i = 0; i < 200; i++)
			usleep(20000);
	}
	return 0;
}
C
gcc -O1 -g -w -o "$T/victim" "$T/victim.c" -lpthread || cannot "no compiler"
strip -o "$T/stripped" "$T/victim"
mkdir "$T/run" "$T/alone"
mkfifo "$T/slow"
cp "$BUILD/libcrashd.so" "$T/alone" # no reporter beside it
cd "$T/run" || exit 1

lib=$BUILD/libcrashd.so
# run LEVEL COMMAND...: stderr in $err, stdout in $out, status in $st, pid in $pid
run() {
	local level=$1
	shift
	rm -f core core.*
	(LD_PRELOAD=$lib TRACEBACK=$level exec "$@") >"$T/out" 2>"$T/err" &
	pid=$!
	wait $pid 2>"$T/bash"
	st=$?
	err=$(cat "$T/err") out=$(cat "$T/out")
}
# gdb on the core at $1
gdb_core() { gdb -nx -batch -ex bt -ex 'p $_siginfo.si_code' -ex 'p $_siginfo._sifields._sigfault.si_addr' -ex 'info threads' -ex 'p $mxcsr' "$T/victim" "$1" 2>&1; }

for lib in "$BUILD/libcrashd.so" "$T/alone/libcrashd.so"; do
	n=${lib#"$T/"}; n=${n#"$BUILD/"}
	run none "$T/victim"
	is "$st" 139 "$n: none: dies of SIGSEGV"
	is "$(wc -l <"$T/err")" 1 "$n: none: one line"
	like "$err" "^SIGSEGV: .*\(SEGV_MAPERR\), read of 0x0, PID $pid, thread $pid \"victim\"" "$n: none: which says it all"

	run single "$T/victim" null 1
	like "$err" "^#0 .*leaf|^#0 .*victim \(\+0x" "$n: single: a frame"
	is "$(grep -cE '^thread [0-9]+' <<<"$err")" 1 "$n: single: one thread"
	is "$(tail -n 1 <<<"$err")" "--- end of crashd report $pid ---" "$n: single: the end line"
	ok "$n: single: no core" test ! -e core

	run all "$T/victim" null 3
	is "$(grep -cE '^thread [0-9]+' <<<"$err")" 4 "$n: all: four threads, with their signals blocked"
	is "$(grep -cE '^thread [0-9]+ "victim", (pause(, last ran .*)?|waiting in .*):$' <<<"$err")" 3 "$n: all: what the others wait in"
	unlike "$err" 'rip ' "$n: all: no registers"
	ok "$n: all: no core" test ! -e core

	run all "$T/stripped" null 1
	is "$(grep -c '^#' <<<"$err")" 5 "$n: all: no start-up frames, of a stripped program either"
	run system "$T/stripped"
	like "$err" '^#.*__libc_start_main' "$n: system: start-up frames"
	run system "$T/victim"
	like "$err" 'rip +(0x)?0000[0-9a-f]{12}' "$n: system: registers"
	like "$err" 'not mapped' "$n: system: mappings"

	run crash "$T/victim" null 2
	like "$err" "^  cinspect $T/victim $T/run/core\$" "$n: crash: the next command"
	ok "$n: crash: which core is there" test -s core
	core=$(gdb_core core)
	like "$core" '^#0 +(0x[0-9a-f]+ in )?leaf ' "$n: crash: frame 0 is the fault"
	like "$core" '\$1 = 1$' "$n: crash: si_code SEGV_MAPERR"
	like "$core" '\$2 = .*0x0$' "$n: crash: si_addr"
	is "$(grep -cE 'Thread 0x|LWP' <<<"$(sed -n '/Id .*Target/,$p' <<<"$core")")" 3 "$n: crash: three threads"
	like "$(tail -n 2 <<<"$err" | head -n 1)" cinspect "$n: crash: the command stands before the end line"

	run crash "$T/victim" names
	is "$("$BUILD/cinspect" --batch -q -n --json -ex threads "$T/victim" core 2>&1 | jq -c '[.result.threads[].name] | sort')" \
		'["fifteen letters","one","victim"]' "$n: crash: every thread has its name in the kernel's core"

	run crash bash -c "ulimit -c 0; exec $T/victim null 2"
	like "$err" 'kernel will write none: RLIMIT_CORE is 0' "$n: hard limit 0: why there will be no core"
	like "$err" "^  cinspect $T/victim $T/run/core\.$pid\$" "$n: hard limit 0: our own"
	core=$(gdb_core "core.$pid")
	like "$core" '^#0 +(0x[0-9a-f]+ in )?leaf ' "$n: hard limit 0: frame 0 of ours is the fault"
	like "$core" '\$1 = 1$' "$n: hard limit 0: si_code"
	like "$core" 'pause' "$n: hard limit 0: other threads"
	like "$core" '^\$3 = \[ IM' "$n: hard limit 0: vector registers"
	is "$(stat -c %a "core.$pid")" 600 "$n: hard limit 0: nobody else reads it"
	ok "$n: hard limit 0: nothing half-written" test ! -e "core.$pid.part"

	run all "$T/victim" deep
	is "$st" 139 "$n: stack overflow: dies of it"
	like "$err" 'stack overflow' "$n: stack overflow: says so"
	run all "$T/victim" many
	is "$(grep -c '^SIGSEGV' <<<"$err")" 1 "$n: four threads at once: one report"
	is "$(grep -c '^--- end of crashd' <<<"$err")" 1 "$n: four threads at once: one end"
	is "$st" 139 "$n: four threads at once: status"
done
lib=$BUILD/libcrashd.so
like "$(LD_PRELOAD=$T/alone/libcrashd.so "$T/victim" 2>&1)" 'crashd-report was not found' "without the reporter the report says so"

# report and core agree: threads that run on would count on
counters() { grep -oE 'count \(n=[0-9]+\)' | sort; }
for limit in unlimited 0; do
	run crash bash -c "ulimit -H -c $limit; exec $T/victim count"
	reported=$(counters <<<"$err")
	is "$(wc -l <<<"$reported")" 3 "counting threads, limit $limit: in the report"
	is "$(grep -cE '^thread .*, running[:,]' <<<"$err")" 3 "counting threads, limit $limit: they run"
	is "$(gdb -nx -batch -ex 'thread apply all bt' "$T/victim" core* 2>&1 | counters)" "$reported" "counting threads, limit $limit: the core has the very numbers"
done

run single "$T/victim" assert
is "$st" 134 "assert: SIGABRT"
like "$err" "Assertion .*argc == 77.*failed" "assert: its message"
like "$err" 'abort message: .*argc == 77' "assert: in the report"
run single "$T/victim" free
like "$err" 'abort message: free\(\): double free' "double free: glibc's message"
run single "$T/victim" call
like "$err" 'execute of 0x1234' "a call to 0x1234: the access"
like "$err" '^#1 .*(main|victim)' "a call to 0x1234: the caller"
run single "$T/victim" general
like "$err" '^SIGSEGV: .*SI_KERNEL' "a non-canonical address: the kernel gives none"
unlike "$err" 'null pointer' "a non-canonical address: not called a null pointer"
run single "$T/victim" div
is "$st" 136 "division: SIGFPE"
like "$err" 'FPE_INTDIV' "division: si_code in words"
run single "$T/victim" write
like "$err" '\(SEGV_ACCERR\), write of 0x' "a write to code"
run all "$T/victim" deep-thread
like "$err" 'stack overflow' "stack overflow in a thread: reported"
is "$(tail -n 1 <<<"$err")" "--- end of crashd report $pid ---" "stack overflow in a thread: whole"
run single "$T/victim" fork
like "$out" 'parent lives' "fork: the parent goes on"
like "$err" '^SIGSEGV' "fork: the child is reported"
run single "$T/victim" vfork
like "$out" 'child died of 11' "vfork: the child dies of its signal"
like "$err" "^#" "vfork: the parent's own crash is reported in full"
run single "$T/victim" handler
is "$out" "mine
on" "a handler of the program's own is left alone"
is "$err" "" "and there is no report"
run single "$T/victim" limit
like "$out" '^kept 0*33' "single: RLIMIT_CORE and coredump_filter as they were"
run crash "$T/victim" limit
like "$out" '^raised 0*7f' "crash: both raised"

if unshare -m umount -l /proc 2>"$T/bash"; then
	run single unshare -m sh -c "umount -l /proc; exec $T/victim"
	like "$err" '^#0 .* from the program \(\+0x[0-9a-f]+\)$' "without /proc: a frame of the program, whatever its name"
	like "$err" '^--- end of crashd report' "without /proc: a whole report"
fi

# a stranger's signal
signal() { # LEVEL SIGNAL COMMAND...
	local level=$1 sig=$2
	shift 2
	rm -f core core.* "$T/out"
	(LD_PRELOAD=$lib TRACEBACK=$level exec env --default-signal=QUIT "$@") >"$T/out" 2>"$T/err" &
	pid=$!
	for _ in $(seq 100); do
		grep -q ready "$T/out" 2>/dev/null && break
		sleep 0.02
	done
	kill "-$sig" $pid
	wait $pid 2>"$T/bash"
	st=$?
	err=$(cat "$T/err") out=$(cat "$T/out")
}
signal single QUIT "$T/victim" wait
is "$st" 131 "SIGQUIT: dies of it"
like "$err" "^SIGQUIT: quit, sent with kill \(SI_USER\) by process $$, uid 0, PID $pid" "SIGQUIT: who sent it"
signal crash SYS "$T/victim" wait
is "$st" 159 "SIGSYS from outside"
core=$(gdb -nx -batch -ex 'p $_siginfo.si_code' -ex 'p $_siginfo._sifields._kill.si_pid' "$T/victim" core 2>&1)
like "$core" '\$1 = 0$' "SIGSYS from outside: si_code SI_USER in the core"
like "$core" "\\\$2 = $$\$" "SIGSYS from outside: the sender in the core"
for s in SEGV BUS ILL FPE ABRT TRAP XCPU XFSZ; do
	signal none $s "$T/victim" wait
	is "$st $(wc -l <"$T/err")" "$((128 + $(kill -l $s))) 1" "SIG$s: status, one line"
done
signal all,continue QUIT "$T/victim" wait
is "$st" 0 "continue: the program goes on"
like "$err" '^--- end of crashd report' "continue: after a whole report"
signal single,signal=USR1 USR1 "$T/victim" wait
is "$st" 0 "report signal: the program goes on"
like "$err" '^SIGUSR1: ' "report signal: after a report"
ignored=$( (
	trap '' QUIT
	LD_PRELOAD=$lib exec "$T/victim" wait
) 2>&1 &
	p=$!
	sleep 0.3
	pkill -QUIT -P $p 2>/dev/null
	kill -QUIT $p 2>/dev/null
	wait $p
	echo " status $?")
unlike "$ignored" SIGQUIT "SIGQUIT ignored stays ignored"
like "$ignored" 'status 0' "and kills nobody"

# the user's words
run ful "$T/victim"
like "$err" '^crashd: TRACEBACK: "ful" is not understood' "an unknown word is a warning"
like "$err" '^--- end of crashd report' "and the default"
run single,signal=SEGV "$T/victim"
is "$st $(grep -c '^SIGSEGV' <<<"$err")" "139 1" "a fault as report signal is refused, not reported for ever"
run "all,file=$T/report" "$T/victim"
is "$err" "" "file=: nothing on stderr"
like "$(cat "$T/report")" '^--- end of crashd' "file=: the report is there"
mkdir "$T/cores"
run "crash,dir=$T/cores" bash -c "ulimit -c 0; exec $T/victim"
ok "dir=: our own core is there" test -s "$T/cores/core.$pid"
mkdir own
run "crash,dir=own,file=rel" bash -c "ulimit -c 0; exec $T/victim"
ok "dir= with a relative path" test -s "own/core.$pid"
like "$(cat rel)" "^  cinspect $T/victim $T/run/own/core.$pid\$" "and file="
rm -r own rel

# core_pattern: what the report says, and what happens
machine_core_pattern "$T/run/c-%e-%p-%s"
run crash "$T/victim"
like "$err" "^  cinspect $T/victim $T/run/c-victim-$pid-11\$" "core_pattern with letters: expanded"
ok "core_pattern with letters: as the kernel does" test -s "c-victim-$pid-11"
machine_core_pattern "$T/run/c-%t-%C"
for pause in 0.1 0.4 0.7; do
	rm -f "$T"/run/c-*
	# a report that takes its time: the pipe has room for the first line, and what reads it sleeps
	exec 8<>"$T/slow"
	yes | head -c 61310 >&8
	sleep $pause
	(LD_PRELOAD=$lib TRACEBACK=crash,file=$T/slow exec "$T/victim") 8>&- &
	sleep 1.2
	sed '/^--- end of crashd/q' <&8 >"$T/err"
	wait $! 2>"$T/bash"
	exec 8>&-
	said=$(sed -n 's/^core: by the kernel, in //p' "$T/err")
	ok "core_pattern with the time and the processor: $(basename "$said") is there" test -s "$said"
done
machine_core_pattern '|/nonexistent/handler %p'
run crash "$T/victim"
like "$err" 'cannot be run: no such file' "a pipe to nothing: said"
ok "a pipe to nothing: our own" test -s "core.$pid"
printf '#!/bin/sh\nexec cat >/dev/null\n' >"$T/systemd-coredump"
chmod +x "$T/systemd-coredump"
machine_core_pattern "|$T/systemd-coredump %P %c"
if [ ! -e /run/systemd/coredump ]; then
	run crash "$T/victim"
	like "$err" 'nobody listens at /run/systemd/coredump' "systemd-coredump without its socket: said"
	ok "systemd-coredump without its socket: our own" test -s "core.$pid"
	mkdir -p /run/systemd
	python3 -c 'import socket, time; s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); s.bind("/run/systemd/coredump"); s.listen(); time.sleep(60)' &
	listens=$!
	tap_at_exit "kill $listens 2>/dev/null"
	for _ in $(seq 300); do grep -q /run/systemd/coredump /proc/net/unix && break || sleep 0.1; done
	run crash "$T/victim"
	like "$err" "^  cinspect --journal=$pid\$" "systemd-coredump: the next command asks the journal"
	run crash bash -c "ulimit -c 0; exec $T/victim"
	like "$err" 'systemd-coredump keeps no core' "systemd-coredump and limit 0: said"
	kill $listens
	rm -f /run/systemd/coredump
fi
machine_core_pattern ''
run crash "$T/victim"
like "$err" 'core_pattern is empty' "no core_pattern: said"
machine_core_pattern core

# other people's programs
mkfifo "$T/never"
exec 9<>"$T/never"
for p in "sleep 60" "python3 -c 'import time; time.sleep(60)'" "sqlite3 :memory:"; do
	command -v "${p%% *}" >/dev/null || continue
	(LD_PRELOAD=$lib TRACEBACK=crash exec env --default-signal=QUIT bash -c "exec $p") <"$T/never" >"$T/out" 2>"$T/err" &
	pid=$!
	# until it is that program, and not bash any more, and has our handler of SIGQUIT
	for _ in $(seq 200); do
		[ "$(cat /proc/$pid/comm)" = "${p%% *}" ] && (((0x$(sed -n 's/^SigCgt:\t//p' /proc/$pid/status) & 4) != 0)) && break
		sleep 0.1
	done
	rm -f core
	kill -QUIT $pid
	wait $pid 2>"$T/bash"
	is "$?" 131 "${p%% *}: dies of SIGQUIT"
	like "$(cat "$T/err")" "^--- end of crashd report $pid ---" "${p%% *}: a whole report"
	ok "${p%% *}: a core" test -s core
done

cd / || exit 1
done_testing
