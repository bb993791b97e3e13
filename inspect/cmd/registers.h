/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Registers of a frame as typed values, by the names that gdb gives them. */
#include "inspect/cmd/session.h"

/* "rip", "pc", "eax", "al", "xmm0", "ymm3", "st0", "mxcsr"; ERR_NOTFOUND. */
enum err register_value(struct session *, const struct frame *,
	const char *name, struct value *ret);
/* "[ ZF PF ]" */
const char *register_flags_text(uint64_t eflags, struct arena *);
/* Is it the type that $eflags has? */
bool register_is_flags(const struct type *);
