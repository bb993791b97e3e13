/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * elfutils' client library, loaded when the first file is wanted: it brings
 * half a dozen libraries with it, and most sessions need none of them.  It
 * keeps what it got, and what servers do not have, in a cache of its own.
 *
 * A server that is down, or that takes a connection and says nothing, costs
 * its time once: after that this session asks no more.  "Not found" is an
 * answer and not a failure.
 *
 * Functions and error codes: debuginfod_find_debuginfo(3).  The prototypes
 * stand here so that the library's header is not needed to build.
 */
#include "inspect/image/fetch.h"

#include "inspect/base/cleanup.h"

#include <dlfcn.h>
#include <errno.h>
#include <time.h>

enum {
	/* Without a byte from any server, the client's own attempts to try
	 * again included; DEBUGINFOD_TIMEOUT overrules it.  A server that has
	 * to unpack a large package first takes some. */
	ANSWER_SECONDS = 20,
};

struct fetch_library {
	void *handle, *client;
	void *(*begin)(void);
	void (*end)(void *);
	int (*find_debuginfo)(void *, const unsigned char *, int, char **);
	int (*find_executable)(void *, const unsigned char *, int, char **);
	int (*find_source)(
		void *, const unsigned char *, int, const char *, char **);
	void (*set_progressfn)(void *, int (*)(void *, long, long));
};

/* What became of an earlier wish. */
struct fetch_answer {
	struct fetch_answer *next;
	const char *wish, *path;
};

/* One wait. */
struct wait {
	struct fetch *fetch;
	const char *what;
	time_t until; /* for the first byte */
	long calls, last;
	bool answered, interrupted, slow;
};

/* ---- the library ---- */

static bool load_functions(struct fetch_library *l)
{
	const struct {
		const char *name;
		void *to;
	} functions[] = {
		{ "debuginfod_begin", &l->begin },
		{ "debuginfod_end", &l->end },
		{ "debuginfod_find_debuginfo", &l->find_debuginfo },
		{ "debuginfod_find_executable", &l->find_executable },
		{ "debuginfod_find_source", &l->find_source },
		{ "debuginfod_set_progressfn", &l->set_progressfn },
	};

	for (size_t i = 0; i < sizeof(functions) / sizeof(*functions); i++) {
		void *f = dlsym(l->handle, functions[i].name);

		if (!f)
			return false;
		/* POSIX: an object pointer holds what dlsym() gives. */
		memcpy(functions[i].to, &f, sizeof(f));
	}
	return true;
}

static struct fetch_library *load_library(struct arena *a)
{
	struct fetch_library *l = arena_new(a, struct fetch_library);

	l->handle = dlopen("libdebuginfod.so.1", RTLD_NOW | RTLD_LOCAL);
	if (!l->handle)
		return NULL;
	if (load_functions(l))
		l->client = l->begin();
	if (l->client)
		return l;
	dlclose(l->handle);
	return NULL;
}

static void turn_off(struct fetch *f, const char *sentence)
{
	f->off = true;
	if (f->say)
		f->say(f->ctx, sentence);
}

static bool library_ready(struct fetch *f)
{
	if (!f->tried_library) {
		f->tried_library = true;
		f->library = load_library(f->arena);
		if (!f->library)
			turn_off(f,
				"DEBUGINFOD_URLS is set, but "
				"libdebuginfod.so.1, which asks the servers, "
				"cannot be loaded (Debian: libdebuginfod1); "
				"going on without");
	}
	return f->library;
}

/* ---- one wait ---- */

static time_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

/* The client's callback has no argument of ours; there is one wait at a time.
 */
static struct wait *waiting;

/* done counts calls until a server has answered, and bytes from then on. */
static int progress(void *client, long done, long total)
{
	struct wait *w = waiting;

	(void)client;
	w->calls++;
	w->answered |= total > 0 || done > w->calls + 1;
	if (!w->answered && now() >= w->until)
		w->slow = true;
	else if (w->fetch->go_on &&
		 !w->fetch->go_on(w->fetch->ctx, w->what,
			 w->answered ? done : 0, w->answered ? total : 0))
		w->interrupted = true;
	return w->slow || w->interrupted;
}

static time_t answer_seconds(void)
{
	const char *limit = getenv("DEBUGINFOD_TIMEOUT");
	int seconds = limit ? atoi(limit) : 0;

	return seconds > 0 ? seconds : ANSWER_SECONDS;
}

static const char *describe(struct arena *a, const struct fetch_wish *w)
{
	static const char *const kinds[] = {
		[FETCH_EXECUTABLE] = "the file",
		[FETCH_DEBUGINFO] = "debug info of",
		[FETCH_SOURCE] = "the source",
	};

	return arena_printf(a, "%s %s", kinds[w->kind],
		w->kind == FETCH_SOURCE ? w->source : w->name);
}

static int ask(struct fetch *f, const struct fetch_wish *wish, char **ret_path)
{
	const struct fetch_library *l = f->library;
	const unsigned char *id = wish->id->bytes;
	int n = (int)wish->id->n;

	switch (wish->kind) {
	case FETCH_EXECUTABLE:
		return l->find_executable(l->client, id, n, ret_path);
	case FETCH_DEBUGINFO:
		return l->find_debuginfo(l->client, id, n, ret_path);
	case FETCH_SOURCE:
		return l->find_source(l->client, id, n, wish->source, ret_path);
	}
	return -EINVAL;
}

/* Whether the code means that nobody has it, and the servers are well. */
static bool is_answer(int error)
{
	return error == -ENOENT || error == -EINVAL || error == -ENOSYS;
}

static void give_up(struct fetch *f, const struct wait *w, int error)
{
	const char *urls = getenv("DEBUGINFOD_URLS");

	if (w->interrupted)
		turn_off(f, "debuginfod: interrupted; going on without (\"set "
			    "debuginfod enabled on\" asks again)");
	else
		turn_off(f,
			arena_printf(f->arena,
				"debuginfod: no %s from %s: %s; it is not "
				"asked again in this session",
				w->answered ? "file" : "answer",
				urls ? urls : "?",
				w->slow || error == -ETIME ? "it is too slow"
							   : strerror(-error)));
}

/* ---- what was wished before ---- */

static const char *wish_key(struct arena *a, const struct fetch_wish *w)
{
	return arena_printf(a, "%d %s %s", (int)w->kind, build_id_hex(w->id, a),
		w->kind == FETCH_SOURCE ? w->source : "");
}

static const struct fetch_answer *remembered(
	const struct fetch *f, const char *wish)
{
	for (const struct fetch_answer *a = f->answers; a; a = a->next)
		if (!strcmp(a->wish, wish))
			return a;
	return NULL;
}

static const char *remember(struct fetch *f, const char *wish, const char *path)
{
	struct fetch_answer *a = arena_new(f->arena, struct fetch_answer);

	*a = (struct fetch_answer){ f->answers, wish, path };
	f->answers = a;
	return path;
}

static const char *get(struct fetch *f, const struct fetch_wish *wish)
{
	const char *key = wish_key(f->arena, wish);
	const struct fetch_answer *before = remembered(f, key);
	_cleanup_(free) char *path = NULL;
	struct wait w = { .fetch = f, .what = describe(f->arena, wish) };

	if (before)
		return before->path;
	if (!wish->id->n || !fetch_possible(f) || !library_ready(f))
		return NULL;
	w.until = now() + answer_seconds();
	waiting = &w;
	f->library->set_progressfn(f->library->client, progress);
	int fd = ask(f, wish, &path);
	f->library->set_progressfn(f->library->client, NULL);
	waiting = NULL;
	if (f->go_on)
		f->go_on(f->ctx, NULL, 0, 0);
	if (fd >= 0) {
		close(fd);
		return remember(f, key, arena_strdup(f->arena, path));
	}
	if (w.interrupted || w.slow || !is_answer(fd))
		give_up(f, &w, fd);
	return remember(f, key, NULL);
}

/* ---- opening ---- */

void fetch_init(struct fetch *f, struct arena *a)
{
	*f = (struct fetch){ .get = get, .arena = a };
}

void fetch_close(struct fetch *f)
{
	/* The library stays loaded: those that it brings along have things of
	 * their own to do at exit, and keep memory that only they know of. */
	if (f->library)
		f->library->end(f->library->client);
	f->library = NULL;
	f->off = true;
}
