/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What records of crashes say, kept from one list to the next: a record never
 * changes, and taking it apart and its stack to an id is nearly all the work.
 */
#include "inspect/cmd/session.h"
#include "inspect/journal/journal.h"

struct crashcache;

/* folder: NULL, or the cache's; what is wrong with it makes it empty. */
struct crashcache *crashcache_open(struct arena *, const char *folder);
/* The crash that the record at this cursor is of; false: not known. */
bool crashcache_find(struct crashcache *, struct arena *, const char *cursor,
	struct journal_crash *ret);
/* Is to be known from now on: as read, before its core is looked for. */
void crashcache_add(struct crashcache *, const struct journal_crash *);
/* Writes what is new. */
void crashcache_close(struct crashcache *);
