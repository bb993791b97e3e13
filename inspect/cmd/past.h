/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * print -why: of each variable that an expression names, where it lived, over
 * which addresses, and the nearest value that is still known.
 */
#include "inspect/cmd/session.h"
#include "inspect/out/out.h"

/* A list "variables", one record a variable; *ret_n 0: the text names none. */
enum err past_print(
	struct session *, const char *text, struct out *, size_t *ret_n);
