/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Frames that are not on the stack.  A function that ends in a call jumps to
 * the callee and is gone; but its caller's call site names it (DWARF 5, 3.4),
 * so where only one chain of tail calls leads from what the caller has called
 * to the function that runs, those in between are known.
 */
#include "inspect/base/arena.h"
#include "inspect/image/image.h"

#include <stddef.h>
#include <stdint.h>

/*
 * The run-time return addresses of the tail calls between a call, by its
 * return address, and the entry of the function that its frame turned out to
 * belong to: innermost first.  *ret_n 0: it was called directly, or the debug
 * info does not tell.  Where there are several ways, only the calls that all
 * of them begin or end with.  Kept as long as the image.
 */
void tailcall_chain(struct image *, uint64_t return_pc, uint64_t callee,
	const uint64_t **ret, size_t *ret_n);
/*
 * The function that was called where that is certain, is not the callee, and
 * the way from one to the other is not wholly known; else NULL.
 */
const char *tailcall_called(
	struct image *, uint64_t return_pc, uint64_t callee);
