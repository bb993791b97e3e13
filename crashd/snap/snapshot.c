/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The order of the steps: all that can be known and got ready while the target
 * runs; the pause, one of two ways (direct.c, bychild.c); then the notes, the
 * file, its name.  Whatever fails, the target is let go first and the sentence
 * comes after.
 */
#include "crashd/snap/snapshot.h"

#include "crashd/note.h"
#include "crashd/safe/elfcore.h"
#include "crashd/safe/sys.h"
#include "crashd/snap/bychild.h"
#include "crashd/snap/direct.h"
#include "crashd/snap/narrow.h"
#include "crashd/snap/progress.h"
#include "crashd/snap/stage.h"
#include "crashd/snap/work.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
	MORE_THREADS = 4096, /* born while we look */
	TRIES = 5,           /* of a process that changes meanwhile */
	AGAIN_MS = 5,
	MISS_MS = 20,      /* of a prediction; less is noise */
	PATIENCE_MS = 100, /* with a thread that does not come to a stop */
	SINGLE_THREAD = 3, /* links of /proc/PID/task, with . and .. */
};

/* ---- before ---- */

static int open_output(struct work *w)
{
	const struct snapshot_options *options = w->options;
	char path[sizeof w->output.path];

	if (!strcmp(options->prefix, "-"))
		snprintf(path, sizeof path, "-");
	else
		/* a folder alone: the usual name in it */
		snprintf(path, sizeof path, "%.4000s%s.%d", options->prefix,
			options->prefix[strlen(options->prefix) - 1] == '/'
				? "core"
				: "",
			w->result->target.pid);
	return output_open(&w->output, path, options->level, w->problem);
}

static int prepare(struct work *w)
{
	const struct target *target = &w->result->target;
	size_t threads = target->threads + MORE_THREADS;
	struct stop_thread *table = calloc(threads, sizeof *table);

	w->remote = calloc(1, sizeof *w->remote);
	crashd_stop_init(&w->stop, target->pid, table, threads);
	w->stop.cancel = w->interrupted;
	w->stop.patience_ms = PATIENCE_MS;
	relatives_find(&w->relatives, target->pid, target->tid);
	if (!table || !w->remote)
		return problem_set(w->problem,
			"not enough memory for the tables of the copy");

	int error = remote_open(
		w->remote, target, &w->stop, w->options->everything);

	if (error)
		return work_stop_failed(w, error);
	w->core = description_open(target->threads, w->remote);
	if (!w->core)
		return problem_set(w->problem,
			"not enough memory for the tables of the copy");
	return 0;
}

static int choose(struct work *w)
{
	const struct target *target = &w->result->target;
	double max = w->options->max_pause_ms;

	if (output_has_room(&w->output, w->remote->in_use, w->problem))
		return -1;
	if (choose_mode(target, w->remote, stage_has_room(w->remote->in_use),
		    w->options->mode, &w->choice, w->problem))
		/* what was said of it may be of half a program */
		return remote_is_current(w->remote)
			       ? -1
			       : work_copy_failed(w, -ESTALE);
	/* what is not worth it otherwise is now */
	if (max > 0 && w->choice.pause_ms > max && w->choice.fork_ms <= max &&
		w->options->mode == SNAPSHOT_AUTO && !w->choice.why[0] &&
		choose_mode(target, w->remote, false, SNAPSHOT_FORK, &w->choice,
			w->problem))
		return -1;
	w->result->predicted_ms = w->choice.pause_ms;
	snprintf(w->result->reason, sizeof w->result->reason, "%s",
		w->choice.reason);
	if (max > 0 && w->choice.pause_ms > max)
		return problem_set(w->problem,
			"process %d (%s) would be stopped for about %.0f ms, "
			"more than --max-pause=%g: %zu thread%s, %llu MiB to "
			"copy%s%s; it was not touched",
			target->pid, target->name, w->choice.pause_ms, max,
			target->threads, target->threads == 1 ? "" : "s",
			(unsigned long long)w->remote->in_use >> 20,
			w->choice.why[0] ? ", not by a child: " : "",
			w->choice.why);
	if (w->choice.why[0])
		work_warn(w->result, "copied while stopped, not by a child: %s",
			w->choice.why);
	return 0;
}

/* ---- after ---- */

static void add_lost(struct description *d, const struct copy *copy)
{
	size_t room = COPY_LOST - d->nlost;
	size_t take = copy->nlost < room ? copy->nlost : room;

	d->note.lost += copy->lost_pages;
	memcpy(d->lost + d->nlost, copy->lost, take * sizeof *d->lost);
	d->nlost += take;
}

static void warn_of_threads(struct work *w)
{
	const struct description *d = w->core;
	const struct crashd_partial *first = &d->partial;

	if (d->npartial)
		work_warn(w->result,
			"%zu thread%s could not be stopped (%d, in %s): of its "
			"registers only those of the system call are known",
			d->npartial, d->npartial == 1 ? "" : "s", first->tid,
			first->where[0] ? first->where : "the kernel");
	if (d->relatives_stopped)
		work_warn(w->result,
			"stopped too, because of shared memory (vfork, "
			"CLONE_VM): process %d%s",
			d->relative,
			d->relatives_stopped > 1 ? " and others" : "");
	if (d->relatives_free)
		work_warn(w->result,
			"memory is not of one moment: %zu process%s with the "
			"same memory (vfork, CLONE_VM) could not be stopped",
			d->relatives_free, d->relatives_free == 1 ? "" : "es");
	if (w->relatives.unknown)
		work_warn(w->result,
			"whether other processes share its memory could not be "
			"found out (kcmp is not allowed here)");
}

/* What takes longer than it should have is told, and where. */
static void warn_of_prediction(struct snapshot *result)
{
	const struct phases *phases = &result->phases;
	const struct {
		int64_t ns;
		const char *what;
	} part[] = {
		{ phases->stop, "until its threads stood" },
		{ phases->maps, "to read its mappings" },
		{ phases->threads, "to read its threads" },
		{ phases->clone, "to make the child" },
		{ phases->copy, "to copy memory" },
		{ phases->resume, "to let its threads go" },
	};
	size_t most = 0;

	if (result->pause_ms < 2 * result->predicted_ms ||
		result->pause_ms < result->predicted_ms + MISS_MS)
		return;
	for (size_t i = 1; i < sizeof part / sizeof *part; i++)
		if (part[i].ns > part[most].ns)
			most = i;
	work_warn(result,
		"stopped for %.0f ms, where %.0f were predicted: %.0f of them "
		"%s",
		result->pause_ms, result->predicted_ms,
		(double)part[most].ns / 1e6, part[most].what);
}

static void warn_of_mixture(struct work *w)
{
	if (w->remote->n64)
		work_warn(w->result,
			"%zu of %zu threads were in 64-bit code: a core of a "
			"32-bit program has the low halves of their registers "
			"only",
			w->remote->n64, w->core->core.nthreads);
}

/* Where a core passes through, and the file that has what is not memory. */
static void warn_of_passing(struct work *w)
{
	const struct output *out = &w->output;
	const char *what = out->level ? "compressed" : "written to the pipe";

	if (w->lingers)
		work_warn(w->result,
			"%s while its copy-on-write child lived, for %.1f s: "
			"what the process wrote to meanwhile took memory twice",
			what, (double)w->lingered_ns / 1e9);
	else if (output_passes(out) && !w->copy.stage)
		work_warn(w->result,
			"%s by way of a file of %llu MiB, which is gone: "
			"memory for a copy would not have been enough",
			what, (unsigned long long)w->copy.stored >> 20);
}

static void finish_notes(struct work *w)
{
	struct description *d = w->core;

	if (!w->lingers)
		add_lost(d, &w->copy);
	if (w->result->mode == SNAPSHOT_FORK)
		add_lost(d, &d->early);
	description_finish(d);
}

/* All of the child has been read. */
static int finish_late(void *context)
{
	struct work *w = context;
	int error = work_check_child(w);

	keeper_release(&w->keeper);
	w->lingered_ns = phases_now() - w->resumed_ns;
	add_lost(w->core, &w->copy);
	return error ? error : description_late(w->core, w->output.fd);
}

static void warn_of_all(struct work *w)
{
	const struct description *d = w->core;

	if (d->note.lost)
		work_warn(w->result,
			"%llu pages could not be read and are zero in the core "
			"(the first at 0x%llx)",
			(unsigned long long)d->note.lost,
			(unsigned long long)d->lost[0].start);
	if (d->ntorn)
		work_warn(w->result,
			"%llu MiB of shared memory were copied while the "
			"process went on, and are not of one moment",
			(unsigned long long)d->torn_bytes >> 20);
	warn_of_mixture(w);
	warn_of_threads(w);
	warn_of_prediction(w->result);
	warn_of_passing(w);
	w->result->consistent =
		(d->note.flags & CRASHD_SNAPSHOT_CONSISTENT) != 0;
}

static int write_memory(struct work *w)
{
	bool passes = output_passes(&w->output);
	int error = 0;

	w->copy.deadline = w->deadline;
	if (w->result->mode == SNAPSHOT_FORK) {
		struct copy *early = &w->core->early;

		early->fd = w->output.fd;
		early->stop = w->interrupted;
		error = copy_write(early, NULL);
	}
	/* what is in memory passes from there */
	if (error || passes)
		return error;
	return copy_write(&w->copy, progress_show);
}

static int pass_on(struct work *w)
{
	const struct elfcore *core = &w->core->core;
	struct window window = {
		.fd = w->output.fd,
		.copy = w->lingers || w->copy.stage ? &w->copy : NULL,
		.size = core->pos,
		.late_at = w->lingers ? core->end : core->pos,
		.late = w->lingers ? finish_late : NULL,
		.context = w,
	};
	int error;

	progress_begin(w->options->progress, w->output.path);
	error = output_finish(&w->output, &window, w->options->sync,
		w->interrupted, w->deadline, w->problem);
	progress_end();
	if (w->lingers && (window.failed == -ESRCH || window.failed == -ENOENT))
		return work_child_gone(w);
	return error;
}

static int write_out(struct work *w)
{
	struct elfcore *core = &w->core->core;

	finish_notes(w);
	if (w->core->narrow)
		narrow_headers(core, w->output.fd);
	else
		crashd_elfcore_headers(core, w->output.fd);

	int error = core->error;

	if (!error) {
		progress_begin(w->options->progress, w->output.path);
		error = write_memory(w);
		progress_end();
	}
	if (!error) {
		if (w->core->narrow)
			narrow_trailer(core);
		else
			crashd_elfcore_trailer(core);
		error = core->error;
	}
	if (error)
		return work_copy_failed(w, error);
	w->result->bytes = core->pos;
	if (pass_on(w))
		return -1;
	warn_of_all(w);
	return 0;
}

static void close_all(struct work *w)
{
	progress_hook(NULL, NULL);
	keeper_close(&w->keeper);
	output_close(&w->output);
	copy_close(&w->copy);
	description_close(w->core);
	if (w->child)
		crashd_process_close(w->child);
	free(w->child);
	if (w->remote)
		remote_close(w->remote);
	free(w->remote);
	free(w->stop.thread);
}

static void end_keeper(struct work *w)
{
	keeper_close(&w->keeper);
	if (w->keeper.zombie)
		work_warn(w->result,
			"no thread of the process could be used to clear the "
			"ended child away: a zombie stays until the process "
			"ends");
}

static int take(struct work *w)
{
	struct snapshot *result = w->result;

	if (open_output(w) || prepare(w) || choose(w) ||
		(w->choice.mode == SNAPSHOT_FORK ? bychild_take(w)
						 : direct_take(w)) ||
		write_out(w))
		return -1;
	end_keeper(w);
	result->threads = w->core->core.nthreads;
	result->program32 = w->remote->program32;
	result->on_disk = w->output.on_disk;
	snprintf(result->path, sizeof result->path, "%s", w->output.path);
	result->seconds = (double)(phases_now() - w->started_ns) / 1e9;
	return 0;
}

/* Its main thread has ended, the others are about to, and one goes on. */
static bool is_executing(pid_t pid)
{
	char path[64], state[64] = "";
	struct stat st;

	snprintf(path, sizeof path, "/proc/%d/task", pid);
	return target_status(pid, pid, "State", state, sizeof state) &&
	       (state[0] == 'Z' || state[0] == 'X') && stat(path, &st) == 0 &&
	       st.st_nlink > SINGLE_THREAD;
}

/* *again: it changed while we looked; nothing was saved, all is let go. */
static int attempt(struct work *w, bool *again)
{
	struct snapshot *result = w->result;
	pid_t pid = result->target.pid;
	int error;

	memset(result, 0, sizeof *result);
	result->target.pid = pid;
	w->output = (struct output){ .fd = -1, .final = -1, .folder = -1 };
	w->keeper = (struct keeper){ .fd = -1 };
	error = target_get(pid, &result->target, w->problem) || take(w) ? -1
									: 0;
	*again = w->stale || (error && is_executing(pid));
	close_all(w);
	return error;
}

int snapshot_take(const struct snapshot_options *options, pid_t pid,
	const volatile int *stop, struct snapshot *ret, struct problem *problem)
{
	const struct work start = {
		.options = options,
		.interrupted = stop,
		.result = ret,
		.problem = problem,
		.deadline =
			options->timeout_s > 0
				? sys_now_ms() +
					  (int64_t)(options->timeout_s * 1000)
				: 0,
		.started_ns = phases_now(),
	};
	struct work *w = calloc(1, sizeof *w);
	bool again = true;
	int error = -1;

	memset(ret, 0, sizeof *ret);
	ret->target.pid = pid;
	if (!w)
		return problem_set(problem, "not enough memory");
	for (int i = 0; again && i < TRIES; i++) {
		int64_t paused = w->paused_ns;

		if (i)
			sys_sleep_ms(AGAIN_MS);
		*w = start;
		w->paused_ns = paused;
		w->last_try = i == TRIES - 1;
		error = attempt(w, &again);
	}
	free(w);
	return error;
}
