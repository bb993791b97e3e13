/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A bar on a terminal for what takes longer than a second.  Never shown while
 * the target is stopped: what draws the terminal may be the target.
 */
#include <stdbool.h>
#include <stdint.h>

/* enabled: the user may see one; it needs a terminal on stderr, too. */
void progress_begin(bool enabled, const char *what);
void progress_show(uint64_t done, uint64_t all);
/* Wipes it. */
void progress_end(void);
/* To be called now and then while something is written; NULL: nothing. */
void progress_hook(void (*)(void *), void *context);
/* Calls it; progress_show does. */
void progress_tick(void);
