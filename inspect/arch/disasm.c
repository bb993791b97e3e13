/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * capstone decodes.  What is not an instruction costs one byte, so that the
 * rest still comes out.
 */
#include "inspect/arch/disasm.h"

#include "inspect/arch/demands.h"
#include "inspect/arch/notation.h"

#include <capstone/capstone.h>
#include <elf.h>
#include <string.h>

static bool open_for(const struct arch *arch, bool att, csh *ret)
{
	if (arch->elf_machine != EM_X86_64 ||
		cs_open(CS_ARCH_X86, CS_MODE_64, ret) != CS_ERR_OK)
		return false;
	cs_option(*ret, CS_OPT_SYNTAX,
		att ? CS_OPT_SYNTAX_ATT : CS_OPT_SYNTAX_INTEL);
	cs_option(*ret, CS_OPT_DETAIL, CS_OPT_ON);
	return true;
}

static int register_of(csh h, const struct arch *arch, x86_reg reg)
{
	const char *name = reg == X86_REG_INVALID ? NULL : cs_reg_name(h, reg);

	return name ? arch_find_reg(arch, name) : -1;
}

/* In 64-bit code the bases of the others count as 0 (Intel SDM volume 1,
 * 3.4.2.1). */
static int segment_of(const struct arch *arch, x86_reg segment)
{
	return segment == X86_REG_FS   ? arch_find_reg(arch, "fs_base")
	       : segment == X86_REG_GS ? arch_find_reg(arch, "gs_base")
				       : -1;
}

static void find_memory(csh h, const struct arch *arch, const cs_insn *in,
	const cs_x86_op *op, struct insn *ret)
{
	if (op->mem.base == X86_REG_RIP) {
		ret->has_ref = true;
		ret->ref = in->address + in->size + (uint64_t)op->mem.disp;
	}
	/* lea computes an address and touches nothing. */
	if (in->id == X86_INS_LEA || in->id == X86_INS_NOP)
		return;
	ret->has_source = ret->has_memory;
	ret->source = ret->memory;
	ret->has_memory = true;
	ret->memory = (struct insn_memory){
		.segment = segment_of(arch, op->mem.segment),
		.base = register_of(h, arch, op->mem.base),
		.index = register_of(h, arch, op->mem.index),
		.scale = (unsigned)op->mem.scale,
		.disp = op->mem.disp,
		.read = op->access & CS_AC_READ || !op->access,
		.write = op->access & CS_AC_WRITE,
		.align = demands_alignment(h, in, op),
	};
	ret->memory.unclear =
		(op->mem.base != X86_REG_INVALID && ret->memory.base < 0) ||
		(op->mem.index != X86_REG_INVALID && ret->memory.index < 0);
}

static void find_operands(
	csh h, const struct arch *arch, const cs_insn *in, struct insn *ret)
{
	const cs_x86 *x = &in->detail->x86;

	ret->target_register = -1;
	ret->is_call = cs_insn_group(h, in, CS_GRP_CALL);
	ret->is_jump = cs_insn_group(h, in, CS_GRP_JUMP);
	ret->is_return = cs_insn_group(h, in, CS_GRP_RET);
	ret->is_push = demands_stack(in);
	ret->privilege = demands_privilege(h, in);
	if (x->op_count == 1 && (ret->is_call || ret->is_jump)) {
		ret->has_target = x->operands[0].type == X86_OP_IMM;
		ret->target = (uint64_t)x->operands[0].imm;
		if (x->operands[0].type == X86_OP_REG)
			ret->target_register =
				register_of(h, arch, x->operands[0].reg);
	}
	for (uint8_t i = 0; i < x->op_count; i++)
		if (x->operands[i].type == X86_OP_MEM)
			find_memory(h, arch, in, &x->operands[i], ret);
}

size_t disasm_decode(const struct arch *arch, bool att, const void *bytes,
	size_t n, uint64_t addr, struct insn *ret, size_t max,
	struct arena *arena)
{
	const uint8_t *p = bytes;
	size_t count = 0;
	csh h;

	if (!open_for(arch, att, &h))
		return 0;
	cs_insn *in = cs_malloc(h);
	while (n && count < max) {
		struct insn *r = &ret[count++];

		*r = (struct insn){
			.addr = addr,
			.size = 1,
			.target_register = -1,
		};
		if (!cs_disasm_iter(h, &p, &n, &addr, in)) {
			r->mnemonic = "(bad)";
			r->operands = "";
			p++;
			n--;
			addr++;
			continue;
		}
		r->size = (uint8_t)in->size;
		r->mnemonic = notation_mnemonic(h, in, att, arena);
		r->operands = notation_operands(in, att, arena);
		find_operands(h, arch, in, r);
	}
	cs_free(in, 1);
	cs_close(&h);
	return count;
}
