/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The crashes that the journal knows: --list, and the core of --journal. */
#include "inspect/cmd/session.h"

/* The table, or {"crashes":[...]} with --json; in the scratch arena. */
enum err crashes_list(struct session *, const char *match, const char **ret);
/* A path to the core of the newest crash that matches. */
enum err crashes_core(struct session *, const char *match, const char **ret);
/*
 * What the journal recorded of the process whose core is open: of what
 * --journal opened, or of a core that lies where systemd-coredump stored it.
 * NULL: nothing.  Lives as long as the core is open.
 */
const struct record *crashes_record(struct session *);
