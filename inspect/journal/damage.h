/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Journal files that cannot be read. */
#include "inspect/base/arena.h"
#include "inspect/journal/place.h"

/* A sentence for each that is left out; the last is NULL.  Files that this user
 * may not read are not among them: they are other users'. */
const char **damage_find(struct arena *, const struct journal_place *);
/* Why that file cannot be read; NULL: it can. */
const char *damage_of(struct arena *, const char *path);
