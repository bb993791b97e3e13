/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What a thread is doing, in words: the system call that it is in, with the
 * file behind a descriptor, or whom it waits for. */
#include "crashd/report/target.h"
#include "inspect/base/arena.h"

/* "read from fd 5 (socket:[123])", "running", …; never NULL.  function: the
 * innermost one, or NULL. */
const char *state_text(const struct target *, const struct target_thread *,
	const char *function, struct arena *);
