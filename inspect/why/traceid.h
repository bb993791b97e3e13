/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The id of a crash whose process is here, dead or stopped. */
#include "inspect/image/image.h"
#include "inspect/stack/trace.h"
#include "inspect/why/id.h"

/* The trace is that of the thread that got the signal (0: a snapshot). */
void traceid_of(struct image *, const struct trace *, int signo,
	char out[CRASH_ID_SIZE]);
