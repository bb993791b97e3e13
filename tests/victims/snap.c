/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Programs to take snapshots of, one a word.  Each prints its process id when
 * it is ready.
 *
 *	memory   mappings of many kinds, threads; aborts when its input ends
 *	signals  counts queued signals that arrive in order
 *	pair     two counters written one after the other, until input ends
 *	leader   its main thread has ended
 *	churn    threads that start and end all the time
 *	reserve  a terabyte, and a gigabyte to share, that were never touched
 *	vfork    waits for the child of a vfork, until input ends
 *	parent   has no child; says what it learns of children, signals included
 *	rseq     counters of each processor, in restartable sequences
 *	wide N   writes N MiB of shared memory
 *	torn N   maps a page and one behind the end of a file, N times
 *	large N  writes N MiB of its own, and waits
 *	seccomp  the same with a filter that allows everything
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/rseq.h>
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

static int memory(char *title)
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
	/* a title over the arguments, up to their end */
	if (title)
		memset(title, 'x', strlen(title) + 1);
	/* the start of an ELF file that was written to */
	fd = open("/proc/self/exe", O_RDONLY);
	char *header = mmap(
		NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	header[100] = 1;
	for (int i = 0; i < 3; i++)
		pthread_create(&thread, NULL, park,
			(char *[]){ "one", "two", "three" }[i]);
	usleep(100000);
	ready();
	wait_for_end();
	abort();
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
	/* the child has none; after the fork signals might leave no time */
	setitimer(ITIMER_REAL, &timer, NULL);
	ready();
	if (fork() == 0) {
		for (int i = 0; i < count; i++)
			while (sigqueue(pid, SIGRTMIN,
				(union sigval){ .sival_int = i }))
				usleep(1000);
		_exit(0);
	}
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

static volatile int ended;

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

static int tear(int times)
{
	char path[] = "/tmp/crashd-snap-victim.XXXXXX";
	int fd = mkstemp(path);

	if (ftruncate(fd, PAGE))
		return 1;
	unlink(path);
	for (int i = 0; i < times; i++) {
		char *at = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			MAP_SHARED, fd, 0);

		if (at == MAP_FAILED)
			return 1;
		*at = 1;
	}
	ready();
	wait_for_end();
	return 0;
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	double number = argc > 2 ? atof(argv[2]) : 2;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!strcmp(word, "memory"))
		return memory(argv[2]);
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
	if (!strcmp(word, "rseq"))
		return hammer_all();
	if (!strcmp(word, "torn"))
		return tear((int)number);
	if (!strcmp(word, "wide"))
		return fill(number, MAP_SHARED);
	if (!strcmp(word, "large"))
		return fill(number, MAP_PRIVATE);
	if (!strcmp(word, "seccomp"))
		return filtered(number);
	fputs("usage: snap memory|signals|pair|leader|churn|reserve|"
	      "vfork|parent|rseq|torn|wide|large|seccomp\n",
		stderr);
	return 2;
}
