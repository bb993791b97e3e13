/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * What differs between processors: register names, DWARF register numbers,
 * and where the kernel puts registers in a core.  Data, no logic.
 *
 * Registers are kept in DWARF's numbering as far as it is dense; what DWARF
 * numbers sparsely (flags, segments, bases) follows after it.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ARCH_MAX_REGS = 64, VREG_MAX = 32, VREG_SIZE = 64 };

/*
 * Integer registers of one frame.  Bit i of known: v[i] is meant.  Bit i of
 * carried, known not being set: v[i] is what the callee had there; nobody has
 * saved it, and nobody promises that it was kept.
 */
struct regs {
	uint64_t v[ARCH_MAX_REGS];
	uint64_t known, carried;
};

/*
 * Vector and x87 registers, as NT_FPREGSET / NT_X86_XSTATE had them: only the
 * innermost frame (and one interrupted by a signal) has them, because the
 * psABI lets every callee clobber them.
 */
struct vregs {
	uint8_t v[VREG_MAX][VREG_SIZE]; /* xmm/ymm/zmm0..31 from byte 0 */
	uint8_t size[VREG_MAX];         /* bytes known: 0, 16, 32, 64 */
	uint8_t st[8][16];              /* x87 st(0)..st(7), 10 bytes each */
	bool st_known;
	uint32_t mxcsr;
	uint16_t fctrl, fstat, ftag;
};

struct arch_reg {
	const char *name;
	int dwarf;    /* DWARF number, -1: none */
	int prstatus; /* index of the 8-byte slot in pr_reg, -1: not there */
};

/* The notes of a core that vector registers are in; each may be absent. */
struct arch_fpnotes {
	const void *fpregs; /* NT_FPREGSET: FXSAVE */
	size_t fpregs_size;
	const void *xstate; /* NT_X86_XSTATE */
	size_t xstate_size;
	const void *layout; /* NT_X86_XSAVE_LAYOUT, once for all threads */
	size_t layout_size;
};

struct arch {
	const char *name; /* "x86-64" */
	uint16_t elf_machine;
	const struct arch_reg *reg;
	unsigned nregs;
	unsigned pc, sp, fp;   /* indexes into reg[] */
	unsigned ra_dwarf;     /* DWARF number of the return address column */
	unsigned fs_base;      /* thread pointer */
	unsigned orig_rax;     /* system call number at the stop */
	uint64_t callee_saved; /* bitmap: kept by every callee (psABI) */
	uint64_t of_thread;    /* bitmap: the same in every frame */
	/* NT_PRSTATUS: offsets in the note and its size. */
	unsigned prstatus_size, prstatus_regs, prstatus_pid, prstatus_cursig,
		prstatus_utime, prstatus_stime, prstatus_sigpend,
		prstatus_sighold;
	/* Behind arch_find_subreg, arch_dwarf_vreg, arch_load_vregs. */
	int (*find_subreg)(const struct arch *, const char *name,
		unsigned *ret_shift, unsigned *ret_bits);
	int (*dwarf_vreg)(unsigned dwarf);
	void (*load_vregs)(struct vregs *ret, const struct arch_fpnotes *);
};

/* NULL: this machine is not built in. */
const struct arch *arch_of_machine(uint16_t elf_machine);
/* "x86-64", "AArch64", "machine 243": for sentences about any ELF machine. */
const char *arch_machine_name(uint16_t elf_machine);
/* Index into reg[] of a DWARF number or a name; -1: not one of ours. */
int arch_dwarf_reg(const struct arch *, unsigned dwarf);
int arch_find_reg(const struct arch *, const char *name);
/*
 * A part of a register by its own name: "eax", "r8d", "al".  Returns the index
 * of the whole register, or -1; *shift and *bits say which bits of it.
 */
int arch_find_subreg(const struct arch *, const char *name, unsigned *ret_shift,
	unsigned *ret_bits);
/* The vector register of a DWARF number (x86-64: 17..32, 67..82), or -1. */
int arch_dwarf_vreg(const struct arch *, unsigned dwarf);
/* What the notes tell of the vector registers and the x87. */
void arch_load_vregs(
	const struct arch *, struct vregs *ret, const struct arch_fpnotes *);

static inline bool regs_has(const struct regs *r, unsigned i)
{
	return i < ARCH_MAX_REGS && r->known >> i & 1;
}

static inline void regs_set(struct regs *r, unsigned i, uint64_t v)
{
	r->v[i] = v;
	r->known |= UINT64_C(1) << i;
}

static inline void regs_forget(struct regs *r, unsigned i)
{
	r->known &= ~(UINT64_C(1) << i);
}
