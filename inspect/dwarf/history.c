/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Each expression of a location list is put into words, and evaluated in the
 * frame, whether its range has the frame's pc or not: what a register held one
 * instruction ago it may hold still.  Only the forms that compilers write for
 * variables have words of their own; the rest is "computed", with the registers
 * that it takes.
 */
#include "inspect/dwarf/history.h"

#include "inspect/base/buf.h"
#include "inspect/base/limits.h"
#include "inspect/dwarf/attr.h"
#include "inspect/dwarf/expr.h"
#include "inspect/dwarf/rawops.h"
#include "inspect/dwarf/unit.h"
#include "inspect/dwarf/variable.h"

#include <stdlib.h>

struct wording {
	const struct arch *arch;
	struct arena *arena;
	Dwarf_Attribute *attr;
	uint64_t bias;
};

static const char *reg_name(const struct wording *w, unsigned dwarf)
{
	int i = arch_dwarf_reg(w->arch, dwarf);
	int v = arch_dwarf_vreg(w->arch, dwarf);

	if (i >= 0)
		return arena_printf(w->arena, "$%s", w->arch->reg[i].name);
	if (v >= 0)
		return arena_printf(w->arena, "$xmm%d", v);
	return arena_printf(w->arena, "DWARF register %u", dwarf);
}

static bool op_reg(const Dwarf_Op *op, unsigned *ret)
{
	if (op->atom >= DW_OP_reg0 && op->atom <= DW_OP_reg31)
		*ret = op->atom - DW_OP_reg0;
	else if (op->atom == DW_OP_regx)
		*ret = (unsigned)op->number;
	else
		return false;
	return true;
}

static bool op_breg(const Dwarf_Op *op, unsigned *ret, int64_t *ret_offset)
{
	*ret_offset = (int64_t)op->number;
	if (op->atom >= DW_OP_breg0 && op->atom <= DW_OP_breg31) {
		*ret = op->atom - DW_OP_breg0;
	} else if (op->atom == DW_OP_bregx) {
		*ret = (unsigned)op->number;
		*ret_offset = (int64_t)op->number2;
	} else {
		return false;
	}
	return true;
}

static const char *plus(const struct wording *w, const char *base, int64_t n)
{
	return n ? arena_printf(w->arena, "%s%+lld", base, (long long)n) : base;
}

static bool is_entry(const Dwarf_Op *op)
{
	return op->atom == DW_OP_entry_value ||
	       op->atom == DW_OP_GNU_entry_value;
}

static const char *entry_text(const struct wording *w, const Dwarf_Op *op)
{
	Dwarf_Attribute a;
	Dwarf_Op *ops;
	size_t n;
	unsigned reg;

	if (dwarf_getlocation_attr(w->attr, op, &a) ||
		dwarf_getlocation(&a, &ops, &n) || n != 1 ||
		!op_reg(&ops[0], &reg))
		return "what was there on entry";
	return arena_printf(
		w->arena, "what %s held on entry", reg_name(w, reg));
}

/* One operation that is a place by itself; NULL: it is none. */
static const char *simple_text(const struct wording *w, const Dwarf_Op *op)
{
	unsigned reg;
	int64_t offset;

	if (op_reg(op, &reg))
		return arena_printf(w->arena, "in %s", reg_name(w, reg));
	if (op_breg(op, &reg, &offset))
		return arena_printf(
			w->arena, "at %s", plus(w, reg_name(w, reg), offset));
	switch (op->atom) {
	case DW_OP_fbreg:
		return arena_printf(w->arena, "at %s",
			plus(w, "the frame's base", (int64_t)op->number));
	case DW_OP_addr:
		return arena_printf(w->arena, "at 0x%llx",
			(unsigned long long)(op->number + w->bias));
	case DW_OP_implicit_value:
		return "a constant";
	case DW_OP_implicit_pointer:
	case DW_OP_GNU_implicit_pointer:
		return "a pointer that was never made, to a variable that "
		       "lives elsewhere";
	default:
		return NULL;
	}
}

static bool is_constant(const Dwarf_Op *op)
{
	return (op->atom >= DW_OP_const1u && op->atom <= DW_OP_consts) ||
	       (op->atom >= DW_OP_lit0 && op->atom <= DW_OP_lit31);
}

static int64_t constant(const Dwarf_Op *op)
{
	return op->atom >= DW_OP_lit0 && op->atom <= DW_OP_lit31
		       ? op->atom - DW_OP_lit0
		       : (int64_t)op->number;
}

static const char *computed_text(
	const struct wording *w, const Dwarf_Op *ops, size_t n)
{
	struct buf b = { .arena = w->arena };
	const char *sep = " from ";

	buf_puts(&b, "computed");
	for (size_t i = 0; i < n; i++) {
		unsigned reg;
		int64_t offset;

		if (op_breg(&ops[i], &reg, &offset) || op_reg(&ops[i], &reg))
			buf_printf(&b, "%s%s", sep, reg_name(w, reg));
		else if (is_entry(&ops[i]))
			buf_printf(&b, "%s%s", sep, entry_text(w, &ops[i]));
		else
			continue;
		sep = " and ";
	}
	return buf_str(&b);
}

static const char *expression_text(
	const struct wording *w, const Dwarf_Op *ops, size_t n)
{
	size_t pieces = 0;
	const char *text;
	unsigned reg;
	int64_t offset;

	if (n == 0)
		return "nowhere";
	for (size_t i = 0; i < n; i++)
		pieces += ops[i].atom == DW_OP_piece ||
			  ops[i].atom == DW_OP_bit_piece;
	if (pieces)
		return arena_printf(w->arena, "in %zu pieces", pieces);
	if (n == 1 && (text = simple_text(w, &ops[0])))
		return text;
	if (n != 2 || ops[1].atom != DW_OP_stack_value)
		return computed_text(w, ops, n);
	if (is_entry(&ops[0]))
		return entry_text(w, &ops[0]);
	if (is_constant(&ops[0]))
		return arena_printf(w->arena, "the constant %lld",
			(long long)constant(&ops[0]));
	if (op_breg(&ops[0], &reg, &offset))
		return arena_printf(w->arena, "the value %s",
			plus(w, reg_name(w, reg), offset));
	return computed_text(w, ops, n);
}

static int by_start(const void *a, const void *b)
{
	const struct history *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static bool is_constant_value(const Dwarf_Op *ops, size_t n)
{
	return (n == 1 && ops[0].atom == DW_OP_implicit_value) ||
	       (n == 2 && is_constant(&ops[0]) &&
		       ops[1].atom == DW_OP_stack_value);
}

static struct loc now(struct expr_ctx *c, const Dwarf_Op *ops, size_t n)
{
	struct loc loc;

	if (!n || expr_eval(c, ops, n, &loc))
		return loc_none(ABSENT_OPTIMIZED_OUT, NULL);
	return loc;
}

struct histories {
	struct wording w;
	struct expr_ctx in;
	uint64_t pc;
	struct history *v;
	size_t n, cap;
};

static void add(struct histories *h, uint64_t start, uint64_t end,
	const Dwarf_Op *ops, size_t n)
{
	bool always = start == 0 && end == UINT64_MAX;

	if (start == end || h->n >= MAX_PIECES)
		return;
	struct history one = {
		.start = always ? 0 : start + h->w.bias,
		.end = always ? 0 : end + h->w.bias,
		.text = expression_text(&h->w, ops, n),
		.constant = is_constant_value(ops, n),
		.now = now(&h->in, ops, n),
	};
	one.here = always || (one.start <= h->pc && h->pc < one.end);
	h->v = arena_grow(h->w.arena, h->v, h->n, &h->cap, sizeof(*h->v));
	h->v[h->n++] = one;
}

/* A list that libdw refuses, for one operation in it. */
static bool read_raw(struct histories *h, Dwarf_Attribute *a)
{
	struct rawops_entry e;
	Dwarf_Block block;
	Dwarf_Op *ops;
	size_t n;

	h->n = 0;
	if (!dwarf_formblock(a, &block) && rawops(a, 0, h->w.arena, &ops, &n))
		add(h, 0, UINT64_MAX, ops, n);
	for (size_t i = 0; i < MAX_PIECES && rawops_entry(a, i, h->w.arena, &e);
		i++)
		if (e.known)
			add(h, e.start, e.end, e.ops, e.n);
	return h->n > 0;
}

enum err history_of(const struct variable *var, const struct scope_ctx *ctx,
	struct history **ret, size_t *ret_n)
{
	struct units *us = units_of(ctx->image, var->module);
	Dwarf_Die die = die_dw(&var->die);
	Dwarf_Attribute a;
	Dwarf_Addr base, start, end;
	Dwarf_Op *ops;
	size_t n;
	ptrdiff_t at = 0;
	struct histories h = {
		.w.arch = ctx->image->arch,
		.w.arena = ctx->arena,
		.w.attr = &a,
		.w.bias = var->module->bias,
		.pc = ctx->frame ? frame_lookup_pc(ctx->frame) : 0,
	};

	*ret = NULL;
	*ret_n = 0;
	if (!us || !attr_get(&die, DW_AT_location, &a))
		return OK;
	h.in = variable_ctx(us, var->scope, ctx);
	h.in.attr = &a;
	while ((at = dwarf_getlocations(
			&a, at, &base, &start, &end, &ops, &n)) > 0)
		add(&h, start, end, ops, n);
	if (at < 0 && !read_raw(&h, &a))
		return err_set(ERR_BADDATA, "location list cannot be read: %s",
			dwarf_errmsg(-1));
	if (h.n)
		qsort(h.v, h.n, sizeof(*h.v), by_start);
	*ret = h.v;
	*ret_n = h.n;
	return OK;
}
