#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# What a report says in words: in which call a thread waits, for what and for whom; who sent the signal; what a fault
# was about; who waits for whom in a circle.
. tests/lib/tap.sh
ulimit -c 0

cat >"$T/waits.c" <<'C'
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER, two = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_mutex_t of_cond = PTHREAD_MUTEX_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t barrier;
static sem_t sem;
static int listener, client, accepted, uds, udp, pipes[2], full[2];
static char page[4096];
static int tcp(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;
	listener = socket(AF_INET, SOCK_STREAM, 0);
	client = socket(AF_INET, SOCK_STREAM, 0);
	bind(listener, (void *)&a, n);
	listen(listener, 1);
	getsockname(listener, (void *)&a, &n);
	connect(client, (void *)&a, n);
	accepted = accept(listener, NULL, NULL);
	udp = socket(AF_INET, SOCK_DGRAM, 0);
	a.sin_port = 0;
	bind(udp, (void *)&a, n);
	return 0;
}
static void unix_socket(void)
{
	struct sockaddr_un u = { .sun_family = AF_UNIX, .sun_path = "here.sock" };
	uds = socket(AF_UNIX, SOCK_STREAM, 0);
	bind(uds, (void *)&u, sizeof u);
	listen(uds, 1);
}
static void wait_in(int which)
{
	struct pollfd p[2] = { { pipes[0], POLLIN }, { listener, POLLIN } };
	struct epoll_event e = { .events = EPOLLIN }, got;
	struct timespec soon;
	char c;
	fd_set set;
	int fd;
	switch (which) {
	case 'r': read(pipes[0], &c, 1); break;
	case 'w': for (;;) write(full[1], page, sizeof page);
	case 'a': accept(listener, NULL, NULL); break;
	case 'c': recv(client, &c, 1, 0); break;
	case 'u': accept(uds, NULL, NULL); break;
	case 'd': recv(udp, &c, 1, 0); break;
	case 'p': poll(p, 2, 500000); break;
	case 's': FD_ZERO(&set); FD_SET(pipes[0], &set); select(pipes[0] + 1, &set, NULL, NULL, NULL); break;
	case 'e':
		fd = epoll_create1(0);
		epoll_ctl(fd, EPOLL_CTL_ADD, pipes[0], &e);
		epoll_wait(fd, &got, 1, -1);
		break;
	case 'E': epoll_wait(epoll_create1(0), &got, 1, -1); break;
	case 'n': sleep(5000); break;
	case 'k':
		fd = fork();
		if (!fd) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			pause();
			_exit(0);
		}
		waitpid(fd, NULL, 0);
		break;
	case 'o': open("fifo", O_RDONLY); break;
	case 'f': flock(open("locked", O_RDWR), LOCK_EX); break;
	case 'l': { struct flock l = { .l_type = F_WRLCK }; fcntl(open("locked", O_RDWR), F_OFD_SETLKW, &l); break; }
	case 'm': pthread_mutex_lock(&one); break;
	case 'M': clock_gettime(CLOCK_REALTIME, &soon); soon.tv_sec += 5000; pthread_mutex_timedlock(&one, &soon); break;
	case 'v': pthread_mutex_lock(&of_cond); pthread_cond_wait(&cond, &of_cond); break;
	case 'R': pthread_rwlock_rdlock(&rwlock); break;
	case 'b': pthread_barrier_wait(&barrier); break;
	case 'S': sem_wait(&sem); break;
	case 'P': pause(); break;
	case 'x': for (;;) ;
	}
}
static void *waits(void *which)
{
	char name[] = { 't', '-', (char)(long)which, 0 };
	prctl(PR_SET_NAME, name);
	wait_in((int)(long)which);
	return NULL;
}
static void *first(void *a) { pthread_mutex_lock(&one); usleep(300000); pthread_mutex_lock(&two); return a; }
static void *second(void *a) { pthread_mutex_lock(&two); usleep(300000); pthread_mutex_lock(&one); return a; }
struct item { int a, b; struct item *next; };
__attribute__((noinline)) static int take(struct item *i) { return i->b; }
__attribute__((noinline)) static int follow(struct item *i) { return i->next->b; }
__attribute__((noinline)) static void put(char *p) { p[1] = 'x'; }
__attribute__((noinline, optimize("O0"))) static int parse(int n) { volatile char b[200]; b[0] = (char)n; return parse(n + 1) + b[0]; }
static int (*volatile call)(void);
static int fault(int which)
{
	struct item item = { 1, 2, (void *)0x4141414141414141 };
	volatile int zero = 0;
	switch (which) {
	case 'n': return take(NULL) + 1;
	case 'w': item.next = (void *)0x7000deadbee8; return follow(&item) + 1;
	case 'c': return follow(&item) + 1;
	case 'o': put("constant"); return 1;
	case 's': return parse(1);
	case 'j': return call() + 1;
	case 'd': call = (void *)page; return call() + 1;
	case 'z': return 5 / zero;
	case 't': __builtin_trap();
	case 'b': {
		int f = open("short", O_RDWR | O_CREAT, 0600);
		char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, f, 0);
		p[0] = 1;
	}
	}
	return 0;
}
int main(int argc, char **argv)
{
	pthread_t t;
	alarm(120);
	if (!strcmp(argv[1], "fault"))
		return fault(argv[2][0]);
	tcp();
	unix_socket();
	pipe(pipes);
	pipe(full);
	mkfifo("fifo", 0600);
	flock(open("locked", O_RDWR | O_CREAT, 0600), LOCK_EX);
	struct flock l = { .l_type = F_WRLCK };
	fcntl(open("locked", O_RDWR), F_OFD_SETLK, &l);
	pthread_barrier_init(&barrier, NULL, 2);
	sem_init(&sem, 0, 0);
	if (!strcmp(argv[1], "circle")) {
		pthread_create(&t, NULL, first, NULL);
		pthread_create(&t, NULL, second, NULL);
		usleep(600000);
	}
	if (!strcmp(argv[1], "threads")) {
		pthread_mutex_lock(&one);
		pthread_rwlock_wrlock(&rwlock);
		for (char *c = argv[2]; *c; c++)
			pthread_create(&t, NULL, waits, (void *)(long)*c);
	}
	puts("ready");
	fflush(stdout);
	if (!strcmp(argv[1], "in")) {
		prctl(PR_SET_NAME, "in");
		if (argv[2][0] == 'm')
			pthread_mutex_lock(&one);
		wait_in(argv[2][0]);
	}
	pause();
	return 0;
}
C
gcc -D_GNU_SOURCE -g -O1 -w -pthread -o "$T/waits" "$T/waits.c" || cannot "no compiler"
cd "$T" || exit 1

# start WORD...: until it is ready, and has had time to wait; $pid
start() {
	rm -f here.sock fifo out
	env --default-signal=QUIT "$T/waits" "$@" >out 2>err &
	pid=$!
	until [ -s out ]; do sleep 0.02; done
	sleep 0.5
}
# finish SIGNAL: its report in $err
finish() {
	kill "-$1" $pid
	wait $pid 2>bash
	err=$(cat err)
}

# ---- threads of a process that lives, each in a call ----

start threads rwacudpseEnkoflmMvRbSPx
said=$("$BUILD/csnap" stack -a $pid 2>&1)
at='127\.0\.0\.1:[0-9]+'
while IFS=@ read -r which regex; do
	like "$(grep "^thread [0-9]* \"t-$which\"" <<<"$said")" ", $regex(, last ran [0-9.]+ m?s ago)?:$" "$which: $regex"
done <<TABLE
r@read fd [0-9]+ \(pipe:\[[0-9]+\]\)
w@write fd [0-9]+ \(pipe:\[[0-9]+\]\)
a@accept on fd [0-9]+ \(socket $at, listening\)
c@receive from fd [0-9]+ \(socket $at -> $at\)
u@accept on fd [0-9]+ \(socket unix here\.sock, listening\)
d@receive from fd [0-9]+ \(socket UDP $at\)
p@poll of fd [0-9]+ \(pipe:\[[0-9]+\]\), fd [0-9]+ \(socket $at, listening\), for at most [0-9.]+ min
s@select of fd [0-9]+ \(pipe:\[[0-9]+\]\)
e@epoll wait on fd [0-9]+, which watches fd [0-9]+ \(pipe:\[[0-9]+\]\)
E@epoll wait on fd [0-9]+, which watches nothing
n@sleep of [0-9.]+ min
k@wait for child [0-9]+ "t-k"
o@open of fifo
f@wait for a lock on fd [0-9]+ \($T/locked\)
l@wait for a lock on fd [0-9]+ \($T/locked\)
m@futex wait on a mutex held by thread $pid "waits", 0x[0-9a-f]+ <one>
M@futex wait on a mutex held by thread $pid "waits", 0x[0-9a-f]+ <one>, with a time limit
v@futex wait on a condition variable at 0x[0-9a-f]+ <cond(\+[0-9]+)?>
R@futex wait on a read-write lock at 0x[0-9a-f]+ <rwlock(\+[0-9]+)?>
b@futex wait on a barrier at 0x[0-9a-f]+ <barrier(\+[0-9]+)?>
S@futex wait on a semaphore at 0x[0-9a-f]+ <sem(\+[0-9]+)?>
P@pause
x@running
TABLE
if [ -e /proc/self/sched ]; then
	# it may have run a moment ago: threads start late on a busy machine
	for _ in $(seq 20); do
		said=$("$BUILD/csnap" stack -a $pid 2>&1)
		grep -q '"t-r", .*, last ran' <<<"$said" && break
		sleep 0.2
	done
	like "$said" '^thread [0-9]+ "t-r", .*, last ran [0-9.]+ (ms|s) ago:$' "since when a thread has not run"
fi
unlike "$said" '^why:' "nothing is wrong"
kill -STOP $pid
until grep -q '^State:.T' /proc/$pid/status; do sleep 0.05; done
sleep 0.2
like "$("$BUILD/csnap" stack -a $pid 2>&1)" '^thread [0-9]+ "waits", stopped by a signal, in pause' "a process that is stopped is said to be"
like "$(cat /proc/$pid/status)" '^State:.T' "and stays so"
kill -KILL $pid
wait $pid 2>bash

# ---- the thread that gets a signal from outside ----

export LD_PRELOAD=$BUILD/libcrashd.so TRACEBACK=all
while IFS=@ read -r which regex; do
	start in "$which"
	finish QUIT
	like "$err" "^thread $pid \"in\", got the signal in $regex:$" "SIGQUIT in $which: $regex"
	like "$err" "^sender: process $$ \"bash\": .*words\\.t" "SIGQUIT in $which: who sent it"
done <<TABLE
r@read fd [0-9]+ \(pipe:\[[0-9]+\]\)
p@poll of .*
e@epoll wait on .*
s@select of .*
n@sleep of .*
k@wait for child [0-9]+ "in"
m@futex wait on a mutex held by thread [0-9]+, itself, 0x[0-9a-f]+ <one>
P@pause
TABLE
start in x
finish SEGV
like "$err" "^thread $pid \"in\", got the signal:$" "a thread that runs is in no call"

# ---- who waits for whom ----

start circle
finish QUIT
like "$err" '^why: 2 threads wait for each other in a circle: LWP [0-9]+ for LWP [0-9]+, LWP [0-9]+ for LWP [0-9]+\.$' "a circle of waits is found"
like "$err" '^     LWP [0-9]+ waits for mutex (one|two) ' "with the mutexes by name"

# ---- faults ----

while IFS=@ read -r which signal regex; do
	err=$(exec 2>&1; "$T/waits" fault "$which")
	like "$err" "^$signal: " "fault $which: $signal"
	like "$err" "^$regex" "fault $which: $regex"
	unlike "$err" '^sender: ' "fault $which: nobody sent it"
done <<TABLE
n@SIGSEGV@why: The program read from offset 0x4 of a NULL pointer\.
w@SIGSEGV@why: likely: The program accessed 0x7000deadbeec, where nothing is mapped\.
c@SIGSEGV@why: The program accessed 0x4141414141414145, which cannot be an address
o@SIGSEGV@why: The program wrote to 0x[0-9a-f]+, which is mapped read-only from $T/waits\.
s@SIGSEGV@why: stack overflow: [0-9]+,[0-9]+ frames of parse$
j@SIGSEGV@why: The program called a function through a NULL pointer\.
d@SIGSEGV@why: The program jumped to 0x[0-9a-f]+, which is data and not code\.
z@SIGFPE@why: The program divided an integer by zero
t@SIGILL@why: The program executed ud2
b@SIGBUS@why: likely: The program accessed 0x[0-9a-f]+, which is mapped from $T/short, beyond the file's end
TABLE
like "$("$T/waits" fault n 2>&1)" '^     instruction: mov 0x4\(%rdi\),%eax, rdi = 0x0$' "with the instruction and its register"

# ---- a second Ctrl+\ while the report is made ----

start threads "$(printf 'm%.0s' {1..60})"
kill -QUIT $pid
finish QUIT
is "$(grep -c '^SIGQUIT' <<<"$err")" 1 "two SIGQUITs: one report"
cat >group.py <<'PY'
import os, signal, subprocess, sys, time
p = subprocess.Popen([sys.argv[1], "threads", "m" * 60], stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
                     preexec_fn=lambda: signal.signal(signal.SIGQUIT, signal.SIG_DFL))
p.stdout.readline()
for i in range(40):
    try:
        os.killpg(p.pid, signal.SIGQUIT)
    except ProcessLookupError:
        break
    time.sleep(0.005)
print(p.stderr.read().decode())
PY
if command -v python3 >bash; then
	said=$(env -u LD_PRELOAD python3 -c 'pass' && python3 group.py "$T/waits")
	unlike "$said" 'not by crashd-report' "SIGQUIT to the whole group, again and again: still crashd-report's"
	is "$(grep -c '^thread ' <<<"$said")" 61 "with every thread"
fi
done_testing
