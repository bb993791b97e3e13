/* SPDX-License-Identifier: Apache-2.0 */
/*
 * .eh_frame, for the walk inside the handler.
 *
 * The module's PT_GNU_EH_FRAME segment (LSB 5, 10.6.2) has a sorted table of
 * function start -> FDE; binary search there, then the FDE's CIE, then both
 * programs run (DWARF 5, 6.4) up to the pc.  Encodings: DWARF pointer
 * encodings as gcc and clang emit them (pcrel, datarel, absolute, 2 to 8
 * bytes); the table only as sdata4|datarel, which is what all linkers write.
 */
#include "crashd/safe/cfi.h"

#include "crashd/safe/cursor.h"
#include "crashd/safe/expr.h"
#include "crashd/safe/peek.h"

#include <errno.h>
#include <stddef.h>

enum {
	MAX_CFI_SIZE = 1 << 16, /* of one CIE or FDE: glibc's largest is 1 K */
	MAX_STATES = 4,         /* nested remember_state; compilers use 1 */
	MAX_TABLE = 1 << 24,    /* entries of a search table */
};

/* DWARF pointer encodings (LSB 5, 10.5.1). */
enum {
	PE_OMIT = 0xff,
	PE_FORMAT = 0x0f,
	PE_ULEB = 0x01,
	PE_UDATA2 = 0x02,
	PE_UDATA4 = 0x03,
	PE_UDATA8 = 0x04,
	PE_SLEB = 0x09,
	PE_SDATA2 = 0x0a,
	PE_SDATA4 = 0x0b,
	PE_SDATA8 = 0x0c,
	PE_BASE = 0x70,
	PE_PCREL = 0x10,
	PE_DATAREL = 0x30,
	PE_INDIRECT = 0x80,
};

/* A pointer; data is what datarel is relative to. */
static uint64_t get_encoded(struct crashd_cursor *c, uint8_t enc, uint64_t data)
{
	uint64_t at = c->at, v;

	switch (enc & PE_FORMAT) {
	case 0:
	case PE_UDATA8:
	case PE_SDATA8:
		v = crashd_cursor_bytes(c, 8);
		break;
	case PE_ULEB:
		v = crashd_cursor_uleb(c);
		break;
	case PE_SLEB:
		v = (uint64_t)crashd_cursor_sleb(c);
		break;
	case PE_UDATA2:
		v = crashd_cursor_bytes(c, 2);
		break;
	case PE_SDATA2:
		v = (uint64_t)(int16_t)crashd_cursor_bytes(c, 2);
		break;
	case PE_UDATA4:
		v = crashd_cursor_bytes(c, 4);
		break;
	case PE_SDATA4:
		v = (uint64_t)(int32_t)crashd_cursor_bytes(c, 4);
		break;
	default:
		c->bad = true;
		return 0;
	}
	if ((enc & PE_BASE) == PE_PCREL)
		v += at;
	else if ((enc & PE_BASE) == PE_DATAREL)
		v += data;
	else if (enc & PE_BASE)
		c->bad = true;
	if (enc & PE_INDIRECT && !crashd_peek_u64(v, &v))
		c->bad = true;
	return v;
}

/* ---- the search table ---- */

/* The address of the FDE whose function starts at or before pc. */
static int search_table(uint64_t hdr, uint64_t pc, uint64_t *ret)
{
	struct crashd_cursor c;
	uint8_t version, ptr_enc, count_enc, table_enc;
	uint64_t count, low = 0, high;

	crashd_cursor_init(&c, hdr, hdr + 64);
	version = crashd_cursor_u8(&c);
	ptr_enc = crashd_cursor_u8(&c);
	count_enc = crashd_cursor_u8(&c);
	table_enc = crashd_cursor_u8(&c);
	if (c.bad)
		return -EFAULT;
	if (version != 1 || count_enc == PE_OMIT ||
		table_enc != (PE_DATAREL | PE_SDATA4))
		return -ENOTSUP;
	get_encoded(&c, ptr_enc, hdr);
	count = get_encoded(&c, count_enc, hdr);
	if (c.bad || !count || count > MAX_TABLE)
		return -EINVAL;
	high = count; /* invariant: start[low] <= pc < start[high] */
	for (;;) {
		uint64_t middle = low + (high - low) / 2;
		int32_t entry[2];

		if (crashd_peek(c.at + 8 * middle, entry, 8) != 8)
			return -EFAULT;
		if (pc < hdr + (uint64_t)entry[0])
			high = middle;
		else
			low = middle;
		if (high - low <= 1 && middle == low) {
			if (high == 0 || pc < hdr + (uint64_t)entry[0])
				return -ENOENT;
			*ret = hdr + (uint64_t)entry[1];
			return 0;
		}
		if (high == 0)
			return -ENOENT;
	}
}

/* ---- CIE and FDE ---- */

struct cie {
	uint64_t start, end; /* of its instructions */
	uint64_t code_align;
	int64_t data_align;
	uint32_t ra;
	uint8_t fde_enc;
	bool signal, augmented;
};

/* Opens the record at addr: cursor on what follows the length field. */
static int open_record(uint64_t addr, struct crashd_cursor *c)
{
	uint64_t length;

	crashd_cursor_init(c, addr, addr + 12);
	length = crashd_cursor_bytes(c, 4);
	if (length == 0xffffffff)
		length = crashd_cursor_bytes(c, 8);
	if (c->bad)
		return -EFAULT;
	if (!length || length > MAX_CFI_SIZE)
		return -EINVAL;
	c->end = c->at + length;
	return 0;
}

static int read_augmentation(
	struct crashd_cursor *c, const char *letters, struct cie *cie)
{
	uint64_t size = crashd_cursor_uleb(c), end = c->at + size;

	for (letters++; *letters; letters++) {
		switch (*letters) {
		case 'R':
			cie->fde_enc = crashd_cursor_u8(c);
			break;
		case 'P': {
			uint8_t enc = crashd_cursor_u8(c);

			/* Not wanted: neither resolved nor followed. */
			get_encoded(c, enc & PE_FORMAT, 0);
			break;
		}
		case 'L':
			crashd_cursor_u8(c);
			break;
		case 'S':
			cie->signal = true;
			break;
		case 'B':
			break; /* aarch64: key B, no data */
		default:
			goto out; /* the size lets us skip the rest */
		}
	}
out:
	if (size > MAX_CFI_SIZE || end > c->end)
		return -EINVAL;
	c->at = end;
	return 0;
}

static int read_cie(uint64_t addr, struct cie *ret)
{
	struct crashd_cursor c;
	char letters[8];
	size_t n = 0;
	uint8_t version;
	int r = open_record(addr, &c);

	if (r < 0)
		return r;
	if (crashd_cursor_bytes(&c, 4) != 0)
		return -EINVAL; /* not a CIE */
	version = crashd_cursor_u8(&c);
	if (version != 1 && version != 3)
		return -ENOTSUP;
	do
		letters[n] = (char)crashd_cursor_u8(&c);
	while (letters[n] && ++n < sizeof letters);
	if (n == sizeof letters)
		return -ENOTSUP;
	ret->code_align = crashd_cursor_uleb(&c);
	ret->data_align = crashd_cursor_sleb(&c);
	ret->ra = version == 1 ? crashd_cursor_u8(&c)
			       : (uint32_t)crashd_cursor_uleb(&c);
	ret->fde_enc = 0;
	ret->signal = false;
	ret->augmented = letters[0] == 'z';
	if (ret->augmented)
		r = read_augmentation(&c, letters, ret);
	else if (letters[0])
		r = -ENOTSUP;
	ret->start = c.at;
	ret->end = c.end;
	if (c.bad)
		return -EFAULT;
	if (ret->ra >= CRASHD_REGS)
		return -ENOTSUP;
	return r;
}

/* ---- the instructions ---- */

struct machine {
	const struct cie *cie;
	struct crashd_row *row, initial;
	struct crashd_row saved[MAX_STATES];
	int depth;
	uint64_t loc, pc;
};

static void set_rule(struct machine *m, uint64_t reg, uint8_t kind, int64_t off)
{
	if (reg < CRASHD_REGS) { /* others (x87, vectors) are of no interest */
		m->row->reg[reg].kind = kind;
		m->row->reg[reg].offset = off;
	}
}

static void set_expression(struct crashd_cursor *c, struct crashd_rule *rule)
{
	uint64_t size = crashd_cursor_uleb(c);

	rule->offset = (int64_t)c->at;
	rule->size = (uint32_t)size;
	if (size > c->end - c->at)
		c->bad = true;
	else
		c->at += size;
}

static void reg_expression(
	struct machine *m, struct crashd_cursor *c, uint8_t kind)
{
	uint64_t reg = crashd_cursor_uleb(c);
	struct crashd_rule rule = { .kind = kind };

	set_expression(c, &rule);
	if (reg < CRASHD_REGS)
		m->row->reg[reg] = rule;
}

static void restore_rule(struct machine *m, uint64_t reg)
{
	if (reg < CRASHD_REGS)
		m->row->reg[reg] = m->initial.reg[reg];
}

static int restore_state(struct machine *m)
{
	struct crashd_row *row = m->row;
	const struct crashd_row *saved;

	if (!m->depth)
		return -EINVAL;
	saved = &m->saved[--m->depth];
	row->cfa = saved->cfa;
	row->cfa_reg = saved->cfa_reg;
	for (int i = 0; i < CRASHD_REGS; i++)
		row->reg[i] = saved->reg[i];
	return 0;
}

static void def_cfa(struct machine *m, uint64_t reg, int64_t offset)
{
	m->row->cfa.kind = CRASHD_RULE_REG;
	m->row->cfa.offset = offset;
	m->row->cfa_reg = (uint32_t)reg;
}

/* The instructions whose operands follow the opcode byte (DWARF 5, 7.24). */
static int run_extended(struct machine *m, struct crashd_cursor *c, uint8_t op)
{
	int64_t scale = m->cie->data_align;
	uint64_t reg;

	switch (op) {
	case 0x00: /* nop */
		return 0;
	case 0x01: /* set_loc */
		m->loc = get_encoded(c, m->cie->fde_enc, 0);
		return 0;
	case 0x02: /* advance_loc1, 2, 4 */
		m->loc += crashd_cursor_u8(c) * m->cie->code_align;
		return 0;
	case 0x03:
		m->loc += crashd_cursor_bytes(c, 2) * m->cie->code_align;
		return 0;
	case 0x04:
		m->loc += crashd_cursor_bytes(c, 4) * m->cie->code_align;
		return 0;
	case 0x05: /* offset_extended */
		reg = crashd_cursor_uleb(c);
		set_rule(m, reg, CRASHD_RULE_AT_CFA,
			(int64_t)crashd_cursor_uleb(c) * scale);
		return 0;
	case 0x06: /* restore_extended */
		restore_rule(m, crashd_cursor_uleb(c));
		return 0;
	case 0x07: /* undefined */
		set_rule(m, crashd_cursor_uleb(c), CRASHD_RULE_UNDEFINED, 0);
		return 0;
	case 0x08: /* same_value */
		set_rule(m, crashd_cursor_uleb(c), CRASHD_RULE_SAME, 0);
		return 0;
	case 0x09: /* register */
		reg = crashd_cursor_uleb(c);
		set_rule(m, reg, CRASHD_RULE_REG,
			(int64_t)crashd_cursor_uleb(c));
		return 0;
	case 0x0a: /* remember_state */
		if (m->depth == MAX_STATES)
			return -ENOTSUP;
		m->saved[m->depth++] = *m->row;
		return 0;
	case 0x0b:
		return restore_state(m);
	case 0x0c: /* def_cfa */
		reg = crashd_cursor_uleb(c);
		def_cfa(m, reg, (int64_t)crashd_cursor_uleb(c));
		return 0;
	case 0x0d: /* def_cfa_register */
		def_cfa(m, crashd_cursor_uleb(c), m->row->cfa.offset);
		return 0;
	case 0x0e: /* def_cfa_offset */
		m->row->cfa.offset = (int64_t)crashd_cursor_uleb(c);
		return 0;
	case 0x0f: /* def_cfa_expression */
		m->row->cfa.kind = CRASHD_RULE_IS_EXPR;
		set_expression(c, &m->row->cfa);
		return 0;
	case 0x10: /* expression */
		reg_expression(m, c, CRASHD_RULE_AT_EXPR);
		return 0;
	case 0x11: /* offset_extended_sf */
		reg = crashd_cursor_uleb(c);
		set_rule(m, reg, CRASHD_RULE_AT_CFA,
			crashd_cursor_sleb(c) * scale);
		return 0;
	case 0x12: /* def_cfa_sf */
		reg = crashd_cursor_uleb(c);
		def_cfa(m, reg, crashd_cursor_sleb(c) * scale);
		return 0;
	case 0x13: /* def_cfa_offset_sf */
		m->row->cfa.offset = crashd_cursor_sleb(c) * scale;
		return 0;
	case 0x14: /* val_offset */
		reg = crashd_cursor_uleb(c);
		set_rule(m, reg, CRASHD_RULE_IS_CFA,
			(int64_t)crashd_cursor_uleb(c) * scale);
		return 0;
	case 0x15: /* val_offset_sf */
		reg = crashd_cursor_uleb(c);
		set_rule(m, reg, CRASHD_RULE_IS_CFA,
			crashd_cursor_sleb(c) * scale);
		return 0;
	case 0x16: /* val_expression */
		reg_expression(m, c, CRASHD_RULE_IS_EXPR);
		return 0;
	case 0x2d: /* AARCH64_negate_ra_state: signed addresses */
		return 0;
	case 0x2e: /* GNU_args_size */
		crashd_cursor_uleb(c);
		return 0;
	case 0x2f: /* GNU_negative_offset_extended */
		reg = crashd_cursor_uleb(c);
		set_rule(m, reg, CRASHD_RULE_AT_CFA,
			-(int64_t)crashd_cursor_uleb(c) * scale);
		return 0;
	}
	return -ENOTSUP;
}

/* Runs a program until its end, or until it passes the pc. */
static int run_program(struct machine *m, uint64_t start, uint64_t end)
{
	struct crashd_cursor c;

	crashd_cursor_init(&c, start, end);
	while (c.at < c.end && !c.bad) {
		uint8_t op = crashd_cursor_u8(&c);
		int r = 0;

		switch (op >> 6) {
		case 1:
			m->loc += (op & 0x3f) * m->cie->code_align;
			break;
		case 2:
			set_rule(m, op & 0x3f, CRASHD_RULE_AT_CFA,
				(int64_t)crashd_cursor_uleb(&c) *
					m->cie->data_align);
			break;
		case 3:
			restore_rule(m, op & 0x3f);
			break;
		default:
			r = run_extended(m, &c, op);
		}
		if (r < 0)
			return r;
		if (m->loc > m->pc)
			break;
	}
	return c.bad ? -EFAULT : 0;
}

/*
 * Not on the alternate stack: a machine holds six rows, 3 KiB.  The handler has
 * one owner at a time; its tracer, which shares this memory, runs while the
 * owner waits.
 */
static struct machine machine;

int crashd_cfi_find(uint64_t hdr, uint64_t pc, struct crashd_row *ret)
{
	struct machine *m = &machine;
	struct crashd_cursor c;
	struct cie cie;
	uint64_t fde, at, delta, size;
	int r = search_table(hdr, pc, &fde);

	if (r < 0)
		return r;
	r = open_record(fde, &c);
	if (r < 0)
		return r;
	at = c.at;
	delta = crashd_cursor_bytes(&c, 4);
	if (!delta)
		return -EINVAL; /* a CIE */
	r = read_cie(at - delta, &cie);
	if (r < 0)
		return r;
	ret->start = get_encoded(&c, cie.fde_enc, hdr);
	ret->end = ret->start + get_encoded(&c, cie.fde_enc & PE_FORMAT, 0);
	if (cie.augmented) {
		size = crashd_cursor_uleb(&c);
		if (size > c.end - c.at)
			return -EINVAL;
		c.at += size;
	}
	if (c.bad)
		return -EFAULT;
	if (pc < ret->start || pc >= ret->end)
		return -ENOENT;

	ret->ra = cie.ra;
	ret->signal = cie.signal;
	ret->cfa = (struct crashd_rule){ .kind = CRASHD_RULE_UNDEFINED };
	ret->cfa_reg = 0;
	for (int i = 0; i < CRASHD_REGS; i++)
		ret->reg[i] = (struct crashd_rule){ .kind = CRASHD_RULE_SAME };
	m->cie = &cie;
	m->row = ret;
	m->depth = 0;
	m->loc = ret->start;
	m->pc = pc;
	r = run_program(m, cie.start, cie.end);
	if (r < 0)
		return r;
	m->initial = *ret;
	return run_program(m, c.at, c.end);
}

/* ---- application ---- */

static int run_expression(const struct crashd_rule *rule,
	const struct crashd_regs *regs, const uint64_t *initial, uint64_t *ret)
{
	return crashd_expr_evaluate(
		(uint64_t)rule->offset, rule->size, regs, initial, ret);
}

static int cfa_of(const struct crashd_row *row, const struct crashd_regs *regs,
	uint64_t *ret)
{
	if (row->cfa.kind == CRASHD_RULE_IS_EXPR)
		return run_expression(&row->cfa, regs, NULL, ret);
	if (row->cfa.kind != CRASHD_RULE_REG || row->cfa_reg >= CRASHD_REGS)
		return -EINVAL;
	if (!(regs->known >> row->cfa_reg & 1))
		return -EFAULT;
	*ret = regs->v[row->cfa_reg] + (uint64_t)row->cfa.offset;
	return 0;
}

static bool apply_rule(const struct crashd_rule *rule, uint64_t cfa, int i,
	const struct crashd_regs *regs, uint64_t *ret)
{
	uint64_t at;

	switch (rule->kind) {
	case CRASHD_RULE_SAME:
		*ret = regs->v[i];
		return regs->known >> i & 1;
	case CRASHD_RULE_AT_CFA:
		return crashd_peek_u64(cfa + (uint64_t)rule->offset, ret);
	case CRASHD_RULE_IS_CFA:
		*ret = cfa + (uint64_t)rule->offset;
		return true;
	case CRASHD_RULE_REG:
		if (rule->offset < 0 || rule->offset >= CRASHD_REGS)
			return false;
		*ret = regs->v[rule->offset];
		return regs->known >> rule->offset & 1;
	case CRASHD_RULE_AT_EXPR:
		return run_expression(rule, regs, &cfa, &at) == 0 &&
		       crashd_peek_u64(at, ret);
	case CRASHD_RULE_IS_EXPR:
		return run_expression(rule, regs, &cfa, ret) == 0;
	}
	return false;
}

int crashd_cfi_apply(const struct crashd_row *row,
	const struct crashd_regs *regs, struct crashd_regs *ret)
{
	struct crashd_regs out = { .known = 0 };
	uint64_t cfa;
	int r = cfa_of(row, regs, &cfa);

	if (r < 0)
		return r;
	if (row->reg[row->ra].kind == CRASHD_RULE_UNDEFINED)
		return -ENODATA;
	for (int i = 0; i < CRASHD_REGS; i++)
		if (apply_rule(&row->reg[i], cfa, i, regs, &out.v[i]))
			out.known |= 1ULL << i;
	if (row->reg[CRASHD_SP].kind == CRASHD_RULE_SAME) {
		out.v[CRASHD_SP] = cfa; /* psABI: sp at the call is the CFA */
		out.known |= 1ULL << CRASHD_SP;
	}
	if (!(out.known >> row->ra & 1))
		return -EFAULT;
	out.v[CRASHD_PC] = out.v[row->ra];
	out.known |= 1ULL << CRASHD_PC;
	*ret = out;
	return 0;
}
