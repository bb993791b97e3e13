/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words are the contract's; the first two texts are GDB's notation. */
#include "inspect/base/absent.h"

#include <stddef.h>

static const struct {
	const char *name, *text;
} reasons[] = {
	[PRESENT] = { NULL, "" },
	[ABSENT_OPTIMIZED_OUT] = { "optimized-out", "<optimized out>" },
	[ABSENT_NOT_SAVED] = { "not-saved", "<not saved>" },
	[ABSENT_NOT_IN_CORE] = { "not-in-core", "<not in core>" },
	[ABSENT_TRUNCATED] = { "truncated", "<core truncated>" },
	[ABSENT_NO_FILE] = { "no-file", "<file missing>" },
	[ABSENT_UNMAPPED] = { "unmapped", "<unmapped>" },
};

const char *absent_name(enum absent a)
{
	return reasons[a].name;
}

const char *absent_text(enum absent a)
{
	return reasons[a].text;
}
