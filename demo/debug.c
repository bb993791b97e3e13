/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The slow route rehearses a booking: it does what a booking does but for
 * writing it, and pauses in the middle for as long as it was told, so that
 * whoever looks at the process then finds a request, a session, a room and a
 * price on the stack.  It sleeps in short slices, because the program must
 * still end when it is asked to.
 */
#include "demo/debug.h"
#include "crashd/crashd.h"
#include "demo/auth.h"
#include "demo/faults.h"
#include "demo/quote.h"
#include "demo/worker.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum debug_limits {
	DEBUG_SLOW_MS = 10 * 60 * 1000,
	DEBUG_SLICE_MS = 100,
	DEBUG_STACKS = 8 << 20, /* bytes of a traceback */
};

static int64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* Gives back how long it was held. */
static int64_t debug_hold(const struct booking *draft, int64_t ms)
{
	int64_t start = milliseconds(), passed = 0;

	while (passed < ms && !worker_pool_stopping()) {
		int64_t slice = ms - passed;

		if (slice > DEBUG_SLICE_MS)
			slice = DEBUG_SLICE_MS;
		struct timespec pause = { .tv_nsec = slice * 1000000 };
		nanosleep(&pause, NULL);
		passed = milliseconds() - start;
	}
	return draft->flags.confirmed ? -1 : passed;
}

static json_t *debug_rehearse(struct room *room, const struct user *user,
	struct slot slot, int64_t ms)
{
	struct quote quote = quote_make(room, slot);
	struct booking draft = {
		.room = room,
		.user = user,
		.slot = slot,
		.price = quote.total,
		.flags.guests = 1,
		.note = "only a rehearsal",
	};
	int64_t held = debug_hold(&draft, ms);

	return json_pack("{s:I, s:o, s:f}", "held_ms", (json_int_t)held,
		"booking", booking_json(&draft), "before_discounts",
		quote.base);
}

/* ?ms=N, and ?room=ID: else one room after the other. */
void handle_debug_slow(struct request *req, struct session *session)
{
	const char *ms_text = request_param(req, "ms");
	const char *room_text = request_param(req, "room");
	int64_t room_id = 1 + (int64_t)(req->id % rooms.count);
	int64_t ms = 0;

	if (!ms_text || !request_number(ms_text, 0, DEBUG_SLOW_MS, &ms)) {
		request_fail(
			req, 400, "say ?ms=N, with N up to %d", DEBUG_SLOW_MS);
		return;
	}
	if (room_text && !request_number(room_text, 1, INT64_MAX, &room_id))
		room_id = 0;
	struct room *room = room_find(room_id);
	if (!room) {
		request_fail(req, 404, "there is no such room");
		return;
	}
	time_t day = 24 * 60 * 60;
	time_t tomorrow = (time(NULL) / day + 1) * day;
	struct slot slot = { tomorrow + 9 * 3600, tomorrow + 11 * 3600 };
	request_reply(req, 200, debug_rehearse(room, session->user, slot, ms));
}

void handle_debug_faults(struct request *req, struct session *session)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	(void)session;
	if (!out) {
		request_fail(req, 500, "out of memory");
		return;
	}
	fault_list(out);
	fclose(out);
	request_reply_text(req, 200, text, size);
}

void handle_debug_fault(struct request *req, struct session *session)
{
	const struct fault *fault = fault_find(req->segment);

	(void)session;
	if (!fault) {
		request_fail(req, 404,
			"there is no fault %s; GET /debug/faults lists them",
			req->segment);
		return;
	}
	crashd_event(fault->name, req->id);
	fault_run(fault);
	request_fail(req, 500, "the fault %s did not work", fault->name);
}

/* What was written to fd, as malloced text; NULL: it cannot be read. */
static char *read_back(int fd, size_t *size)
{
	struct stat file;

	if (fstat(fd, &file) || file.st_size > DEBUG_STACKS)
		return NULL;
	char *text = malloc((size_t)file.st_size + 1);
	if (!text)
		return NULL;
	ssize_t n = pread(fd, text, (size_t)file.st_size, 0);
	if (n < 0) {
		free(text);
		return NULL;
	}
	*size = (size_t)n;
	return text;
}

/* What libcrashd writes, as malloced text; NULL and an error, or 0: it cannot
 * be read back. */
static char *debug_written(int (*write_to)(int fd), size_t *size, int *error)
{
	int fd = memfd_create("debug", MFD_CLOEXEC);

	*error = fd < 0 ? -errno : write_to(fd);
	char *text = *error ? NULL : read_back(fd, size);
	if (fd >= 0)
		close(fd);
	return text;
}

void handle_debug_events(struct request *req, struct session *session)
{
	size_t size = 0;
	int error;
	char *text = debug_written(crashd_events, &size, &error);

	(void)session;
	if (text)
		request_reply_text(req, 200, text, size);
	else
		request_fail(req, 500, "no events: %s",
			error ? strerror(-error) : "they cannot be read");
}

void handle_debug_stacks(struct request *req, struct session *session)
{
	size_t size = 0;
	int error;
	char *text = debug_written(crashd_traceback, &size, &error);

	(void)session;
	if (text) {
		request_reply_text(req, 200, text, size);
	} else if (error == -EBUSY) {
		req->response.retry_after = 1;
		request_fail(req, 503, "another traceback is being made");
	} else {
		request_fail(req, 500, "no traceback: %s",
			error ? strerror(-error) : "it cannot be read");
	}
}
