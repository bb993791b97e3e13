/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The events of all rings of the flight recorder as one list. */
#include "crashd/note.h"
#include "crashd/safe/text.h"

enum { CRASHD_TIMELINE_ALL = 1 << 30 };

/*
 * The last `most` events, oldest first, a line each: seconds before now_ns,
 * thread, text, value.  How many.
 */
unsigned crashd_timeline_print(struct crashd_text *,
	const struct crashd_rings *, int64_t now_ns, unsigned most,
	const char *heading);
