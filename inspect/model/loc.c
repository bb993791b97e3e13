/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading places.  Everything is a string of bits, low bit of the low byte
 * first: that is how DW_OP_bit_piece counts in a register or in memory of a
 * little-endian machine (DWARF 5, 2.6.1.2), and how bit-fields are counted by
 * DW_AT_data_bit_offset.  A read that touches several pieces fails only when
 * one of the pieces that it touches is not known.
 */
#include "inspect/model/loc.h"

#include "inspect/base/limits.h"

#include <inttypes.h>
#include <string.h>

enum {
	MAX_LOC_DEPTH = 8, /* pieces of pieces; producers write one level */
	REG_SIZE = 8,
};

struct loc loc_none(enum absent absent, const char *why)
{
	return (struct loc){ .kind = LOC_NONE, .absent = absent, .why = why };
}

struct loc loc_addr(uint64_t addr)
{
	return (struct loc){ .kind = LOC_ADDR, .addr = addr };
}

struct loc loc_bytes(const void *bytes, size_t n, struct arena *arena)
{
	return (struct loc){
		.kind = LOC_BYTES,
		.bytes = arena_memdup(arena, bytes, n),
		.n = n,
	};
}

struct loc loc_add(const struct loc *l, int64_t n)
{
	struct loc moved = *l;

	if (l->kind == LOC_ADDR)
		moved.addr += (uint64_t)n;
	else
		moved.offset += (uint64_t)n;
	return moved;
}

/* Copies nbits from bit src_bit of src to bit dst_bit of dst. */
static void copy_bits(uint8_t *dst, uint64_t dst_bit, const uint8_t *src,
	uint64_t src_bit, uint64_t nbits)
{
	if (!((dst_bit | src_bit | nbits) & 7)) {
		memcpy(dst + dst_bit / 8, src + src_bit / 8, nbits / 8);
		return;
	}
	for (uint64_t i = 0; i < nbits; i++, dst_bit++, src_bit++) {
		uint8_t mask = (uint8_t)(1 << (dst_bit & 7));

		if (src[src_bit / 8] >> (src_bit & 7) & 1)
			dst[dst_bit / 8] |= mask;
		else
			dst[dst_bit / 8] &= (uint8_t)~mask;
	}
}

static enum err absent_err(
	enum absent *ret, enum absent absent, const char *why)
{
	*ret = absent;
	if (why)
		return err_set(ERR_ABSENT, "%s: %s", absent_name(absent), why);
	return err_set(ERR_ABSENT, "value is %s", absent_name(absent));
}

struct read {
	struct mem *mem;
	uint8_t *buf;
	uint64_t dst_bit; /* where the next bits go in buf */
	enum absent *ret_absent;
	unsigned depth;
};

/* From bytes that we hold: held by a value, a register, a vector register. */
static enum err read_held(struct read *r, const uint8_t *bytes, uint64_t held,
	uint64_t bit, uint64_t nbits)
{
	if (bit > held * 8 || nbits > held * 8 - bit)
		return absent_err(r->ret_absent, ABSENT_OPTIMIZED_OUT,
			"the debug info locates only a part of it");
	copy_bits(r->buf, r->dst_bit, bytes, bit, nbits);
	r->dst_bit += nbits;
	return OK;
}

/* GDB's sentence, and the reason where it is another than nothing there. */
static enum err memory_err(struct read *r, uint64_t addr)
{
	const char *why = NULL;
	enum absent absent = mem_absent(r->mem, addr, &why);

	*r->ret_absent = absent == PRESENT ? ABSENT_UNMAPPED : absent;
	if (*r->ret_absent == ABSENT_UNMAPPED)
		return err_set(ERR_ABSENT,
			"Cannot access memory at address 0x%" PRIx64, addr);
	return err_set(ERR_ABSENT,
		"Cannot access memory at address 0x%" PRIx64 ": %s", addr,
		why ? why : absent_name(absent));
}

static enum err read_memory(
	struct read *r, uint64_t addr, uint64_t bit, uint64_t nbits)
{
	uint8_t chunk[256];

	addr += bit / 8;
	bit &= 7;
	while (nbits) {
		uint64_t take = sizeof(chunk) * 8 - bit;
		bool direct = !((r->dst_bit | bit | nbits) & 7);

		if (direct || take > nbits)
			take = nbits;
		size_t n = (size_t)((bit + take + 7) / 8);
		void *to = direct ? r->buf + r->dst_bit / 8 : chunk;
		enum err e = mem_read(r->mem, addr, to, n);
		if (e == ERR_INTERRUPTED)
			return e;
		if (e) {
			size_t got = mem_read_part(r->mem, addr, to, n);

			return memory_err(r, addr + got);
		}
		if (!direct)
			copy_bits(r->buf, r->dst_bit, chunk, bit, take);
		r->dst_bit += take;
		nbits -= take;
		addr += (bit + take) / 8;
		bit = (bit + take) & 7;
	}
	return OK;
}

static enum err read_register(
	struct read *r, const struct loc *l, uint64_t bit, uint64_t nbits)
{
	if (!l->regs || !regs_has(l->regs, l->reg))
		return absent_err(r->ret_absent, ABSENT_NOT_SAVED,
			"its register was not saved by the frames below");
	return read_held(
		r, (const uint8_t *)&l->regs->v[l->reg], REG_SIZE, bit, nbits);
}

static enum err read_vector(
	struct read *r, const struct loc *l, uint64_t bit, uint64_t nbits)
{
	const struct vregs *v = l->vregs;

	if (v && l->reg < VREG_MAX && v->size[l->reg])
		return read_held(r, v->v[l->reg], v->size[l->reg], bit, nbits);
	if (v && v->st_known && l->reg >= LOC_VREG_ST &&
		l->reg < LOC_VREG_ST + 8)
		return read_held(r, v->st[l->reg - LOC_VREG_ST],
			sizeof(v->st[0]), bit, nbits);
	return absent_err(r->ret_absent, ABSENT_NOT_SAVED,
		"its vector register is known only in the innermost frame");
}

static enum err read_any(
	struct read *r, const struct loc *l, uint64_t bit, uint64_t nbits);

static enum err read_pieces(
	struct read *r, const struct loc *l, uint64_t bit, uint64_t nbits)
{
	uint64_t start = 0;

	for (size_t i = 0; i < l->n && nbits; i++) {
		const struct piece *p = &l->pieces[i];
		uint64_t end = start + p->bits;

		if (end < start)
			break;
		if (bit < end) {
			uint64_t take = end - bit < nbits ? end - bit : nbits;

			TRY(read_any(r, p->loc, p->bit_offset + (bit - start),
				take));
			bit += take;
			nbits -= take;
		}
		start = end;
	}
	if (nbits)
		return absent_err(r->ret_absent, ABSENT_OPTIMIZED_OUT,
			"the debug info locates only a part of it");
	return OK;
}

static enum err read_any(
	struct read *r, const struct loc *l, uint64_t bit, uint64_t nbits)
{
	enum err e;

	if (!nbits)
		return OK;
	if (l->offset > UINT64_MAX / 8 - bit / 8 - 1)
		return absent_err(r->ret_absent, ABSENT_OPTIMIZED_OUT,
			"it lies outside of the place of its variable");
	if (r->depth >= MAX_LOC_DEPTH)
		return err_set(ERR_LIMIT,
			"a location has pieces of pieces, %d levels deep",
			MAX_LOC_DEPTH);
	bit += l->offset * 8;
	switch (l->kind) {
	case LOC_NONE:
		return absent_err(r->ret_absent, l->absent, l->why);
	case LOC_ADDR:
		return read_memory(r, l->addr, bit, nbits);
	case LOC_REG:
		return read_register(r, l, bit, nbits);
	case LOC_VREG:
		return read_vector(r, l, bit, nbits);
	case LOC_BYTES:
		return read_held(r, l->bytes, l->n, bit, nbits);
	case LOC_PIECES:
		r->depth++;
		e = read_pieces(r, l, bit, nbits);
		r->depth--;
		return e;
	case LOC_IMPLICIT:
		return absent_err(r->ret_absent, ABSENT_OPTIMIZED_OUT,
			"the pointer was never made, only what it points to");
	}
	return err_set(ERR_BADDATA, "a location of an unknown kind");
}

enum err loc_read_bits(const struct loc *l, struct mem *mem,
	uint64_t bit_offset, uint64_t nbits, void *buf, enum absent *ret_absent)
{
	struct read r = { .mem = mem, .buf = buf, .ret_absent = ret_absent };

	*ret_absent = PRESENT;
	return read_any(&r, l, bit_offset, nbits);
}

enum err loc_read(const struct loc *l, struct mem *mem, void *buf, size_t n,
	enum absent *ret_absent)
{
	return loc_read_bits(l, mem, 0, (uint64_t)n * 8, buf, ret_absent);
}

bool loc_narrow(const struct loc *l, uint64_t bit, uint64_t nbits,
	struct loc *ret, uint64_t *ret_bit)
{
	for (unsigned depth = 0; l->kind == LOC_PIECES; depth++) {
		uint64_t start = 0;
		size_t i = 0;

		bit += l->offset * 8;
		while (i < l->n && bit >= start + l->pieces[i].bits)
			start += l->pieces[i++].bits;
		if (i == l->n || depth == MAX_LOC_DEPTH ||
			nbits > l->pieces[i].bits - (bit - start))
			return false;
		bit = bit - start + l->pieces[i].bit_offset;
		l = l->pieces[i].loc;
	}
	*ret = loc_add(l, (int64_t)(bit / 8));
	*ret_bit = bit % 8;
	return true;
}

const char *loc_text(
	const struct loc *l, const struct arch *arch, struct arena *arena)
{
	switch (l->kind) {
	case LOC_NONE:
		return l->why ? arena_printf(arena, "%s: %s",
					absent_text(l->absent), l->why)
			      : absent_text(l->absent);
	case LOC_ADDR:
		return arena_printf(arena, "0x%" PRIx64, l->addr + l->offset);
	case LOC_REG:
		if (arch && l->reg < arch->nregs)
			return arena_printf(
				arena, "$%s", arch->reg[l->reg].name);
		return arena_printf(arena, "register %u", l->reg);
	case LOC_VREG:
		if (l->reg >= LOC_VREG_ST)
			return arena_printf(
				arena, "$st%u", l->reg - LOC_VREG_ST);
		return arena_printf(arena, "$xmm%u", l->reg);
	case LOC_BYTES:
		return "constant";
	case LOC_PIECES:
		return arena_printf(arena, "%zu pieces", l->n);
	case LOC_IMPLICIT:
		return "<synthetic pointer>";
	}
	return "nowhere";
}
