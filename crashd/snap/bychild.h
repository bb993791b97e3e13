/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Mode fork: a copy-on-write child stands for the process. */
#include "crashd/snap/work.h"

/*
 * 0: all is read; or -1 with the sentence.  The process goes on.  Where a child
 * cannot be made after all, and may be done without, the way is direct.h's.
 */
int bychild_take(struct work *);
