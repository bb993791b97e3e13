/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* A record as a crash. */
#include "inspect/journal/journal.h"

struct sd_journal;

/* Of the record at which the journal stands; *ret_message: its MESSAGE, or
 * NULL.  Both live in the arena. */
enum err crash_read(struct arena *, struct sd_journal *,
	struct journal_crash *ret, const char **ret_message);
/* Where that is; NULL: unknown. */
const char *crash_cursor(struct arena *, struct sd_journal *);
/* Sets core, and path to where the core lies that was recorded there. */
void crash_find_core(
	struct arena *, const struct journal_place *, struct journal_crash *);
