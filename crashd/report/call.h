/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* A system call in words, with what its arguments lead to. */
#include "crashd/report/target.h"
#include "inspect/base/arena.h"

/* "read fd 5 (pipe:[7])", "sleep of 10.0 s"; futex excepted, which state.c
 * knows. */
const char *call_text(const struct target *, long number, const uint64_t arg[6],
	struct arena *);
/* "230 ms", "1.5 s", "3.2 h" */
const char *call_duration(double seconds, struct arena *);
