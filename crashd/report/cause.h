/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Why the process is reported, as far as that is seen from outside: who sent
 * the signal, what inspect/why makes of a fault, who waits for whom. */
#include "crashd/report/target.h"
#include "inspect/base/arena.h"
#include "inspect/image/image.h"
#include "inspect/stack/trace.h"
#include "inspect/why/id.h"

/* Lines of text, or "".  The trace is that of the first thread.  The id is ""
 * where nothing has crashed. */
const char *cause_text(struct target *, struct image *, const struct trace *,
	struct arena *, char ret_id[CRASH_ID_SIZE]);
