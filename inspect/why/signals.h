/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Signals and their codes in words. */
#include "inspect/base/arena.h"

#include <stdbool.h>

/* "SIGSEGV", "SIGRTMIN+3", "signal 77". */
const char *signals_name(int sig, struct arena *);
/* "Segmentation fault". */
const char *signals_words(int sig);
/* "address not mapped"; NULL: a code that is not known. */
const char *signals_code_words(int sig, int code);
/* Does siginfo hold the address of a fault? */
bool signals_has_address(int sig, int code);
