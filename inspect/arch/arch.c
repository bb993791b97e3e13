/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The list of what is built in, and lookups that are the same for every
 * processor.  Tables are some forty rows: a linear search is the simplest
 * thing that is fast enough.
 */
#include "inspect/arch/arch.h"
#include "inspect/arch/x86_64.h"

#include <elf.h>
#include <stdio.h>
#include <string.h>

const struct arch *arch_of_machine(uint16_t elf_machine)
{
	return elf_machine == EM_X86_64 ? &arch_x86_64 : NULL;
}

const char *arch_machine_name(uint16_t elf_machine)
{
	static const struct {
		uint16_t machine;
		const char *name;
	} names[] = {
		{ EM_X86_64, "x86-64" },
		{ EM_386, "i386" },
		{ EM_AARCH64, "AArch64" },
		{ EM_ARM, "ARM" },
		{ EM_RISCV, "RISC-V" },
		{ EM_PPC64, "PowerPC64" },
		{ EM_PPC, "PowerPC" },
		{ EM_S390, "S/390" },
		{ EM_MIPS, "MIPS" },
		{ EM_SPARCV9, "SPARC V9" },
		{ EM_IA_64, "Itanium" },
		{ EM_LOONGARCH, "LoongArch" },
	};
	static _Thread_local char unknown[32];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].machine == elf_machine)
			return names[i].name;
	snprintf(unknown, sizeof(unknown), "machine %u", elf_machine);
	return unknown;
}

int arch_dwarf_reg(const struct arch *a, unsigned dwarf)
{
	for (unsigned i = 0; i < a->nregs; i++)
		if (a->reg[i].dwarf >= 0 && (unsigned)a->reg[i].dwarf == dwarf)
			return (int)i;
	return -1;
}

int arch_find_reg(const struct arch *a, const char *name)
{
	for (unsigned i = 0; i < a->nregs; i++)
		if (!strcmp(a->reg[i].name, name))
			return (int)i;
	return -1;
}

int arch_find_subreg(const struct arch *a, const char *name,
	unsigned *ret_shift, unsigned *ret_bits)
{
	return a->find_subreg(a, name, ret_shift, ret_bits);
}

int arch_dwarf_vreg(const struct arch *a, unsigned dwarf)
{
	return a->dwarf_vreg(dwarf);
}

void arch_load_vregs(
	const struct arch *a, struct vregs *ret, const struct arch_fpnotes *n)
{
	a->load_vregs(ret, n);
}
