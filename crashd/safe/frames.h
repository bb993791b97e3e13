/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* A stack as text, with the means of crashd/safe/unwind.h. */
#include <stdbool.h>

#include "crashd/safe/context.h"
#include "crashd/safe/text.h"

/*
 * From these registers on.  all: also what leads from libc to main, or to a
 * thread's function, and more of a deep stack.
 */
void crashd_frames_print(
	struct crashd_text *, const struct crashd_regs *, bool all);
