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
 *	parent   has no child; says what it learns of children, signals included
 *	regs     checks its registers and what is below its stack, all the time
 *	rseq     counters of each processor, in restartable sequences
 *	wide N   writes N MiB of shared memory
 *	large N  writes N MiB of its own, and waits
 *	seccomp  the same with a filter that allows everything
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/rseq.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096 };

volatile uint64_t first, second;
/* Where gdb finds what the memory test looks at. */
unsigned char *plain, *undumped, *holed, *hidden, *shared, *unreadable, *guard;
unsigned char *unforked, *wiped;
volatile uint64_t *common; /* two counters in shared memory */

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
	unforked = map(4, MAP_PRIVATE);
	memset(unforked, 0xa8, 4 * PAGE);
	madvise(unforked, 4 * PAGE, MADV_DONTFORK);
	wiped = map(4, MAP_PRIVATE);
	memset(wiped, 0xa9, 4 * PAGE);
	madvise(wiped, 4 * PAGE, MADV_WIPEONFORK);
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
		common[0]++;
		__asm__ volatile("" ::: "memory");
		second++;
		common[1]++;
	}
	return NULL;
}

static void on_trap(int sig)
{
	(void)sig;
}

/* Somebody's SIGTRAP, handled and blocked, is to stay so. */
static int pair(void)
{
	struct sigaction action = { .sa_handler = on_trap };
	sigset_t set;
	pthread_t thread;

	sigaction(SIGTRAP, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGTRAP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	common = (void *)map(1, MAP_SHARED);
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

/* ---- what a copy-on-write child could disturb ---- */

static volatile int sigchlds;

static void on_child(int sig)
{
	(void)sig;
	sigchlds++;
}

static int parent(void)
{
	struct sigaction action = { .sa_handler = on_child };
	int found = 0, strange = 0, status;
	char c;

	sigaction(SIGCHLD, &action, NULL);
	fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
	ready();
	while (read(STDIN_FILENO, &c, 1) < 0) {
		siginfo_t info;
		pid_t got = waitpid(-1, &status, WNOHANG);

		found += got > 0;
		strange += got != -1 || errno != ECHILD;
		got = waitid(P_ALL, 0, &info, WEXITED | WNOHANG);
		strange += got != -1 || errno != ECHILD;
	}
	printf("%d children, %d strange answers, %d SIGCHLD\n", found, strange,
		sigchlds);
	return 0;
}

/*
 * One round: known values in every register that a thread may use and in the
 * red zone (psABI x86-64, 3.2.2), a while of doing nothing, and a look.
 */
#if defined(__x86_64__)
static const uint64_t vectors[32] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
	14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
	32 };
static _Thread_local struct {
	uint64_t general[14], red[2], vector[32];
} seen;

static int wrong_registers(void)
{
	int wrong = 0;

	__asm__ volatile(
		"push %%rbp\n\t"
		"lea -256(%%rsp), %%rsp\n\t"
		"push %%rdi\n\t"
		"movdqu 0(%%rsi), %%xmm0\n\t movdqu 16(%%rsi), %%xmm1\n\t"
		"movdqu 32(%%rsi), %%xmm2\n\t movdqu 48(%%rsi), %%xmm3\n\t"
		"movdqu 64(%%rsi), %%xmm4\n\t movdqu 80(%%rsi), %%xmm5\n\t"
		"movdqu 96(%%rsi), %%xmm6\n\t movdqu 112(%%rsi), %%xmm7\n\t"
		"movdqu 128(%%rsi), %%xmm8\n\t movdqu 144(%%rsi), %%xmm9\n\t"
		"movdqu 160(%%rsi), %%xmm10\n\t movdqu 176(%%rsi), %%xmm11\n\t"
		"movdqu 192(%%rsi), %%xmm12\n\t movdqu 208(%%rsi), %%xmm13\n\t"
		"movdqu 224(%%rsi), %%xmm14\n\t movdqu 240(%%rsi), %%xmm15\n\t"
		"movq $101, -8(%%rsp)\n\t movq $102, -128(%%rsp)\n\t"
		"mov $11, %%rax\n\t mov $12, %%rbx\n\t mov $13, %%rcx\n\t"
		"mov $14, %%rdx\n\t mov $15, %%rsi\n\t mov $16, %%rdi\n\t"
		"mov $17, %%rbp\n\t mov $18, %%r8\n\t mov $19, %%r9\n\t"
		"mov $20, %%r10\n\t mov $21, %%r11\n\t mov $22, %%r12\n\t"
		"mov $23, %%r13\n\t mov $24, %%r14\n\t"
		"mov $3000000, %%r15\n"
		"1: dec %%r15\n\t jnz 1b\n\t"
		"mov (%%rsp), %%r15\n\t"
		"mov %%rax, 0(%%r15)\n\t mov %%rbx, 8(%%r15)\n\t"
		"mov %%rcx, 16(%%r15)\n\t mov %%rdx, 24(%%r15)\n\t"
		"mov %%rsi, 32(%%r15)\n\t mov %%rdi, 40(%%r15)\n\t"
		"mov %%rbp, 48(%%r15)\n\t mov %%r8, 56(%%r15)\n\t"
		"mov %%r9, 64(%%r15)\n\t mov %%r10, 72(%%r15)\n\t"
		"mov %%r11, 80(%%r15)\n\t mov %%r12, 88(%%r15)\n\t"
		"mov %%r13, 96(%%r15)\n\t mov %%r14, 104(%%r15)\n\t"
		"mov -8(%%rsp), %%rax\n\t mov %%rax, 112(%%r15)\n\t"
		"mov -128(%%rsp), %%rax\n\t mov %%rax, 120(%%r15)\n\t"
		"lea 128(%%r15), %%r15\n\t"
		"movdqu %%xmm0, 0(%%r15)\n\t movdqu %%xmm1, 16(%%r15)\n\t"
		"movdqu %%xmm2, 32(%%r15)\n\t movdqu %%xmm3, 48(%%r15)\n\t"
		"movdqu %%xmm4, 64(%%r15)\n\t movdqu %%xmm5, 80(%%r15)\n\t"
		"movdqu %%xmm6, 96(%%r15)\n\t movdqu %%xmm7, 112(%%r15)\n\t"
		"movdqu %%xmm8, 128(%%r15)\n\t movdqu %%xmm9, 144(%%r15)\n\t"
		"movdqu %%xmm10, 160(%%r15)\n\t movdqu %%xmm11, 176(%%r15)\n\t"
		"movdqu %%xmm12, 192(%%r15)\n\t movdqu %%xmm13, 208(%%r15)\n\t"
		"movdqu %%xmm14, 224(%%r15)\n\t movdqu %%xmm15, 240(%%r15)\n\t"
		"lea 264(%%rsp), %%rsp\n\t"
		"pop %%rbp"
		:
		: "D"(&seen), "S"(vectors)
		: "rax", "rbx", "rcx", "rdx", "r8", "r9", "r10", "r11", "r12",
		"r13", "r14", "r15", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4",
		"xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
		"xmm12", "xmm13", "xmm14", "xmm15", "memory", "cc");
	for (uint64_t i = 0; i < 14; i++)
		wrong += seen.general[i] != 11 + i;
	wrong += seen.red[0] != 101 || seen.red[1] != 102;
	wrong += memcmp(seen.vector, vectors, sizeof vectors) != 0;
	return wrong;
}
#else
static int wrong_registers(void)
{
	return 0;
}
#endif

static volatile int wrong, rounds, ended;

static void *check_registers(void *context)
{
	while (!ended) {
		wrong += wrong_registers();
		rounds++;
	}
	return context;
}

/* No thread waits in a system call: the main one spins, too. */
static int regs(void)
{
	pthread_t thread;

	fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
	pthread_create(&thread, NULL, check_registers, NULL);
	ready();
	for (char c; read(STDIN_FILENO, &c, 1) < 0; rounds++)
		wrong += wrong_registers();
	ended = 1;
	pthread_join(thread, NULL);
	printf("%s rounds, %d wrong\n", rounds > 10 ? "many" : "few", wrong);
	return 0;
}

/* linux/rseq.h; the C library has registered a struct rseq for each thread. */
enum { CPUS = 1024 };
static struct {
	volatile uint64_t count;
	char pad[56];
} counter[CPUS];
static volatile uint64_t added;

#if defined(__x86_64__)
static int add_one(struct rseq *rseq)
{
	uint32_t cpu = rseq->cpu_id_start;

	/* the time between load and store is where others come in */
	__asm__ goto volatile(
		".pushsection __rseq_cs, \"aw\"\n\t.balign 32\n"
		"3: .long 0, 0\n\t.quad 1f, 2f - 1f, 4f\n\t.popsection\n\t"
		"lea 3b(%%rip), %%rax\n\t"
		"mov %%rax, %c[cs](%[rseq])\n"
		"1: cmp %[cpu], %c[id](%[rseq])\n\t"
		"jne 4f\n\t"
		"mov (%[at]), %%rax\n\t"
		"mov $50, %%ecx\n"
		"5: dec %%ecx\n\tjnz 5b\n\t"
		"inc %%rax\n\t"
		"mov %%rax, (%[at])\n"
		"2:\n\t"
		".pushsection __rseq_failure, \"ax\"\n\t"
		".byte 0x0f, 0xb9, 0x3d\n\t.long 0x53053053\n"
		"4: jmp %l[aborted]\n\t.popsection"
		:
		: [rseq] "r"(rseq), [cpu] "r"(cpu),
		[at] "r"(&counter[cpu % CPUS].count),
		[cs] "i"(offsetof(struct rseq, rseq_cs)),
		[id] "i"(offsetof(struct rseq, cpu_id))
		: "rax", "rcx", "memory", "cc"
		: aborted);
	return 1;
aborted:
	return 0;
}

static void *hammer(void *context)
{
	struct rseq *rseq =
		(void *)((char *)__builtin_thread_pointer() + __rseq_offset);
	uint64_t own = 0;

	while (!ended)
		own += (uint64_t)add_one(rseq);
	__atomic_fetch_add(&added, own, __ATOMIC_SEQ_CST);
	return context;
}
#else
static void *hammer(void *context)
{
	return context;
}
#endif

static int hammer_all(void)
{
	pthread_t thread[6];
	uint64_t sum = 0;

	for (int i = 0; i < 6; i++)
		pthread_create(thread + i, NULL, hammer, NULL);
	ready();
	wait_for_end();
	ended = 1;
	for (int i = 0; i < 6; i++)
		pthread_join(thread[i], NULL);
	for (int i = 0; i < CPUS; i++)
		sum += counter[i].count;
	printf("%s, %lld lost\n", added > 1000 ? "many" : "few",
		(long long)(added - sum));
	return 0;
}

static int fill(double mib, int flags)
{
	size_t size = (size_t)(mib * 256) * PAGE;

	plain = map(size / PAGE, flags);
	if (!plain)
		return 1;
	for (size_t i = 0; i < size; i += sizeof i)
		memcpy(plain + i, &i, sizeof i);
	ready();
	for (uint64_t n = 0;;) {
		char line[16];

		if (!fgets(line, sizeof line, stdin))
			return 0;
		printf("%llu\n", (unsigned long long)++n);
		fflush(stdout);
	}
}

static int filtered(double mib)
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = { 1, &allow };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return 1;
	return fill(mib, MAP_PRIVATE);
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
	if (!strcmp(word, "parent"))
		return parent();
	if (!strcmp(word, "regs"))
		return regs();
	if (!strcmp(word, "rseq"))
		return hammer_all();
	if (!strcmp(word, "wide"))
		return fill(number, MAP_SHARED);
	if (!strcmp(word, "large"))
		return fill(number, MAP_PRIVATE);
	if (!strcmp(word, "seccomp"))
		return filtered(number);
	fputs("usage: snap memory|calls|signals|pair|leader|churn|reserve|"
	      "vfork|parent|regs|rseq|wide|large|seccomp\n",
		stderr);
	return 2;
}
