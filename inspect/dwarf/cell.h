/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * One entry of the stack of the expression machine: a value with a base type
 * (DWARF 5, 2.5.1), or the reason why there is no value.
 */
#include "inspect/base/absent.h"
#include "inspect/base/err.h"

#include <stddef.h>
#include <stdint.h>

enum cell_class {
	CELL_GENERIC, /* an address or an integer of 8 bytes, of no sign */
	CELL_SIGNED,
	CELL_UNSIGNED,
	CELL_FLOAT,   /* 4, 8: IEEE; 10, 12, 16: x87 */
	CELL_FLOAT128 /* 16: IEEE */
};

enum { CELL_MAX_SIZE = 16 };

struct cell {
	enum cell_class class;
	unsigned size;
	uint8_t bytes[CELL_MAX_SIZE]; /* little-endian; zero beyond size */
	enum absent absent;           /* PRESENT, or there is no value */
	const char *why;              /* of the absence, or NULL */
};

struct cell cell_generic(uint64_t);
struct cell cell_absent(enum absent, const char *why);
/* n bytes as they are in memory; n at most CELL_MAX_SIZE. */
struct cell cell_of_bytes(
	enum cell_class, unsigned size, const void *, size_t n);
/* The low 64 bits of an integer cell, extended by its sign. */
uint64_t cell_uint(const struct cell *);

/* op is a DW_OP_* of two operands: a op b.  An absent operand makes the
 * result absent.  ERR_BADDATA: types differ, or a division by zero. */
enum err cell_binary(unsigned op, const struct cell *a, const struct cell *b,
	struct cell *ret);
/* DW_OP_abs, DW_OP_neg, DW_OP_not. */
enum err cell_unary(unsigned op, const struct cell *, struct cell *ret);
/* DW_OP_convert and DW_OP_reinterpret. */
struct cell cell_convert(
	const struct cell *, enum cell_class to, unsigned size);
enum err cell_reinterpret(const struct cell *, enum cell_class to,
	unsigned size, struct cell *ret);
