/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What a core says of its process beside threads and memory: open files,
 * limits, control group, status, build ids.  Read just before the stop.
 */
#include "crashd/note.h"
#include "crashd/safe/elfcore.h"
#include "crashd/safe/maps.h"
#include "crashd/snap/target.h"

enum { ABOUT_TEXTS = 4 };

struct about {
	struct {
		uint32_t type; /* CRASHD_NOTE_FILES … */
		char *text;
		size_t size;
	} text[ABOUT_TEXTS];
	struct crashd_build_id *id;
	size_t nids;
};

/* What cannot be read is left out. */
void about_read(struct about *, const struct target *, struct core_source *,
	const struct map *, size_t nmaps);
/* Adds the notes. */
void about_notes(const struct about *, struct elfcore *);
/* How large they will be, about. */
size_t about_size(const struct about *);
void about_close(struct about *);
