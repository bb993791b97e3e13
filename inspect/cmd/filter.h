/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What stands after a pipe: CMD | grep RE, CMD |! SHELL. */
#include "inspect/cmd/session.h"

/* What they are called; the last one is NULL. */
extern const char *const filter_names[];
/* Lines in, lines out: "grep -v RE", "head 5", "count" ... */
enum err filter_run(struct session *, const char *filter, const char *text,
	const char **ret);
/* Feeds text (NULL: what the session's input is) to a shell command and gives
 * what it prints; nothing if that went to the user's terminal. */
enum err filter_shell(struct session *, const char *command, const char *text,
	const char **ret);
