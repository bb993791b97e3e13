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

#include <stdbool.h>
#include <stddef.h>

struct trace {
	struct frame *frames;
	size_t n;
	const char *end; /* one sentence: why it ends there */
	bool cut; /* there, because the stack beyond is not in the core */
};

/*
 * Unwinds from a thread's registers.  Never fails: a trace has at least frame
 * 0, and end says what went wrong.  max 0: MAX_FRAMES.  Without past_main, the
 * callers of main are there without names.  ERR_INTERRUPTED on ^C.
 */
enum err trace_unwind(struct image *, const struct regs *, const struct vregs *,
	size_t max, bool past_main, struct arena *, struct trace *ret);

/* A copy that takes no more than it needs, for what is kept long. */
struct trace *trace_keep(const struct trace *, struct arena *);

/* A machine frame that another unwinder found. */
struct trace_step {
	struct regs regs; /* pc and sp are known */
	enum frame_how how;
	bool signal; /* a signal trampoline */
};

/* Names the frames of somebody else's walk, innermost first. */
void trace_from_walk(struct image *, const struct trace_step *, size_t n,
	const struct vregs *, const char *end, struct arena *,
	struct trace *ret);
/*
 * How many frames there are up to and including main: what gdb shows unless
 * told otherwise; all of them when main is not there.
 */
size_t trace_to_main(const struct trace *);
