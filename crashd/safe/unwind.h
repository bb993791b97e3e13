/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The stack walk of last resort: inside the dying process, or in a child that
 * shares its memory.  crashd-report does it better where it can run.
 *
 *	crashd_unwind_init(&u, &regs, find);
 *	do
 *		... u.frame ...
 *	while (crashd_unwind_step(&u));
 *	... u.end says why the stack ends here ...
 */
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>

#include "crashd/safe/context.h"

/* _dl_find_object of glibc: lock-free and safe in handlers; handed in. */
typedef int crashd_find_object_fn(void *pc, struct dl_find_object *ret);

enum crashd_how {
	CRASHD_HOW_CONTEXT, /* given: the registers at the signal */
	CRASHD_HOW_CFI,
	CRASHD_HOW_FP,   /* the frame pointer's chain */
	CRASHD_HOW_CALL, /* pc was no code: undid one call */
	CRASHD_HOW_SCAN, /* the next word on the stack that looks like one */
};

struct crashd_frame {
	struct crashd_regs regs;
	uint64_t pc, sp;
	enum crashd_how how;
	bool interrupted; /* pc is the next instruction, not a return address */
};

struct crashd_unwind {
	struct crashd_frame frame;
	unsigned level;
	const char *end;
	crashd_find_object_fn *find;
};

void crashd_unwind_init(struct crashd_unwind *, const struct crashd_regs *,
	crashd_find_object_fn *);
/* Goes to the caller's frame; false at the end of the stack. */
bool crashd_unwind_step(struct crashd_unwind *);
/* "" for CONTEXT and CFI, else "[fp]" …: how a frame line ends. */
const char *crashd_unwind_how(enum crashd_how);
/* The address to look a frame's function up by. */
uint64_t crashd_unwind_lookup_pc(const struct crashd_frame *);
