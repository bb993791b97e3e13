/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Around whatever seizes threads of a process: an execve there would otherwise
 * make it and its tracer wait for each other (crashd_stop_guard).  Takes
 * SIGALRM and ITIMER_REAL; the handler stays, and does nothing outside.
 */
#include <sys/types.h>

void guard_begin(pid_t pid);
void guard_end(void);
