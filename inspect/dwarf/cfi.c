/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libdw decodes the call frame programs and hands out each rule as a location
 * description (dwarf_frame_register).  Nearly all of them are "saved at CFA+n",
 * so they are classified once here; what remains is left to the expression
 * machine.
 *
 * What CFI does not mention is not "the same": libdw applies the psABI's
 * defaults, by which only callee-saved registers keep their value.  A debugger
 * that carries the others over shows frame 0's scratch registers as values of
 * an outer frame's variables.
 */
#include "inspect/dwarf/cfi.h"
#include "inspect/base/cleanup.h"
#include "inspect/dwarf/expr.h"
#include "inspect/dwarf/table.h"

#include <dwarf.h>
#include <string.h>

static struct cfi_rule expr_rule(const Dwarf_Op *ops, size_t n)
{
	struct cfi_rule rule = { .kind = CFI_AT_EXPR, .ops = ops, .nops = n };

	if (ops[n - 1].atom == DW_OP_stack_value)
		rule.kind = CFI_IS_EXPR;
	return rule;
}

/*
 * Simple rules are made up by libdw in own, which dies with the Dwarf_Frame;
 * real expressions are interned in the Dwarf_CFI and stay.
 */
static struct cfi_rule classify(
	const Dwarf_Op *ops, size_t n, const Dwarf_Op *own)
{
	if (n == 0)
		return (struct cfi_rule){
			.kind = ops ? CFI_UNDEFINED : CFI_SAME,
		};
	if (ops != own)
		return expr_rule(ops, n);
	if (ops[0].atom == DW_OP_regx)
		return (struct cfi_rule){
			.kind = CFI_REGISTER,
			.offset = (int64_t)ops[0].number,
		};

	struct cfi_rule rule = { .kind = CFI_AT };

	for (size_t i = 1; i < n; i++) {
		if (ops[i].atom == DW_OP_plus_uconst)
			rule.offset = (int64_t)ops[i].number;
		else if (ops[i].atom == DW_OP_stack_value)
			rule.kind = CFI_IS;
	}
	return rule;
}

static void load_cfa(Dwarf_Frame *frame, struct cfi_row *row)
{
	Dwarf_Op *ops;
	size_t n;

	row->cfa.kind = CFI_UNDEFINED;
	if (dwarf_frame_cfa(frame, &ops, &n) || n == 0)
		return;
	if (n == 1 && ops[0].atom == DW_OP_bregx) {
		row->cfa.kind = CFI_IS;
		row->cfa_reg = (unsigned)ops[0].number;
		row->cfa.offset = (int64_t)ops[0].number2;
		return;
	}
	row->cfa = expr_rule(ops, n);
	row->cfa.kind = CFI_IS_EXPR;
}

/*
 * What CFI does not mention of x86-64, libdw fills in from the psABI (3.2.1),
 * and has rax (0) there for rbx (3): a function that leaves rbx alone would
 * lose its caller's.  An explicit DW_CFA_undefined of rbx looks the same; no
 * compiler writes one.
 */
static void keep_rbx(const struct arch *arch, struct cfi_row *row)
{
	enum { RBX = 3 };

	if (arch->elf_machine == EM_X86_64 &&
		row->reg[RBX].kind == CFI_UNDEFINED)
		row->reg[RBX].kind = CFI_SAME;
}

static bool load_row(Dwarf_CFI *cfi, Dwarf_Addr addr, struct cfi_row *row)
{
	_cleanup_(free) Dwarf_Frame *frame = NULL;

	if (!cfi || dwarf_cfi_addrframe(cfi, addr, &frame) || !frame)
		return false;

	int ra = dwarf_frame_info(frame, NULL, NULL, &row->signal);

	if (ra < 0 || ra >= CFI_REGS)
		return false;
	row->ra = (unsigned)ra;
	load_cfa(frame, row);
	for (int i = 0; i < CFI_REGS; i++) {
		Dwarf_Op own[3];
		Dwarf_Op *ops;
		size_t n;

		if (dwarf_frame_register(frame, i, own, &ops, &n))
			row->reg[i].kind = CFI_UNDEFINED;
		else
			row->reg[i] = classify(ops, n, own);
	}
	return true;
}

const struct cfi_row *cfi_at(
	struct image *image, struct module *module, uint64_t pc)
{
	struct table *rows = module->cfi_rows;
	struct cfi_row *row;

	if (!rows)
		module->cfi_rows = rows = table_new(image->arena);
	row = table_find(rows, pc);
	if (!row) {
		Dwarf_Addr addr = pc - module->bias;

		row = arena_new(image->arena, struct cfi_row);
		row->pc = pc;
		if (load_row(module_eh_cfi(image, module), addr, row))
			row->source = ".eh_frame";
		else if (load_row(module_debug_cfi(image, module), addr, row))
			row->source = ".debug_frame";
		keep_rbx(image->arch, row);
		table_add(rows, pc, row);
	}
	return row->source ? row : NULL;
}

static enum err known(const struct image *image, const struct frame *frame,
	unsigned dwarf_reg, uint64_t *ret)
{
	int i = arch_dwarf_reg(image->arch, dwarf_reg);

	if (i < 0)
		return err_set(ERR_ABSENT,
			"CFI uses register %u, which no one keeps", dwarf_reg);
	if (!regs_has(&frame->regs, (unsigned)i))
		return err_set(ERR_ABSENT, "$%s is not known in this frame",
			image->arch->reg[i].name);
	*ret = frame->regs.v[i];
	return OK;
}

static enum err eval(struct image *image, const struct frame *frame,
	const struct cfi_rule *rule, uint64_t *ret)
{
	struct arena scratch = { 0 };
	struct expr_ctx ctx = {
		.image = image,
		.module = frame->module,
		.frame = frame,
		.arena = &scratch,
	};
	struct loc loc;
	enum absent why;
	enum err e = expr_eval(&ctx, rule->ops, rule->nops, &loc);

	if (e)
		;
	else if (loc.kind == LOC_ADDR)
		*ret = loc.addr + loc.offset;
	else if (loc.kind == LOC_NONE)
		e = err_set(ERR_ABSENT, "%s",
			loc.why ? loc.why : "a CFI expression has no value");
	else
		e = loc_read(&loc, &image->mem, ret, sizeof(*ret), &why);
	arena_clear(&scratch);
	return e;
}

bool cfi_cfa(struct image *image, const struct frame *frame,
	const struct cfi_row *row, uint64_t *ret)
{
	uint64_t base;

	switch (row->cfa.kind) {
	case CFI_IS:
		if (known(image, frame, row->cfa_reg, &base))
			return false;
		*ret = base + (uint64_t)row->cfa.offset;
		return true;
	case CFI_IS_EXPR:
		return eval(image, frame, &row->cfa, ret) == OK;
	default:
		(void)err_set(ERR_ABSENT, "its CFI has no rule for the CFA");
		return false;
	}
}

bool cfi_saved(struct image *image, const struct frame *frame,
	const struct cfi_row *row, unsigned dwarf_reg, uint64_t *ret_addr)
{
	const struct cfi_rule *rule = &row->reg[dwarf_reg];

	if (rule->kind == CFI_AT && frame->cfa_known) {
		*ret_addr = frame->cfa + (uint64_t)rule->offset;
		return true;
	}
	return rule->kind == CFI_AT_EXPR &&
	       eval(image, frame, rule, ret_addr) == OK;
}

enum err cfi_register(struct image *image, const struct frame *frame,
	const struct cfi_row *row, unsigned dwarf_reg, uint64_t *ret)
{
	const struct cfi_rule *rule = &row->reg[dwarf_reg];
	uint64_t addr;

	switch (rule->kind) {
	case CFI_SAME:
		return known(image, frame, dwarf_reg, ret);
	case CFI_REGISTER:
		return known(image, frame, (unsigned)rule->offset, ret);
	case CFI_IS:
		*ret = frame->cfa + (uint64_t)rule->offset;
		return OK;
	case CFI_IS_EXPR:
		return eval(image, frame, rule, ret);
	case CFI_AT:
		addr = frame->cfa + (uint64_t)rule->offset;
		return mem_read_uint(&image->mem, addr, 8, ret);
	case CFI_AT_EXPR:
		TRY(eval(image, frame, rule, &addr));
		return mem_read_uint(&image->mem, addr, 8, ret);
	case CFI_UNDEFINED:
		break;
	}
	return err_set(ERR_ABSENT, "CFI says that the register is not saved");
}
