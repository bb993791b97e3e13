/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The register sets of a thread that a core holds besides the general
 * registers, in the order of the kernel's.  Their bytes go into buf, which must
 * stay until the core's notes are made.
 */
#include "crashd/safe/elfcore.h"

enum { REGSETS_SIZE = 4 * 16384 }; /* room for all; AMX alone: 11008 */

/* Of one that the caller has stopped by ptrace. */
void crashd_regsets_stopped(
	pid_t tid, struct core_thread *ret, char buf[REGSETS_SIZE]);
/* Of one that is in a signal handler, as they were when the signal came. */
void crashd_regsets_frame(pid_t pid, uint64_t ucontext, struct core_thread *ret,
	char buf[REGSETS_SIZE]);
