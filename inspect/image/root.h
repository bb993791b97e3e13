/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What libcrashd left in memory for us: see crashd/note.h. */
#include "crashd/note.h"
#include "inspect/image/image.h"

/* false: no module has the note, or the library was not installed. */
bool root_find(struct image *, struct crashd_root *ret);
/* The record of the crash that the core is of; false: there is none. */
bool root_record(
	struct image *, const struct crashd_root *, struct crashd_record *ret);
/* Fills the core's annotations, and the names of its threads. */
void root_load(struct image *, struct core *);
