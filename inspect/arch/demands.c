/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A general protection fault has no address and no reason; which reasons an
 * instruction can have at all is in the processor's manual (Intel SDM volume 2,
 * "64-Bit Mode Exceptions" of each instruction).  capstone knows most of the
 * privileged ones; the others are listed here.
 */
#include "inspect/arch/demands.h"

#include <stddef.h>

enum { SSE_BYTES = 16, XSAVE_BYTES = 64 };

static bool is_one_of(unsigned id, const uint16_t *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == id)
			return true;
	return false;
}

#define ONE_OF(id, list) is_one_of(id, list, sizeof(list) / sizeof *(list))

/* Volume 1, 19.5.1: they look at IOPL and at the map of ports. */
static const uint16_t ports[] = { X86_INS_IN, X86_INS_OUT, X86_INS_INSB,
	X86_INS_INSW, X86_INS_INSD, X86_INS_OUTSB, X86_INS_OUTSW, X86_INS_OUTSD,
	X86_INS_CLI, X86_INS_STI };
/* prctl(PR_SET_TSC), arch_prctl(ARCH_SET_CPUID), and CR4.PCE. */
static const uint16_t optional[] = { X86_INS_RDTSC, X86_INS_RDTSCP,
	X86_INS_CPUID, X86_INS_RDPMC };
static const uint16_t of_kernel[] = { X86_INS_RDMSR, X86_INS_CLTS };
/* In capstone's group, but anybody's: they fault for what they load. */
static const uint16_t of_all[] = { X86_INS_IRET, X86_INS_IRETD, X86_INS_IRETQ };

static bool is_segment(unsigned reg)
{
	return reg == X86_REG_CS || reg == X86_REG_DS || reg == X86_REG_ES ||
	       reg == X86_REG_FS || reg == X86_REG_GS || reg == X86_REG_SS;
}

/* mov %eax,%ds: anybody's, if the selector is good. */
static bool loads_segment(const cs_insn *in)
{
	const cs_x86 *x = &in->detail->x86;

	for (uint8_t i = 0; i < x->op_count; i++)
		if (x->operands[i].type == X86_OP_REG &&
			is_segment(x->operands[i].reg))
			return true;
	return false;
}

enum insn_privilege demands_privilege(csh h, const cs_insn *in)
{
	if (in->id == X86_INS_INT)
		return INSN_INTERRUPT;
	if (ONE_OF(in->id, ports))
		return INSN_OF_PORTS;
	if (ONE_OF(in->id, optional))
		return INSN_OPTIONAL;
	if (ONE_OF(in->id, of_kernel))
		return INSN_OF_KERNEL;
	if (ONE_OF(in->id, of_all) || loads_segment(in))
		return INSN_FOR_ALL;
	return cs_insn_group(h, in, CS_GRP_PRIVILEGE) ? INSN_OF_KERNEL
						      : INSN_FOR_ALL;
}

/* Of SSE, without the prefix VEX, these alone take any address; volume 1,
 * 14.9 has the converse for AVX. */
static const uint16_t sse_any[] = { X86_INS_MOVUPS, X86_INS_MOVUPD,
	X86_INS_MOVDQU, X86_INS_LDDQU, X86_INS_PCMPESTRI, X86_INS_PCMPESTRM,
	X86_INS_PCMPISTRI, X86_INS_PCMPISTRM };
static const uint16_t avx_aligned[] = { X86_INS_VMOVAPS, X86_INS_VMOVAPD,
	X86_INS_VMOVDQA, X86_INS_VMOVDQA32, X86_INS_VMOVDQA64, X86_INS_VMOVNTPS,
	X86_INS_VMOVNTPD, X86_INS_VMOVNTDQ, X86_INS_VMOVNTDQA };
static const uint16_t by_16[] = { X86_INS_CMPXCHG16B, X86_INS_FXSAVE,
	X86_INS_FXSAVE64, X86_INS_FXRSTOR, X86_INS_FXRSTOR64 };
static const uint16_t by_64[] = { X86_INS_XSAVE, X86_INS_XSAVE64,
	X86_INS_XSAVEC, X86_INS_XSAVEC64, X86_INS_XSAVEOPT, X86_INS_XSAVEOPT64,
	X86_INS_XRSTOR, X86_INS_XRSTOR64 };
static const uint8_t sse[] = { X86_GRP_SSE1, X86_GRP_SSE2, X86_GRP_SSE3,
	X86_GRP_SSSE3, X86_GRP_SSE41, X86_GRP_SSE42, X86_GRP_AES,
	X86_GRP_PCLMUL, X86_GRP_SHA };

unsigned demands_alignment(csh h, const cs_insn *in, const cs_x86_op *op)
{
	if (ONE_OF(in->id, avx_aligned))
		return op->size;
	if (ONE_OF(in->id, by_16))
		return SSE_BYTES;
	if (ONE_OF(in->id, by_64))
		return XSAVE_BYTES;
	/* AES and PCLMUL are in both. */
	if (op->size != SSE_BYTES || in->mnemonic[0] == 'v' ||
		ONE_OF(in->id, sse_any))
		return 1;
	for (size_t i = 0; i < sizeof sse; i++)
		if (cs_insn_group(h, in, sse[i]))
			return SSE_BYTES;
	return 1;
}

bool demands_stack(const cs_insn *in)
{
	static const uint16_t stack[] = { X86_INS_PUSH, X86_INS_POP,
		X86_INS_PUSHFQ, X86_INS_POPFQ, X86_INS_LEAVE, X86_INS_ENTER };

	return ONE_OF(in->id, stack);
}
