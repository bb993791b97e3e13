/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Cores in systemd-coredump's folder, by what the files themselves tell. */
#include "inspect/journal/journal.h"

#define STORE_DIR "/var/lib/systemd/coredump"

/* In no order.  match: as of journal_list, of what is known here. */
void store_list(struct arena *, const char *dir, const char *match,
	struct journal_crash **ret, size_t *ret_n);
