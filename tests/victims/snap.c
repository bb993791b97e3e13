/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Programs to take snapshots of, one a word.  Each prints its process id when
 * it is ready.
 *
 *	memory   mappings of many kinds, threads; aborts when its input ends
 *	calls    blocks in system calls; prints what each gave
 *	signals  counts queued signals that arrive in order
 *	pair     two counters written one after the other, until input ends
 *	leader   its main thread has ended
 *	churn    threads that start and end all the time
 *	reserve  a terabyte, and a gigabyte to share, that were never touched
 *	vfork    waits for the child of a vfork, until input ends
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096 };

volatile uint64_t first, second;
/* Where gdb finds what the memory test looks at. */
unsigned char *plain, *undumped, *holed, *hidden, *shared, *unreadable, *guard;

static void ready(void)
{
	printf("%d\n", getpid());
	fflush(stdout);
}

static void wait_for_end(void)
{
	while (getchar() != EOF)
		;
}

static unsigned char *map(size_t pages, int flags)
{
	void *at = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
		flags | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? NULL : at;
}

static void *park(void *name)
{
	pthread_setname_np(pthread_self(), name);
	for (;;)
		pause();
	return NULL;
}

static int memory(void)
{
	char path[] = "/tmp/crashd-snap-victim.XXXXXX";
	int fd = mkstemp(path);
	pthread_t thread;

	plain = map(64, MAP_PRIVATE);
	memset(plain, 0xa1, 64 * PAGE);
	memset(plain + 8 * PAGE, 0, 8 * PAGE);
	undumped = map(16, MAP_PRIVATE);
	memset(undumped, 0xa2, 16 * PAGE);
	madvise(undumped, 16 * PAGE, MADV_DONTDUMP);
	holed = map(1024, MAP_PRIVATE);
	holed[0] = holed[1000 * PAGE] = 0xa3;
	hidden = map(4, MAP_PRIVATE);
	memset(hidden, 0xa4, 4 * PAGE);
	mprotect(hidden, 4 * PAGE, PROT_NONE);
	shared = map(8, MAP_SHARED);
	memset(shared, 0xa5, 8 * PAGE);

	/* a file that became shorter: its third page cannot be read */
	if (ftruncate(fd, 4 * PAGE))
		return 1;
	unreadable =
		mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	memset(unreadable, 0xa6, 4 * PAGE);
	if (ftruncate(fd, 2 * PAGE))
		return 1;
	unlink(path);
	guard = map(4, MAP_PRIVATE);
	memset(guard, 0xa7, 4 * PAGE);
	for (int i = 0; i < 3; i++)
		pthread_create(&thread, NULL, park,
			(char *[]){ "one", "two", "three" }[i]);
	usleep(100000);
	ready();
	wait_for_end();
	abort();
}

/* ---- calls ---- */

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static int ends[2], later[2];
static double seconds; /* that calls with a time wait */

static long call_nanosleep(void)
{
	struct timespec ts = { (time_t)seconds, 0 };

	return nanosleep(&ts, NULL);
}
static long call_clock_nanosleep(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	ts.tv_sec += (time_t)seconds;
	return clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}
static long call_poll(void)
{
	struct pollfd fd = { .fd = ends[0], .events = POLLIN };

	return poll(&fd, 1, (int)(seconds * 1000));
}
static long call_poll_forever(void)
{
	struct pollfd fd = { .fd = later[0], .events = POLLIN };

	return poll(&fd, 1, -1);
}
static long call_select(void)
{
	struct timeval tv = { (time_t)seconds, 0 };
	fd_set set;

	FD_ZERO(&set);
	FD_SET(ends[0], &set);
	return select(ends[0] + 1, &set, NULL, NULL, &tv);
}
static long call_ppoll(void)
{
	struct timespec ts = { (time_t)seconds, 0 };
	struct pollfd fd = { .fd = ends[0], .events = POLLIN };
	sigset_t mask;

	sigfillset(&mask);
	return ppoll(&fd, 1, &ts, &mask);
}
static long call_futex(void)
{
	static uint32_t word;
	struct timespec ts = { (time_t)seconds, 0 };

	return syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, &ts);
}
static long call_read(void)
{
	char c;

	return read(later[0], &c, 1);
}
static long call_semaphore(void)
{
	static sem_t sem;
	struct timespec ts;

	sem_init(&sem, 0, 0);
	clock_gettime(CLOCK_REALTIME, &ts);
	ts.tv_sec += (time_t)seconds;
	return sem_timedwait(&sem, &ts);
}
static long call_epoll_forever(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	int fd = epoll_create1(0);

	epoll_ctl(fd, EPOLL_CTL_ADD, later[0], &event);
	return epoll_wait(fd, &event, 1, -1);
}
static long call_sigwait_forever(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	return sigwaitinfo(&set, NULL);
}

static const struct {
	const char *name;
	long (*call)(void);
} calls[] = {
	{ "nanosleep", call_nanosleep },
	{ "clock_nanosleep", call_clock_nanosleep },
	{ "poll", call_poll },
	{ "poll-forever", call_poll_forever },
	{ "select", call_select },
	{ "ppoll", call_ppoll },
	{ "futex", call_futex },
	{ "read", call_read },
	{ "sem_timedwait", call_semaphore },
	{ "epoll-forever", call_epoll_forever },
	{ "sigwait-forever", call_sigwait_forever },
};
enum { CALLS = sizeof calls / sizeof *calls };
static char answers[CALLS][100];

static void *one_call(void *context)
{
	size_t i = (size_t)(uintptr_t)context;
	double start = now();
	long got = calls[i].call();
	int error = got < 0 ? errno : 0;
	double took = now() - start;

	/* late is what a loaded machine makes it; early is a fault */
	snprintf(answers[i], sizeof *answers, "%s %ld %s %s", calls[i].name,
		got, error ? strerrorname_np(error) : "-",
		took < seconds - 0.02 ? "early"
		: took > seconds + 3  ? "late"
				      : "in-time");
	return NULL;
}

static int call_all(double wait)
{
	pthread_t thread[CALLS];
	sigset_t set;
	char some[CALLS] = { 0 };

	seconds = wait;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (pipe(ends) || pipe(later))
		return 1;
	for (size_t i = 0; i < CALLS; i++)
		pthread_create(thread + i, NULL, one_call, (void *)i);
	ready();
	usleep((useconds_t)(wait * 1e6) + 300000);
	kill(getpid(), SIGUSR1);
	if (write(later[1], some, sizeof some) < 0)
		return 1;
	for (size_t i = 0; i < CALLS; i++) {
		pthread_join(thread[i], NULL);
		puts(answers[i]);
	}
	return 0;
}

/* ---- signals ---- */

static volatile int signals_seen, out_of_order, ticks;

static void on_queued(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	out_of_order += info->si_value.sival_int != signals_seen;
	signals_seen++;
}

static void on_tick(int sig)
{
	(void)sig;
	ticks++;
}

/* A child sends; it waits when the queue is full. */
static int signals(int count)
{
	struct sigaction action = { .sa_sigaction = on_queued,
		.sa_flags = SA_SIGINFO };
	struct sigaction tick = { .sa_handler = on_tick };
	struct itimerval timer = { { 0, 500 }, { 0, 500 } };
	pid_t pid = getpid();

	sigaction(SIGRTMIN, &action, NULL);
	sigaction(SIGALRM, &tick, NULL);
	ready();
	if (fork() == 0) {
		for (int i = 0; i < count; i++)
			while (sigqueue(pid, SIGRTMIN,
				(union sigval){ .sival_int = i }))
				usleep(1000);
		_exit(0);
	}
	setitimer(ITIMER_REAL, &timer, NULL);
	for (time_t end = time(NULL) + 60;
		signals_seen < count && time(NULL) < end;)
		for (volatile int i = 0; i < 10000; i++)
			;
	printf("%d signals, %d out of order, %s\n", signals_seen, out_of_order,
		ticks ? "ticking" : "no tick");
	return 0;
}

/* ---- the others ---- */

static void *write_pair(void *context)
{
	(void)context;
	for (;;) {
		first++;
		__asm__ volatile("" ::: "memory");
		second++;
	}
	return NULL;
}

static int pair(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, write_pair, NULL);
	ready();
	for (;;) {
		char line[16];

		if (!fgets(line, sizeof line, stdin))
			return 0;
		printf("%llu\n", (unsigned long long)second);
		fflush(stdout);
	}
}

static int leader(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, park, "heir");
	ready();
	pthread_exit(NULL);
}

static void *nothing(void *context)
{
	return context;
}

static void *churning(void *context)
{
	for (;;) {
		pthread_t thread;

		if (!pthread_create(&thread, NULL, nothing, context))
			pthread_join(thread, NULL);
	}
	return NULL;
}

static int churn(void)
{
	pthread_t thread;

	for (int i = 0; i < 4; i++)
		pthread_create(&thread, NULL, churning, NULL);
	ready();
	wait_for_end();
	return 0;
}

static int reserve(void)
{
	unsigned char *at = mmap(NULL, 1ul << 40, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at == MAP_FAILED)
		return 1;
	at[1ul << 39] = 1;
	shared = map(1 << 18, MAP_SHARED);
	shared[12345 * PAGE] = 0xa5;
	ready();
	wait_for_end();
	return 0;
}

static int wait_in_vfork(void)
{
	ready();

	pid_t child = vfork();

	if (child == 0) {
		char c;

		while (read(STDIN_FILENO, &c, 1) > 0)
			;
		_exit(0);
	}
	puts("the child has ended");
	return 0;
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	double number = argc > 2 ? atof(argv[2]) : 2;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!strcmp(word, "memory"))
		return memory();
	if (!strcmp(word, "calls"))
		return call_all(number);
	if (!strcmp(word, "signals"))
		return signals((int)number);
	if (!strcmp(word, "pair"))
		return pair();
	if (!strcmp(word, "leader"))
		return leader();
	if (!strcmp(word, "churn"))
		return churn();
	if (!strcmp(word, "reserve"))
		return reserve();
	if (!strcmp(word, "vfork"))
		return wait_in_vfork();
	fputs("usage: snap memory|calls|signals|pair|leader|churn|reserve|"
	      "vfork\n",
		stderr);
	return 2;
}
