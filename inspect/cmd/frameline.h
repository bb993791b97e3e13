/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* One frame as gdb's line, and as the fields of the JSON contract. */
#include "inspect/cmd/session.h"
#include "inspect/out/out.h"

enum frameline_flags {
	FRAMELINE_LEVEL = 1,  /* "#3  " in front */
	FRAMELINE_LOCALS = 2, /* bt full */
};

/* Inside an open record; text ends with a newline. */
enum err frameline_print(struct session *, const struct trace *, size_t i,
	unsigned flags, struct out *);
