/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* A snapshot as a record of systemd's journal; docs/journal.md has the fields.
 */
#include "crashd/snap/snapshot.h"

/* Never waits.  0, or -1 with the sentence: then there is no record. */
int journal_send(const struct snapshot *, struct problem *);
