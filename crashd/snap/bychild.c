/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 *	running   as in mode direct
 *	pause     interrupt, lay out the core; make a child, and read registers
 *	          meanwhile; read what the child has not got
 *	running   detach; read the child's memory; write, compress, name
 *
 * A core that is compressed, or goes into a pipe, is read from the child while
 * it passes through, if there is memory for a child that lives as long.
 *
 * What touches the process is done in the keeper, a process of its own
 * (keeper.c); what it leaves for us is in shared memory.
 */
#include "crashd/snap/bychild.h"

#include "crashd/note.h"
#include "crashd/snap/direct.h"
#include "crashd/snap/progress.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* These are called in the keeper, as the three above. */
static int describe_maps(void *context, struct stop_thread *cloner)
{
	struct work *w = context;
	int error;

	work_stop_relatives(w);
	error = description_maps(w->core, w->remote);
	return error ? error : remote_hold(w->remote, cloner);
}

static int describe_threads(void *context)
{
	struct work *w = context;

	return description_threads(w->core, w->remote, w->result->target.pid,
		CRASHD_SNAPSHOT_FORK, w->options->everything);
}

static int copy_early(void *context)
{
	struct work *w = context;

	return early_copy(w->core, w->remote, &w->keeper.told->cancel);
}

static int keeper_failed(struct work *w, int error)
{
	const struct keeper_told *told = w->keeper.told;
	const struct target *target = &w->result->target;

	w->stop.failed = told->failed;
	if (error == -EOWNERDEAD)
		return problem_set(w->problem,
			"the process that held %d (%s) for csnap was killed: "
			"nothing was saved",
			target->pid, target->name);
	if (!told->stopped)
		return work_stop_failed(w, error);
	if (told->no_child && error != -ECANCELED && error != -ESRCH)
		return problem_set(w->problem,
			"process %d (%s) cannot be copied by a child: %s; use "
			"--mode=direct, or auto",
			target->pid, target->name, choose_why_not(error));
	w->copy.deadline = 0; /* it was --max-pause, not --timeout */
	return work_copy_failed(w, error);
}

/* 1: it is copied directly; -1: that would take too long. */
static int instead(struct work *w, const char *why)
{
	struct snapshot *result = w->result;
	double max = w->options->max_pause_ms;
	double direct = w->choice.direct_ms;

	if (max > 0 && direct > max)
		return problem_set(w->problem,
			"process %d (%s) cannot be copied by a child: %s; a "
			"direct copy would stop it for about %.0f ms, more "
			"than --max-pause=%g: nothing was saved",
			result->target.pid, result->target.name, why, direct,
			max);
	work_warn(result, "copied while stopped, not by a child: %s", why);
	snprintf(result->reason, sizeof result->reason, "not by a child: %s",
		why);
	result->predicted_ms = direct;
	return 1;
}

/* 0: there is a child; 1: there is none, copy directly; -1: it failed. */
static int make_child(struct work *w)
{
	struct keeper_job job = {
		.stop = &w->stop,
		.gadget = w->choice.gadget,
		.deadline = work_stop_deadline(w),
		.max_pause_ms = (int64_t)w->options->max_pause_ms,
		.seized = work_get_ready,
		.maps = describe_maps,
		.threads = describe_threads,
		.copy = copy_early,
		.resume = work_resume_relatives,
		.context = w,
	};
	uint64_t expect = w->remote->apart;
	int error = early_open(
		w->core, expect < CHOOSE_EARLY_MAX ? expect : CHOOSE_EARLY_MAX);

	if (!error)
		error = keeper_open(&w->keeper, &job);
	if (error)
		return problem_set(w->problem,
			"cannot start the process that stops %d: %s",
			w->result->target.pid, strerror(-error));
	error = keeper_wait(&w->keeper, w->interrupted);

	const struct keeper_told *told = w->keeper.told;

	work_warn_of_calls(w, told->interrupted);
	work_note_pause(w, told->pause_ns);
	w->resumed_ns = phases_now();
	work_be_polite(w);
	w->result->phases = told->phases;
	/* a signal was coming to the only thread that could: that passes */
	w->stale = error == -EBUSY && told->no_child && !w->last_try;
	if (w->stale)
		return keeper_failed(w, error);
	if (error && told->no_child && w->options->mode == SNAPSHOT_AUTO &&
		error != -ECANCELED && error != -ESRCH)
		return instead(w, choose_why_not(error));
	return error ? keeper_failed(w, error) : 0;
}

static int read_all(struct work *w)
{
	int error;

	progress_begin(w->options->progress, w->output.path);
	error = copy_read(&w->copy, w->output.fd, progress_show);
	progress_end();
	return error ? error : work_check_child(w);
}

static int read_child(struct work *w)
{
	pid_t child = w->keeper.told->child;
	int error = -ENOMEM;

	w->child = calloc(1, sizeof *w->child);
	if (w->child)
		error = crashd_process_open(w->child, -1, child, child,
			(int)w->remote->process.filter);
	w->copy.tid = child;
	w->copy.child_mem = error ? -1 : w->child->mem;
	w->copy.skip = REMOTE_EARLY;
	w->copy.deadline = w->deadline;
	if (!error)
		error = copy_plan(&w->copy, &w->child->source, &w->core->core);
	if (!error && !w->lingers)
		error = read_all(w);
	if (error || !w->lingers)
		keeper_release(&w->keeper);
	if (error == -ESRCH || error == -ENOENT)
		return work_child_gone(w);
	return error ? work_copy_failed(w, error) : 0;
}

int bychild_take(struct work *w)
{
	int got;

	w->result->mode = SNAPSHOT_FORK;
	w->lingers = output_passes(&w->output) &&
		     choose_may_linger(&w->result->target, w->remote);
	w->core->late = w->lingers;
	work_open_copy(w, false);
	got = make_child(w);
	if (got != 1)
		return got ? -1 : read_child(w);
	w->core->late = w->lingers = false;
	copy_close(&w->copy);
	keeper_close(&w->keeper);
	return direct_take(w);
}
