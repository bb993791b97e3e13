/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A frame has general registers, as far as they were saved; only the innermost
 * has vector and x87 registers, because every callee may use them.
 */
#include "inspect/dwarf/register.h"

#include "inspect/dwarf/scope.h"

#include <string.h>

static const char *reg_why(const struct expr_ctx *c, unsigned dwarf)
{
	const struct arch *arch = c->image->arch;
	int i = arch_dwarf_reg(arch, dwarf);

	if (!c->frame)
		return "it is in a register, and there is no frame";
	if (i >= 0)
		return arena_printf(c->arena,
			"register %s was not saved by the functions it called",
			arch->reg[i].name);
	return arena_printf(
		c->arena, "DWARF register %u is not known here", dwarf);
}

/* x87's st(0)..st(7) are 33..40 and MMX's mm0..mm7 their low halves, 41..48
 * (psABI x86-64, figure 3.36). */
static bool reg_x87(const struct vregs *v, unsigned dwarf, struct loc *ret,
	struct arena *arena)
{
	if (!v || !v->st_known || dwarf < 33 || dwarf > 48)
		return false;
	*ret = dwarf < 41 ? loc_bytes(v->st[dwarf - 33], 16, arena)
			  : loc_bytes(v->st[dwarf - 41], 8, arena);
	return true;
}

/*
 * gcc ends a variable's range in a register one byte before the end of a call
 * that clobbers it.  So where the lookup pc, which is that byte, still has it,
 * gcc has seen (-fipa-ra) that the callee leaves the register alone.  clang's
 * ranges end behind the call and say no such thing.
 */
static bool reg_left_alone(const struct expr_ctx *c, unsigned reg)
{
	const struct scope *s = c->scope;

	return c->frame->regs.carried >> reg & 1 && s && s->producer &&
	       !strncmp(s->producer, "GNU ", 4);
}

struct loc register_place(const struct expr_ctx *c, unsigned dwarf)
{
	const struct frame *f = c->frame;
	const struct arch *arch = c->image->arch;
	struct loc loc = { 0 };

	if (!f)
		return loc_none(ABSENT_NOT_SAVED, reg_why(c, dwarf));
	int i = arch_dwarf_reg(arch, dwarf);

	if (i >= 0 && regs_has(&f->regs, (unsigned)i)) {
		loc.kind = LOC_REG;
		loc.reg = (unsigned)i;
		loc.regs = &f->regs;
		return loc;
	}
	if (i >= 0 && reg_left_alone(c, (unsigned)i))
		return loc_bytes(&f->regs.v[i], sizeof(f->regs.v[i]), c->arena);
	i = arch_dwarf_vreg(arch, dwarf);
	if (i >= 0 && f->vregs && f->vregs->size[i]) {
		loc.kind = LOC_VREG;
		loc.reg = (unsigned)i;
		loc.vregs = f->vregs;
		return loc;
	}
	if (reg_x87(f->vregs, dwarf, &loc, c->arena))
		return loc;
	return loc_none(ABSENT_NOT_SAVED, reg_why(c, dwarf));
}

/* The bytes of a register, as a cell of a type. */
enum err register_cell(const struct expr_ctx *c, unsigned dwarf,
	enum cell_class class, unsigned size, struct cell *ret)
{
	struct loc loc = register_place(c, dwarf);
	uint8_t bytes[CELL_MAX_SIZE] = { 0 };
	enum absent absent = PRESENT;

	if (loc.kind == LOC_NONE) {
		*ret = cell_absent(loc.absent, loc.why);
		return OK;
	}
	if (size > CELL_MAX_SIZE)
		size = CELL_MAX_SIZE;
	enum err e = loc_read(&loc, &c->image->mem, bytes, size, &absent);

	if (e == ERR_ABSENT || e == ERR_FAULT)
		*ret = cell_absent(
			absent ? absent : ABSENT_NOT_SAVED, reg_why(c, dwarf));
	else
		*ret = cell_of_bytes(class, size, bytes, size);
	return e == ERR_INTERRUPTED ? e : OK;
}
