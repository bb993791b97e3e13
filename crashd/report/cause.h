/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Why the process is reported, as far as that is seen from outside: who sent
 * the signal, what inspect/why makes of a fault, who waits for whom. */
#include "crashd/report/target.h"
#include "inspect/base/arena.h"
#include "inspect/image/image.h"
#include "inspect/stack/trace.h"

/* Lines of text, or "".  The trace is that of the first thread. */
const char *cause_text(
	struct target *, struct image *, const struct trace *, struct arena *);
