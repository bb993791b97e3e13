/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The id of a crash whose process is here, dead or stopped. */
#include "inspect/image/image.h"
#include "inspect/stack/trace.h"
#include "inspect/why/id.h"

/* The trace is that of the thread that got the signal (0: a snapshot).  False:
 * frames that would count are missing, because the stack is not in the core, so
 * it is not the id of the same crash with its stack. */
bool traceid_of(struct image *, const struct trace *, int signo,
	char out[CRASH_ID_SIZE]);
