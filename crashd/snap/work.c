/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "crashd/snap/work.h"

#include "crashd/safe/sys.h"
#include "crashd/snap/stage.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
	STOP_TIMEOUT_MS = 5000, /* for all threads, without --timeout */
	EXEC_MS = 20,
};

/* With more for each processor than that nobody gains by our giving way. */
#define POLITE_CROWD 1.5

/* ---- sentences ---- */

__attribute__((format(printf, 2, 3))) void work_warn(
	struct snapshot *result, const char *format, ...)
{
	va_list args;

	if (result->nwarnings == SNAPSHOT_WARNINGS)
		return;
	va_start(args, format);
	vsnprintf(result->warning[result->nwarnings++], sizeof *result->warning,
		format, args);
	va_end(args);
}

void work_warn_of_calls(struct work *w, size_t interrupted)
{
	if (interrupted)
		work_warn(w->result,
			"%zu system call%s with a time limit ended early, with "
			"EINTR (epoll_wait, sigtimedwait and their kin)",
			interrupted, interrupted == 1 ? "" : "s");
}

static bool is_free(pid_t pid, pid_t tid)
{
	char tracer[64];

	return target_status(pid, tid, "TracerPid", tracer, sizeof tracer) &&
	       !strcmp(tracer, "0");
}

/* Is it the one we could not have, or another, that nobody holds any more? */
static bool is_let_go(const struct target *target, pid_t failed)
{
	return is_free(target->pid, failed) ||
	       is_free(target->pid, target->tid);
}

static bool is_alive(const struct target *target)
{
	char state[64];

	return target_status(target->pid, target->pid, "State", state,
		       sizeof state) &&
	       state[0] != 'Z' && state[0] != 'X';
}

/* An execve is over soon after that. */
static bool is_being_replaced(const struct work *w)
{
	for (int ms = 0; ms < EXEC_MS; ms++) {
		if (w->remote && remote_is_other(w->remote))
			return true;
		sys_sleep_ms(1);
	}
	return false;
}

int work_stop_failed(struct work *w, int error)
{
	const struct target *target = &w->result->target;
	pid_t failed = w->stop.failed ? w->stop.failed : target->tid;
	char name[64] = "?", state[64] = "?";

	switch (error) {
	case -ECANCELED:
		return problem_set(w->problem,
			"interrupted: process %d (%s) goes on, nothing was "
			"saved",
			target->pid, target->name);
	case -ESRCH:
	case -ENOENT: /* of /proc */
		/* an execve ends all threads but one */
		w->stale = kill(target->pid, 0) == 0 || errno == EPERM;
		if (w->stale && is_alive(target))
			return work_copy_failed(w, -ESTALE);
		return problem_set(w->problem,
			"process %d (%s) ended before it could be copied",
			target->pid, target->name);
	case -EPERM:
	case -EACCES:
		/* what takes the id of a zombie main thread, in an execve */
		if (is_let_go(target, failed) && is_being_replaced(w))
			return work_copy_failed(w, -ESTALE);
		/* had somebody else held it, and let it go since? */
		w->stale = is_let_go(target, failed);
		target_denied(target, failed, w->problem);
		w->stale |= is_let_go(target, failed);
		return -1;
	case -ETIMEDOUT:
		target_status(
			target->pid, w->stop.failed, "Name", name, sizeof name);
		target_status(target->pid, w->stop.failed, "State", state,
			sizeof state);
		return problem_set(w->problem,
			"thread %d (%s) of process %d does not stop; its state "
			"is %s: the process goes on, try again later or with a "
			"longer --timeout",
			w->stop.failed, name, target->pid, state);
	default:
		return problem_set(w->problem,
			"cannot stop process %d (%s): %s", target->pid,
			target->name, strerror(-error));
	}
}

int work_copy_failed(struct work *w, int error)
{
	const struct target *target = &w->result->target;

	switch (error) {
	case -ESTALE:
		w->stale = true;
		return problem_set(w->problem,
			"process %d (%s) executes one program after the other: "
			"it goes on, try again later",
			target->pid, target->name);
	case -ECANCELED:
	case -ESRCH:
		return work_stop_failed(w, error);
	case -ETIMEDOUT:
		return problem_set(w->problem,
			"copying process %d (%s) would take longer than %s "
			"allows: it goes on, nothing was saved",
			target->pid, target->name,
			w->copy.deadline != w->deadline ? "--max-pause"
							: "--timeout");
	case -ENOMEM:
		return problem_set(w->problem,
			"not enough memory to describe process %d (%s): %zu "
			"threads, %zu mappings",
			target->pid, target->name, w->stop.n,
			w->core->core.nseg);
	case -EOVERFLOW:
		return problem_set(w->problem,
			"process %d (%s) is a 32-bit program, whose core would "
			"be larger than the 4 GiB that its offsets can hold: "
			"nothing was saved; leave memory out by "
			"/proc/%d/coredump_filter, and without -a",
			target->pid, target->name, target->pid);
	default:
		return output_failed(&w->output, error, w->problem);
	}
}

int work_child_gone(struct work *w)
{
	return problem_set(w->problem,
		"the copy-on-write child of process %d (%s) was killed before "
		"it was read (by the OOM killer, perhaps): nothing was saved; "
		"--mode=direct needs no child",
		w->result->target.pid, w->result->target.name);
}

/*
 * The OOM killer takes the pages first (oom_reaper): what could not be read of
 * a process that is no more was there a moment ago.
 */
int work_check_child(const struct work *w)
{
	pid_t child = w->keeper.told->child;
	char state[64];

	if (!w->copy.lost_pages)
		return 0;
	return target_status(child, child, "State", state, sizeof state) &&
			       state[0] != 'Z' && state[0] != 'X'
		       ? 0
		       : -ESRCH;
}

/* ---- the pause ---- */

int64_t work_stop_deadline(const struct work *w)
{
	return w->deadline ? w->deadline : sys_now_ms() + STOP_TIMEOUT_MS;
}

void work_note_pause(struct work *w, int64_t pause)
{
	w->paused_ns += pause;
	w->core->note.pause_ns = (uint64_t)w->paused_ns;
	w->result->pause_ms = (double)w->paused_ns / 1e6;
}

void work_open_copy(struct work *w, bool stage)
{
	uint64_t expect = w->remote->in_use;

	copy_open(&w->copy, w->result->target.tid, expect,
		stage && stage_has_room(expect));
	w->copy.read_again = w->output.fd != w->output.final;
	w->copy.stop = w->interrupted;
}

static size_t count_stuck(const struct stop *stop)
{
	size_t n = 0;

	for (size_t i = 0; i < stop->n; i++)
		n += stop->thread[i].stuck;
	return n;
}

void work_get_ready(void *context)
{
	struct work *w = context;

	description_touch(w->core);
	remote_seized(w->remote);
	relatives_seize(&w->relatives, work_stop_deadline(w));
	w->stuck = count_stuck(&w->stop);
	crashd_stop_pass();
}

void work_be_polite(struct work *w)
{
	w->copy.polite = w->choice.crowd <= POLITE_CROWD;
}

/* The target stands; who shares its memory? */
void work_stop_relatives(struct work *w)
{
	struct relatives *relatives = &w->relatives;

	/* one more waits, perhaps for its vfork child, just born */
	if (count_stuck(&w->stop) > w->stuck) {
		relatives_find(relatives, w->result->target.pid,
			w->result->target.tid);
		relatives_seize(relatives, work_stop_deadline(w));
	}
	relatives_stop(relatives, w->stop.cancel);
	w->core->relatives_stopped = relatives_stopped(relatives);
	w->core->relatives_free = relatives_free(relatives);
	w->core->relative = relatives->one[0].stop.pid;
}

void work_resume_relatives(void *context)
{
	relatives_resume(&((struct work *)context)->relatives);
}
