/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 *	csnap                 keeper                      target
 *	open        fork --->
 *	                      seize, interrupt            stops
 *	                      registers, mappings
 *	                      clone through a thread ---> child
 *	                      shared memory, copied
 *	                      detach                      goes on
 *	wait        <--- P
 *	copies the child      sleeps
 *	release     ---> K    kills the child
 *	writes                wait4 through a thread      no zombie
 *	close       <--- end
 *
 * Either side notices the other's end by the end of file of the socket
 * between them; in the pause, when it has no time to look, the keeper has a
 * signal for it (PR_SET_PDEATHSIG).  If the keeper is killed, PTRACE_O_EXITKILL
 * takes the child with it and the kernel lets the target go; csnap then does
 * what is left to do.
 *
 * The child's parent is the target, and its exit signal is 0: nobody but the
 * target can take it from the table of processes, and the target does not know
 * of it.  So the target is made to wait for it, by one thread that is stopped
 * for the length of one system call.
 */
#include "crashd/snap/keeper.h"

#include "crashd/safe/procfile.h"
#include "crashd/safe/sys.h"
#include "crashd/snap/guard.h"
#include "crashd/snap/inject.h"
#include "crashd/snap/target.h"
#include "crashd/snap/zombie.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
	TICK_MS = 100,
	LEFT_MS = 2, /* how long a thread that was stuck may stand */
};

/* ---- the keeper ---- */

static volatile int *cancel;

static void on_orphaned(int sig)
{
	(void)sig;
	*cancel = 1;
}

static void write_text(pid_t pid, const char *name, const char *text)
{
	int fd = crashd_procfile_open(-1, pid, 0, name, O_WRONLY);

	if (fd < 0)
		return;
	/* refused without CAP_SYS_RESOURCE: it is a precaution */
	(void)!write(fd, text, strlen(text));
	close(fd);
}

static void become_keeper(struct keeper_told *told, pid_t parent)
{
	/* it may come at any time, and no wait for the child may miss it */
	struct sigaction action = { .sa_handler = on_orphaned,
		.sa_flags = SA_RESTART };
	sigset_t all;

	cancel = &told->cancel;
	sigaction(SIGUSR1, &action, NULL);
	sigfillset(&all);
	sigdelset(&all, SIGUSR1);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_PDEATHSIG, SIGUSR1);
	if (getppid() != parent)
		told->cancel = 1;
	setsid();
	/* not what `killall csnap` is about */
	prctl(PR_SET_NAME, "snapshot-keeper");
	write_text(getpid(), "oom_score_adj", "-1000");
	/* on a busy machine everybody waits for it, the target above all */
	setpriority(PRIO_PROCESS, 0, -20);
	mlockall(MCL_CURRENT | MCL_ONFAULT);
}

/* The threads are read while the kernel copies page tables. */
static int make_child(const struct keeper_job *job, struct keeper_told *told,
	struct stop_thread *cloner, int64_t *at)
{
	struct inject in = { 0 };
	int error = inject_begin(&in, job->stop->pid, cloner->tid, job->gadget);
	int threads = 0;
	pid_t child = error ? error : inject_start_child(&in);

	if (child == 0) {
		threads = job->threads(job->context);
		phases_end(&told->phases.threads, at);
		child = inject_child(&in);
	}
	error = inject_end(&in);
	cloner->gone |= in.gone;
	phases_end(&told->phases.clone, at);
	told->no_child = child < 0 || error == -ETIMEDOUT;
	if (child < 0)
		return child;
	told->child = child;
	told->inside = in.inside;
	return error == -ETIMEDOUT ? error : threads;
}

static int in_the_pause(
	const struct keeper_job *job, struct keeper_told *told, int64_t start)
{
	struct stop *stop = job->stop;
	int64_t at = start;
	int error, cloner = inject_pick(stop);

	phases_end(&told->phases.stop, &at);
	told->no_child = cloner < 0;
	if (cloner < 0)
		return cloner;
	error = job->maps(job->context, stop->thread + cloner);
	phases_end(&told->phases.maps, &at);
	if (error)
		return error;
	if (job->max_pause_ms && at - start > job->max_pause_ms * 1000000)
		return -ETIMEDOUT;
	error = make_child(job, told, stop->thread + cloner, &at);
	if (!error)
		error = job->copy(job->context);
	phases_end(&told->phases.copy, &at);
	return error;
}

static void pause_target(const struct keeper_job *job, struct keeper_told *told)
{
	struct stop *stop = job->stop;
	int error;

	stop->cancel = &told->cancel;
	stop->sigchld = true;
	guard_begin(stop->pid);
	error = crashd_stop_seize(stop, job->deadline);
	if (!error)
		job->seized(job->context);

	int64_t start = phases_now();

	if (!error)
		error = crashd_stop_all(stop, job->deadline);
	told->stopped = !error;
	if (!error)
		error = in_the_pause(job, told, start);

	int64_t resume = phases_now();

	job->resume(job->context);
	told->left = crashd_stop_resume(stop);
	told->pause_ns = phases_now() - start;
	guard_end();
	told->phases.resume = start + told->pause_ns - resume;
	told->failed = stop->failed;
	told->interrupted = stop->interrupted;
	told->error = error;
}

/* It is waited for only when the process can do so at once (zombie.c). */
static void end_child(const struct keeper_job *job, struct keeper_told *told)
{
	struct zombie zombie = {
		.pid = job->stop->pid,
		.inside = told->inside,
		.ours = told->child,
		.gadget = job->gadget,
	};
	siginfo_t info;

	kill(told->child, SIGKILL);
	while (waitid(P_PID, (id_t)told->child, &info,
		       WEXITED | WNOWAIT | __WALL) < 0 &&
		errno == EINTR)
		;
	told->zombie = !zombie_clear(&zombie);
}

/*
 * From csnap, or its end.  Threads that were stuck stop when their wait is
 * over, and must not stand until then.
 */
static void await_word(int fd, struct stop *stop, size_t left)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	char c;

	while (left && poll(&poll_fd, 1, LEFT_MS) <= 0)
		left = crashd_stop_resume(stop);
	while (read(fd, &c, 1) < 0 && errno == EINTR)
		;
}

__attribute__((noreturn)) static void keep(
	int fd, const struct keeper_job *job, struct keeper_told *told)
{
	char c = 'P';

	pause_target(job, told);
	if (told->child && told->error)
		end_child(job, told);
	if (told->child && !told->error)
		write_text(told->child, "oom_score_adj", "1000");
	if (write(fd, &c, 1) == 1 && !told->error)
		inject_close_files(told->child, job->gadget);
	if (!told->error)
		await_word(fd, job->stop, told->left);
	if (told->child && !told->error)
		end_child(job, told);
	_exit(0);
}

/* ---- csnap's side ---- */

/* A field of /proc/PID/stat, counted as in proc(5), from the third; 0. */
static uint64_t stat_field(pid_t pid, int field)
{
	char text[1024];
	long n = crashd_procfile_read(-1, pid, 0, "stat", text, sizeof text);
	const char *at = n > 0 ? strrchr(text, ')') : NULL;

	for (int i = 2; at && i < field; i++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at + 1, NULL, 10) : 0;
}

enum { STAT_STARTED = 22, STAT_EXIT_SIGNAL = 38 };

int keeper_open(struct keeper *keeper, const struct keeper_job *job)
{
	pid_t us = getpid();
	int ends[2];

	*keeper = (struct keeper){
		.fd = -1, .target = job->stop->pid, .gadget = job->gadget
	};
	keeper->told = mmap(NULL, sizeof *keeper->told, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (keeper->told == MAP_FAILED) {
		keeper->told = NULL;
		return -ENOMEM;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return -errno;
	keeper->pid = fork();
	if (keeper->pid == 0) {
		close(ends[0]);
		become_keeper(keeper->told, us);
		keep(ends[1], job, keeper->told);
	}

	int error = keeper->pid < 0 ? -errno : 0;

	keeper->born = stat_field(keeper->pid, STAT_STARTED);
	close(ends[1]);
	keeper->fd = ends[0];
	return error;
}

/* A byte: 1; the end of the keeper: 0. */
static int hear(struct keeper *keeper, const volatile int *stop)
{
	struct pollfd fd = { .fd = keeper->fd, .events = POLLIN };
	char c;

	for (;;) {
		int n = poll(&fd, 1, TICK_MS);

		if (stop && *stop)
			keeper->told->cancel = 1;
		if (n <= 0)
			continue;

		ssize_t got = read(keeper->fd, &c, 1);

		if (got >= 0 || errno != EINTR)
			return got == 1;
	}
}

int keeper_wait(struct keeper *keeper, const volatile int *stop)
{
	if (!hear(keeper, stop))
		return -EOWNERDEAD;
	return keeper->told->error;
}

void keeper_release(struct keeper *keeper)
{
	char c = 'K';

	if (keeper->fd >= 0)
		(void)!send(keeper->fd, &c, 1, MSG_NOSIGNAL);
}

/* Among the children of one thread: as the target sees it, or 0. */
static pid_t silent_child(pid_t pid, pid_t tid, uint64_t since)
{
	char text[4096], ids[128];
	const char *at = text;
	char *end;

	if (crashd_procfile_read(-1, pid, tid, "children", text, sizeof text) <=
		0)
		return 0;
	for (pid_t child; (child = (pid_t)strtol(at, &end, 10)) > 0; at = end) {
		const char *last;

		if (stat_field(child, STAT_STARTED) < since ||
			stat_field(child, STAT_EXIT_SIGNAL) != 0 ||
			!target_status(child, child, "NSpid", ids, sizeof ids))
			continue;
		last = strrchr(ids, '\t');
		return atoi(last ? last + 1 : ids);
	}
	return 0;
}

/*
 * Of a keeper that was killed before it could tell of its child: one that was
 * born in its time, and whose end is told to nobody.
 */
static pid_t untold_child(const struct keeper *keeper)
{
	char path[64];
	pid_t found = 0;

	snprintf(path, sizeof path, "/proc/%d/task", keeper->target);

	DIR *dir = opendir(path);

	for (struct dirent *entry; !found && dir && (entry = readdir(dir));)
		if (atoi(entry->d_name) > 0)
			found = silent_child(keeper->target,
				atoi(entry->d_name), keeper->born);
	if (dir)
		closedir(dir);
	return found;
}

/* The keeper was killed: the child has died with it, and is cleared away. */
static void clear_away(struct keeper *keeper)
{
	struct zombie zombie = {
		.pid = keeper->target,
		.inside = keeper->told->inside,
		.gadget = keeper->gadget,
	};

	if (!zombie.inside)
		zombie.inside = untold_child(keeper);
	if (zombie.inside)
		keeper->told->zombie = !zombie_clear(&zombie);
}

void keeper_close(struct keeper *keeper)
{
	struct keeper_told *told = keeper->told;
	int status = 0;

	keeper_release(keeper);
	while (keeper->pid > 0 && waitpid(keeper->pid, &status, 0) < 0 &&
		errno == EINTR)
		;
	if (keeper->pid > 0 && !WIFEXITED(status))
		clear_away(keeper);
	if (keeper->fd >= 0)
		close(keeper->fd);
	*keeper = (struct keeper){ .fd = -1, .zombie = told && told->zombie };
	if (told)
		munmap(told, sizeof *told);
}
