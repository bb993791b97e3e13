/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What a thread is doing, in words: the system call that it is in, with the
 * file behind a descriptor, or whom it waits for. */
#include "crashd/report/target.h"
#include "inspect/base/arena.h"
#include "inspect/image/image.h"
#include "inspect/stack/trace.h"

/* "read fd 5 (pipe:[123])", "running", …; never NULL.  image may be
 * NULL, the trace empty. */
const char *state_text(const struct target *, const struct target_thread *,
	struct image *, const struct trace *, struct arena *);
