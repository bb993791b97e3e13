/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* One core of one process: the order of the steps, and what came of them. */
#include "crashd/snap/choose.h"
#include "crashd/snap/phases.h"
#include "crashd/snap/problem.h"
#include "crashd/snap/target.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct snapshot_options {
	const char *prefix; /* "-": standard output */
	bool everything;    /* -a */
	enum snapshot_mode mode;
	double max_pause_ms; /* 0: any */
	int level;           /* of zstd, 0: none */
	double timeout_s;    /* 0: default for stopping, none for the rest */
	bool sync;
	bool progress; /* a bar on stderr for what takes long */
};

enum { SNAPSHOT_WARNINGS = 8 };

struct snapshot {
	struct target target;
	char path[4096]; /* as given, "-" for standard output */
	enum snapshot_mode mode;
	double pause_ms, seconds;
	double predicted_ms;  /* of the pause */
	char reason[160];     /* of the mode */
	struct phases phases; /* of the pause */
	size_t threads;
	uint64_t bytes, on_disk; /* of the core: its size, and what it takes */
	bool consistent;
	bool program32; /* its core is for gdb */
	size_t nwarnings;
	char warning[SNAPSHOT_WARNINGS][160];
};

/* stop: set by a signal handler to give up.  0, or -1 with the sentence. */
int snapshot_take(const struct snapshot_options *, pid_t,
	const volatile int *stop, struct snapshot *ret, struct problem *);
