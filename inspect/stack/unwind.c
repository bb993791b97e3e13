/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Unwinding is guessing backwards with evidence; each kind of evidence is
 * tried in the order of how much it can be trusted, and the frame that it
 * gives says which one it was.
 *
 *  1. Call frame information, looked up at pc - 1 in a caller, because after a
 *     call that does not return the return address belongs to something else.
 *     A frame that was interrupted (frame 0, and the one under a signal
 *     trampoline) is looked up at pc itself.  An undefined return address
 *     marks the outermost frame (_start, clone3).
 *  2. A signal trampoline without CFI, known by its two instructions.
 *  3. A call through a bad pointer: an interrupted pc where there is no code.
 *     The call has pushed its return address and done nothing else, so popping
 *     it undoes the call, with every register intact.
 *  4. The frame pointer, where it looks like one.
 *  5. A scan of the stack for a word that points behind a call instruction.
 *     Where the code's file is missing, its library was most likely built
 *     without frame pointers, rbp is some outer frame's, and following it
 *     would skip frames: then the scan below rbp goes first.
 *
 * Steps 4 and 5 know only where the stack goes on: every other register is
 * forgotten, or a variable of an outer frame would show an inner frame's
 * leftovers.
 *
 * The stack must not grow with a step outwards, except across a signal frame,
 * which may have been on an alternate stack.  That rules out most cycles;
 * trace.c looks for those that remain.
 */
#include "inspect/stack/unwind.h"
#include "inspect/base/limits.h"
#include "inspect/dwarf/cfi.h"
#include "inspect/image/symbol.h"

#include <gelf.h>
#include <string.h>

/* psABI x86-64, 3.2.3 and Linux: struct rt_sigframe is at sp - 8 when the
 * trampoline runs; uc_mcontext.gregs is 40 bytes into the ucontext at sp. */
enum { UCONTEXT_GREGS = 40, UCONTEXT_NGREGS = 17 };

static const uint8_t sigreturn_code[] = {
	0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00, /* mov $15, %rax */
	0x0f, 0x05,                               /* syscall */
};
/* gregs' order (sys/ucontext.h) in DWARF numbers. */
static const uint8_t gregs_dwarf[UCONTEXT_NGREGS] = { 8, 9, 10, 11, 12, 13, 14,
	15, 5, 4, 6, 3, 1, 0, 2, 7, 16 };

/* ---- is it code? ---- */

static const struct core_load *load_of(const struct core *core, uint64_t addr)
{
	for (size_t i = 0; i < core->nloads; i++)
		if (addr - core->loads[i].addr < core->loads[i].memsz)
			return &core->loads[i];
	return NULL;
}

static bool in_exec_segment(const struct module *m, uint64_t addr)
{
	size_t n;

	if (!m->elf || elf_getphdrnum(m->elf, &n))
		return true;
	for (size_t i = 0; i < n; i++) {
		GElf_Phdr ph;

		if (gelf_getphdr(m->elf, (int)i, &ph) && ph.p_type == PT_LOAD &&
			addr - m->bias - ph.p_vaddr < ph.p_memsz)
			return ph.p_flags & PF_X;
	}
	return false;
}

/* A live image has no table of permissions, and gdb's cores leave out what
 * they do not dump: the modules' files tell, and outside of modules whatever
 * can be read may be code made at run time. */
static bool is_code(struct image *image, uint64_t addr)
{
	struct module *m = module_at(image, addr);

	bool table = image->core && image->core->nloads;
	const struct core_load *l = table ? load_of(image->core, addr) : NULL;

	if (l)
		return l->flags & PF_X;
	if (m)
		return in_exec_segment(m, addr);
	return !table && mem_at(&image->mem, addr);
}

/*
 * Do the bytes before a return address decode as a call?  e8 rel32; ff /2 with
 * its addressing forms, after an optional REX prefix (Intel SDM, CALL).
 */
static bool after_call(struct image *image, uint64_t ra)
{
	uint8_t b[8];
	size_t have = 8;

	while (have >= 2 && mem_read_part(&image->mem, ra - have, b + 8 - have,
				    have) < have)
		have--;
	if (have < 2)
		return false;
	if (have >= 5 && b[3] == 0xe8)
		return true;
	for (size_t n = 2; n <= 7 && n <= have; n++) {
		const uint8_t *op = b + 8 - n;
		unsigned mod = n > 1 ? op[1] >> 6 : 0, rm = op[1] & 7;
		size_t len = 2;

		if (op[0] != 0xff || (op[1] >> 3 & 7) != 2)
			continue;
		if (mod != 3 && rm == 4)
			len++; /* SIB */
		if (mod == 1)
			len += 1;
		else if (mod == 2 || (mod == 0 && rm == 5))
			len += 4;
		if (len == n)
			return true;
	}
	return false;
}

/* ---- a frame from its registers ---- */

static const struct cfi_row *row_of(struct image *image, const struct frame *f)
{
	return f->module ? cfi_at(image, f->module, frame_lookup_pc(f)) : NULL;
}

static bool is_trampoline(struct image *image, uint64_t pc)
{
	uint8_t code[sizeof(sigreturn_code)];

	return mem_read_part(&image->mem, pc, code, sizeof(code)) ==
		       sizeof(code) &&
	       !memcmp(code, sigreturn_code, sizeof(code));
}

void unwind_describe(struct image *image, struct frame *f)
{
	const struct arch *arch = image->arch;

	f->pc = f->regs.v[arch->pc];
	f->module = module_at(image, f->interrupted ? f->pc : f->pc - 1);

	const struct cfi_row *row = row_of(image, f);

	if (row) {
		f->signal = row->signal;
		f->cfa_known = cfi_cfa(image, f, row, &f->cfa);
	} else if (is_trampoline(image, f->pc)) {
		f->signal = true;
	}
}

struct frame unwind_first(
	struct image *image, const struct regs *regs, const struct vregs *vregs)
{
	struct frame f = {
		.regs = *regs,
		.vregs = vregs,
		.how = HOW_CONTEXT,
		.interrupted = true,
	};

	unwind_describe(image, &f);
	return f;
}

/* ---- the kinds of evidence ---- */

struct step {
	struct image *image;
	const struct frame *inner;
	struct frame *ret;
	struct arena *arena;
	const char **end;
};

static enum unwind_result stopped(struct step *s, const char *why)
{
	*s->end = why;
	return UNWIND_STOPPED;
}

static uint64_t reg(const struct step *s, unsigned i)
{
	return s->inner->regs.v[i];
}

/* Only pc and sp are known of the caller. */
static void bare_caller(struct step *s, uint64_t pc, uint64_t sp)
{
	const struct arch *arch = s->image->arch;

	s->ret->regs = (struct regs){ 0 };
	regs_set(&s->ret->regs, arch->pc, pc);
	regs_set(&s->ret->regs, arch->sp, sp);
}

static const char *unreadable(struct step *s, uint64_t addr)
{
	const char *why = NULL;
	enum absent a = mem_absent(&s->image->mem, addr, &why);

	if (a == ABSENT_UNMAPPED)
		return arena_printf(s->arena,
			"the stack pointer leads to 0x%llx, where nothing is "
			"mapped",
			(unsigned long long)addr);
	if (a == PRESENT)
		return arena_strdup(s->arena, err_msg());
	return arena_printf(s->arena,
		"the stack is not in the core at 0x%llx (%s)",
		(unsigned long long)addr, why ? why : absent_text(a));
}

static const char *cfi_failed(struct step *s, const struct cfi_row *row)
{
	const char *said = arena_strdup(s->arena, err_msg());
	uint64_t addr;

	if (cfi_saved(s->image, s->inner, row, row->ra, &addr) &&
		mem_absent(&s->image->mem, addr, NULL) != PRESENT)
		return unreadable(s, addr);
	return said;
}

/* What the callee had in a register that CFI does not mention.  (libdw's
 * default for rax is "the same"; the psABI knows better.) */
static void carry(struct step *s, unsigned reg)
{
	const struct regs *from = &s->inner->regs;

	if (!((from->known | from->carried) >> reg & 1))
		return;
	s->ret->regs.v[reg] = from->v[reg];
	s->ret->regs.carried |= UINT64_C(1) << reg;
}

static enum unwind_result by_cfi(struct step *s, const struct cfi_row *row)
{
	const struct arch *arch = s->image->arch;
	uint64_t ra;

	if (row->reg[row->ra].kind == CFI_UNDEFINED) {
		*s->end = "outermost frame";
		return UNWIND_OUTERMOST;
	}
	if (!s->inner->cfa_known) {
		uint64_t cfa;

		(void)cfi_cfa(s->image, s->inner, row, &cfa);
		return stopped(s, arena_strdup(s->arena, err_msg()));
	}

	enum err e = cfi_register(s->image, s->inner, row, row->ra, &ra);

	if (e == ERR_INTERRUPTED)
		return UNWIND_INTERRUPTED;
	if (e)
		return stopped(s, cfi_failed(s, row));
	for (unsigned i = 0; i < CFI_REGS; i++) {
		int to = arch_dwarf_reg(arch, i);
		uint64_t v;

		if (to < 0)
			continue;
		if (row->reg[i].kind == CFI_UNDEFINED ||
			(row->reg[i].kind == CFI_SAME &&
				!(arch->callee_saved >> to & 1)))
			carry(s, (unsigned)to);
		else if (!cfi_register(s->image, s->inner, row, i, &v))
			regs_set(&s->ret->regs, (unsigned)to, v);
	}
	/* The CFA is the caller's sp, unless CFI says otherwise (signal
	 * frames do). */
	if (row->reg[arch->reg[arch->sp].dwarf].kind == CFI_UNDEFINED ||
		row->reg[arch->reg[arch->sp].dwarf].kind == CFI_SAME)
		regs_set(&s->ret->regs, arch->sp, s->inner->cfa);
	regs_set(&s->ret->regs, arch->pc, ra);
	s->ret->how = HOW_CFI;
	return UNWIND_CALLER;
}

static enum unwind_result by_trampoline(struct step *s)
{
	const struct arch *arch = s->image->arch;
	uint64_t gregs[UCONTEXT_NGREGS];
	uint64_t at = reg(s, arch->sp) + UCONTEXT_GREGS;

	if (mem_read(&s->image->mem, at, gregs, sizeof(gregs)))
		return stopped(s, unreadable(s, at));
	for (size_t i = 0; i < UCONTEXT_NGREGS; i++)
		regs_set(&s->ret->regs,
			(unsigned)arch_dwarf_reg(arch, gregs_dwarf[i]),
			gregs[i]);
	s->ret->how = HOW_CFI;
	return UNWIND_CALLER;
}

/* Where permissions are not known, a call site on top of the stack tells a
 * jump into data from code made at run time. */
static bool is_bad_call(struct step *s)
{
	uint64_t sp = reg(s, s->image->arch->sp), ra;

	if (!is_code(s->image, s->inner->pc))
		return true;
	return !s->image->core && !s->inner->module &&
	       !mem_read_uint(&s->image->mem, sp, 8, &ra) &&
	       module_at(s->image, ra) && after_call(s->image, ra);
}

static enum unwind_result by_bad_call(struct step *s)
{
	const struct arch *arch = s->image->arch;
	uint64_t sp = reg(s, arch->sp), ra;

	if (mem_read_uint(&s->image->mem, sp, 8, &ra))
		return stopped(s, unreadable(s, sp));
	if (!is_code(s->image, ra))
		return stopped(s,
			arena_printf(s->arena,
				"there is no code at 0x%llx, and the word at "
				"the stack pointer is no return address",
				(unsigned long long)s->inner->pc));
	s->ret->regs = s->inner->regs;
	regs_set(&s->ret->regs, arch->sp, sp + 8);
	regs_set(&s->ret->regs, arch->pc, ra);
	s->ret->how = HOW_CALL;
	return UNWIND_CALLER;
}

/* psABI x86-64, 3.2.2: the frame pointer points to the caller's, and the
 * return address lies above it. */
static bool by_frame_pointer(struct step *s)
{
	const struct arch *arch = s->image->arch;
	uint64_t fp = reg(s, arch->fp), sp = reg(s, arch->sp), pair[2];

	if (!regs_has(&s->inner->regs, arch->fp) || fp % 8 || fp < sp ||
		fp + 16 < fp ||
		mem_read(&s->image->mem, fp, pair, sizeof(pair)) ||
		!is_code(s->image, pair[1]))
		return false;
	bare_caller(s, pair[1], fp + 16);
	regs_set(&s->ret->regs, arch->fp, pair[0]);
	s->ret->how = HOW_FP;
	return true;
}

/* A function without CFI that was interrupted at its first instruction. */
static bool at_entry(struct step *s)
{
	const struct arch *arch = s->image->arch;
	struct symbol sym;
	uint64_t ra;

	if (!s->inner->interrupted ||
		!symbol_at(s->image, s->inner->pc, &sym) ||
		sym.addr != s->inner->pc ||
		mem_read_uint(&s->image->mem, reg(s, arch->sp), 8, &ra) ||
		!is_code(s->image, ra))
		return false;
	s->ret->regs = s->inner->regs;
	regs_set(&s->ret->regs, arch->sp, reg(s, arch->sp) + 8);
	regs_set(&s->ret->regs, arch->pc, ra);
	s->ret->how = HOW_FP;
	return true;
}

static bool by_scan(struct step *s, uint64_t limit)
{
	const struct arch *arch = s->image->arch;
	uint64_t sp = (reg(s, arch->sp) + 7) & ~UINT64_C(7);

	for (unsigned i = 0; i < MAX_SCAN_WORDS && sp < limit; i++, sp += 8) {
		uint64_t ra;

		if (mem_read_uint(&s->image->mem, sp, 8, &ra))
			return false;
		if (ra < 4096 || !is_code(s->image, ra) ||
			!after_call(s->image, ra))
			continue;
		bare_caller(s, ra, sp + 8);
		s->ret->how = HOW_SCAN;
		return true;
	}
	return false;
}

static const char *no_evidence(struct step *s)
{
	const struct module *m = s->inner->module;
	unsigned long long pc = s->inner->pc;

	if (!m)
		return arena_printf(s->arena,
			"pc 0x%llx is in no module, and no frame pointer or "
			"return address was found",
			pc);
	if (m->state != MODULE_MISSING && m->state != MODULE_WRONG)
		return arena_printf(s->arena,
			"no CFI and no frame pointer for pc 0x%llx in %s", pc,
			m->path);
	return arena_printf(s->arena,
		"no CFI and no frame pointer for pc 0x%llx in %s: file "
		"%s, build-id %s",
		pc, m->path, m->state == MODULE_WRONG ? "wrong" : "missing",
		build_id_hex(&m->wanted, s->arena));
}

static enum unwind_result by_guess(struct step *s)
{
	const struct arch *arch = s->image->arch;
	const struct module *m = s->inner->module;
	bool file_missing =
		m && (m->state == MODULE_MISSING || m->state == MODULE_WRONG);
	uint64_t below_fp = regs_has(&s->inner->regs, arch->fp) &&
					    reg(s, arch->fp) > reg(s, arch->sp)
				    ? reg(s, arch->fp)
				    : 0;

	if (at_entry(s) || (file_missing && by_scan(s, below_fp)) ||
		by_frame_pointer(s) || by_scan(s, UINT64_MAX))
		return UNWIND_CALLER;
	return stopped(s, no_evidence(s));
}

/*
 * A return address at the very start of a function, behind no call: nobody has
 * called, makecontext() and its like have put it there.  What follows on the
 * stack is none.
 */
static bool is_made_start(struct step *s)
{
	const struct frame *inner = s->inner;

	return inner->how == HOW_CFI && !inner->interrupted && inner->module &&
	       cfi_at(s->image, inner->module, inner->pc) &&
	       !after_call(s->image, inner->pc);
}

static enum unwind_result find_caller(struct step *s)
{
	const struct frame *inner = s->inner;
	const struct cfi_row *row = row_of(s->image, inner);

	if (row) {
		enum unwind_result r = by_cfi(s, row);

		/* A register that the CFA needs was lost by a guess further
		 * in: go on guessing.  Unreadable memory stays an end. */
		if (r == UNWIND_STOPPED && !inner->cfa_known) {
			*s->ret = (struct frame){ 0 };
			return by_guess(s);
		}
		return r;
	}
	if (inner->signal)
		return by_trampoline(s);
	if (inner->interrupted && is_bad_call(s))
		return by_bad_call(s);
	if (is_made_start(s)) {
		*s->end = "outermost frame: the start of a context that was "
			  "made (makecontext and the like), not called";
		return UNWIND_OUTERMOST;
	}
	return by_guess(s);
}

/* Is what was found a frame that can be, and further out than inner? */
static enum unwind_result check(struct step *s)
{
	const struct arch *arch = s->image->arch;
	uint64_t sp = s->ret->regs.v[arch->sp];

	if (s->ret->regs.v[arch->pc] == 0 && !s->inner->signal) {
		*s->end = "outermost frame (its return address is 0)";
		return UNWIND_OUTERMOST;
	}
	/* Equal: a function that has popped its return address (vfork). */
	if (!s->inner->signal &&
		(sp < reg(s, arch->sp) ||
			(sp == reg(s, arch->sp) &&
				s->ret->regs.v[arch->pc] == s->inner->pc))) {
		return stopped(s,
			arena_printf(s->arena,
				"the caller's frame would lie below this one "
				"(0x%llx): the stack is corrupt",
				(unsigned long long)sp));
	}
	return UNWIND_CALLER;
}

/* Segments and their bases belong to the thread, however a frame was found:
 * without the thread pointer no frame has thread-local variables. */
static void keep_of_thread(struct step *s)
{
	const struct regs *from = &s->inner->regs;
	uint64_t keep =
		s->image->arch->of_thread & from->known & ~s->ret->regs.known;

	for (unsigned i = 0; i < s->image->arch->nregs; i++)
		if (keep >> i & 1)
			regs_set(&s->ret->regs, i, from->v[i]);
}

enum unwind_result unwind_step(struct image *image, const struct frame *inner,
	struct frame *ret, struct arena *arena, const char **ret_end)
{
	struct frame caller = { 0 };
	struct step s = {
		.image = image,
		.inner = inner,
		.ret = &caller,
		.arena = arena,
		.end = ret_end,
	};

	if (image->mem.interrupted && *image->mem.interrupted)
		return UNWIND_INTERRUPTED;

	enum unwind_result r = find_caller(&s);

	if (r == UNWIND_CALLER)
		r = check(&s);
	if (r != UNWIND_CALLER)
		return r;
	keep_of_thread(&s);
	caller.interrupted = inner->signal;
	unwind_describe(image, &caller);
	*ret = caller;
	return UNWIND_CALLER;
}

bool unwind_saved(struct image *image, const struct frame *f, unsigned i,
	uint64_t *ret_addr)
{
	const struct arch *arch = image->arch;
	const struct cfi_row *row = row_of(image, f);
	int dwarf = i < arch->nregs ? arch->reg[i].dwarf : -1;

	if (i == arch->pc)
		dwarf = (int)arch->ra_dwarf;
	return row && dwarf >= 0 && dwarf < CFI_REGS &&
	       cfi_saved(image, f, row, (unsigned)dwarf, ret_addr);
}
