/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Files by build-id from debuginfod servers: executables, debug info and
 * source files that this machine does not have.
 *
 * The rest of this folder knows a struct fetch only by its function, because
 * the reporter, which must never touch the network, is made of the same
 * library: nothing of a client is linked into a program that does not call
 * fetch_init().
 */
#include "inspect/base/arena.h"
#include "inspect/image/module.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum fetch_kind { FETCH_EXECUTABLE, FETCH_DEBUGINFO, FETCH_SOURCE };

struct fetch_wish {
	enum fetch_kind kind;
	const struct build_id *id;
	const char *source; /* FETCH_SOURCE: the path in the debug info */
	const char *name;   /* what it is for, as people call it */
};

struct fetch {
	/* The path of the file in the client's cache, or NULL. */
	const char *(*get)(struct fetch *, const struct fetch_wish *);

	/* About once a second while it waits: false ends the wait.  total is
	 * 0 as long as no server has answered.  what NULL: the wait is over. */
	bool (*go_on)(void *ctx, const char *what, long done, long total);
	/* A sentence that people must see; at most one a session. */
	void (*say)(void *ctx, const char *sentence);
	void *ctx;
	struct arena *arena; /* for what is remembered of earlier wishes */

	bool off; /* it failed, or was interrupted: no more questions */
	bool tried_library;
	struct fetch_library *library;
	struct fetch_answer *answers;
};

/* A fetch that asks the servers in DEBUGINFOD_URLS, at its first wish. */
void fetch_init(struct fetch *, struct arena *);
void fetch_close(struct fetch *);

/* Whether there is somebody to ask: nobody without DEBUGINFOD_URLS. */
static inline bool fetch_possible(const struct fetch *f)
{
	const char *urls = f && !f->off ? getenv("DEBUGINFOD_URLS") : NULL;

	return urls && urls[strspn(urls, " \t\n")];
}
