#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# crashd-report on processes that live and on processes that die.
. tests/lib/tap.sh
. tests/lib/machine.sh
report=$BUILD/crashd-report

cat >"$T/victim.c" <<'C'
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int pipes[2];
static pthread_t reader;
struct job { int id; const char *name; };
__attribute__((noinline)) static void take(struct job *job) { pthread_mutex_lock(&lock); job->id = 0; }
__attribute__((noinline)) static void fill(struct job *job) { char c; (void)!read(pipes[0], &c, 1); job->id = c; }
static void *locks(void *a) { struct job job = { 7, "seven" }; prctl(PR_SET_NAME, "locker"); take(&job); return a; }
static void *reads(void *a) { struct job job = { 8, "eight" }; prctl(PR_SET_NAME, "rea\033[31mder"); fill(&job); return a; }
static void *joins(void *a) { prctl(PR_SET_NAME, "joiner"); pthread_join(reader, NULL); return a; }
static void *forks(void *a)
{
	prctl(PR_SET_NAME, "forker");
	if (vfork() == 0) {
		sleep(60);
		_exit(0);
	}
	return a;
}
static void *blocks(void *a) { sigset_t all; sigfillset(&all); pthread_sigmask(SIG_BLOCK, &all, NULL); for (;;) pause(); return a; }
__attribute__((noinline)) static int deep(volatile int n) { volatile char b[200]; b[0] = (char)n; return deep(n + 1) + b[0]; }
static inline __attribute__((always_inline)) int peek(const struct job *j) { return j->name[2]; }
__attribute__((noinline)) static int crash(const struct job *j, int n) { return peek(j) + n; }
__attribute__((optimize("O0"))) static void spin(volatile unsigned long n) { for (;;) n++; }
static void *spins(void *a) { spin(1); return a; }
int main(int argc, char **argv)
{
	struct job job = { 1, (char *)16 };
	pthread_attr_t small;
	pthread_t t;
	const char *how = argc > 1 ? argv[1] : "";

	(void)!pipe(pipes);
	pthread_mutex_lock(&lock);
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 65536);
	if (!strcmp(how, "wait") || !strcmp(how, "vfork")) {
		pthread_create(&t, NULL, locks, NULL);
		pthread_create(&reader, NULL, reads, NULL);
		pthread_create(&t, NULL, joins, NULL);
	}
	if (!strcmp(how, "vfork"))
		pthread_create(&t, NULL, forks, NULL);
	for (int i = 0; argc > 2 && i < atoi(argv[2]); i++)
		pthread_create(&t, &small, blocks, NULL);
	if (!strcmp(how, "overflow"))
		return deep(1);
	for (int i = 0; !strcmp(how, "spin") && i < 3; i++)
		pthread_create(&t, NULL, spins, NULL);
	if (!strcmp(how, "chroot")) {
		if (mkdir("root", 0755) || chroot("root") || chdir("/") || setgid(65534) || setuid(65534))
			return 1;
		how = "crash";
	}
	if (!strcmp(how, "crash") || !strcmp(how, "spin")) {
		usleep(300000);
		return crash(&job, 5);
	}
	usleep(100000);
	puts("ready");
	fflush(stdout);
	for (;;)
		pause();
}
C
gcc -g -O1 -w -pthread -o "$T/victim" "$T/victim.c" || { tap_result 1 "the victim compiles"; done_testing; }

line_of() { grep -nF "$1" "$T/victim.c" | cut -d: -f1; }
take=$(line_of 'pthread_mutex_lock(&lock); job->id')
peek=$(line_of 'int peek(')

# start ARG...: runs the victim until it says that it is ready; its id in $pid
start() {
	mkfifo "$T/ready.$$" 2>/dev/null
	"$T/victim" "$@" >"$T/ready.$$" 2>/dev/null &
	pid=$!
	read -r _ <"$T/ready.$$"
}
stop() {
	kill -9 "$pid" $(cat "/proc/$pid/task/$pid/children" 2>/dev/null)
	wait "$pid" 2>/dev/null
}

# ---- a process that lives ----

start wait
said=$("$report" --pid=$pid 2>&1)
is $? 0 "a live process is reported"
like "$said" "^PID $pid .*/victim, 4 threads$" "with its id and program"
like "$said" "^thread [0-9]+ \"locker\", futex wait on a mutex held by thread $pid \"victim\", 0x[0-9a-f]+ <lock>[:,]" "whom a thread waits for is named"
like "$said" 'read fd [0-9]+ \(pipe:\[' "the file that a thread reads is named"
like "$said" '"joiner", wait for thread [0-9]+ ".*" to end' "a join says whose end it waits for"
like "$said" "in take \\(job=0x[0-9a-f]+\\) at .*/victim.c:$take" "frames have arguments, file and line"
unlike "$said" 'clone3|start_thread|__libc_start' "frames that only start a thread are hidden"
unlike "$said" "$(printf '\033')" "escape sequences in names are defused"
like "$said" 'rea\\033\[31mder' "and shown"
like "$("$report" --pid=$pid --level=3)" 'start_thread|clone3' "unless asked for"
is "$(grep -c '^State:.*S ' /proc/$pid/task/*/status | grep -c ':1')" 4 "the threads sleep on"
is "$(awk '/^TracerPid/ && $2 { print }' /proc/$pid/task/*/status)" "" "and nobody traces them"

json=$("$report" --pid=$pid --json)
is "$(echo "$json" | jq -r '.threads | length')" 4 "as JSON: every thread"
is "$(echo "$json" | jq -r '.threads[0].lwp')" $pid "the main one first"
is "$(echo "$json" | jq -r '[.threads[].frames[] | select(.function == "fill") | .args[0].type][0]')" "struct job *" "arguments with their types"
is "$(echo "$json" | jq -r '.threads[] | select(.name == "locker").frames[0].how')" context "and how each frame was found"
is "$(echo "$json" | jq -r '[.threads[].end] | unique | .[]')" "outermost frame" "every stack was walked to its end"

if [ -x "$BUILD/csnap" ] && [ -x "$BUILD/cinspect" ]; then
	(cd "$T" && "$BUILD/csnap" -q -o live "$pid" >/dev/null)
	# up to main, where both end unless told otherwise
	pcs='.threads | sort_by(.lwp)[] | .frames as $f | ([$f[].function] | index("main") // length) as $n | [.lwp, ($f[:$n + 1][] | [.pc, .function, .line, .inlined])]'
	"$BUILD/cinspect" --batch -q -n --json -ex 'bt -a' "$T/victim" "$T/live.$pid" | jq -c ".result | $pcs" >"$T/ours"
	"$report" --pid=$pid --json --level=3 | jq -c "$pcs" >"$T/libunwind"
	is "$(cat "$T/libunwind")" "$(cat "$T/ours")" "libunwind's walk and that of inspect/stack are the same, frame by frame"
fi
stop

start vfork
said=$(timeout 20 "$report" --pid=$pid 2>&1)
is $? 0 "a thread that waits for its vfork child does not hold up the report"
like "$said" '"forker", wait for its vfork child, uninterruptible' "it is told from the others"
like "$said" 'in forks \(' "and has a stack"
stop

start many 1000
said=$("$report" --pid=$pid 2>&1)
is "$(echo "$said" | grep -c 'in blocks (')" 1000 "a thousand threads that block every signal have their stacks"
stop

cp "$T/victim" "$T/gone"
(cd "$T" && exec ./gone wait >/dev/null 2>&1) &
pid=$!
sleep 0.5
rm "$T/gone"
like "$("$report" --pid=$pid)" "in take \\(job=0x[0-9a-f]+\\) at .*/victim.c:$take" "a program whose file was deleted is named from the process"
stop

# ---- what cannot be done ----

said=$("$report" --pid=999999999 2>&1)
is $? 1 "no such process: 1"
like "$said" '^crashd-report: .*no process 999999999$' "in one line"
start wait
gdb -q -batch -ex 'shell sleep 3' -p $pid >/dev/null 2>&1 &
tracer=$!
for _ in $(seq 50); do
	grep -q '^TracerPid:.0$' /proc/$pid/status || break
	sleep 0.1
done
said=$("$report" --pid=$pid 2>&1)
is $? 1 "a process that is traced already: 1"
like "$said" "process $pid is traced by process [0-9]+" "the tracer is named"
wait $tracer
if [ "$(id -u)" = 0 ]; then
	chmod 755 "$T"
	cp "$report" "$T/report"
	said=$(setpriv --reuid=65534 --clear-groups "$T/report" --pid=$pid 2>&1)
	is $? 1 "somebody else's process: 1"
	like "$said" "process $pid: Permission denied|process $pid: Operation not permitted" "and why"
fi
stop
"$report" >/dev/null 2>&1
is $? 2 "no process: 2"

# ---- a process that dies ----

# dies LEVEL ARG...
dies() {
	local level=$1
	shift
	(ulimit -c 0 && cd "$T" && LD_PRELOAD=$BUILD/libcrashd.so TRACEBACK=$level exec ./victim "$@") 2>&1
}
said=$(dies single crash 3)
is $? 139 "the process dies of its signal"
like "$said" "^#0 +0x[0-9a-f]+ in peek \\(j=.*\\) at .*/victim.c:$peek" "an inlined call is a frame of its own"
like "$said" "^#1 +crash \\(j=0x[0-9a-f]+, n=5\\) at .*/victim.c:$((peek + 1))" "in the function around it"
like "$said" '^#2 +0x[0-9a-f]+ in main \(argc=3, argv=0x[0-9a-f]+\)' "called by main"
unlike "$said" '__libc_start|"blocks' "level single: one thread, no start-up frames"
like "$said" "^--- end of crashd report" "the report has its end"
said=$(dies all crash 20)
is "$(echo "$said" | grep -c 'in blocks (')" 20 "level all: the others, too"
is "$(echo "$said" | grep -c '^thread ')" 21 "each with its own heading"
said=$(dies system crash)
like "$said" '__libc_start_main' "level system: start-up frames"
said=$(dies single overflow)
like "$said" '[0-9]+ × deep' "an endless recursion is folded"
like "$said" "^#[0-9]{3,} +0x[0-9a-f]+ in deep" "its outermost frames are at addresses of their own, apart from their numbers"
ok "into a short report" test "$(echo "$said" | wc -l)" -lt 60
like "$said" ' in main \(' "and main is at its end"
said=$(cd "$T" && dies crash crash 3)
like "$said" '^core: written by libcrashd' "without a core of the kernel's there is one of ours"
core=$(ls "$T"/core.* 2>/dev/null | head -n 1)
if command -v gdb >/dev/null && [ -n "$core" ]; then
	said=$(gdb -nx -batch -ex bt -ex 'p $_siginfo.si_signo' -ex 'info threads' "$T/victim" "$core" 2>&1)
	like "$said" '^#0 .*peek \(j=.*\) at' "its first frame is the fault"
	like "$said" '^\$1 = 11$' "it has the siginfo"
	is "$(echo "$said" | grep -cE '^[* ] +[0-9]+ +Thread')" 4 "and every thread"
fi

if [ "$(id -u)" = 0 ]; then
	said=$(dies all chroot 2)
	like "$said" '^#0 .*peek \(j=.*\) at .*/victim.c:[0-9]+' "in an empty root, as nobody: functions and lines"
	is "$(echo "$said" | grep -c 'in blocks (')" 2 "of every thread"
fi
if [ "$(id -u)" = 0 ] && command -v gdb >/dev/null; then
	machine_core_pattern core
	rm -f "$T"/core*
	said=$(cd "$T" && ulimit -c unlimited && LD_PRELOAD=$BUILD/libcrashd.so TRACEBACK=crash ./victim spin 2>&1)
	like "$said" '^core: by the kernel' "the kernel writes the core"
	counters() { grep -o 'spin (n=[0-9]*)' | sort; }
	is "$(gdb -nx -batch -ex 'thread apply all bt' "$T/victim" "$T"/core* 2>/dev/null | counters)" "$(echo "$said" | counters)" \
		"what spinning threads count is in the core what the report said"
	is "$(echo "$said" | counters | wc -l)" 3 "of all three"
fi
done_testing
