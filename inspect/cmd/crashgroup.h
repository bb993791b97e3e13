/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Crashes counted by their id. */
#include "inspect/cmd/session.h"
#include "inspect/journal/journal.h"
#include "inspect/out/out.h"

struct crashgroups;

struct crashgroups *crashgroups_new(struct arena *);
void crashgroups_add(struct crashgroups *, const struct journal_crash *);
/* Rows of a table that is open, with its heading; the newest group first. */
void crashgroups_print(struct crashgroups *, struct out *, bool hosts);
