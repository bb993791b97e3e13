/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * capstone, with the spacing of objdump and gdb: no blank after the commas of
 * AT&T operands.  What is not an instruction costs one byte, so that the rest
 * still comes out.
 */
#include "inspect/arch/disasm.h"

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

static const char *without_blanks(const char *operands, struct arena *arena)
{
	char *copy = arena_strdup(arena, operands);
	char *to = copy;

	for (const char *s = operands; *s; s++)
		if (*s != ' ' || s == operands || s[-1] != ',')
			*to++ = *s;
	*to = '\0';
	return copy;
}

static void find_addresses(const csh h, const cs_insn *in, struct insn *ret)
{
	const cs_x86 *x = &in->detail->x86;

	if (x->op_count == 1 && x->operands[0].type == X86_OP_IMM &&
		(cs_insn_group(h, in, CS_GRP_JUMP) ||
			cs_insn_group(h, in, CS_GRP_CALL))) {
		ret->has_target = true;
		ret->target = (uint64_t)x->operands[0].imm;
	}
	for (uint8_t i = 0; i < x->op_count; i++)
		if (x->operands[i].type == X86_OP_MEM &&
			x->operands[i].mem.base == X86_REG_RIP) {
			ret->has_ref = true;
			ret->ref = in->address + in->size +
				   (uint64_t)x->operands[i].mem.disp;
		}
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

		*r = (struct insn){ .addr = addr, .size = 1 };
		if (!cs_disasm_iter(h, &p, &n, &addr, in)) {
			r->mnemonic = "(bad)";
			r->operands = "";
			p++;
			n--;
			addr++;
			continue;
		}
		r->size = (uint8_t)in->size;
		r->mnemonic = arena_strdup(arena, in->mnemonic);
		r->operands = att ? without_blanks(in->op_str, arena)
				  : arena_strdup(arena, in->op_str);
		find_addresses(h, in, r);
	}
	cs_free(in, 1);
	cs_close(&h);
	return count;
}
