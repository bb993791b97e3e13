/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * System calls that a stop has ended with EINTR, though no signal came.
 *
 * The kernel restarts what it can.  Some calls it never does (signal(7),
 * "Interruption of system calls … by stop signals"): epoll_wait, sigwaitinfo,
 * semop and others give EINTR to a program that may not expect it.  While the
 * threads are still stopped, those of them that wait without end are set back
 * to before the call, and so begin it again; of those with a time limit the
 * time that has passed is not known, so they keep their EINTR and are counted.
 */
#include "crashd/safe/stop.h"

/*
 * For a caller that has the registers of a stopped thread (struct
 * user_regs_struct): marks one that has no such call, to be passed over.
 */
void crashd_rewind_check(struct stop_thread *, const void *regs);
/* Adds to stop->rewound and stop->interrupted. */
void crashd_rewind_calls(struct stop *);
