/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Signals in words: names, descriptions, and what si_code adds to them. */
#include <signal.h>

#include "crashd/safe/text.h"

enum { CRASHD_NSIG = 65 };

/* "SIGSEGV", or NULL for a number that has no name (real-time ones). */
const char *crashd_signal_name(int sig);
/* "segmentation fault", or "" */
const char *crashd_signal_words(int sig);
/* Number of "SEGV", "SIGSEGV", "RTMIN+5", "RTMAX-1", "11"; 0: no such signal */
int crashd_signal_number(const char *name, size_t n);
/* Why it came, by si_code: "address not mapped (SEGV_MAPERR)", or NULL. */
const char *crashd_signal_code(const siginfo_t *);
/* Raised by the processor for what the thread did, not sent by anybody. */
int crashd_signal_is_fault(const siginfo_t *);
/* "permission denied" of -EACCES; "error 123" words for the rare ones. */
const char *crashd_error_words(int error);
