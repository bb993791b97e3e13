/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * ELF notes: the framing, which modules have too, and what the notes of a core
 * say about a process.  A note that is too short for what it claims to be is
 * skipped, as one that is not known is.
 */
#include "inspect/base/arena.h"
#include "inspect/base/bytes.h"
#include "inspect/image/core.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct note {
	const char *owner; /* not NUL-terminated for sure: see note_is */
	size_t owner_size;
	uint32_t type;
	const uint8_t *desc;
	size_t size;
};

/* The next note; false at the end, and where the bytes make no sense. */
bool note_next(struct bytes *, struct note *ret);
/* Whether it is this owner's and type's. */
bool note_is(const struct note *, const char *owner, uint32_t type);

/* What core_load_notes keeps between the segments of one core. */
struct note_reader {
	struct core *core;
	struct arena *arena;
	size_t threads_cap;
	struct arch_fpnotes *fp; /* one a thread */
	size_t fp_cap;
	const uint8_t *layout; /* NT_X86_XSAVE_LAYOUT */
	size_t layout_size;
	const uint8_t *names; /* CRASHD_NOTE_THREADS */
	size_t names_size;
};

/* The notes of one PT_NOTE, into the core. */
void note_load(struct note_reader *, struct bytes);
/* After the last: vector registers, which need notes of several threads. */
void note_finish(struct note_reader *);
