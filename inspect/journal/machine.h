/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Whether a record was made on the machine whose files are looked at. */
#include "inspect/journal/journal.h"

/* False also where nothing tells. */
bool machine_is_of(const struct journal_place *, const struct journal_crash *);
