/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Cores in systemd-coredump's folder, by what the files themselves tell. */
#include "inspect/journal/journal.h"

#define STORE_DIR "/var/lib/systemd/coredump"

/* What the names tell; the oldest first. */
void store_list(struct arena *, const char *dir, struct journal_crash **ret,
	size_t *ret_n);
/* What the file's attributes tell: signal, group, executable. */
void store_details(struct arena *, struct journal_crash *);
