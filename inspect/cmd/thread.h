/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What a thread is called and what it was doing. */
#include "inspect/cmd/session.h"

/* gdb's: Thread 0x7f… (LWP 12) "name" */
const char *threads_target(struct session *, size_t thread);
/* "1-3 5 all" into indexes; ERR_NOTFOUND names what is wrong.  *ret_rest: the
 * text after the list. */
enum err threads_list(struct session *, const char *text, size_t **ret,
	size_t *ret_n, const char **ret_rest);
