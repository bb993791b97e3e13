/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Intel's order of operands: the first is the destination.  The moves that
 * compilers make of C's assignments are named; everything else is "other", of
 * which only matters what it writes.  capstone 4 knows that of most general
 * instructions and of few vector ones: a register that is the first operand of
 * an instruction without any notes is taken as written.
 *
 * A call writes what the psABI lets it write (x86-64, 3.2.1).
 */
#include "inspect/arch/effect.h"

#include <capstone/capstone.h>
#include <elf.h>
#include <string.h>

struct decoder {
	csh h;
	const struct arch *arch;
	cs_insn *in;
};

static int vector_of(x86_reg reg)
{
	if (reg >= X86_REG_XMM0 && reg <= X86_REG_XMM31)
		return (int)(reg - X86_REG_XMM0);
	if (reg >= X86_REG_YMM0 && reg <= X86_REG_YMM31)
		return (int)(reg - X86_REG_YMM0);
	if (reg >= X86_REG_ZMM0 && reg <= X86_REG_ZMM31)
		return (int)(reg - X86_REG_ZMM0);
	return -1;
}

/* The whole register, or -1; the bit of it where reg begins. */
static int register_of(
	const struct decoder *d, x86_reg reg, unsigned *ret_shift)
{
	const char *name =
		reg == X86_REG_INVALID ? NULL : cs_reg_name(d->h, reg);
	unsigned bits;
	int i = name ? arch_find_reg(d->arch, name) : -1;

	*ret_shift = 0;
	if (i < 0 && name)
		i = arch_find_subreg(d->arch, name, ret_shift, &bits);
	return i;
}

static int whole_register(const struct decoder *d, x86_reg reg)
{
	unsigned shift;

	return register_of(d, reg, &shift);
}

static void memory_operand(
	const struct decoder *d, const cs_x86_op *op, struct operand *ret)
{
	ret->kind = OPERAND_MEMORY;
	ret->scale = (unsigned)op->mem.scale;
	ret->disp = op->mem.disp;
	ret->base = ret->index = ret->segment = -1;
	if (op->mem.segment == X86_REG_FS)
		ret->segment = (int)d->arch->fs_base;
	else if (op->mem.segment == X86_REG_GS)
		ret->unclear = true;
	if (op->mem.base == X86_REG_RIP) {
		ret->is_absolute = true;
		ret->disp += (int64_t)(d->in->address + d->in->size);
	} else if (op->mem.base != X86_REG_INVALID) {
		ret->base = whole_register(d, op->mem.base);
		ret->unclear |= ret->base < 0;
	}
	/* riz and eiz stand for no index. */
	if (op->mem.index != X86_REG_INVALID && op->mem.index != X86_REG_RIZ &&
		op->mem.index != X86_REG_EIZ) {
		ret->index = whole_register(d, op->mem.index);
		ret->unclear |= ret->index < 0;
	}
}

static struct operand operand_of(const struct decoder *d, const cs_x86_op *op)
{
	struct operand o = {
		.size = op->size,
		.read = op->access & CS_AC_READ,
		.written = op->access & CS_AC_WRITE,
		.reg = -1,
		.base = -1,
		.index = -1,
		.segment = -1,
	};

	switch (op->type) {
	case X86_OP_IMM:
		o.kind = OPERAND_NUMBER;
		o.number = (uint64_t)op->imm;
		break;
	case X86_OP_MEM:
		memory_operand(d, op, &o);
		break;
	case X86_OP_REG:
		o.reg = register_of(d, op->reg, &o.shift);
		o.kind = o.reg >= 0 ? OPERAND_REG : OPERAND_OTHER;
		if (o.reg < 0 && (o.reg = vector_of(op->reg)) >= 0)
			o.kind = OPERAND_VECTOR;
		break;
	default:
		o.kind = OPERAND_OTHER;
	}
	return o;
}

static enum effect_kind move_kind(unsigned id, bool *ret_signed)
{
	switch (id) {
	case X86_INS_MOVSX:
	case X86_INS_MOVSXD:
		*ret_signed = true;
		return EFFECT_COPY;
	case X86_INS_MOV:
	case X86_INS_MOVABS:
	case X86_INS_MOVZX:
	case X86_INS_MOVQ:
	case X86_INS_MOVD:
	case X86_INS_MOVDQA:
	case X86_INS_MOVDQU:
	case X86_INS_MOVAPS:
	case X86_INS_MOVUPS:
	case X86_INS_MOVAPD:
	case X86_INS_MOVUPD:
	case X86_INS_VMOVQ:
	case X86_INS_VMOVD:
	case X86_INS_VMOVDQA:
	case X86_INS_VMOVDQU:
	case X86_INS_VMOVAPS:
	case X86_INS_VMOVUPS:
	case X86_INS_VMOVAPD:
	case X86_INS_VMOVUPD:
		return EFFECT_COPY;
	default:
		return EFFECT_OTHER;
	}
}

static bool is_cmov(unsigned id)
{
	switch (id) {
	case X86_INS_CMOVA:
	case X86_INS_CMOVAE:
	case X86_INS_CMOVB:
	case X86_INS_CMOVBE:
	case X86_INS_CMOVE:
	case X86_INS_CMOVG:
	case X86_INS_CMOVGE:
	case X86_INS_CMOVL:
	case X86_INS_CMOVLE:
	case X86_INS_CMOVNE:
	case X86_INS_CMOVNO:
	case X86_INS_CMOVNP:
	case X86_INS_CMOVNS:
	case X86_INS_CMOVO:
	case X86_INS_CMOVP:
	case X86_INS_CMOVS:
		return true;
	default:
		return false;
	}
}

static bool same_register(const struct effect *e)
{
	const struct operand *o = e->operand;

	return e->noperands == 2 && o[0].kind == o[1].kind &&
	       (o[0].kind == OPERAND_REG || o[0].kind == OPERAND_VECTOR) &&
	       o[0].reg == o[1].reg && o[0].size >= 4;
}

static enum effect_kind kind_of(
	const struct decoder *d, const struct effect *e, bool *ret_signed)
{
	unsigned id = d->in->id;

	if (is_cmov(id))
		return EFFECT_CHOOSE;
	switch (id) {
	case X86_INS_LEA:
		return EFFECT_ADDRESS;
	case X86_INS_ADD:
		return EFFECT_ADD;
	case X86_INS_SUB:
		return same_register(e) ? EFFECT_ZERO : EFFECT_SUBTRACT;
	case X86_INS_XOR:
	case X86_INS_PXOR:
	case X86_INS_XORPS:
	case X86_INS_XORPD:
		return same_register(e) ? EFFECT_ZERO : EFFECT_OTHER;
	case X86_INS_XCHG:
		return EFFECT_EXCHANGE;
	case X86_INS_PUSH:
		return EFFECT_PUSH;
	case X86_INS_POP:
		return EFFECT_POP;
	case X86_INS_LEAVE:
		return EFFECT_LEAVE;
	case X86_INS_PUNPCKLQDQ:
		return EFFECT_PAIR;
	case X86_INS_MOVHPS:
	case X86_INS_MOVHPD:
		return EFFECT_HIGH;
	case X86_INS_SYSCALL:
		return EFFECT_SYSCALL;
	default:
		return move_kind(id, ret_signed);
	}
}

static bool is_read_only(unsigned id)
{
	return id == X86_INS_CMP || id == X86_INS_TEST || id == X86_INS_BT ||
	       id == X86_INS_NOP || id == X86_INS_PUSH ||
	       id == X86_INS_COMISS || id == X86_INS_COMISD ||
	       id == X86_INS_UCOMISS || id == X86_INS_UCOMISD;
}

static void note_register(
	const struct decoder *d, struct effect *e, x86_reg reg, bool written)
{
	int i = whole_register(d, reg);
	int v = i < 0 ? vector_of(reg) : -1;

	if (i >= 0)
		*(written ? &e->writes : &e->reads) |= UINT64_C(1) << i;
	else if (v >= 0 && written)
		e->vector_writes |= UINT64_C(1) << v;
}

/* mul, div: what is written has no operand. */
static bool writes_implied(const struct decoder *d)
{
	const cs_detail *t = d->in->detail;

	for (unsigned i = 0; i < t->regs_write_count; i++)
		if (whole_register(d, t->regs_write[i]) >= 0 &&
			t->regs_write[i] != X86_REG_EFLAGS)
			return true;
	return false;
}

/* Operands that are written, by capstone's notes or for want of them. */
static void note_operands(const struct decoder *d, struct effect *e)
{
	const cs_x86 *x = &d->in->detail->x86;
	bool noted = e->noperands && e->operand[0].read && writes_implied(d);

	for (unsigned i = 0; i < e->noperands; i++)
		noted |= e->operand[i].written;
	for (unsigned i = 0; i < e->noperands; i++) {
		struct operand *o = &e->operand[i];

		if (i == 0 && (!noted || e->kind == EFFECT_COPY) &&
			!is_read_only(d->in->id) && !e->is_jump &&
			e->kind != EFFECT_CALL)
			o->written = true;
		if (!o->written)
			continue;
		if (o->kind == OPERAND_REG || o->kind == OPERAND_VECTOR)
			note_register(d, e, x->operands[i].reg, true);
		else if (o->kind == OPERAND_MEMORY)
			e->stores = true;
	}
}

static void note_implied(const struct decoder *d, struct effect *e)
{
	const cs_detail *t = d->in->detail;

	for (unsigned i = 0; i < t->regs_write_count; i++)
		note_register(d, e, t->regs_write[i], true);
	for (unsigned i = 0; i < t->regs_read_count; i++)
		note_register(d, e, t->regs_read[i], false);
	/* rep counts in rcx, which capstone does not say. */
	if (t->x86.prefix[0] == X86_PREFIX_REP ||
		t->x86.prefix[0] == X86_PREFIX_REPNE)
		note_register(d, e, X86_REG_RCX, true);
	switch (d->in->id) {
	case X86_INS_STOSB:
	case X86_INS_STOSW:
	case X86_INS_STOSD:
	case X86_INS_STOSQ:
	case X86_INS_MOVSB:
	case X86_INS_MOVSW:
	case X86_INS_MOVSQ:
	case X86_INS_FXSAVE:
	case X86_INS_XSAVE:
	case X86_INS_XSAVEC:
		e->stores = e->stores_unclear = true;
		break;
	case X86_INS_MOVSD: /* SSE's, or the string instruction */
		if (e->noperands == 2 && e->operand[0].kind == OPERAND_MEMORY &&
			e->operand[1].kind == OPERAND_MEMORY)
			e->stores = e->stores_unclear = true;
		break;
	default:
		break;
	}
}

static void note_flow(const struct decoder *d, struct effect *e)
{
	unsigned id = d->in->id;

	e->is_jump = cs_insn_group(d->h, d->in, CS_GRP_JUMP);
	e->is_conditional = e->is_jump && id != X86_INS_JMP;
	e->is_return = cs_insn_group(d->h, d->in, CS_GRP_RET);
	e->is_trap = id == X86_INS_UD2 || id == X86_INS_HLT;
	e->is_padding = id == X86_INS_NOP || id == X86_INS_INT3 ||
			(id == X86_INS_XCHG && d->in->size <= 2 &&
				d->in->bytes[d->in->size - 1] == 0x90);
	if (cs_insn_group(d->h, d->in, CS_GRP_CALL))
		e->kind = EFFECT_CALL;
	if ((e->is_jump || e->kind == EFFECT_CALL) && e->noperands == 1 &&
		e->operand[0].kind == OPERAND_NUMBER) {
		e->has_target = true;
		e->target = e->operand[0].number;
	}
}

static void clobber(const struct decoder *d, struct effect *e)
{
	uint64_t general = (UINT64_C(1) << d->arch->pc) - 1;

	if (e->kind == EFFECT_CALL) {
		e->writes |= general & ~d->arch->callee_saved;
		e->writes &= ~(UINT64_C(1) << d->arch->sp);
		e->vector_writes = UINT32_MAX;
		e->stores = e->stores_unclear = true;
	} else if (e->kind == EFFECT_SYSCALL) {
		/* kernel: entry_64.S, rax is the result, rcx and r11 are the
		 * return address and the flags. */
		e->writes |= UINT64_C(1) << arch_find_reg(d->arch, "rax") |
			     UINT64_C(1) << arch_find_reg(d->arch, "rcx") |
			     UINT64_C(1) << arch_find_reg(d->arch, "r11");
		e->stores = e->stores_unclear = true;
	} else if (e->kind == EFFECT_PUSH) {
		e->stores = true;
	} else if (e->kind == EFFECT_LEAVE) {
		e->writes |=
			UINT64_C(1) << d->arch->sp | UINT64_C(1) << d->arch->fp;
	}
}

static void describe(const struct decoder *d, struct effect *e)
{
	const cs_x86 *x = &d->in->detail->x86;

	for (uint8_t i = 0; i < x->op_count && i < EFFECT_OPERANDS; i++) {
		e->operand[e->noperands++] = operand_of(d, &x->operands[i]);
		const struct operand *o = &e->operand[i];
		if (o->kind == OPERAND_REG)
			e->reads |= o->read ? UINT64_C(1) << o->reg : 0;
		if (o->base >= 0)
			e->reads |= UINT64_C(1) << o->base;
		if (o->index >= 0)
			e->reads |= UINT64_C(1) << o->index;
	}
	e->kind = kind_of(d, e, &e->is_signed);
	note_flow(d, e);
	note_operands(d, e);
	note_implied(d, e);
	clobber(d, e);
	/* Two general operands only: three are another instruction. */
	if ((e->kind == EFFECT_COPY || e->kind == EFFECT_ADDRESS ||
		    e->kind == EFFECT_CHOOSE || e->kind == EFFECT_EXCHANGE) &&
		e->noperands != 2)
		e->kind = EFFECT_OTHER;
	/* nop writes nothing, whatever its operand. */
	if (d->in->id == X86_INS_NOP) {
		e->writes = e->vector_writes = 0;
		e->stores = false;
	}
}

static bool open_decoder(const struct arch *arch, struct decoder *ret)
{
	*ret = (struct decoder){ .arch = arch };
	if (arch->elf_machine != EM_X86_64 ||
		cs_open(CS_ARCH_X86, CS_MODE_64, &ret->h) != CS_ERR_OK)
		return false;
	cs_option(ret->h, CS_OPT_DETAIL, CS_OPT_ON);
	ret->in = cs_malloc(ret->h);
	return true;
}

size_t effect_decode(const struct arch *arch, const void *bytes, size_t n,
	uint64_t addr, struct effect *ret, size_t max)
{
	const uint8_t *p = bytes;
	struct decoder d;
	size_t count = 0;

	if (!open_decoder(arch, &d))
		return 0;
	while (n && count < max) {
		struct effect *e = &ret[count++];

		*e = (struct effect){ .addr = addr, .size = 1 };
		if (cs_disasm_iter(d.h, &p, &n, &addr, d.in)) {
			e->size = (uint8_t)d.in->size;
			describe(&d, e);
			continue;
		}
		e->is_trap = true;
		p++;
		n--;
		addr++;
	}
	cs_free(d.in, 1);
	cs_close(&d.h);
	return count;
}
