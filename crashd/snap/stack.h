/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* csnap stack: a live traceback of every thread, by crashd-report. */
#include "crashd/snap/problem.h"

#include <stdbool.h>
#include <sys/types.h>

/* Becomes crashd-report; returns only when that fails, -1 with the sentence. */
int stack_exec(pid_t, bool all, bool json, struct problem *);
