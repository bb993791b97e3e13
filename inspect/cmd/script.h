/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Files of commands, and commands that users define. */
#include "inspect/cmd/session.h"
#include "inspect/out/out.h"

#include <stdio.h>

/* The user's command of that exact name; NULL: none. */
const struct user_command *script_user_command(
	struct session *, const char *name);
enum err script_run_user(struct session *, const struct user_command *,
	const char *text, struct out *);
/* A line between define or document and end. */
bool script_define_line(struct session *, const char *line);
/* A line without its newline; a backslash at its end joins the next one to it.
 * Adds to *number how many lines there were.  NULL: the file has ended. */
const char *script_read_line(FILE *, struct arena *, unsigned *number);
/* What is read ends here: ERR_SYNTAX, and nothing is left open, when that is in
 * the middle of a definition or a block. */
enum err script_finish(struct session *, const char *where);
/* Runs a file as -x does: prints each result, stops at the first failure. */
enum err script_run_file(struct session *, const char *path);
/* The definition or block that is being typed is given up. */
void script_abandon(struct session *);
/* Whether the line begins an if or a while, whose lines follow. */
bool script_is_block(const char *line);
/* From now on lines go to script_define_line(), up to the block's "end". */
void script_begin_block(struct session *, const char *line);
/* Runs the block that script_define_line() has just completed. */
enum err script_run_block(struct session *, struct out *);
