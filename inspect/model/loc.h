/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Where a value is.  A place is data: an address, a register of a frame, bytes
 * that we hold, pieces of all of these, another variable's address that was
 * never materialised (implicit pointer), or nowhere with a reason.
 */
#include "inspect/arch/arch.h"
#include "inspect/base/absent.h"
#include "inspect/base/arena.h"
#include "inspect/base/err.h"
#include "inspect/image/mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loc;

enum loc_kind {
	LOC_NONE,     /* absent: see absent and why */
	LOC_ADDR,     /* inferior memory */
	LOC_REG,      /* an integer register of a frame */
	LOC_VREG,     /* a vector register of a frame */
	LOC_BYTES,    /* bytes that we hold */
	LOC_PIECES,   /* DW_OP_piece, DW_OP_bit_piece */
	LOC_IMPLICIT, /* DW_OP_implicit_pointer: the value is a pointer to
			 something that has a place, but no address */
};

enum { LOC_VREG_ST = VREG_MAX };

struct piece {
	uint64_t bits;       /* size of this piece */
	uint64_t bit_offset; /* from the low end of its place */
	struct loc *loc;
};

struct loc {
	enum loc_kind kind;
	enum absent absent; /* LOC_NONE */
	/* LOC_NONE: a sentence's rest, or NULL.  LOC_ADDR: a note, when what is
	 * there is not the variable but what it would begin with. */
	const char *why;
	uint64_t addr; /* LOC_ADDR */
	/* LOC_REG: index into arch->reg[]; LOC_VREG: number, LOC_VREG_ST + i
	 * for x87's st(i). */
	unsigned reg;
	const struct regs *regs;   /* LOC_REG: that frame's */
	const struct vregs *vregs; /* LOC_VREG: that frame's */
	const uint8_t *bytes;      /* LOC_BYTES */
	size_t n;                  /* LOC_BYTES, LOC_PIECES */
	const struct piece *pieces;
	/* LOC_IMPLICIT: the pointed-to variable's place and offset in it. */
	const struct loc *target;
	int64_t target_offset;
	/* Any kind: bytes to skip from the start of the place (members). */
	uint64_t offset;
};

struct loc loc_none(enum absent, const char *why);
struct loc loc_addr(uint64_t);
struct loc loc_bytes(const void *, size_t n, struct arena *);
/* The place n bytes further on. */
struct loc loc_add(const struct loc *, int64_t n);

/*
 * Reads n bits that start bit_offset bits into the place, into buf (little-
 * endian, low bit first, (n+7)/8 bytes).  ERR_ABSENT with *ret_absent set and
 * a sentence kept when any bit of them is not known.
 */
enum err loc_read_bits(const struct loc *, struct mem *, uint64_t bit_offset,
	uint64_t nbits, void *buf, enum absent *ret_absent);
enum err loc_read(const struct loc *, struct mem *, void *buf, size_t n,
	enum absent *ret_absent);
/*
 * The one simple place that holds these bits, looked up in the pieces, and the
 * bit in it where they start (0 to 7); false: they are spread over several.
 */
bool loc_narrow(const struct loc *, uint64_t bit_offset, uint64_t nbits,
	struct loc *ret, uint64_t *ret_bit);
/* "0x7ffc…", "$rax", "2 pieces": for print -why and info. */
const char *loc_text(const struct loc *, const struct arch *, struct arena *);
