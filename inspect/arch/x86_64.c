/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * x86-64 Linux.
 *
 * Numbers of registers: psABI x86-64, figure 3.36.  Slots of pr_reg: struct
 * user_regs_struct (asm/user_64.h).  FXSAVE and XSAVE areas: Intel SDM volume
 * 1, chapters 10.5 and 13.4.  A core has the standard (not compacted) format;
 * where each component lies is the processor's choice (CPUID leaf 0xd): the
 * kernel tells it in NT_X86_XSAVE_LAYOUT since 6.12.  Without that note YMM
 * lies where every processor has it, and the AVX-512 parts where Intel's have
 * them, unless the size of the note says AMD's.
 */
#include "inspect/arch/x86_64.h"

#include "inspect/base/bytes.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

enum {
	RAX,
	RDX,
	RCX,
	RBX,
	RSI,
	RDI,
	RBP,
	RSP,
	R8,
	R12 = 12,
	R15 = 15,
	RIP,
	EFLAGS,
	CS,
	SS,
	DS,
	ES,
	FS,
	GS,
	FS_BASE,
	GS_BASE,
	ORIG_RAX,
	NREGS,
};

static const struct arch_reg registers[NREGS] = {
	/* clang-format off */
	{ "rax", 0, 10 }, { "rdx", 1, 12 }, { "rcx", 2, 11 }, { "rbx", 3, 5 },
	{ "rsi", 4, 13 }, { "rdi", 5, 14 }, { "rbp", 6, 4 },  { "rsp", 7, 19 },
	{ "r8", 8, 9 },   { "r9", 9, 8 },   { "r10", 10, 7 }, { "r11", 11, 6 },
	{ "r12", 12, 3 }, { "r13", 13, 2 }, { "r14", 14, 1 }, { "r15", 15, 0 },
	{ "rip", 16, 16 }, { "eflags", 49, 18 },
	{ "cs", 51, 17 }, { "ss", 52, 20 }, { "ds", 53, 23 }, { "es", 50, 24 },
	{ "fs", 54, 25 }, { "gs", 55, 26 },
	{ "fs_base", 58, 21 }, { "gs_base", 59, 22 }, { "orig_rax", -1, 15 },
	/* clang-format on */
};

struct part {
	const char *name;
	uint8_t reg, shift, bits;
};

static const struct part parts[] = {
	/* clang-format off */
	{ "eax", RAX, 0, 32 }, { "ax", RAX, 0, 16 }, { "al", RAX, 0, 8 }, { "ah", RAX, 8, 8 },
	{ "ebx", RBX, 0, 32 }, { "bx", RBX, 0, 16 }, { "bl", RBX, 0, 8 }, { "bh", RBX, 8, 8 },
	{ "ecx", RCX, 0, 32 }, { "cx", RCX, 0, 16 }, { "cl", RCX, 0, 8 }, { "ch", RCX, 8, 8 },
	{ "edx", RDX, 0, 32 }, { "dx", RDX, 0, 16 }, { "dl", RDX, 0, 8 }, { "dh", RDX, 8, 8 },
	{ "esi", RSI, 0, 32 }, { "si", RSI, 0, 16 }, { "sil", RSI, 0, 8 },
	{ "edi", RDI, 0, 32 }, { "di", RDI, 0, 16 }, { "dil", RDI, 0, 8 },
	{ "ebp", RBP, 0, 32 }, { "bp", RBP, 0, 16 }, { "bpl", RBP, 0, 8 },
	{ "esp", RSP, 0, 32 }, { "spl", RSP, 0, 8 },
	{ "eip", RIP, 0, 32 },
	/* clang-format on */
};

/* "r8d", "r12w", "r15b", and gdb's "r15l". */
static int find_numbered_part(
	const char *name, unsigned *ret_shift, unsigned *ret_bits)
{
	char *end;

	if (name[0] != 'r' || name[1] < '1' || name[1] > '9')
		return -1;
	unsigned long number = strtoul(name + 1, &end, 10);
	if (number < R8 || number > R15 || !*end || end[1])
		return -1;
	unsigned bits = *end == 'd'                    ? 32
			: *end == 'w'                  ? 16
			: (*end == 'b' || *end == 'l') ? 8
						       : 0;
	if (!bits)
		return -1;
	*ret_shift = 0;
	*ret_bits = bits;
	return (int)number;
}

static int find_subreg(const struct arch *a, const char *name,
	unsigned *ret_shift, unsigned *ret_bits)
{
	(void)a;
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		if (strcmp(parts[i].name, name))
			continue;
		*ret_shift = parts[i].shift;
		*ret_bits = parts[i].bits;
		return parts[i].reg;
	}
	return find_numbered_part(name, ret_shift, ret_bits);
}

/* psABI: xmm0-15 are 17-32, xmm16-31 are 67-82. */
static int dwarf_vreg(unsigned dwarf)
{
	if (dwarf >= 17 && dwarf <= 32)
		return (int)dwarf - 17;
	if (dwarf >= 67 && dwarf <= 82)
		return (int)dwarf - 67 + 16;
	return -1;
}

enum {
	FXSAVE_SIZE = 512,
	FXSAVE_ST = 32,
	FXSAVE_XMM = 160,
	XCR0_AT = 464, /* the kernel leaves XCR0 in the software bytes */
	XSTATE_BV_AT = 512,
	XSAVE_MIN = 576, /* FXSAVE and the XSAVE header */
	/* components: bits of XCR0 */
	XF_YMM = 2,
	XF_ZMM_HI256 = 6,
	XF_HI16_ZMM = 7,
	XF_COUNT = 32,
	AMD_AVX512_SIZE = 2432, /* no room for MPX: Zen 4 and later */
};

struct xsave_layout {
	uint32_t offset[XF_COUNT]; /* 0: not known */
};

/* Records of four words: component, size, offset, flags (asm/elf.h). */
static void read_layout(struct xsave_layout *l, const struct arch_fpnotes *n)
{
	struct bytes b = bytes_of(n->layout, n->layout_size);

	while (bytes_left(&b) >= 16) {
		uint32_t component = bytes_u32(&b);

		bytes_u32(&b);
		uint32_t offset = bytes_u32(&b);
		bytes_u32(&b);
		if (component < XF_COUNT)
			l->offset[component] = offset;
	}
}

static struct xsave_layout find_layout(const struct arch_fpnotes *n)
{
	struct xsave_layout l = { .offset = { [XF_YMM] = XSAVE_MIN } };
	bool amd = n->xstate_size >= AMD_AVX512_SIZE &&
		   n->xstate_size < 2688 /* Intel's, with PKRU */;

	l.offset[XF_ZMM_HI256] = amd ? 896 : 1152;
	l.offset[XF_HI16_ZMM] = amd ? 1408 : 1664;
	if (n->layout)
		read_layout(&l, n);
	return l;
}

static void load_fxsave(struct vregs *v, const void *fxsave, size_t n)
{
	const uint8_t *p = fxsave;

	if (n < FXSAVE_SIZE)
		return;
	memcpy(&v->fctrl, p, 2);
	memcpy(&v->fstat, p + 2, 2);
	v->ftag = p[4]; /* one bit a register: 1 is in use */
	memcpy(&v->mxcsr, p + 24, 4);
	for (int i = 0; i < 8; i++)
		memcpy(v->st[i], p + FXSAVE_ST + 16 * i, 10);
	v->st_known = true;
	for (int i = 0; i < 16; i++) {
		memcpy(v->v[i], p + FXSAVE_XMM + 16 * i, 16);
		v->size[i] = 16;
	}
}

/* Where sixteen registers of an XSAVE component go. */
struct component {
	unsigned bit;   /* in XCR0 and XSTATE_BV */
	unsigned first; /* register */
	size_t at;      /* byte in the register */
	size_t size;    /* bytes of each */
};

static const struct component components[] = {
	{ XF_YMM, 0, 16, 16 },
	{ XF_ZMM_HI256, 0, 32, 32 },
	{ XF_HI16_ZMM, 16, 0, 64 },
};

/*
 * A component that is enabled (XCR0) but in its initial state (its bit in
 * XSTATE_BV is clear) is all zeros, whatever bytes are there.
 */
static void load_component(struct vregs *v, const struct arch_fpnotes *n,
	uint32_t offset, const struct component *c)
{
	const uint8_t *p = n->xstate;
	uint64_t enabled, in_use;

	memcpy(&enabled, p + XCR0_AT, 8);
	memcpy(&in_use, p + XSTATE_BV_AT, 8);
	if (!(enabled >> c->bit & 1) || !offset || offset > n->xstate_size ||
		n->xstate_size - offset < c->size * 16)
		return;
	for (unsigned i = 0; i < 16; i++) {
		uint8_t *reg = v->v[c->first + i];

		if (in_use >> c->bit & 1)
			memcpy(reg + c->at, p + offset + c->size * i, c->size);
		else
			memset(reg + c->at, 0, c->size);
		v->size[c->first + i] = (uint8_t)(c->at + c->size);
	}
}

static void load_vregs(struct vregs *ret, const struct arch_fpnotes *n)
{
	memset(ret, 0, sizeof(*ret));
	if (n->xstate_size >= FXSAVE_SIZE)
		load_fxsave(ret, n->xstate, n->xstate_size);
	else if (n->fpregs)
		load_fxsave(ret, n->fpregs, n->fpregs_size);
	if (n->xstate_size < XSAVE_MIN)
		return;

	struct xsave_layout l = find_layout(n);
	for (size_t i = 0; i < sizeof(components) / sizeof(*components); i++)
		load_component(
			ret, n, l.offset[components[i].bit], &components[i]);
}

const struct arch arch_x86_64 = {
	.name = "x86-64",
	.elf_machine = EM_X86_64,
	.reg = registers,
	.nregs = NREGS,
	.pc = RIP,
	.sp = RSP,
	.fp = RBP,
	.ra_dwarf = 16,
	.fs_base = FS_BASE,
	.orig_rax = ORIG_RAX,
	/* psABI, figure 3.4: rbx, rbp, r12-r15; segments do not change. */
	.callee_saved = 1 << RBX | 1 << RBP | 0xfu << R12,
	.of_thread = 1 << CS | 1 << SS | 1 << DS | 1 << ES | 1 << FS | 1 << GS |
		     1 << FS_BASE | 1 << GS_BASE,
	/* struct elf_prstatus (linux/elfcore.h) */
	.prstatus_size = 336,
	.prstatus_cursig = 12,
	.prstatus_sigpend = 16,
	.prstatus_sighold = 24,
	.prstatus_pid = 32,
	.prstatus_utime = 48,
	.prstatus_stime = 64,
	.prstatus_regs = 112,
	.find_subreg = find_subreg,
	.dwarf_vreg = dwarf_vreg,
	.load_vregs = load_vregs,
};
