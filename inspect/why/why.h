/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Why the process died, as far as its signal, registers and memory tell.
 * Findings are certain only where nothing else is possible.
 */
#include "inspect/base/arena.h"
#include "inspect/base/err.h"
#include "inspect/image/image.h"
#include "inspect/locks/locks.h"
#include "inspect/stack/trace.h"
#include "inspect/why/id.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum why_confidence { WHY_CERTAIN, WHY_LIKELY, WHY_UNKNOWN };

struct why_finding {
	const char *cause; /* a word of the contract: "null-deref" ... */
	enum why_confidence confidence;
	const char *text;          /* one sentence */
	const struct frame *frame; /* to blame: the first of the program */
	const char *expression;    /* of C, for the bad value; by expression.h,
				      or NULL */
	bool plain; /* the signal and what libc printed say as much */
	const char **evidence;
	size_t nevidence, evidence_cap;
};

struct why {
	const char *signal;     /* "SIGSEGV", or NULL: a snapshot */
	char id[CRASH_ID_SIZE]; /* the same for the same crash */
	bool id_partial;        /* frames that would count are missing */
	int lwp;
	struct why_finding *findings;
	size_t n, cap;
};

/* trace is the faulting thread's.  Strings live in the arena. */
enum err why_find(
	struct image *, const struct trace *, struct arena *, struct why *ret);
/* Adds a finding per circle of waits. */
void why_deadlocks(const struct locks *, struct arena *, struct why *);
const char *why_confidence_name(enum why_confidence);
/* The frame that a person would look at: the innermost one with source that is
 * not of a library; NULL: none. */
const struct frame *why_blame(const struct image *, const struct trace *);
