/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Programs that are hard to take a snapshot of, one a word.  Each prints its
 * process id when it is ready, and then a number for each line of its input,
 * until that ends.
 *
 *	threads N    N threads, each of them parked
 *	maps N       N mappings that cannot be one
 *	huge N       writes N huge pages of its own (MAP_HUGETLB), again and
 *	             again
 *	userfault    pages that a thread of its own provides (userfaultfd)
 *	pinned N     N MiB in buffers that are registered with an io_uring
 *	workers      a thread that computes, and one of the kernel's (SQPOLL)
 *	deadline     a thread of SCHED_DEADLINE in a call, and one that computes
 *	exec N       executes itself all the time, N times
 *	births       a thread starts the next one and ends, all the time
 *	narrow       a thread in 32-bit code, in a loop of one instruction
 *	grow N       writes N MiB, and the first byte of each page again a line
 */
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { PAGE = 4096, HUGE = 2 << 20 };

/* Where gdb finds what the tests look at. */
unsigned char *area;
size_t area_size;

static void ready(void)
{
	printf("%d\n", getpid());
	fflush(stdout);
}

static unsigned char *map(size_t size, int flags)
{
	area_size = size;
	area = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
	return area == MAP_FAILED ? NULL : area;
}

static void touch(size_t step, unsigned char value)
{
	for (size_t i = 0; i < area_size; i += step)
		((volatile unsigned char *)area)[i] = value;
}

/* step: what is written to a line, if anything. */
static int answer(size_t step)
{
	ready();
	for (unsigned n = 1;; n++) {
		char line[16];

		if (!fgets(line, sizeof line, stdin))
			return 0;
		if (step)
			touch(step, (unsigned char)n);
		printf("%u\n", n);
		fflush(stdout);
	}
}

static __attribute__((noinline)) void parked(void)
{
	for (;;)
		pause();
}

static void *park(void *context)
{
	parked();
	return context;
}

static int start_threads(long n)
{
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	for (long i = 0; i < n; i++)
		if (pthread_create(&thread, &attr, park, NULL))
			return 1;
	return answer(0);
}

static int maps(long n)
{
	size_t size = (size_t)n * PAGE;

	if (!map(size, MAP_NORESERVE))
		return 1;
	for (size_t i = 0; i < size; i += (size_t)2 * PAGE)
		if (mprotect(area + i, PAGE, PROT_READ))
			return 1;
	area[size - PAGE] = 0xb1;
	return answer(0);
}

static int huge(long n)
{
	if (!map((size_t)n * HUGE, MAP_HUGETLB | MAP_NORESERVE))
		return 1;
	touch(PAGE, 0xb2);
	return answer(HUGE);
}

static int mixed(long n)
{
	if (!map((size_t)256 << 20, 0))
		return 1;
	touch(PAGE, 0xb6);
	return huge(n);
}

static int uffd;

static void *provide(void *context)
{
	static unsigned char page[PAGE];
	struct uffd_msg message;

	memset(page, 0xb3, sizeof page);
	while (read(uffd, &message, sizeof message) == sizeof message) {
		uint64_t at = message.arg.pagefault.address & ~UINT64_C(4095);
		struct uffdio_copy copy = { at, (uintptr_t)page, PAGE, 0, 0 };

		ioctl(uffd, UFFDIO_COPY, &copy);
	}
	return context;
}

/* A page of two is there; the others would be provided when touched. */
static int userfault(void)
{
	struct uffdio_api api = { .api = UFFD_API };
	pthread_t thread;

	uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api) ||
		!map((size_t)64 << 20, 0))
		return 1;

	struct uffdio_register range = { { (uintptr_t)area, area_size },
		UFFDIO_REGISTER_MODE_MISSING, 0 };

	if (ioctl(uffd, UFFDIO_REGISTER, &range) ||
		pthread_create(&thread, NULL, provide, NULL))
		return 1;
	for (size_t i = 0; i < area_size; i += (size_t)2 * PAGE)
		if (((volatile unsigned char *)area)[i] != 0xb3)
			return 1;
	return answer(0);
}

static int pinned(long mib)
{
	struct io_uring_params params = { 0 };
	int ring = (int)syscall(SYS_io_uring_setup, 2, &params);
	struct iovec buffer = { map((size_t)mib << 20, 0), (size_t)mib << 20 };

	if (ring < 0 || !buffer.iov_base)
		return 1;
	touch(PAGE, 0xb4);
	if (syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS,
		    &buffer, 1))
		return 1;
	return answer(0);
}

/* As answer, but hardly ever in a call. */
static int compute(void)
{
	char c;

	fcntl(STDIN_FILENO, F_SETFL, O_NONBLOCK);
	ready();
	for (unsigned n = 1;;) {
		ssize_t got = read(STDIN_FILENO, &c, 1);

		if (got == 0)
			return 0;
		if (got == 1) {
			printf("%u\n", n++);
			fflush(stdout);
		}
		for (volatile unsigned i = 0; i < 1000000; i++)
			;
	}
}

static int workers(void)
{
	struct io_uring_params params = { .flags = IORING_SETUP_SQPOLL };

	return syscall(SYS_io_uring_setup, 2, &params) < 0 ? 1 : compute();
}

static void *computing(void *unused)
{
	_exit(compute());
	return unused;
}

static int deadline(void)
{
	/* sched_setattr(2); the C library has no name for it */
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime, deadline, period;
	} attr = { sizeof attr, 6, 0, 0, 0, 10000000, 30000000, 30000000 };
	pthread_t thread;

	if (pthread_create(&thread, NULL, computing, NULL) ||
		syscall(SYS_sched_setattr, 0, &attr, 0))
		return 1;
	for (;;)
		pause();
}

static int exec_self(long n)
{
	char number[24];

	snprintf(number, sizeof number, "%ld", n - 1);
	if (n > 0)
		execl("/proc/self/exe", "hard", "again", number, NULL);
	puts("executed");
	return n != 0;
}

static void *born(void *context)
{
	pthread_attr_t attr;
	pthread_t next;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	while (pthread_create(&next, &attr, born, context))
		;
	return NULL;
}

static int births(void)
{
	born(NULL);
	born(NULL);
	return answer(0);
}

static int grow(long mib)
{
	if (!map((size_t)mib << 20, 0))
		return 1;
	madvise(area, area_size, MADV_NOHUGEPAGE);
	touch(PAGE, 0xb5);
	return answer(PAGE);
}

unsigned char *secret_area, *named;

static int holes(void)
{
	enum { GUARD_INSTALL = 102, MEMFD_SECRET = 447 };
	static const char name[] = "line\nbreak (deleted)";
	int fd = open(name, O_CREAT | O_RDWR, 0600);
	int hidden = (int)syscall(MEMFD_SECRET, 0);

	if (fd < 0 || ftruncate(fd, PAGE) || !map((size_t)4 * PAGE, 0))
		return 1;
	touch(PAGE, 0xb7);
	madvise(area + PAGE, PAGE, GUARD_INSTALL); /* since 6.13 */
	named = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	named[0] = 0xb8;
	if (hidden >= 0 && ftruncate(hidden, (off_t)2 * PAGE) == 0) {
		secret_area = mmap(NULL, (size_t)2 * PAGE,
			PROT_READ | PROT_WRITE, MAP_SHARED, hidden, 0);
		if (secret_area != MAP_FAILED)
			memset(secret_area, 0xb9, (size_t)2 * PAGE);
	}
	return answer(0);
}

static int dispatch(void)
{
	static char selector; /* 0: none is redirected now */
	enum { SET_DISPATCH = 59, ON = 1 };

	if (prctl(SET_DISPATCH, ON, 0, 0, &selector))
		return 1;
	return grow(64);
}

static int other(void *context)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (;;)
		++*(volatile unsigned long *)context;
	return 0;
}

static unsigned long shared_count;

static int together(void)
{
	static char stack[65536];

	if (clone(other, stack + sizeof stack, CLONE_VM | CLONE_FILES | SIGCHLD,
		    &shared_count) < 0)
		return 1;
	return grow(64);
}

static void *loop_narrow(void *unused)
{
	static struct __attribute__((packed)) {
		uint32_t offset;
		uint16_t segment;
	} target;
	unsigned char *page =
		mmap(NULL, PAGE, PROT_READ | PROT_WRITE | PROT_EXEC,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	(void)unused;
	if (page == MAP_FAILED)
		exit(1);
	memcpy(page, "\xeb\xfe", 2);
	target.offset = (uint32_t)(uintptr_t)page;
	target.segment = 0x23; /* __USER32_CS */
	ready();
	__asm__ volatile("mov %0, %%rsp\n"
			 "ljmp *%1"
			 :
			 : "r"(page + PAGE), "m"(target), "a"(11L << 32 | 12),
			 "b"(13), "c"(14)
			 : "memory");
	return NULL;
}

static int narrow(void)
{
	pthread_t thread;

	return pthread_create(&thread, NULL, loop_narrow, NULL) ? 1 : answer(0);
}

int main(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";
	long number = argc > 2 ? atol(argv[2]) : 1;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!strcmp(word, "threads"))
		return start_threads(number);
	if (!strcmp(word, "maps"))
		return maps(number);
	if (!strcmp(word, "huge"))
		return huge(number);
	if (!strcmp(word, "mixed"))
		return mixed(number);
	if (!strcmp(word, "userfault"))
		return userfault();
	if (!strcmp(word, "pinned"))
		return pinned(number);
	if (!strcmp(word, "workers"))
		return workers();
	if (!strcmp(word, "deadline"))
		return deadline();
	if (!strcmp(word, "exec"))
		ready();
	if (!strcmp(word, "exec") || !strcmp(word, "again"))
		return exec_self(number);
	if (!strcmp(word, "births"))
		return births();
	if (!strcmp(word, "grow"))
		return grow(number);
	if (!strcmp(word, "holes"))
		return holes();
	if (!strcmp(word, "secret"))
		return prctl(PR_SET_DUMPABLE, 0) ? 1 : answer(0);
	if (!strcmp(word, "dispatch"))
		return dispatch();
	if (!strcmp(word, "together"))
		return together();
	if (!strcmp(word, "narrow"))
		return narrow();
	fputs("usage: hard "
	      "threads|maps|huge|mixed|userfault|pinned|workers|deadline|exec|"
	      "births|grow|holes|secret|dispatch|together|narrow\n",
		stderr);
	return 2;
}
