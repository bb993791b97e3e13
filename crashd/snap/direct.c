/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 *	running   look at the target, open the output, read the details of its
 *	          mappings, get memory ready, seize its threads
 *	pause     interrupt, lay out the core, read registers and memory
 *	running   detach; write, compress, name the file
 *
 * Nothing is printed in the pause: the reader of our output may be what is
 * stopped.
 */
#include "crashd/snap/direct.h"

#include "crashd/note.h"
#include "crashd/safe/stop.h"
#include "crashd/safe/sys.h"
#include "crashd/snap/guard.h"
#include "crashd/snap/progress.h"

#include <sys/resource.h>

enum {
	PAUSE_NICE = -20,
	RELEASE_MS = 200, /* of threads that do not stop, when it has failed */
};

/* It may be tried again, by this very process. */
static void release(struct work *w)
{
	crashd_stop_release(&w->stop, sys_now_ms() + RELEASE_MS);
}

static int seize(struct work *w)
{
	int error = crashd_stop_seize(&w->stop, work_stop_deadline(w));

	if (!error)
		return 0;
	release(w);
	return work_stop_failed(w, error);
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

static int read_stopped(struct work *w, int64_t *at)
{
	struct phases *phases = &w->result->phases;
	int error;

	work_stop_relatives(w);
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
	int error = crashd_stop_all(&w->stop, work_stop_deadline(w));

	phases_end(&w->result->phases.stop, &at);
	if (!error) {
		copying = true;
		w->copy.deadline = copy_deadline(w, start);
		error = read_stopped(w, &at);
	}

	work_resume_relatives(w);

	w->left = crashd_stop_resume(&w->stop);
	if (w->left)
		progress_hook(let_go, w);
	phases_end(&w->result->phases.resume, &at);

	end_pause(w);
	work_be_polite(w);
	work_note_pause(w, at - start);
	work_warn_of_calls(w, w->stop.interrupted);
	if (!error)
		return 0;
	release(w);
	return copying ? work_copy_failed(w, error)
		       : work_stop_failed(w, error);
}

int direct_take(struct work *w)
{
	w->result->mode = SNAPSHOT_DIRECT;
	int error;

	guard_begin(w->result->target.pid);
	work_open_copy(w, true);
	error = seize(w);
	if (!error) {
		work_get_ready(w);
		error = pause_and_read(w);
	}
	guard_end();
	return error;
}
