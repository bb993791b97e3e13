/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A thread that stands because of a signal can be used after all. */
#include "crashd/snap/inject.h"
#include "tests/lib/tap.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

static atomic_int *handled; /* shared with the child */

static void handle(int sig)
{
	(void)sig;
	atomic_fetch_add(handled, 1);
}

/* Seized, and it stands because of sig. */
static struct stop_thread start(int sig)
{
	struct sigaction action = { .sa_handler = handle };
	int status = 0;
	pid_t pid;

	sigaction(SIGUSR1, &action, NULL);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			pause();
	}
	ptrace(PTRACE_SEIZE, pid, 0, 0);
	kill(pid, sig);
	waitpid(pid, &status, __WALL);
	return (struct stop_thread){ .tid = pid,
		.seized = true,
		.stopped = WIFSTOPPED(status),
		.signal = WSTOPSIG(status) };
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, __WALL);
}

static void caught(void)
{
	struct stop_thread thread = start(SIGUSR1);
	struct user_regs_struct regs = { 0 };

	is_int(thread.signal, SIGUSR1, "it stands because of a signal");
	is_int(inject_allowed(thread.tid, &thread, false), -EBUSY,
		"and can make no calls");
	ok(inject_settle(thread.tid, &thread), "it is settled");
	ok(thread.stopped && !thread.signal && !thread.gone,
		"it still stands, not because of the signal");
	is_int(inject_allowed(thread.tid, &thread, false), 0,
		"and can make calls");
	ptrace(PTRACE_GETREGS, thread.tid, 0, &regs);
	ok(regs.rip == (uintptr_t)handle, "it is about to run the handler");
	is_int(*handled, 0, "and has not run it");
	ptrace(PTRACE_DETACH, thread.tid, 0, 0);
	for (int i = 0; i < 5000 && !*handled; i++)
		usleep(1000);
	is_int(*handled, 1, "which runs, once, when it goes on");
	end(thread.tid);
}

static void deadly(void)
{
	struct stop_thread thread = start(SIGTERM);

	ok(!inject_settle(thread.tid, &thread),
		"a signal that ends it is not given to it");
	ok(thread.stopped && thread.signal == SIGTERM, "it stands as before");
	end(thread.tid);
}

int main(void)
{
	handled = mmap(NULL, sizeof *handled, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	caught();
	deadly();
	return tap_done();
}
