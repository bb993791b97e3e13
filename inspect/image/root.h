/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What libcrashd left in memory for us: see crashd/note.h. */
#include "inspect/image/image.h"

/* Fills the core's annotations, if a module has the note. */
void root_load(struct image *, struct core *);
