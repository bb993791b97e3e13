/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The reporter stands beside csnap in a build folder, in libexec when
 * installed; PATH and the environment have no say.
 */
#include "crashd/snap/stack.h"

#include "crashd/safe/procfile.h"
#include "crashd/snap/narrow.h"
#include "crashd/snap/target.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void beside_us(char *ret, size_t size)
{
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

	self[n > 0 ? n : 0] = 0;

	char *slash = strrchr(self, '/');

	snprintf(ret, size, "%.*s/crashd-report",
		slash ? (int)(slash - self) : 0, self);
}

static bool is_narrow(const struct target *target)
{
	char auxv[CORE_AUXV];
	long n = crashd_procfile_read(
		-1, target->pid, target->tid, "auxv", auxv, sizeof auxv);

	return n > 0 && narrow_program(auxv, (size_t)n);
}

int stack_exec(pid_t pid, bool all, bool json, struct problem *problem)
{
	static const char installed[] = CRASHD_LIBEXECDIR "/crashd-report";
	char beside[PATH_MAX], which[32];
	struct target target;

	if (target_get(pid, &target, problem))
		return -1;
	if (is_narrow(&target))
		return problem_set(problem,
			"process %d (%s) is a 32-bit program, whose stacks and "
			"system calls are not known here: use gdb -p %d",
			pid, target.name, pid);
	snprintf(which, sizeof which, "--pid=%d", pid);
	beside_us(beside, sizeof beside);

	const char *path = access(beside, X_OK) ? installed : beside;
	const char *argv[8] = { "crashd-report", which, "--fd=1" };
	int n = 3;

	/* enum crashd_level: all threads, or with the hidden frames too */
	argv[n++] = all ? "--level=3" : "--level=2";
	if (json)
		argv[n++] = "--json";
	argv[n] = NULL;
	execv(path, (char *const *)argv);
	return problem_set(problem,
		"cannot start crashd-report, neither from %s nor from %s: %s; "
		"is it built and installed?",
		beside, installed, strerror(errno));
}
