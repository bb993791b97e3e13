/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A child costs a pause of its page tables, a direct copy one of its bytes:
 * the child is better from some 30 MiB on, or some hundred threads.  It is not
 * made where it could not be made, or would not be a copy, or would harm; each
 * of these is looked up beforehand, so that the target is not stopped for
 * nothing.
 */
#include "crashd/snap/choose.h"

#include "crashd/snap/cgroup.h"
#include "crashd/snap/inject.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* For less than that to gain a direct copy is better: it leaves nothing. */
#define FORK_GAIN_MS 3.0

/* Estimates of the pause, on the slow side. */
#define PAUSE_BASE_MS 1.0
#define PAUSE_THREAD_MS 0.03
#define DIRECT_MAP_MS 0.003
#define FORK_MAP_MS 0.0015
#define DIRECT_STAGED_MS_GIB 150.0
#define DIRECT_UNSTAGED_MS_GIB 500.0
#define FORK_MS 0.5
#define FORK_SMALL_MS_GIB 20.0
#define FORK_HUGE_MS_GIB 2.5
#define CROWD_THREADS 2.0

/* Of its memory a process writes to this part while a child lives. */
#define WRITTEN_PART 4
/* Page tables and the like of a child. */
#define CHILD_ITSELF ((uint64_t)4 << 20)

static double gib(uint64_t bytes)
{
	return (double)bytes / (1 << 30);
}

/*
 * How much longer it takes because others want the processors: one of the
 * threads makes the child.  Now, or in the last minute: the lesser, for threads
 * that have just been woken count as well.
 */
static double crowd(void)
{
	FILE *file = fopen("/proc/loadavg", "re");
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	double minute = 0, now = 0, times;

	if (file && fscanf(file, "%lf %*f %*f %lf/", &minute, &now) != 2)
		minute = now = 0;
	if (file)
		fclose(file);
	times = (minute < now ? minute : now) / (double)(cpus > 0 ? cpus : 1);
	return times > 1 ? times : 1;
}

/* Threads need little time of a processor each, and have waited for it. */
static double base_ms(const struct target *target, double times)
{
	return (times < CROWD_THREADS ? times : CROWD_THREADS) *
	       (PAUSE_BASE_MS + PAUSE_THREAD_MS * (double)target->threads);
}

static double direct_ms(const struct target *target,
	const struct remote *remote, bool staged, double times)
{
	return base_ms(target, times) +
	       times * (DIRECT_MAP_MS * (double)remote->nbefore +
			       gib(remote->in_use) *
				       (staged ? DIRECT_STAGED_MS_GIB
					       : DIRECT_UNSTAGED_MS_GIB));
}

static double fork_ms(
	const struct target *target, const struct remote *remote, double times)
{
	uint64_t early = remote->apart < CHOOSE_EARLY_MAX ? remote->apart
							  : CHOOSE_EARLY_MAX;
	uint64_t rest = remote->in_use - remote->apart;
	uint64_t huge = remote->huge < rest ? remote->huge : rest;

	return base_ms(target, times) +
	       times * (FORK_MS + FORK_MAP_MS * (double)remote->nbefore +
			       FORK_SMALL_MS_GIB * gib(rest - huge) +
			       FORK_HUGE_MS_GIB * gib(huge) +
			       DIRECT_STAGED_MS_GIB * gib(early));
}

static uint64_t pool_number(const char *pool, const char *name)
{
	char path[512];

	snprintf(path, sizeof path, "/sys/kernel/mm/hugepages/%.64s/%s", pool,
		name);
	return cgroup_number(path, "");
}

static long status_number(const struct target *target, const char *key)
{
	char value[64];

	return target_status(target->pid, target->tid, key, value, sizeof value)
		       ? strtol(value, NULL, 10)
		       : 0;
}

/* What an ending process is asked (its namespaces, its vdso) is gone already.
 */
static bool is_ending(const struct target *target)
{
	char state[64];

	return !target_status(target->pid, target->tid, "State", state,
		       sizeof state) ||
	       state[0] == 'Z' || state[0] == 'X' ||
	       !target_status(
		       target->pid, target->tid, "VmSize", state, sizeof state);
}

static bool is_job_stopped(const struct target *target)
{
	char state[64];

	return target_status(target->pid, target->tid, "State", state,
		       sizeof state) &&
	       state[0] == 'T';
}

static bool children_go_elsewhere(const struct target *target)
{
	char own[64], theirs[64], path[64];

	snprintf(path, sizeof path, "/proc/%d/task/%d/ns/pid", target->pid,
		target->tid);

	ssize_t n = readlink(path, own, sizeof own);

	snprintf(path, sizeof path, "/proc/%d/task/%d/ns/pid_for_children",
		target->pid, target->tid);

	ssize_t m = readlink(path, theirs, sizeof theirs);

	return n <= 0 || n != m || memcmp(own, theirs, (size_t)n) != 0;
}

const char *choose_why_not(int error)
{
	switch (error) {
	case -EACCES:
		return "its threads run under seccomp";
	case -EXDEV:
		return "its children would live in another pid namespace";
	case -ENOEXEC:
		return "its threads run 32-bit code, or have their system "
		       "calls redirected";
	case -ENOSYS:
		return "it has no vdso of this processor's kind";
	case -EBUSY:
		return "none of its threads could make a call";
	case -ENOTSUP:
		return "its threads are scheduled by deadlines "
		       "(SCHED_DEADLINE), and may not make one";
	case -ETIMEDOUT:
		return "a call that a thread made for it did not come back";
	case -EAGAIN:
		return "no more processes are allowed (RLIMIT_NPROC, pids.max)";
	case -ENOMEM:
	case -ENOSPC:
		return "there is no memory for one";
	default:
		return strerror(-error);
	}
}

/*
 * A process that writes to a page of hugetlbfs that it shares with a child
 * needs another one; where the pool has none left it gets SIGBUS, unless it
 * has reserved the page (hugetlb_wp in the kernel).  All pools are asked,
 * because the size of its pages is not known here.
 */
static bool pools_have_room(uint64_t size)
{
	static const char folder[] = "/sys/kernel/mm/hugepages";
	DIR *dir = opendir(folder);
	bool room = true;

	for (struct dirent *entry; size && dir && (entry = readdir(dir));) {
		uint64_t total = pool_number(entry->d_name, "nr_hugepages");
		uint64_t kib = 0;

		if (sscanf(entry->d_name, "hugepages-%" SCNu64 "kB", &kib) !=
				1 ||
			!total || total == UINT64_MAX)
			continue;

		uint64_t spare = pool_number(entry->d_name, "free_hugepages");
		uint64_t reserved =
			pool_number(entry->d_name, "resv_hugepages");

		room = room && spare >= reserved &&
		       (spare - reserved) * kib * 1024 >= size;
	}
	if (dir)
		closedir(dir);
	return room;
}

/*
 * Pages that are written to while the child lives exist twice, in the group of
 * the process.  When its limit is reached the OOM killer takes the child first
 * (oom_score_adj), but where it takes all of a group there must be room for
 * everything; elsewhere for what may be written in the time.
 */
static bool group_has_room(
	const struct target *target, const struct remote *remote)
{
	uint64_t need = remote->in_use / WRITTEN_PART + CHILD_ITSELF;

	if (cgroup_dies_together(target->pid))
		need = remote->in_use + CHILD_ITSELF;
	return cgroup_room_of(target->pid) >= need;
}

bool choose_may_linger(const struct target *target, const struct remote *remote)
{
	uint64_t available = cgroup_number("/proc/meminfo", "MemAvailable:");
	uint64_t need = remote->in_use + CHILD_ITSELF;

	return available != UINT64_MAX && available > need / 1024 &&
	       cgroup_room_of(target->pid) >= need;
}

/* Why a child would be impossible, or wrong; NULL. */
static const char *no_child(
	const struct target *target, struct remote *remote, uint64_t *gadget)
{
	*gadget = 0;
	if (remote->program32)
		return "it is a 32-bit program";
	*gadget = inject_gadget(&remote->process.source);
	if (!*gadget)
		return choose_why_not(-ENOSYS);
	if (status_number(target, "Seccomp"))
		return choose_why_not(-EACCES);
	if (children_go_elsewhere(target))
		return choose_why_not(-EXDEV);
	if (remote->userfault)
		return "some of its pages come from userfaultfd";
	if (status_number(target, "VmPin"))
		return "some of its memory is pinned, and would be copied by "
		       "the fork";
	if (remote->unforked > CHOOSE_EARLY_MAX)
		return "much of its memory is MADV_DONTFORK or WIPEONFORK";
	if (!pools_have_room(remote->hugetlb))
		return "it has private pages of hugetlbfs, and the pool has no "
		       "others for those that are written meanwhile";
	if (!group_has_room(target, remote))
		return "its control group has no memory left for pages that "
		       "are written meanwhile";
	return NULL;
}

__attribute__((format(printf, 2, 3))) static int reason(
	struct choice *choice, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(choice->reason, sizeof choice->reason, format, args);
	va_end(args);
	return 0;
}

int choose_mode(const struct target *target, struct remote *remote, bool staged,
	enum snapshot_mode wanted, struct choice *ret, struct problem *problem)
{
	enum cgroup_frozen frozen = cgroup_frozen(target->pid);
	double times = crowd();
	double direct = direct_ms(target, remote, staged, times);
	double by_child = fork_ms(target, remote, times);
	const char *why;
	bool stands;

	*ret = (struct choice){
		.mode = SNAPSHOT_DIRECT,
		.pause_ms = direct,
		.direct_ms = direct,
		.fork_ms = by_child,
		.crowd = times,
		.reason = "as asked",
	};
	if (frozen == CGROUP_FROZEN_V1)
		return problem_set(problem,
			"process %d (%s) is in a frozen control group of "
			"version 1, where nothing can stop it orderly: thaw it "
			"first (freezer.state)",
			target->pid, target->name);
	if (wanted == SNAPSHOT_DIRECT)
		return 0;
	if (wanted == SNAPSHOT_AUTO && direct < by_child + times * FORK_GAIN_MS)
		return reason(ret,
			"a child would take about %.1f ms and leave "
			"page faults behind",
			by_child);
	/* no thread could make a call; nor does it feel the pause */
	stands = frozen == CGROUP_FROZEN_V2 || is_job_stopped(target);
	why = stands ? "it is stopped or frozen already"
		     : no_child(target, remote, &ret->gadget);
	if (why && is_ending(target))
		return problem_set(problem,
			"process %d (%s) is ending: nothing was saved",
			target->pid, target->name);
	if (why && wanted == SNAPSHOT_FORK)
		return problem_set(problem,
			"process %d (%s) cannot be copied by a child: %s; use "
			"--mode=direct, or auto",
			target->pid, target->name, why);
	if (stands)
		return reason(ret, "%s, and feels no pause", why);
	if (why) {
		snprintf(ret->why, sizeof ret->why, "%s", why);
		return reason(ret, "not by a child: %s", why);
	}
	ret->mode = SNAPSHOT_FORK;
	ret->pause_ms = by_child;
	if (wanted == SNAPSHOT_FORK)
		return 0;
	return reason(ret, "a direct copy would take about %.0f ms", direct);
}
