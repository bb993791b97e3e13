/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What an instruction does to registers and memory: for walks backwards along
 * a value.  Where capstone does not say, more is taken as written than is.
 */
#include "inspect/arch/arch.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum operand_kind {
	OPERAND_NONE,
	OPERAND_REG,
	OPERAND_VECTOR, /* xmm, ymm: reg is the number */
	OPERAND_NUMBER,
	OPERAND_MEMORY,
	OPERAND_OTHER, /* a segment, a mask, x87 */
};

/* Registers are arch->reg[] indexes; -1: none. */
struct operand {
	enum operand_kind kind;
	int reg;
	unsigned shift; /* OPERAND_REG: bit of the register (ah: 8) */
	unsigned size;  /* bytes */
	uint64_t number;
	int base, index, segment;
	unsigned scale;
	int64_t disp;
	bool is_absolute; /* relative to the pc: disp is the address */
	bool unclear;     /* an index that is a vector register */
	bool read, written;
};

enum effect_kind {
	EFFECT_OTHER,    /* computes: operands are written from what it reads */
	EFFECT_COPY,     /* operand[0] = operand[1], low bytes, extended */
	EFFECT_ADDRESS,  /* lea: operand[0] = the address of operand[1] */
	EFFECT_ADD,      /* operand[0] += operand[1] */
	EFFECT_SUBTRACT, /* operand[0] -= operand[1] */
	EFFECT_CHOOSE,   /* cmov: operand[1], or what it was */
	EFFECT_ZERO,     /* operand[0] = 0: xor of a register with itself */
	EFFECT_EXCHANGE, /* operand[0] and operand[1] change places */
	EFFECT_PUSH,     /* operand[0] to below the stack pointer */
	EFFECT_POP,      /* operand[0] from the stack pointer */
	EFFECT_LEAVE,    /* sp = fp, then fp is popped */
	EFFECT_PAIR,     /* high 8 bytes of operand[0] = low of operand[1] */
	EFFECT_HIGH,     /* the same, from 8 bytes of memory */
	EFFECT_CALL,
	EFFECT_SYSCALL,
};

enum { EFFECT_OPERANDS = 4 };

struct effect {
	uint64_t addr;
	uint8_t size;
	enum effect_kind kind;
	uint8_t noperands;
	struct operand operand[EFFECT_OPERANDS];
	uint64_t writes;        /* bitmap of registers, any part of them */
	uint64_t vector_writes; /* bitmap of vector registers */
	uint64_t reads;
	bool is_signed;      /* EFFECT_COPY: extended by sign */
	bool stores;         /* writes memory */
	bool stores_unclear; /* not (only) through an operand */
	bool is_jump, is_conditional, is_return, is_trap, is_padding;
	bool has_target; /* direct jump or call */
	uint64_t target;
};

/*
 * Decodes all of the bytes; what is no instruction is one byte that is_trap.
 * Returns how many, at most max; 0: no disassembler.
 */
size_t effect_decode(const struct arch *, const void *bytes, size_t n,
	uint64_t addr, struct effect *ret, size_t max);
