/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The instructions of one function, and which of them come before which. */
#include "inspect/arch/effect.h"
#include "inspect/base/arena.h"
#include "inspect/base/err.h"
#include "inspect/image/image.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct edge {
	uint64_t to; /* an instruction's address */
	size_t from; /* index of the jump */
};

struct code {
	struct image *image;
	struct arena *arena;
	struct module *module;
	uint64_t entry;
	struct effect *insn; /* sorted by address */
	size_t n;
	struct edge *edge; /* jumps, sorted by where they go */
	size_t nedges, edges_cap;
	/* A jump inside the function whose targets are not known. */
	bool unresolved;
	uint64_t unresolved_at;
	uint8_t *returns; /* of calls: 0 not asked, 1 yes, 2 no */
};

/* The function that has pc.  ERR_NOTFOUND, ERR_FAULT with a sentence. */
enum err code_load(
	struct image *, uint64_t pc, struct arena *, struct code *ret);
/* The instruction that begins at addr, or has it in it; n: none. */
size_t code_at(const struct code *, uint64_t addr);
size_t code_around(const struct code *, uint64_t addr);
/* Control may go on from it to the instruction that follows it. */
bool code_falls_through(struct code *, size_t i);
/* Calls fn with every instruction that may come before i; false: the ways to i
 * are not all known. */
bool code_before(struct code *, size_t i, void (*fn)(size_t before, void *ctx),
	void *ctx);
/* Where the called function begins, if the call says so. */
const char *code_call_name(const struct code *, size_t i);
/* CFA minus sp before an instruction, where the CFI tells; with *ret_fp: CFA
 * minus fp. */
bool code_frame_size(struct code *, size_t i, bool *ret_fp, int64_t *ret);
