/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Mode direct:
 *
 *	running   look at the target, open the output, read the details of its
 *	          mappings, get memory ready, seize its threads
 *	pause     interrupt, lay out the core, read registers and memory
 *	running   detach; write, compress, name the file
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
#include "crashd/snap/output.h"
#include "crashd/snap/progress.h"
#include "crashd/snap/remote.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	STOP_TIMEOUT_MS = 5000, /* for all threads to stop, without --timeout */
	MORE_THREADS = 4096,    /* born while we look */
};

/* Virtual; what is not touched costs nothing, but may be limited. */
#define SCRATCH_MAX ((size_t)4 << 30)
#define SCRATCH_MIN ((size_t)64 << 20)

/* Estimates of the pause, on the slow side. */
#define PAUSE_BASE_MS 1.0
#define PAUSE_THREAD_MS 0.04
#define PAUSE_STAGED_MS_GIB 150.0
#define PAUSE_UNSTAGED_MS_GIB 500.0

struct work {
	const struct snapshot_options *options;
	const volatile int *interrupted;
	struct snapshot *result;
	struct problem *problem;
	struct output output;
	struct stop stop;
	struct remote *remote;
	struct copy copy;
	struct elfcore core;
	void *scratch;
	size_t scratch_size;
	struct crashd_snapshot *note;
	struct crashd_lost *lost;
	int64_t deadline; /* --timeout, CLOCK_MONOTONIC ms; 0: none */
	int64_t started_ns;
};

static int64_t now_ns(clockid_t clock)
{
	struct timespec ts = { 0 };

	clock_gettime(clock, &ts);
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

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
		return problem_set(w->problem,
			"process %d (%s) ended before it could be copied",
			target->pid, target->name);
	case -EPERM:
	case -EACCES:
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
			target->pid, target->name, w->stop.n, w->core.nseg);
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

static bool map_scratch(struct work *w)
{
	size_t size = SCRATCH_MAX;

	for (; size >= SCRATCH_MIN; size /= 2) {
		void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (at == MAP_FAILED)
			continue;
		w->scratch = at;
		w->scratch_size = size;
		return true;
	}
	return false;
}

static int prepare(struct work *w)
{
	const struct target *target = &w->result->target;
	size_t threads = target->threads + MORE_THREADS;
	struct stop_thread *table = calloc(threads, sizeof *table);

	w->remote = calloc(1, sizeof *w->remote);
	crashd_stop_init(&w->stop, target->pid, table, threads);
	w->stop.cancel = w->interrupted;
	if (!table || !w->remote || !map_scratch(w))
		return problem_set(w->problem,
			"not enough memory for the tables of the copy");

	int error = remote_open(
		w->remote, target, &w->stop, w->options->everything);

	if (error)
		return stop_failed(w, error);
	error = copy_open(&w->copy, target->tid, w->remote->in_use);
	w->copy.stop = w->interrupted;
	return error ? copy_failed(w, error) : 0;
}

static double predict_pause(const struct work *w)
{
	double gib = (double)w->remote->in_use / (1 << 30);
	double rate =
		w->copy.stage ? PAUSE_STAGED_MS_GIB : PAUSE_UNSTAGED_MS_GIB;

	return PAUSE_BASE_MS +
	       PAUSE_THREAD_MS * (double)w->result->target.threads + rate * gib;
}

static int check_pause(const struct work *w)
{
	double predicted = predict_pause(w), max = w->options->max_pause_ms;

	if (max <= 0 || predicted <= max)
		return 0;
	return problem_set(w->problem,
		"process %d (%s) would be stopped for about %.0f ms, more than "
		"--max-pause=%g: %zu threads, %llu MiB to copy; it was not "
		"touched",
		w->result->target.pid, w->result->target.name, predicted, max,
		w->result->target.threads,
		(unsigned long long)w->remote->in_use >> 20);
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

static void add_notes(struct work *w)
{
	struct elfcore *core = &w->core;
	const struct remote *remote = w->remote;
	struct crashd_snapshot note = {
		.size = sizeof note,
		.version = CRASHD_NOTE_VERSION,
		.pid = w->result->target.pid,
		.mode = CRASHD_SNAPSHOT_DIRECT,
		.flags = CRASHD_SNAPSHOT_CONSISTENT |
			 (w->options->everything ? CRASHD_SNAPSHOT_EVERYTHING
						 : 0),
		.threads = (uint32_t)core->nthreads,
		.time_ns = now_ns(CLOCK_REALTIME),
		.filter = remote->process.filter & 0xff,
	};

	w->note = crashd_elfcore_note(
		core, "crashd", CRASHD_NOTE_SNAPSHOT, &note, sizeof note);
	crashd_elfcore_note(core, "crashd", CRASHD_NOTE_THREADS, remote->names,
		remote->nnames * sizeof *remote->names);
	/* filled when the copy is done: the layout must know its size now */
	w->lost = crashd_elfcore_note(
		core, "crashd", CRASHD_NOTE_LOST, NULL, sizeof w->copy.lost);
}

static int describe(struct work *w)
{
	struct core_source *source = &w->remote->process.source;
	struct elfcore *core = &w->core;
	bool details = false;
	int error;

	do {
		error = remote_stopped(w->remote, details);
		crashd_elfcore_init(core, w->scratch, w->scratch_size);
		if (!error)
			crashd_elfcore_maps(core, source);
		details = true;
	} while (!error && core->error == -EAGAIN && !w->remote->details);
	if (error)
		return error;
	crashd_elfcore_notes(core, source);
	add_notes(w);
	crashd_elfcore_layout(core);
	return core->error ? core->error : copy_plan(&w->copy, source, core);
}

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

/* Ctrl+Z now would leave the target stopped for as long as we are. */
static void hold_job_control(bool hold)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	sigaddset(&set, SIGTTIN);
	sigaddset(&set, SIGTTOU);
	sigprocmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

static int pause_and_read(struct work *w)
{
	bool copying = false;

	hold_job_control(true);

	int64_t start = now_ns(CLOCK_MONOTONIC);
	int error = crashd_stop_all(&w->stop, stop_deadline(w));

	if (!error) {
		copying = true;
		w->copy.deadline = copy_deadline(w, start);
		error = describe(w);
	}
	if (!error)
		error = copy_read(&w->copy, w->output.fd);

	size_t left = crashd_stop_resume(&w->stop);
	int64_t pause = now_ns(CLOCK_MONOTONIC) - start;

	hold_job_control(false);
	if (w->stop.interrupted)
		warn(w->result,
			"%zu system calls with a time limit ended early, with "
			"EINTR (epoll_wait, sigtimedwait and their kin)",
			w->stop.interrupted);
	if (left)
		warn(w->result, "%zu threads are let go only when csnap ends",
			left);
	if (error)
		return copying ? copy_failed(w, error) : stop_failed(w, error);
	w->note->pause_ns = (uint64_t)pause;
	w->result->pause_ms = (double)pause / 1e6;
	return 0;
}

/* ---- after ---- */

static void finish_notes(struct work *w)
{
	const struct copy *copy = &w->copy;

	w->note->lost = copy->lost_pages;
	memcpy(w->lost, copy->lost, copy->nlost * sizeof *copy->lost);
	if (copy->lost_pages)
		warn(w->result,
			"%llu pages could not be read and are zero in the core "
			"(the first at 0x%llx)",
			(unsigned long long)copy->lost_pages,
			(unsigned long long)copy->lost[0].start);
}

static int write_out(struct work *w)
{
	struct elfcore *core = &w->core;

	finish_notes(w);
	crashd_elfcore_headers(core, w->output.fd);

	int error = core->error;

	if (!error) {
		w->copy.deadline = w->deadline;
		progress_begin(w->options->progress, w->output.path);
		error = copy_write(&w->copy, progress_show);
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
	output_close(&w->output);
	copy_close(&w->copy);
	if (w->remote)
		remote_close(w->remote);
	free(w->remote);
	free(w->stop.thread);
	if (w->scratch)
		munmap(w->scratch, w->scratch_size);
}

static int take(struct work *w)
{
	struct snapshot *result = w->result;

	if (open_output(w) || prepare(w) || check_pause(w) || seize(w) ||
		pause_and_read(w) || write_out(w))
		return -1;
	result->mode = SNAPSHOT_DIRECT;
	result->threads = w->core.nthreads;
	result->consistent = true;
	result->on_disk = w->output.on_disk;
	snprintf(result->path, sizeof result->path, "%s", w->output.path);
	result->seconds =
		(double)(now_ns(CLOCK_MONOTONIC) - w->started_ns) / 1e9;
	return 0;
}

int snapshot_take(const struct snapshot_options *options, pid_t pid,
	const volatile int *stop, struct snapshot *ret, struct problem *problem)
{
	struct work *w = calloc(1, sizeof *w);

	memset(ret, 0, sizeof *ret);
	ret->target.pid = pid;
	if (!w)
		return problem_set(problem, "not enough memory");
	*w = (struct work){
		.options = options,
		.interrupted = stop,
		.result = ret,
		.problem = problem,
		.output = { .fd = -1, .final = -1, .folder = -1 },
		.started_ns = now_ns(CLOCK_MONOTONIC),
	};
	if (options->timeout_s > 0)
		w->deadline =
			sys_now_ms() + (int64_t)(options->timeout_s * 1000);

	int error = target_get(pid, &ret->target, problem) || take(w) ? -1 : 0;

	close_all(w);
	free(w);
	return error;
}
