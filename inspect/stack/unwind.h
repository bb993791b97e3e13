/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * One step of unwinding: a frame's registers to its caller's.  Knows nothing
 * of names and lines.
 */
#include "inspect/base/arena.h"
#include "inspect/base/err.h"
#include "inspect/dwarf/frame.h"
#include "inspect/image/image.h"

#include <stdbool.h>
#include <stdint.h>

enum unwind_result {
	UNWIND_CALLER,     /* ret is the caller's frame */
	UNWIND_OUTERMOST,  /* there is no caller: a clean end */
	UNWIND_STOPPED,    /* there is one, and it cannot be found: see end */
	UNWIND_INTERRUPTED /* ^C */
};

/* The frame of a thread's registers.  Sets pc, module, CFA, signal. */
struct frame unwind_first(
	struct image *, const struct regs *, const struct vregs *);
/*
 * Fills what follows from a frame's registers: pc, module, cfa, signal.  For
 * frames that somebody else's walk found.
 */
void unwind_describe(struct image *, struct frame *);
/*
 * The frame's caller.  In every case but UNWIND_CALLER *ret_end is a sentence,
 * in the arena or static, that says why the stack ends here.
 */
enum unwind_result unwind_step(struct image *, const struct frame *,
	struct frame *ret, struct arena *, const char **ret_end);
/*
 * Where this frame has saved its caller's value of a register (index into
 * arch->reg[]); false: not in memory.
 */
bool unwind_saved(
	struct image *, const struct frame *, unsigned reg, uint64_t *ret_addr);
