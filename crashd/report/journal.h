/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* One record of the report in systemd's journal; docs/journal.md has its
 * fields. */
#include "crashd/report/target.h"
#include "inspect/image/image.h"

struct journal_report {
	const char *text;     /* of the threads */
	const char *crash_id; /* or "" */
	int level;
	struct image *image; /* or NULL */
};

/* Never waits: what the journal does not take at once is lost, and an error. */
enum err journal_send(const struct target *, const struct journal_report *);
