/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mode direct:
 *
 *	running   look at the target, open the output, read the details of its
 *	          mappings, get memory ready, seize its threads
 *	pause     interrupt, lay out the core, read registers and memory
 *	running   detach; write, compress, name the file
 *
 * Mode fork, where the keeper does what touches the target (keeper.c):
 *
 *	running   the same
 *	pause     interrupt, lay out the core, read registers; make a child;
 *	          read what the child has not got
 *	running   detach; read the child's memory; write, compress, name
 *
 * Whatever fails, the target is let go first and the sentence comes after.
 * Nothing is printed in the pause: the reader of our output may be what is
 * stopped.
 */
#include "crashd/snap/snapshot.h"

#include "crashd/note.h"
#include "crashd/safe/elfcore.h"
#include "crashd/safe/stop.h"
#include "crashd/safe/sys.h"
#include "crashd/snap/copy.h"
#include "crashd/snap/describe.h"
#include "crashd/snap/keeper.h"
#include "crashd/snap/output.h"
#include "crashd/snap/progress.h"
#include "crashd/snap/relatives.h"
#include "crashd/snap/remote.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum {
	STOP_TIMEOUT_MS = 5000, /* for all threads to stop, without --timeout */
	MORE_THREADS = 4096,    /* born while we look */
	TRIES = 5,              /* of a process that changes meanwhile */
	PAUSE_NICE = -20,
	PATIENCE_MS = 100, /* with a thread that does not come to a stop */
};

struct work {
	const struct snapshot_options *options;
	const volatile int *interrupted;
	struct snapshot *result;
	struct problem *problem;
	struct output output;
	struct stop stop;
	struct remote *remote;
	struct relatives relatives;
	struct choice choice;
	struct copy copy;
	struct description *core;
	struct keeper keeper;
	struct process *child;
	bool stale; /* it changed while we looked: try again */
	bool last_try;
	int64_t deadline; /* --timeout, CLOCK_MONOTONIC ms; 0: none */
	int64_t started_ns;
	size_t stuck;  /* threads, before the pause */
	size_t left;   /* threads that were stuck, and stay seized */
	sigset_t mask; /* outside of the pause */
	int nice;
};

__attribute__((format(printf, 2, 3))) static void warn(
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

/* ---- sentences ---- */

static int stop_failed(struct work *w, int error)
{
	const struct target *target = &w->result->target;
	char name[64] = "?", state[64] = "?";

	switch (error) {
	case -ECANCELED:
		return problem_set(w->problem,
			"interrupted: process %d (%s) goes on, nothing was "
			"saved",
			target->pid, target->name);
	case -ESRCH:
	case -ENOENT: /* of /proc */
		return problem_set(w->problem,
			"process %d (%s) ended before it could be copied",
			target->pid, target->name);
	case -EPERM:
	case -EACCES:
		/* had somebody else held it, and let it go since? */
		target_status(target->pid, target->tid, "TracerPid", state,
			sizeof state);
		w->stale = !strcmp(state, "0");
		return target_denied(target,
			w->stop.failed ? w->stop.failed : target->tid,
			w->problem);
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

static int copy_failed(struct work *w, int error)
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
		return stop_failed(w, error);
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
	default:
		return output_failed(&w->output, error, w->problem);
	}
}

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
		return stop_failed(w, error);
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

	if (choose_mode(target, w->remote, copy_has_room(w->remote->in_use),
		    w->options->mode, &w->choice, w->problem))
		return -1;
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
			"more than --max-pause=%g: %zu threads, %llu MiB to "
			"copy%s%s; it was not touched",
			target->pid, target->name, w->choice.pause_ms, max,
			target->threads,
			(unsigned long long)w->remote->in_use >> 20,
			w->choice.why[0] ? ", not by a child: " : "",
			w->choice.why);
	if (w->choice.why[0])
		warn(w->result, "copied while stopped, not by a child: %s",
			w->choice.why);
	return 0;
}

static int64_t stop_deadline(const struct work *w)
{
	return w->deadline ? w->deadline : sys_now_ms() + STOP_TIMEOUT_MS;
}

static int seize(struct work *w)
{
	int error = crashd_stop_seize(&w->stop, stop_deadline(w));

	if (!error)
		return 0;
	crashd_stop_resume(&w->stop);
	return stop_failed(w, error);
}

/* ---- the pause ---- */

static int64_t copy_deadline(const struct work *w, int64_t since_ns)
{
	int64_t ms = since_ns / 1000000;
	int64_t max = w->options->max_pause_ms > 0
			      ? ms + 1 + (int64_t)w->options->max_pause_ms
			      : 0;

	if (!max || (w->deadline && w->deadline < max))
		return w->deadline;
	return max;
}

/*
 * Ctrl+Z now would leave the target stopped for as long as we are.  On a busy
 * machine it would wait for us to get our turn; we are woken by each stop.
 */
static void begin_pause(struct work *w)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	sigaddset(&set, SIGTTIN);
	sigaddset(&set, SIGTTOU);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, &w->mask);
	w->stop.sigchld = true;
	w->nice = getpriority(PRIO_PROCESS, 0);
	setpriority(PRIO_PROCESS, 0, PAUSE_NICE);
}

static void end_pause(const struct work *w)
{
	setpriority(PRIO_PROCESS, 0, w->nice);
	sigprocmask(SIG_SETMASK, &w->mask, NULL);
}

static void warn_of_calls(struct work *w, size_t interrupted)
{
	if (interrupted)
		warn(w->result,
			"%zu system call%s with a time limit ended early, with "
			"EINTR (epoll_wait, sigtimedwait and their kin)",
			interrupted, interrupted == 1 ? "" : "s");
}

static void note_pause(struct work *w, int64_t pause)
{
	w->core->note.pause_ns = (uint64_t)pause;
	w->result->pause_ms = (double)pause / 1e6;
}

static size_t count_stuck(const struct stop *stop)
{
	size_t n = 0;

	for (size_t i = 0; i < stop->n; i++)
		n += stop->thread[i].stuck;
	return n;
}

static void get_ready(void *context)
{
	struct work *w = context;

	description_touch(w->core);
	remote_seized(w->remote);
	relatives_seize(&w->relatives, stop_deadline(w));
	w->stuck = count_stuck(&w->stop);
}

/* The target stands; who shares its memory? */
static void stop_relatives(struct work *w)
{
	struct relatives *relatives = &w->relatives;

	/* one more waits, perhaps for its vfork child, just born */
	if (count_stuck(&w->stop) > w->stuck) {
		relatives_find(relatives, w->result->target.pid,
			w->result->target.tid);
		relatives_seize(relatives, stop_deadline(w));
	}
	relatives_stop(relatives, w->stop.cancel);
	w->core->relatives_stopped = relatives_stopped(relatives);
	w->core->relatives_free = relatives_free(relatives);
	w->core->relative = relatives->one[0].stop.pid;
}

static void resume_relatives(void *context)
{
	relatives_resume(&((struct work *)context)->relatives);
}

static int read_stopped(struct work *w, int64_t *at)
{
	struct phases *phases = &w->result->phases;
	int error;

	stop_relatives(w);
	error = description_maps(w->core, w->remote);
	phases_end(&phases->maps, at);
	if (!error)
		error = description_threads(w->core, w->remote,
			w->result->target.pid, CRASHD_SNAPSHOT_DIRECT,
			w->options->everything);
	phases_end(&phases->threads, at);
	if (!error)
		error = copy_plan(
			&w->copy, &w->remote->process.source, &w->core->core);
	if (!error)
		error = copy_read(&w->copy, w->output.fd, NULL);
	phases_end(&phases->copy, at);
	return error;
}

/*
 * Threads that were stuck stop when their wait is over, and must not stand
 * until csnap ends: we are their tracer.
 */
static void let_go(void *context)
{
	struct work *w = context;

	w->left = crashd_stop_resume(&w->stop);
	if (!w->left)
		progress_hook(NULL, NULL);
}

static int pause_and_read(struct work *w)
{
	bool copying = false;

	begin_pause(w);

	int64_t start = phases_now(), at = start;
	int error = crashd_stop_all(&w->stop, stop_deadline(w));

	phases_end(&w->result->phases.stop, &at);
	if (!error) {
		copying = true;
		w->copy.deadline = copy_deadline(w, start);
		error = read_stopped(w, &at);
	}

	resume_relatives(w);

	w->left = crashd_stop_resume(&w->stop);
	if (w->left)
		progress_hook(let_go, w);
	phases_end(&w->result->phases.resume, &at);

	int64_t pause = at - start;

	end_pause(w);
	warn_of_calls(w, w->stop.interrupted);
	if (error)
		return copying ? copy_failed(w, error) : stop_failed(w, error);
	note_pause(w, pause);
	return 0;
}

static void open_copy(struct work *w, bool stage)
{
	uint64_t expect = w->remote->in_use;

	copy_open(&w->copy, w->result->target.tid, expect,
		stage && copy_has_room(expect),
		w->result->mode == SNAPSHOT_FORK);
	w->copy.stop = w->interrupted;
}

static int snap_directly(struct work *w)
{
	w->result->mode = SNAPSHOT_DIRECT;
	open_copy(w, true);
	if (seize(w))
		return -1;
	get_ready(w);
	return pause_and_read(w);
}

/* ---- by a child ---- */

/* These are called in the keeper, as the three above. */
static int describe_maps(void *context, struct stop_thread *cloner)
{
	struct work *w = context;
	int error;

	stop_relatives(w);
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
		return stop_failed(w, error);
	if (told->no_child && error != -ECANCELED && error != -ESRCH)
		return problem_set(w->problem,
			"process %d (%s) cannot be copied by a child: %s; use "
			"--mode=direct, or auto",
			target->pid, target->name, choose_why_not(error));
	w->copy.deadline = 0; /* it was --max-pause, not --timeout */
	return copy_failed(w, error);
}

/* 0: there is a child; 1: there is none, copy directly; -1: it failed. */
static int make_child(struct work *w)
{
	struct keeper_job job = {
		.stop = &w->stop,
		.gadget = w->choice.gadget,
		.deadline = stop_deadline(w),
		.max_pause_ms = (int64_t)w->options->max_pause_ms,
		.seized = get_ready,
		.maps = describe_maps,
		.threads = describe_threads,
		.copy = copy_early,
		.resume = resume_relatives,
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

	warn_of_calls(w, told->interrupted);
	if (!error)
		note_pause(w, told->pause_ns);
	w->result->phases = told->phases;
	/* a signal was coming to the only thread that could: that passes */
	w->stale = error == -EBUSY && told->no_child && !w->last_try;
	if (w->stale)
		return keeper_failed(w, error);
	if (error && told->no_child && w->options->mode == SNAPSHOT_AUTO &&
		error != -ECANCELED && error != -ESRCH) {
		warn(w->result, "copied while stopped, not by a child: %s",
			choose_why_not(error));
		snprintf(w->result->reason, sizeof w->result->reason,
			"not by a child: %s", choose_why_not(error));
		w->result->predicted_ms = w->choice.direct_ms;
		return 1;
	}
	return error ? keeper_failed(w, error) : 0;
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
	progress_begin(w->options->progress, w->output.path);
	if (!error)
		error = copy_read(&w->copy, w->output.fd, progress_show);
	progress_end();
	keeper_release(&w->keeper);
	if (error == -ESRCH || error == -ENOENT)
		return problem_set(w->problem,
			"the copy-on-write child of process %d (%s) was killed "
			"before it was read (by the OOM killer, perhaps): "
			"nothing was saved; --mode=direct needs no child",
			w->result->target.pid, w->result->target.name);
	return error ? copy_failed(w, error) : 0;
}

static int snap_by_child(struct work *w)
{
	int got;

	w->result->mode = SNAPSHOT_FORK;
	open_copy(w, copy_is_throttled(w->remote->in_use));
	got = make_child(w);
	if (got != 1)
		return got ? -1 : read_child(w);
	copy_close(&w->copy);
	keeper_close(&w->keeper);
	return snap_directly(w);
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
		warn(w->result,
			"%zu thread%s could not be stopped (%d, in %s): of its "
			"registers only those of the system call are known",
			d->npartial, d->npartial == 1 ? "" : "s", first->tid,
			first->where[0] ? first->where : "the kernel");
	if (d->relatives_stopped)
		warn(w->result,
			"stopped too, because of shared memory (vfork, "
			"CLONE_VM): process %d%s",
			d->relative,
			d->relatives_stopped > 1 ? " and others" : "");
	if (d->relatives_free)
		warn(w->result,
			"memory is not of one moment: %zu process%s with the "
			"same memory (vfork, CLONE_VM) could not be stopped",
			d->relatives_free, d->relatives_free == 1 ? "" : "es");
	if (w->relatives.unknown)
		warn(w->result,
			"whether other processes share its memory could not be "
			"found out (kcmp is not allowed here)");
}

static void finish_notes(struct work *w)
{
	struct description *d = w->core;

	add_lost(d, &w->copy);
	if (w->result->mode == SNAPSHOT_FORK)
		add_lost(d, &d->early);
	description_finish(d);
	if (d->note.lost)
		warn(w->result,
			"%llu pages could not be read and are zero in the core "
			"(the first at 0x%llx)",
			(unsigned long long)d->note.lost,
			(unsigned long long)d->lost[0].start);
	if (d->ntorn)
		warn(w->result,
			"%llu MiB of shared memory were copied while the "
			"process went on, and are not of one moment",
			(unsigned long long)d->torn_bytes >> 20);
	if (w->remote->narrow)
		warn(w->result,
			"threads run 32-bit code: their registers are in the "
			"core as i386 has them, which gdb reads when it has "
			"the 32-bit program");
	warn_of_threads(w);
	w->result->consistent =
		(d->note.flags & CRASHD_SNAPSHOT_CONSISTENT) != 0;
}

static int write_memory(struct work *w)
{
	int error = 0;

	w->copy.deadline = w->deadline;
	if (w->result->mode == SNAPSHOT_FORK) {
		struct copy *early = &w->core->early;

		early->fd = w->output.fd;
		early->stop = w->interrupted;
		error = copy_write(early, NULL);
	}
	return error ? error : copy_write(&w->copy, progress_show);
}

static int write_out(struct work *w)
{
	struct elfcore *core = &w->core->core;

	finish_notes(w);
	crashd_elfcore_headers(core, w->output.fd);

	int error = core->error;

	if (!error) {
		progress_begin(w->options->progress, w->output.path);
		error = write_memory(w);
		progress_end();
	}
	if (!error) {
		crashd_elfcore_trailer(core);
		error = core->error;
	}
	if (error)
		return copy_failed(w, error);
	w->result->bytes = core->pos;
	progress_begin(w->options->progress, w->output.path);
	error = output_finish(&w->output, w->options->sync, w->interrupted,
		w->deadline, w->problem);
	progress_end();
	return error;
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
		warn(w->result,
			"no thread of the process could be used to clear the "
			"ended child away: a zombie stays until the process "
			"ends");
}

static int take(struct work *w)
{
	struct snapshot *result = w->result;

	if (open_output(w) || prepare(w) || choose(w) ||
		(w->choice.mode == SNAPSHOT_FORK ? snap_by_child(w)
						 : snap_directly(w)) ||
		write_out(w))
		return -1;
	end_keeper(w);
	result->threads = w->core->core.nthreads;
	result->on_disk = w->output.on_disk;
	snprintf(result->path, sizeof result->path, "%s", w->output.path);
	result->seconds = (double)(phases_now() - w->started_ns) / 1e9;
	return 0;
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
	*again = w->stale;
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
		*w = start;
		w->last_try = i == TRIES - 1;
		error = attempt(w, &again);
	}
	free(w);
	return error;
}
