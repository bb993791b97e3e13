/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A bundle that is open: its core is read in place, where it lies in the
 * archive; the other files are in a private folder that goes with it.
 */
#include "inspect/base/arena.h"
#include "inspect/base/err.h"
#include "inspect/bundle/folder.h"
#include "inspect/bundle/manifest.h"

#include <stdbool.h>

struct packed;
struct record;
struct unpack_watch;

struct bundle {
	const char *path;
	struct folder folder;
	struct packed *core; /* until somebody takes it; NULL: none is in it */
	const char *compression; /* of the archive, or NULL */
	const char *core_cut;    /* why not all of the core is there, or NULL */
	struct manifest manifest;
	const struct record *record; /* of the journal, or NULL */
	const char **note;           /* sentences that a user must see */
	size_t nnotes, notes_cap;
};

/* A tar archive, packed or not, by its content. */
bool bundle_is(const char *path);
/* The watch may be NULL; it may end the opening: ERR_INTERRUPTED. */
enum err bundle_open(struct bundle *, struct arena *, const char *path,
	const struct unpack_watch *);
void bundle_close(struct bundle *);
