/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Which journals are read: the machine's own, or others. */
#include "inspect/base/err.h"

#include <stdbool.h>
#include <stddef.h>

/* One of the three, or none of them: the machine's journal. */
struct journal_place {
	const char *dir;         /* a folder with journal files, or NULL */
	const char *const *file; /* journal files */
	size_t nfiles;
	const char *root; /* where another system's / is, or NULL */
	bool merge;       /* of the machine's: those of other machines too */
};

/* The machine that runs us wrote it, as far as is known. */
bool place_is_here(const struct journal_place *);

struct sd_journal;

enum err place_open(const struct journal_place *, struct sd_journal **ret);
/* _cleanup_(journal) sd_journal *j = NULL; */
void cleanup_journal(struct sd_journal **);
/* "The journal cannot be read: " and what libsystemd's negative errno says. */
enum err place_failed(int error);
