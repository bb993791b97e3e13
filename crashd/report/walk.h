/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The walk of a stopped thread's stack by libunwind's remote interface, over
 * accessors of ours: memory is the image's, unwind tables are read from the
 * memory of the process, so no file is needed, deleted binaries are walked,
 * and no lock of the process matters.
 */
#include "inspect/arch/arch.h"
#include "inspect/base/arena.h"
#include "inspect/image/image.h"
#include "inspect/stack/trace.h"

#include <stddef.h>

/* One per process that is walked. */
struct walk;
struct walk *walk_new(struct image *);
/* To be called when the process has run since the last walk. */
void walk_forget_memory(struct walk *);
/*
 * The thread's frames, named.  What libunwind cannot do (a call through a bad
 * pointer, code without CFI) is done by inspect/stack/unwind, which says how
 * in each frame.
 */
void walk_thread(struct walk *, const struct regs *, const struct vregs *,
	size_t max, struct arena *, struct trace *ret);
