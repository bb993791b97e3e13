/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * The layout of NT_X86_XSTATE in a core: where each extended register state
 * lies within the note.  Zero parts on processors other than x86.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { XSTATE_PARTS = 62 };

/* As NT_X86_XSAVE_LAYOUT has them (asm/elf.h: x86_xfeat_component). */
struct xstate_part {
	uint32_t type, size, offset, flags;
};

struct xstate {
	size_t n, machine_size, size; /* of the set: ptrace's, the core's */
	bool moved;                   /* they differ */
	struct xstate_part part[XSTATE_PARTS]; /* as in the core */
	uint32_t from[XSTATE_PARTS];           /* offsets in ptrace's */
};

/* What this machine has; a few CPUID instructions: do it once. */
void crashd_xstate_init(struct xstate *);
/* The size in a core of a set that ptrace gave n bytes of. */
size_t crashd_xstate_size(const struct xstate *, size_t n);
/* to: that many bytes. */
void crashd_xstate_copy(
	const struct xstate *, void *to, const void *from, size_t n);
