/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Bytes to instructions, by capstone. */
#include "inspect/arch/arch.h"
#include "inspect/base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An operand in memory: disp(base,index,scale); registers are arch->reg[]
 * indexes, -1: none. */
struct insn_memory {
	int base, index;
	unsigned scale;
	int64_t disp;
	bool read, write;
};

struct insn {
	uint64_t addr;
	uint8_t size;
	const char *mnemonic, *operands;
	bool has_target; /* a direct jump or call */
	uint64_t target;
	bool has_ref; /* an operand relative to the pc */
	uint64_t ref;
	bool has_memory;
	struct insn_memory memory;
	bool is_call, is_jump, is_return;
	int target_register; /* call *%rax; -1: not by a register */
};

/*
 * Decodes until the bytes or max end; a byte that is no instruction becomes
 * one of size 1 named "(bad)".  Returns how many.
 */
size_t disasm_decode(const struct arch *, bool att, const void *bytes, size_t n,
	uint64_t addr, struct insn *ret, size_t max, struct arena *);
