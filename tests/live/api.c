/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A program that calls crashd.h: api.t says what must come of it. */
#include <crashd/crashd.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <threads.h>
#include <unistd.h>

static void *waits(void *arg)
{
	for (;;)
		pause();
	return arg;
}

static int count(const char *folder)
{
	DIR *dir = opendir(folder);
	int n = 0;

	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void many(int times)
{
	int null = open("/dev/null", O_WRONLY), fds, threads;

	crashd_traceback(null);
	fds = count("/proc/self/fd");
	threads = count("/proc/self/task");
	while (times--)
		if (crashd_traceback(null))
			puts("refused");
	printf("%d fds %d threads %s\n", count("/proc/self/fd") - fds,
		count("/proc/self/task") - threads,
		waitpid(-1, NULL, __WALL | WNOHANG) < 0 && errno == ECHILD
			? "no child"
			: "a child");
}

static void annotate(void)
{
	char longer[1000];

	memset(longer, 'x', sizeof longer - 1);
	longer[sizeof longer - 1] = 0;
	crashd_annotate("request", "GET /a");
	crashd_annotate("request", "GET /b");
	crashd_annotate("gone", "x");
	crashd_annotate("gone", NULL);
	crashd_annotate("colour", "\033[31m");
	printf("%d %d %d\n", crashd_annotate(longer, "v"),
		crashd_annotate("k", longer), crashd_annotate("", "v"));
	fflush(stdout);
	abort();
}

static void level(void)
{
	printf("%d %d %d\n", crashd_set_level(CRASHD_SYSTEM),
		crashd_set_level(CRASHD_SINGLE),
		crashd_set_level((enum crashd_level)9));
	fflush(stdout);
	abort();
}

static void chained(int sig, siginfo_t *info, void *uc)
{
	(void)uc;
	printf("chained %d %d\n", sig, info->si_code);
	fflush(stdout);
	_exit(7);
}

/* A handler from before crashd_install. */
static void chain(void)
{
	struct sigaction a = { .sa_sigaction = chained,
		.sa_flags = SA_SIGINFO };

	crashd_uninstall();
	sigaction(SIGSEGV, &a, NULL);
	crashd_install(NULL);
	*(volatile int *)8 = 1;
}

/* It fills nearly all of the stack that we gave the thread. */
static void chained_deep(int sig, siginfo_t *info, void *uc)
{
	volatile char room[60000];

	for (size_t i = 0; i < sizeof room; i++)
		room[i] = 1;
	chained(sig, info, uc);
}

static sigjmp_buf back;
static int times;

static void chained_jumps(int sig)
{
	siglongjmp(back, sig);
}

/* The fault comes again and again, until the handler has had enough. */
static void chained_returns(int sig)
{
	if (++times == 3) {
		printf("%d times\n", times);
		fflush(stdout);
		_exit(sig);
	}
}

static void chain_to(struct sigaction a)
{
	crashd_uninstall();
	sigaction(SIGSEGV, &a, NULL);
	crashd_install(NULL);
}

static void chain_deep(void)
{
	chain_to((struct sigaction){ .sa_sigaction = chained_deep,
		.sa_flags = SA_SIGINFO | SA_ONSTACK });
	*(volatile int *)8 = 1;
}

/* The program goes on, and crashes later. */
static void chain_jumps(void)
{
	chain_to((struct sigaction){ .sa_handler = chained_jumps });
	if (!sigsetjmp(back, 1))
		*(volatile int *)8 = 1;
	puts("back");
	fflush(stdout);
	__builtin_trap();
}

static void chain_returns(void)
{
	chain_to((struct sigaction){ .sa_handler = chained_returns });
	*(volatile int *)8 = 1;
}

static void *notes(void *arg)
{
	for (unsigned i = 0; i < 3; i++) {
		crashd_event(arg, i);
		usleep(2000);
	}
	return arg;
}

/* Three threads one after the other, one of them twice as much as is kept. */
static void events(void)
{
	pthread_t t;

	for (unsigned i = 0; i < 128; i++)
		crashd_event("old", i);
	crashd_event(
		"\033[31m a text that is longer than what is kept of it", 1);
	for (int i = 0; i < 3; i++) {
		pthread_create(&t, NULL, notes,
			i == 0   ? "first"
			: i == 1 ? "second"
				 : "third");
		pthread_join(t, NULL);
	}
	if (fork() == 0) {
		crashd_event("child", 7);
		_exit(crashd_events(1));
	}
	wait(NULL);
	crashd_events(1);
	abort();
}

/* Calls that wait without end do not see a report. */
static void *waits_in(void *arg)
{
	struct pollfd none = { -1, 0, 0 };
	struct epoll_event event;
	sem_t sem;
	int r = 0;

	sem_init(&sem, 0, 0);
	switch (*(int *)arg) {
	case 0:
		r = poll(&none, 1, -1);
		break;
	case 1:
		r = epoll_wait(epoll_create1(0), &event, 1, -1);
		break;
	case 2:
		r = pause();
		break;
	case 3:
		r = sem_wait(&sem);
		break;
	case 4:
		r = select(0, NULL, NULL, NULL, NULL);
		break;
	}
	printf("call %d: %s\n", *(int *)arg, r < 0 ? strerror(errno) : "ended");
	return NULL;
}

/* Reports in the file that standard error is. */
static int ended(void)
{
	static char text[1 << 20];
	int fd = open("/proc/self/fd/2", O_RDONLY), n = 0;
	ssize_t size = read(fd, text, sizeof text - 1);

	close(fd);
	text[size > 0 ? size : 0] = 0;
	for (char *at = text; (at = strstr(at, "\n--- end of crashd")); at++)
		n++;
	return n;
}

static void interrupt(void)
{
	static int kind[5] = { 0, 1, 2, 3, 4 };
	pthread_t t[5];

	for (int i = 0; i < 5; i++)
		pthread_create(&t[i], NULL, waits_in, &kind[i]);
	usleep(50000);
	for (int i = 0; i < 5; i++) {
		/* a report in that thread; again, if it was lost in the one
		 * before, which says its end a little before it ends */
		for (int n = 0; ended() <= i; n++) {
			if (n % 3000 == 0)
				pthread_kill(t[i], SIGQUIT);
			usleep(1000);
		}
	}
	while (crashd_traceback(2)) /* and one by ptrace */
		usleep(1000);
	usleep(100000);
	puts("done");
}

static void on_child(int sig)
{
	if (write(1, "a child's signal\n", 17) < 0)
		_exit(sig);
}

/* Report signals while reports are made: nothing of either is noticed. */
static void storm(void)
{
	static int kind = 1;
	pthread_t t[4];

	signal(SIGCHLD, on_child);
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, waits_in, &kind);
	usleep(50000);
	for (int i = 0; ended() < 5; i++) {
		pthread_kill(t[i % 4], SIGQUIT);
		usleep(1000 * (unsigned)(i % 7));
		if (waitpid(-1, NULL, WNOHANG) >= 0 || errno != ECHILD)
			puts("a child");
	}
	while (crashd_traceback(2))
		usleep(1000);
	usleep(100000);
	puts("done");
}

static void *reports(void *arg)
{
	int null = open("/dev/null", O_WRONLY);
	sigset_t quit;

	sigemptyset(&quit);
	sigaddset(&quit, SIGQUIT);
	pthread_sigmask(SIG_BLOCK, &quit, NULL);
	for (;;)
		crashd_traceback(null);
	return arg;
}

/* What ends the process comes while a report is made that does not. */
static void ends_meanwhile(int sig, bool same_thread)
{
	pthread_t t, main_thread = pthread_self();

	pthread_create(&t, NULL, reports, NULL);
	usleep(100000);
	if (same_thread)
		pthread_kill(t, sig);
	else
		pthread_kill(main_thread, sig);
	sleep(10);
	puts("lives");
}

static int deep(volatile int n)
{
	volatile char room[200];

	room[0] = (char)n;
	return deep(n + 1) + room[0];
}

static void *overflows(void *arg)
{
	deep(1);
	return arg;
}

static int overflows_c11(void *arg)
{
	return deep(arg ? 2 : 1);
}

static void overflow(bool c11)
{
	pthread_t p;
	thrd_t c;

	if (c11)
		thrd_create(&c, overflows_c11, NULL);
	else
		pthread_create(&p, NULL, overflows, NULL);
	sleep(10);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	pthread_t t;

	if (strncmp(what, "chain", 5))
		pthread_create(&t, NULL, waits, NULL);
	if (!strcmp(what, "traceback"))
		printf("%d\n", crashd_traceback(1));
	if (!strcmp(what, "many"))
		many(atoi(argv[2]));
	if (!strcmp(what, "annotate"))
		annotate();
	if (!strcmp(what, "events"))
		events();
	if (!strcmp(what, "level"))
		level();
	if (!strcmp(what, "chain"))
		chain();
	if (!strcmp(what, "chain-deep"))
		chain_deep();
	if (!strcmp(what, "chain-jumps"))
		chain_jumps();
	if (!strcmp(what, "chain-returns"))
		chain_returns();
	if (!strcmp(what, "overflow"))
		overflow(argc > 2);
	if (!strcmp(what, "interrupt"))
		interrupt();
	if (!strcmp(what, "storm"))
		storm();
	if (!strcmp(what, "quit-meanwhile"))
		ends_meanwhile(SIGQUIT, false);
	if (!strcmp(what, "segv-meanwhile"))
		ends_meanwhile(SIGSEGV, true);
	return 0;
}
