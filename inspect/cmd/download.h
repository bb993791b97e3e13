/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Waits for files, for debuginfod and for a core that is unpacked: how far they
 * are, one sentence where they fail, and ^C, which ends them.
 */
#include "inspect/cmd/session.h"

/* Lets the session ask the servers in DEBUGINFOD_URLS when a file is needed. */
void download_allow(struct session *);
/* For core_open(). */
const struct unpack_watch *download_unpack(struct session *);
/* set debuginfod enabled on|off: also asks again after a failure. */
void download_enable(struct session *, bool on);
/* The file of that path in the debug info of whatever module names it, or
 * NULL. */
const char *download_source(struct session *, const char *file);
