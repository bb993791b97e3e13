/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Alternate signal stacks, and the stack of children. */
#include <stddef.h>

/* Bytes that a handler of ours needs on this machine, signal frame included. */
size_t crashd_stack_size(void);
/* Maps n bytes with a guard page below; their top, or NULL. */
void *crashd_stack_map(size_t n);
void crashd_stack_unmap(void *top, size_t n);
/* Once, before the first crashd_stack_install. */
void crashd_stack_prepare(void);
/*
 * Gives the calling thread an alternate stack, until it ends, unless it has one
 * that is large enough.  0, or -errno.
 */
int crashd_stack_install(void);
