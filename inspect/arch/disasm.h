/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Bytes to instructions, by capstone. */
#include "inspect/arch/arch.h"
#include "inspect/base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An operand in memory: segment:disp(base,index,scale); registers are
 * arch->reg[] indexes, -1: none. */
struct insn_memory {
	int segment; /* the register with the base of %fs or %gs */
	int base, index;
	unsigned scale;
	int64_t disp;
	bool read, write;
	bool unclear;   /* a register of it is none of arch->reg[] */
	unsigned align; /* the address must be a multiple; 1: need not */
};

/* Who may execute it. */
enum insn_privilege {
	INSN_FOR_ALL,
	INSN_OF_KERNEL,
	INSN_OF_PORTS,  /* programs with ioperm(2) or iopl(2) */
	INSN_INTERRUPT, /* int N: those whose gate is open */
	INSN_OPTIONAL,  /* the kernel forbids it when it is asked to */
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
	bool has_source; /* string instructions: (%rsi) beside (%rdi) */
	struct insn_memory source;
	enum insn_privilege privilege;
	bool is_call, is_jump, is_return;
	bool is_push;        /* push, pop, leave: the operand is in the stack */
	int target_register; /* call *%rax; -1: not by a register */
};

/*
 * Decodes until the bytes or max end; a byte that is no instruction becomes
 * one of size 1 named "(bad)".  Returns how many.
 */
size_t disasm_decode(const struct arch *, bool att, const void *bytes, size_t n,
	uint64_t addr, struct insn *ret, size_t max, struct arena *);
