/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A thread's frames, innermost first, with inlined calls as frames of their
 * own, names and lines.  Every frame says how it was found, every trace why
 * it ends.
 */
#include "inspect/arch/arch.h"
#include "inspect/base/arena.h"
#include "inspect/base/err.h"
#include "inspect/dwarf/frame.h"
#include "inspect/dwarf/scope.h"
#include "inspect/image/image.h"

#include <stddef.h>

struct trace {
	struct frame *frames;
	size_t n;
	const char *end; /* one sentence: why it ends there */
};

/*
 * Unwinds from a thread's registers.  Never fails: a trace has at least frame
 * 0, and end says what went wrong.  max 0: MAX_FRAMES.  ERR_INTERRUPTED on ^C.
 */
enum err trace_unwind(struct image *, const struct regs *, const struct vregs *,
	size_t max, struct arena *, struct trace *ret);
