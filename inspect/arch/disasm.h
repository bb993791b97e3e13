/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Bytes to instructions, by capstone. */
#include "inspect/arch/arch.h"
#include "inspect/base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct insn {
	uint64_t addr;
	uint8_t size;
	const char *mnemonic, *operands;
	bool has_target; /* a direct jump or call */
	uint64_t target;
	bool has_ref; /* an operand relative to the pc */
	uint64_t ref;
};

/*
 * Decodes until the bytes or max end; a byte that is no instruction becomes
 * one of size 1 named "(bad)".  Returns how many.
 */
size_t disasm_decode(const struct arch *, bool att, const void *bytes, size_t n,
	uint64_t addr, struct insn *ret, size_t max, struct arena *);
