/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The library's own memory, when the program has taken the access to it away
 * (mprotect over a range that is not its own, a sandbox that closes all).
 */
#include <signal.h>
#include <stdbool.h>
#include <ucontext.h>

/*
 * In the handler, first of all: was this a fault of ours in memory of ours that
 * could be opened again?  Then returning from the signal goes on with what
 * faulted.
 */
bool crashd_ownmem_opened(int sig, const siginfo_t *, const ucontext_t *);
/* A fault of ours in memory of ours that could not. */
bool crashd_ownmem_lost(int sig, const siginfo_t *, const ucontext_t *);
