/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * calls SECONDS: a thread in each kind of system call that waits.  Some end by
 * themselves after that time; the others are released then.  Each prints its
 * name, result, errno, and whether it came early, in time or late; "limited"
 * at those with a time limit that no kernel restarts after a stop (signal(7)).
 *
 * The limit for "late" is wide, because a test machine is loaded; whoever
 * stops the process all the time sees a call that starts over never end.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/futex.h>
#include <linux/io_uring.h>
#include <mqueue.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LATE = 10 };

static double seconds;
static char folder[] = "/tmp/crashd-calls.XXXXXX";

struct waiter {
	const struct call *call;
	pthread_t thread;
	int fd[2];
	pid_t child;
	uint32_t word;
	sem_t sem;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	char answer[120];
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static struct timespec in_time(void)
{
	return (struct timespec){ (time_t)seconds, 0 };
}
static struct timespec at_time(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	ts.tv_sec += (time_t)seconds;
	return ts;
}

/* ---- what a thread is released by ---- */

static void let_write(struct waiter *w)
{
	uint64_t one = 1;

	(void)!write(w->fd[1], &one, sizeof one);
}
static void let_newline(struct waiter *w)
{
	(void)!write(w->fd[1], "\n", 1);
}
/* Until there is room again. */
static void let_read(struct waiter *w)
{
	char buf[65536];

	fcntl(w->fd[0], F_SETFL, O_NONBLOCK);
	while (read(w->fd[0], buf, sizeof buf) > 0)
		;
}
static void let_signal(struct waiter *w)
{
	pthread_kill(w->thread, SIGUSR2);
}
static void let_wake(struct waiter *w)
{
	__atomic_store_n(&w->word, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &w->word, FUTEX_WAKE_PRIVATE, 1);
}
static void let_post(struct waiter *w)
{
	sem_post(&w->sem);
}
static void let_unlock(struct waiter *w)
{
	pthread_mutex_unlock(&w->mutex);
}
static void let_cond(struct waiter *w)
{
	pthread_mutex_lock(&w->mutex);
	w->word = 1;
	pthread_cond_signal(&w->cond);
	pthread_mutex_unlock(&w->mutex);
}
static void let_accept(struct waiter *w)
{
	fcntl(w->fd[0], F_SETFL, O_NONBLOCK);
	while (accept(w->fd[0], NULL, NULL) >= 0)
		;
}
static void let_unflock(struct waiter *w)
{
	flock(w->fd[1], LOCK_UN);
}
static void let_close(struct waiter *w)
{
	close(w->fd[1]);
}

/* ---- with a time ---- */

static long nanosleeps(struct waiter *w)
{
	struct timespec ts = in_time();

	(void)w;
	return nanosleep(&ts, NULL);
}
static long sleeps_until(struct waiter *w)
{
	struct timespec ts = at_time(CLOCK_MONOTONIC);

	(void)w;
	return clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
}
static long sleeps_for(struct waiter *w)
{
	struct timespec ts = in_time();

	(void)w;
	return clock_nanosleep(CLOCK_BOOTTIME, 0, &ts, NULL);
}
static long polls(struct waiter *w)
{
	struct pollfd fd = { .fd = w->fd[0], .events = POLLIN };

	return poll(&fd, 1, (int)(seconds * 1000));
}
static long ppolls(struct waiter *w)
{
	struct timespec ts = in_time();
	struct pollfd fd = { .fd = w->fd[0], .events = POLLIN };
	sigset_t mask;

	sigfillset(&mask);
	return ppoll(&fd, 1, &ts, &mask);
}
static long selects(struct waiter *w)
{
	struct timeval tv = { (time_t)seconds, 0 };
	fd_set set;

	FD_ZERO(&set);
	FD_SET(w->fd[0], &set);
	return select(w->fd[0] + 1, &set, NULL, NULL, &tv);
}
static long pselects(struct waiter *w)
{
	struct timespec ts = in_time();
	sigset_t mask;
	fd_set set;

	sigfillset(&mask);
	FD_ZERO(&set);
	FD_SET(w->fd[0], &set);
	return pselect(w->fd[0] + 1, &set, NULL, NULL, &ts, &mask);
}
static long futex_for(struct waiter *w)
{
	struct timespec ts = in_time();

	return syscall(SYS_futex, &w->word, FUTEX_WAIT_PRIVATE, 0, &ts);
}
static long futex_until(struct waiter *w)
{
	struct timespec ts = at_time(CLOCK_MONOTONIC);

	return syscall(SYS_futex, &w->word, FUTEX_WAIT_BITSET_PRIVATE, 0, &ts,
		NULL, FUTEX_BITSET_MATCH_ANY);
}
/* linux/futex.h, since 5.16 */
static long futex_any(struct waiter *w)
{
	struct timespec ts = at_time(CLOCK_MONOTONIC);
	struct {
		uint64_t value, address;
		uint32_t flags, zero;
	} wait = { 0, (uintptr_t)&w->word, 0x82, 0 };

	return syscall(449, &wait, 1, 0, &ts, CLOCK_MONOTONIC);
}
static long sem_until(struct waiter *w)
{
	struct timespec ts = at_time(CLOCK_REALTIME);

	return sem_timedwait(&w->sem, &ts);
}
static long cond_until(struct waiter *w)
{
	struct timespec ts = at_time(CLOCK_REALTIME);
	int error;

	pthread_mutex_lock(&w->mutex);
	error = pthread_cond_timedwait(&w->cond, &w->mutex, &ts);
	pthread_mutex_unlock(&w->mutex);
	return error;
}
static long reads_timer(struct waiter *w)
{
	struct itimerspec in = { .it_value = in_time() };
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);
	uint64_t n = 0;

	(void)w;
	timerfd_settime(fd, 0, &in, NULL);
	return read(fd, &n, sizeof n) == sizeof n ? (long)n : -1;
}
static mqd_t queue(struct waiter *w)
{
	struct mq_attr attr = { .mq_maxmsg = 1, .mq_msgsize = 8 };
	char name[64];

	snprintf(name, sizeof name, "/crashd-%d-%p", getpid(), (void *)w);

	mqd_t mq = mq_open(name, O_CREAT | O_RDWR, 0600, &attr);

	mq_unlink(name);
	return mq;
}
static long mq_until(struct waiter *w)
{
	struct timespec ts = at_time(CLOCK_REALTIME);
	char buf[8];

	return mq_timedreceive(queue(w), buf, sizeof buf, NULL, &ts);
}
/* A child, forked before there were threads, ends when let_close says so. */
static long wait4s(struct waiter *w)
{
	int status;

	return wait4(w->child, &status, 0, NULL) == w->child ? 1 : -1;
}
static long waitids(struct waiter *w)
{
	siginfo_t info = { 0 };

	return waitid(P_PID, (id_t)w->child, &info, WEXITED) ? -1 : 1;
}

/* ---- without ---- */

static long polls_on(struct waiter *w)
{
	struct pollfd fd = { .fd = w->fd[0], .events = POLLIN };

	return poll(&fd, 1, -1);
}
/* SIGUSR2 is open in the call alone, and ends it. */
static long ppolls_signal(struct waiter *w)
{
	struct pollfd fd = { .fd = w->fd[0], .events = POLLIN };
	sigset_t mask;

	sigemptyset(&mask);
	return ppoll(&fd, 1, NULL, &mask);
}
static long selects_on(struct waiter *w)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(w->fd[0], &set);
	return select(w->fd[0] + 1, &set, NULL, NULL, NULL);
}
static int epoll_of(const struct waiter *w)
{
	struct epoll_event event = { .events = EPOLLIN };
	int fd = epoll_create1(0);

	epoll_ctl(fd, EPOLL_CTL_ADD, w->fd[0], &event);
	return fd;
}
static long epolls_on(struct waiter *w)
{
	struct epoll_event event;

	return epoll_wait(epoll_of(w), &event, 1, -1);
}
static long epolls_signal(struct waiter *w)
{
	struct epoll_event event;
	sigset_t mask;

	sigemptyset(&mask);
	return epoll_pwait(epoll_of(w), &event, 1, -1, &mask);
}
static long epolls2_on(struct waiter *w)
{
	struct epoll_event event;

	return epoll_pwait2(epoll_of(w), &event, 1, NULL, NULL);
}
/*
 * A word that changed while the thread was stopped is found so when the kernel
 * restarts the call: EAGAIN, after any stop (futex(2)), and as good as a wake.
 */
static long futex_on(struct waiter *w)
{
	long got = syscall(SYS_futex, &w->word, FUTEX_WAIT_PRIVATE, 0, NULL);
	int error = errno;
	bool released = __atomic_load_n(&w->word, __ATOMIC_SEQ_CST);

	errno = error;
	return got < 0 && error == EAGAIN && released ? 0 : got;
}
static long sem_on(struct waiter *w)
{
	return sem_wait(&w->sem);
}
static long cond_on(struct waiter *w)
{
	pthread_mutex_lock(&w->mutex);
	while (!w->word)
		pthread_cond_wait(&w->cond, &w->mutex);
	pthread_mutex_unlock(&w->mutex);
	return 0;
}
static long mutex_on(struct waiter *w)
{
	return pthread_mutex_lock(&w->mutex);
}
static long reads(struct waiter *w)
{
	char buf[8];

	return read(w->fd[0], buf, sizeof buf);
}
static long receives(struct waiter *w)
{
	char buf[8];

	return recv(w->fd[0], buf, sizeof buf, MSG_WAITALL);
}
static long receives_message(struct waiter *w)
{
	char buf[8];
	struct iovec io = { buf, sizeof buf };
	struct msghdr head = { .msg_iov = &io, .msg_iovlen = 1 };

	return recvmsg(w->fd[0], &head, 0);
}
static long reads_inotify(struct waiter *w)
{
	char path[64], buf[512];

	snprintf(path, sizeof path, "%s/watched", folder);
	close(open(path, O_CREAT | O_RDWR, 0600));
	w->fd[1] = open(path, O_RDWR);
	int fd = inotify_init1(0);

	inotify_add_watch(fd, path, IN_MODIFY);
	return read(fd, buf, sizeof buf) > 0;
}
static long reads_event(struct waiter *w)
{
	uint64_t n = 0;

	w->fd[1] = eventfd(0, 0);
	return read(w->fd[1], &n, sizeof n);
}
static long reads_tty(struct waiter *w)
{
	char c;

	w->fd[1] = posix_openpt(O_RDWR | O_NOCTTY);
	grantpt(w->fd[1]);
	unlockpt(w->fd[1]);
	return read(open(ptsname(w->fd[1]), O_RDWR | O_NOCTTY), &c, 1);
}
static long reads_signal(struct waiter *w)
{
	struct signalfd_siginfo info;
	sigset_t set;

	(void)w;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	return read(signalfd(-1, &set, 0), &info, sizeof info) > 0;
}
static long opens_fifo(struct waiter *w)
{
	char path[64];

	snprintf(path, sizeof path, "%s/fifo", folder);
	(void)w;
	return open(path, O_RDONLY) >= 0;
}
static void let_open(struct waiter *w)
{
	char path[64];

	snprintf(path, sizeof path, "%s/fifo", folder);
	w->fd[1] = open(path, O_WRONLY | O_NONBLOCK);
}
static void fill(int fd)
{
	static char buf[4096];
	int flags = fcntl(fd, F_GETFL);

	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	while (write(fd, buf, sizeof buf) > 0)
		;
	fcntl(fd, F_SETFL, flags);
}
static long writes(struct waiter *w)
{
	char page[4096] = { 0 };

	fill(w->fd[1]);
	return write(w->fd[1], page, sizeof page);
}
static long accepts(struct waiter *w)
{
	return accept(w->fd[0], NULL, NULL) >= 0 ? 1 : -1;
}
static socklen_t name_of(struct waiter *w, struct sockaddr_un *name)
{
	*name = (struct sockaddr_un){ .sun_family = AF_UNIX };
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			   (size_t)sprintf(name->sun_path + 1, "crashd-%d-%p",
				   getpid(), (void *)w));
}
static void let_connect(struct waiter *w)
{
	struct sockaddr_un name;
	socklen_t n = name_of(w, &name);

	connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&name, n);
}
/* Its queue is full. */
static long connects(struct waiter *w)
{
	struct sockaddr_un name;
	socklen_t n = name_of(w, &name);

	while (connect(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0),
		       (void *)&name, n) == 0)
		;
	return connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&name, n);
}
static long splices(struct waiter *w)
{
	int out[2];

	return pipe(out) ? -1 : splice(w->fd[0], NULL, out[1], NULL, 8, 0);
}
static long tees(struct waiter *w)
{
	int out[2];

	return pipe(out) ? -1 : tee(w->fd[0], out[1], 8, 0);
}
static long receives_sysv(struct waiter *w)
{
	struct {
		long type;
		char text[8];
	} message;
	long got = msgrcv((int)w->word, &message, 8, 0, 0);

	msgctl((int)w->word, IPC_RMID, NULL);
	return got;
}
static void let_message(struct waiter *w)
{
	struct {
		long type;
		char text[8];
	} message = { 1, "x" };

	msgsnd((int)w->word, &message, 8, 0);
}
static long semops(struct waiter *w)
{
	struct sembuf down = { 0, -1, 0 };
	long got = semop((int)w->word, &down, 1);

	semctl((int)w->word, 0, IPC_RMID);
	return got;
}
static void let_semop(struct waiter *w)
{
	struct sembuf up = { 0, 1, 0 };

	semop((int)w->word, &up, 1);
}
static long sigwaits(struct waiter *w)
{
	sigset_t set;

	(void)w;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	return sigwaitinfo(&set, NULL);
}
static long sigsuspends(struct waiter *w)
{
	sigset_t set;

	(void)w;
	sigemptyset(&set);
	return sigsuspend(&set);
}
static long pauses(struct waiter *w)
{
	sigset_t set, old;

	(void)w;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	pthread_sigmask(SIG_UNBLOCK, &set, &old);

	long got = pause();
	int error = errno;

	pthread_sigmask(SIG_SETMASK, &old, NULL);
	errno = error;
	return got;
}
static long flocks(struct waiter *w)
{
	return flock(w->fd[0], LOCK_EX);
}
static long locks(struct waiter *w)
{
	struct flock lock = { .l_type = F_WRLCK };

	return fcntl(w->fd[0], F_SETLKW, &lock);
}
static long locks_open(struct waiter *w)
{
	struct flock lock = { .l_type = F_WRLCK };

	return fcntl(w->fd[0], F_OFD_SETLKW, &lock);
}

/* ---- rings ---- */

static long uring_on(struct waiter *w)
{
	return syscall(SYS_io_uring_enter, w->fd[0], 0, 1,
		IORING_ENTER_GETEVENTS, NULL, 0);
}
static void let_uring(struct waiter *w)
{
	syscall(SYS_io_uring_enter, w->fd[0], 1, 0, 0, NULL, 0);
}
/* With one operation queued, which does nothing but end. */
static void prepare_ring(struct waiter *w)
{
	struct io_uring_params p = { 0 };
	int fd = (int)syscall(SYS_io_uring_setup, 2, &p);

	w->fd[0] = fd;
	if (fd < 0)
		return;

	char *ring = mmap(NULL, p.sq_off.array + p.sq_entries * 4,
		PROT_READ | PROT_WRITE, MAP_SHARED, fd, IORING_OFF_SQ_RING);
	struct io_uring_sqe *sqe = mmap(NULL, p.sq_entries * sizeof *sqe,
		PROT_READ | PROT_WRITE, MAP_SHARED, fd, IORING_OFF_SQES);

	sqe->opcode = IORING_OP_NOP;
	*(volatile uint32_t *)(void *)(ring + p.sq_off.tail) = 1;
}
static aio_context_t aio_of(struct waiter *w)
{
	static struct iocb poll_for = { .aio_lio_opcode = IOCB_CMD_POLL,
		.aio_buf = POLLIN };
	struct iocb *list[1] = { &poll_for };
	aio_context_t context = 0;

	poll_for.aio_fildes = (uint32_t)w->fd[0];
	syscall(SYS_io_setup, 1, &context);
	syscall(SYS_io_submit, context, 1, list);
	return context;
}
static long aio_on(struct waiter *w)
{
	struct io_event event;

	return syscall(SYS_io_getevents, aio_of(w), 1, 1, &event, NULL);
}

/* ---- limited: EINTR after a stop ---- */

static long epolls(struct waiter *w)
{
	struct epoll_event event;

	return epoll_wait(epoll_of(w), &event, 1, (int)(seconds * 1000));
}
static long sigwaits_for(struct waiter *w)
{
	struct timespec ts = in_time();
	sigset_t set;

	(void)w;
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	return sigtimedwait(&set, NULL, &ts);
}
static long semops_for(struct waiter *w)
{
	struct timespec ts = in_time();
	struct sembuf down = { 0, -1, 0 };
	long got = semtimedop((int)w->word, &down, 1, &ts);
	int error = errno;

	semctl((int)w->word, 0, IPC_RMID);
	errno = error;
	return got;
}
static void limit(int fd, int option)
{
	struct timeval tv = { (time_t)seconds, 0 };

	setsockopt(fd, SOL_SOCKET, option, &tv, sizeof tv);
}
static long receives_for(struct waiter *w)
{
	limit(w->fd[0], SO_RCVTIMEO);
	return receives(w);
}
static long reads_for(struct waiter *w)
{
	limit(w->fd[0], SO_RCVTIMEO);
	return reads(w);
}
static long accepts_for(struct waiter *w)
{
	limit(w->fd[0], SO_RCVTIMEO);
	return accepts(w);
}
static long sends_for(struct waiter *w)
{
	char page[4096] = { 0 };

	fill(w->fd[1]);
	limit(w->fd[1], SO_SNDTIMEO);
	return send(w->fd[1], page, sizeof page, 0);
}
static long aio_for(struct waiter *w)
{
	struct timespec ts = in_time();
	struct io_event event;

	return syscall(SYS_io_getevents, aio_of(w), 1, 1, &event, &ts);
}

enum needs {
	NOTHING,
	PIPE,
	DATAGRAMS,
	STREAM,
	LISTENS,
	CHILD,        /* that lives until fd[1] is closed */
	MUTEX,        /* locked */
	FLOCKED,      /* by another descriptor, fd[1] */
	LOCKED,       /* likewise, fcntl */
	CHILD_LOCKED, /* by such a child */
	QUEUE,
	SEMAPHORE,
	RING,
};

static const struct call {
	const char *name;
	long (*run)(struct waiter *);
	void (*release)(struct waiter *);
	enum needs needs;
	bool limited;
} calls[] = {
	{ "nanosleep", nanosleeps, NULL, NOTHING, false },
	{ "clock_nanosleep, absolute", sleeps_until, NULL, NOTHING, false },
	{ "clock_nanosleep, relative", sleeps_for, NULL, NOTHING, false },
	{ "poll", polls, NULL, PIPE, false },
	{ "ppoll", ppolls, NULL, PIPE, false },
	{ "select", selects, NULL, PIPE, false },
	{ "pselect", pselects, NULL, PIPE, false },
	{ "futex", futex_for, NULL, NOTHING, false },
	{ "futex, absolute", futex_until, NULL, NOTHING, false },
	{ "futex_waitv", futex_any, NULL, NOTHING, false },
	{ "sem_timedwait", sem_until, NULL, NOTHING, false },
	{ "pthread_cond_timedwait", cond_until, NULL, NOTHING, false },
	{ "read timerfd", reads_timer, NULL, NOTHING, false },
	{ "mq_timedreceive", mq_until, NULL, NOTHING, false },

	{ "wait4", wait4s, let_close, CHILD, false },
	{ "waitid", waitids, let_close, CHILD, false },
	{ "poll, endless", polls_on, let_write, PIPE, false },
	{ "ppoll, a signal", ppolls_signal, let_signal, PIPE, false },
	{ "select, endless", selects_on, let_write, PIPE, false },
	{ "epoll_wait, endless", epolls_on, let_write, PIPE, false },
	{ "epoll_pwait, a signal", epolls_signal, let_signal, PIPE, false },
	{ "epoll_pwait2, endless", epolls2_on, let_write, PIPE, false },
	{ "futex, endless", futex_on, let_wake, NOTHING, false },
	{ "sem_wait", sem_on, let_post, NOTHING, false },
	{ "pthread_cond_wait", cond_on, let_cond, NOTHING, false },
	{ "pthread_mutex_lock", mutex_on, let_unlock, MUTEX, false },
	{ "read pipe", reads, let_write, PIPE, false },
	{ "read socket", reads, let_write, DATAGRAMS, false },
	{ "recv", receives, let_write, STREAM, false },
	{ "recvmsg", receives_message, let_write, DATAGRAMS, false },
	{ "read inotify", reads_inotify, let_newline, NOTHING, false },
	{ "read eventfd", reads_event, let_write, NOTHING, false },
	{ "read tty", reads_tty, let_newline, NOTHING, false },
	{ "read signalfd", reads_signal, let_signal, NOTHING, false },
	{ "open fifo", opens_fifo, let_open, NOTHING, false },
	{ "write pipe", writes, let_read, PIPE, false },
	{ "write socket", writes, let_read, STREAM, false },
	{ "accept", accepts, let_connect, LISTENS, false },
	{ "connect", connects, let_accept, LISTENS, false },
	{ "splice", splices, let_write, PIPE, false },
	{ "tee", tees, let_write, PIPE, false },
	{ "msgrcv", receives_sysv, let_message, QUEUE, false },
	{ "semop", semops, let_semop, SEMAPHORE, false },
	{ "sigwaitinfo", sigwaits, let_signal, NOTHING, false },
	{ "sigsuspend", sigsuspends, let_signal, NOTHING, false },
	{ "pause", pauses, let_signal, NOTHING, false },
	{ "flock", flocks, let_unflock, FLOCKED, false },
	{ "fcntl F_SETLKW", locks, let_close, CHILD_LOCKED, false },
	{ "fcntl F_OFD_SETLKW", locks_open, let_close, LOCKED, false },
	{ "io_uring_enter", uring_on, let_uring, RING, false },
	{ "io_getevents, endless", aio_on, let_write, PIPE, false },

	{ "epoll_wait", epolls, NULL, PIPE, true },
	{ "sigtimedwait", sigwaits_for, NULL, NOTHING, true },
	{ "semtimedop", semops_for, NULL, SEMAPHORE, true },
	{ "recv, SO_RCVTIMEO", receives_for, NULL, DATAGRAMS, true },
	{ "read, SO_RCVTIMEO", reads_for, NULL, STREAM, true },
	{ "accept, SO_RCVTIMEO", accepts_for, NULL, LISTENS, true },
	{ "send, SO_SNDTIMEO", sends_for, NULL, STREAM, true },
	{ "io_getevents", aio_for, NULL, PIPE, true },
};
enum { CALLS = sizeof calls / sizeof *calls };
static struct waiter waiters[CALLS];

/* ---- all ---- */

/* It is forked before there are threads. */
static void prepare_child(struct waiter *w, int locked)
{
	struct flock lock = { .l_type = F_WRLCK };
	int ends[2], ready[2];
	char c;

	if (pipe(ends) || pipe(ready))
		return;
	w->child = fork();
	if (w->child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (struct waiter *other = waiters; other < w; other++)
			if (other->child)
				close(other->fd[1]);
		close(ends[1]);
		if (locked >= 0)
			fcntl(locked, F_SETLKW, &lock);
		close(ready[0]);
		close(ready[1]);
		while (read(ends[0], &c, 1) < 0)
			;
		_exit(0);
	}
	w->fd[1] = ends[1];
	close(ready[1]);
	/* ends when the child has the lock */
	while (read(ready[0], &c, 1) < 0)
		;
	close(ready[0]);
	close(ends[0]);
}

static int open_file(const struct waiter *w)
{
	char path[64];

	snprintf(path, sizeof path, "%s/%td", folder, w - waiters);
	return open(path, O_CREAT | O_RDWR, 0600);
}

static void prepare_listener(struct waiter *w)
{
	struct sockaddr_un name;
	socklen_t n = name_of(w, &name);

	w->fd[0] = socket(AF_UNIX, SOCK_STREAM, 0);
	bind(w->fd[0], (void *)&name, n);
	listen(w->fd[0], 1);
}

static int prepare(struct waiter *w)
{
	struct flock lock = { .l_type = F_WRLCK };

	sem_init(&w->sem, 0, 0);
	pthread_mutex_init(&w->mutex, NULL);
	pthread_cond_init(&w->cond, NULL);
	switch (w->call->needs) {
	case NOTHING:
		return 0;
	case PIPE:
		return pipe(w->fd);
	case DATAGRAMS:
		return socketpair(AF_UNIX, SOCK_SEQPACKET, 0, w->fd);
	case STREAM:
		return socketpair(AF_UNIX, SOCK_STREAM, 0, w->fd);
	case LISTENS:
		prepare_listener(w);
		return 0;
	case CHILD:
		prepare_child(w, -1);
		return 0;
	case MUTEX:
		return pthread_mutex_lock(&w->mutex);
	case FLOCKED:
		w->fd[0] = open_file(w);
		w->fd[1] = open_file(w);
		return flock(w->fd[1], LOCK_EX);
	case LOCKED:
		w->fd[0] = open_file(w);
		w->fd[1] = open_file(w);
		return fcntl(w->fd[1], F_OFD_SETLK, &lock);
	case CHILD_LOCKED:
		w->fd[0] = open_file(w);
		prepare_child(w, w->fd[0]);
		return 0;
	case QUEUE:
		w->word = (uint32_t)msgget(IPC_PRIVATE, 0600);
		return 0;
	case SEMAPHORE:
		w->word = (uint32_t)semget(IPC_PRIVATE, 1, 0600);
		return 0;
	case RING:
		prepare_ring(w);
		return 0;
	}
	return 0;
}

static void *wait_in_call(void *context)
{
	struct waiter *w = context;
	sigset_t before, after;
	double start = now(), took;
	long got;
	int error;

	pthread_sigmask(SIG_SETMASK, NULL, &before);
	errno = 0;
	got = w->call->run(w);
	error = got < 0 ? errno : 0;
	took = now() - start;
	pthread_sigmask(SIG_SETMASK, NULL, &after);
	snprintf(w->answer, sizeof w->answer, "%s: %ld %s %s%s%s",
		w->call->name, got, error ? strerrorname_np(error) : "-",
		took < seconds - 0.02   ? "early"
		: took > seconds + LATE ? "late"
					: "in time",
		memcmp(&before, &after, sizeof before) ? " mask" : "",
		w->call->limited ? " limited" : "");
	return NULL;
}

static void nothing(int sig)
{
	(void)sig;
}

static void prepare_all(void)
{
	struct sigaction action = { .sa_handler = nothing };
	char path[64];
	sigset_t set;

	sigaction(SIGUSR2, &action, NULL);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	snprintf(path, sizeof path, "%s/fifo", mkdtemp(folder));
	mkfifo(path, 0600);
	for (size_t i = 0; i < CALLS; i++) {
		waiters[i].call = calls + i;
		if (prepare(waiters + i))
			fprintf(stderr, "%s: cannot prepare\n", calls[i].name);
	}
}

int main(int argc, char **argv)
{
	char command[64];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	seconds = argc > 1 ? atof(argv[1]) : 2;
	prepare_all();
	for (size_t i = 0; i < CALLS; i++)
		pthread_create(
			&waiters[i].thread, NULL, wait_in_call, waiters + i);
	printf("%d\n", getpid());
	fflush(stdout);
	usleep((useconds_t)(seconds * 1e6) + 300000);
	for (size_t i = 0; i < CALLS; i++)
		if (calls[i].release)
			calls[i].release(waiters + i);
	for (size_t i = 0; i < CALLS; i++) {
		pthread_join(waiters[i].thread, NULL);
		puts(waiters[i].answer);
	}
	snprintf(command, sizeof command, "rm -r %s", folder);
	return system(command);
}
