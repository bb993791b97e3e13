/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two facts about a frame that do not depend on how it was unwound. */
#include "inspect/dwarf/frame.h"

uint64_t frame_lookup_pc(const struct frame *f)
{
	return f->interrupted || !f->pc ? f->pc : f->pc - 1;
}

const char *frame_how_name(enum frame_how how)
{
	static const char *const names[] = {
		[HOW_CONTEXT] = "context",
		[HOW_CFI] = "cfi",
		[HOW_FP] = "fp",
		[HOW_CALL] = "call",
		[HOW_SCAN] = "scan",
		[HOW_TAILCALL] = "tailcall",
	};

	return names[how];
}
