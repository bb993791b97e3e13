/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A larger stack for the handler, where the program's own alternate stack is
 * too small for it. */
#include <signal.h>

/* Calls run(sig, info, uc), here or there. */
void crashd_room_run(void (*run)(int, siginfo_t *, void *), int sig,
	siginfo_t *info, void *uc);
