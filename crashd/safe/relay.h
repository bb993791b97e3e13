/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Registers of another thread of this process without ptrace: a signal that is
 * ours makes it hand them over, and wait until we have looked at its stack.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "crashd/note.h"

/*
 * Asks thread tid of this process, by a signal that has our handler and that it
 * does not block.  false: there is none, or it did not answer.
 */
bool crashd_relay_registers(int tid, uint64_t ret[CRASHD_GREGS]);
/* Lets the thread that answered go on. */
void crashd_relay_release(void);
/*
 * In the handler of every thread, first of all: true when the signal was such
 * a question, which has been answered.
 */
bool crashd_relay_answer(const siginfo_t *, const void *ucontext);
