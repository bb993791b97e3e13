/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Threads and their frames, as text or in the JSON of `bt`. */
#include "inspect/image/image.h"
#include "inspect/out/out.h"
#include "inspect/stack/trace.h"

#include <stdbool.h>

struct print_thread {
	int id, lwp;
	const char *name, *state;
	bool selected;
	const char *signal; /* its name, or NULL */
	struct trace trace; /* n 0: nothing is known but why */
	bool hidden;        /* show start-up frames of libc, too */
	bool whole;         /* every frame: no folding, no limit (JSON) */
};

/* One thread; arena: scratch. */
void print_thread(struct image *, const struct print_thread *, struct out *,
	struct arena *);
