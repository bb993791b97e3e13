/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The prompt, and lines from a pipe. */
#include "inspect/cmd/session.h"

/* Lines from standard input until its end or exit: readline on a terminal, one
 * command a line otherwise. */
void repl_run(struct session *);
/* ^C sets session->interrupted from now on. */
void repl_catch_interrupt(struct session *);
/* session.ask: a question on the terminal; true: yes. */
bool repl_ask(struct session *, const char *question);
