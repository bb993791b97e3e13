/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A general protection fault: the kernel learns neither the address nor the
 * reason, but the instruction tells them.  What can be computed is looked at
 * first: where a jump leads, who may execute the instruction, whether its
 * addresses can exist, and whether they are aligned as it demands.  "Likely a
 * wild pointer" is left for operands that cannot be computed; with all of them
 * good it would be a lie.
 */
#include "inspect/why/protection.h"

#include <inttypes.h>

static void finish(struct rule *r, struct why_finding *f)
{
	rule_signal_evidence(r, f);
	rule_insn_evidence(r, f);
}

static bool bad_target(struct rule *r)
{
	int reg = r->insn.target_register;
	struct why_finding *f;
	uint64_t to = 0;

	if (r->insn.is_return)
		(void)!mem_read_uint(&r->image->mem, r->sp, 8, &to);
	else if (reg >= 0 && regs_has(r->regs, (unsigned)reg))
		to = r->regs->v[reg];
	else if ((r->insn.is_call || r->insn.is_jump) && r->has_ea)
		(void)!mem_read_uint(&r->image->mem, r->ea, 8, &to);
	if (rule_canonical(to))
		return false;
	f = rule_add(r, r->insn.is_return ? "stack-smash" : "bad-call",
		r->insn.is_return ? WHY_LIKELY : WHY_CERTAIN,
		r->insn.is_return
			? "The program returned to 0x%" PRIx64
			  ", which cannot be an address: the return address on "
			  "the stack was overwritten."
			: "The program called through a pointer that holds "
			  "0x%" PRIx64
			  ", which cannot be an address: it was overwritten or "
			  "never set.",
		to);
	finish(r, f);
	return true;
}

static bool forbidden(struct rule *r)
{
	static const char *const words[] = {
		[INSN_OF_KERNEL] = "a privileged instruction: only the kernel "
				   "may",
		[INSN_OF_PORTS] = "an instruction for programs that may access "
				  "I/O ports (ioperm, iopl)",
		[INSN_INTERRUPT] = "a software interrupt that programs may not "
				   "raise",
		[INSN_OPTIONAL] = "an instruction that is forbidden to this "
				  "process (PR_SET_TSC, ARCH_SET_CPUID, or by "
				  "the machine)",
	};
	const struct insn *in = &r->insn;

	if (!in->mnemonic || in->privilege == INSN_FOR_ALL)
		return false;
	finish(r, rule_add(r, "illegal-instruction", WHY_CERTAIN,
			  "The program executed %s%s%s, %s.", in->mnemonic,
			  in->operands[0] ? " " : "", in->operands,
			  words[in->privilege]));
	return true;
}

static bool wild_address(struct rule *r, bool known, uint64_t addr)
{
	if (!known || rule_canonical(addr))
		return false;
	finish(r, rule_add(r, "non-canonical", WHY_CERTAIN,
			  "The program accessed 0x%" PRIx64
			  ", which cannot be an address: the pointer was "
			  "overwritten or never set.",
			  addr));
	return true;
}

/* push, call, ret: through the stack pointer; leave: through rbp. */
static bool wild_stack(struct rule *r)
{
	unsigned reg = r->image->arch->sp;
	const struct insn *in = &r->insn;

	if (!in->is_push && !in->is_call && !in->is_return)
		return false;
	if (in->is_push && in->mnemonic[0] == 'l')
		reg = r->image->arch->fp;
	if (!regs_has(r->regs, reg) || rule_canonical(r->regs->v[reg]))
		return false;
	finish(r, rule_add(r, "non-canonical", WHY_CERTAIN,
			  "The program accessed its stack at 0x%" PRIx64
			  ", which cannot be an address: %s was overwritten.",
			  r->regs->v[reg], r->image->arch->reg[reg].name));
	return true;
}

static bool misaligned(struct rule *r)
{
	unsigned align = r->insn.memory.align;

	if (!r->has_ea || !r->insn.has_memory || align <= 1 ||
		r->ea % align == 0)
		return false;
	finish(r, rule_add(r, "misaligned", WHY_CERTAIN,
			  "The program accessed 0x%" PRIx64
			  ", which is not a multiple of %u as %s demands.",
			  r->ea, align, r->insn.mnemonic));
	return true;
}

/* Are the addresses of all operands known?  Then it was none of them. */
static bool is_unexplained(const struct rule *r)
{
	const struct insn *in = &r->insn;

	return in->mnemonic && (r->has_ea || !in->has_memory) &&
	       (r->has_source_ea || !in->has_source);
}

void protection_explain(struct rule *r)
{
	if (bad_target(r) || forbidden(r) ||
		wild_address(r, r->has_ea, r->ea) ||
		wild_address(r, r->has_source_ea, r->source_ea) ||
		wild_stack(r) || misaligned(r))
		return;
	if (is_unexplained(r))
		finish(r, rule_add(r, "unknown", WHY_UNKNOWN,
				  "The processor refused %s%s%s for what it "
				  "was given (a general protection fault); the "
				  "addresses that it names could exist.",
				  r->insn.mnemonic,
				  r->insn.operands[0] ? " " : "",
				  r->insn.operands));
	else
		finish(r, rule_add(r, "non-canonical", WHY_LIKELY,
				  "The program used an address that cannot "
				  "exist on this processor (its upper bits are "
				  "not a sign extension): a pointer that was "
				  "overwritten or never set."));
}
