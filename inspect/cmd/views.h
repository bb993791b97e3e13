/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Views in a session: where they come from, and who is asked before. */
#include "inspect/cmd/session.h"
#include "inspect/out/out.h"

/* print_ctx.view for the session's views; NULL: there are none. */
void views_use(struct session *, struct print_ctx *);
/* ~/.config/cinspect/views, once, when the program starts. */
enum err views_load_own(struct session *);
/*
 * .cinspect beside the executable, if it was trusted before as it is, or if
 * the user says so now (session.ask); else *ret_note says that it is there.
 */
enum err views_load_beside(struct session *, const char **ret_note);
