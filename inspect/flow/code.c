/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What comes before an instruction: the one above it, unless that never goes
 * on, and every jump to it.  Tables of switches are found by their addresses,
 * which the function takes with lea or has in the jump itself: entries are
 * read as long as they lead into the function.  Reading too many only adds
 * ways that the program cannot go, and then two definitions are told of where
 * there is one; a missing way would make one of two.
 *
 * A call that does not return is told by its name, by DW_AT_noreturn, and by
 * the CFI: no instruction between two rows, and another size of the frame.
 */
#include "inspect/flow/code.h"

#include "inspect/dwarf/cfi.h"
#include "inspect/dwarf/extent.h"
#include "inspect/image/symbol.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
	MAX_CODE = 4 << 20, /* bytes of one function */
	MAX_TABLE = 4096,   /* entries of one table of jumps */
};

static size_t lower(const struct code *c, uint64_t addr)
{
	size_t low = 0, high = c->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (c->insn[mid].addr < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

size_t code_at(const struct code *c, uint64_t addr)
{
	size_t i = lower(c, addr);

	return i < c->n && c->insn[i].addr == addr ? i : c->n;
}

size_t code_around(const struct code *c, uint64_t addr)
{
	size_t i = lower(c, addr + 1);

	return i && addr - c->insn[i - 1].addr < c->insn[i - 1].size ? i - 1
								     : c->n;
}

/* ---- reading ----------------------------------------------------------- */

static enum err read_part(struct code *c, const struct extent *x)
{
	size_t size = (size_t)(x->end - x->start);
	const char *why = NULL;

	if (size > MAX_CODE)
		return err_set(ERR_LIMIT,
			"The function at 0x%" PRIx64 " is larger than %d MiB.",
			x->start, MAX_CODE >> 20);
	uint8_t *bytes = arena_alloc(c->arena, size + 1);
	if (mem_read_part(&c->image->mem, x->start, bytes, size) < size) {
		enum absent absent = mem_absent(&c->image->mem, x->start, &why);

		return err_set(ERR_FAULT,
			"The code at 0x%" PRIx64 " cannot be read: %s.",
			x->start, why ? why : absent_text(absent));
	}
	struct effect *all = arena_array(c->arena, struct effect, c->n + size);
	if (c->n)
		memcpy(all, c->insn, c->n * sizeof(*all));
	size_t n = effect_decode(
		c->image->arch, bytes, size, x->start, all + c->n, size);
	if (!n)
		return err_set(ERR_UNSUPPORTED, "No disassembler for %s.",
			c->image->arch->name);
	c->insn = all;
	c->n += n;
	return OK;
}

static void add_edge(struct code *c, size_t from, uint64_t to)
{
	c->edge = arena_grow(
		c->arena, c->edge, c->nedges, &c->edges_cap, sizeof(*c->edge));
	c->edge[c->nedges++] = (struct edge){ to, from };
}

/* ---- tables of jumps --------------------------------------------------- */

struct targets {
	uint64_t *v;
	size_t n, cap;
};

static void add_target(struct code *c, struct targets *t, uint64_t to)
{
	t->v = arena_grow(c->arena, t->v, t->n, &t->cap, sizeof(*t->v));
	t->v[t->n++] = to;
}

/* Entries of size bytes: 8, addresses; 4, distances from the table. */
static void read_table(
	struct code *c, uint64_t table, size_t size, struct targets *t)
{
	for (size_t i = 0; i < MAX_TABLE; i++) {
		uint64_t v;

		if (mem_read_uint(&c->image->mem, table + i * size, size, &v))
			return;
		if (size == 4)
			v = table + (uint64_t)(int64_t)(int32_t)v;
		if (code_at(c, v) == c->n)
			return;
		add_target(c, t, v);
	}
}

static void find_tables(struct code *c, struct targets *t)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct effect *e = &c->insn[i];
		const struct operand *o = &e->operand[e->is_jump ? 0 : 1];

		if (e->kind == EFFECT_ADDRESS && o->is_absolute &&
			code_at(c, (uint64_t)o->disp) == c->n) {
			read_table(c, (uint64_t)o->disp, 4, t);
			read_table(c, (uint64_t)o->disp, 8, t);
		}
		if (e->is_jump && o->kind == OPERAND_MEMORY && o->base < 0 &&
			o->index >= 0)
			read_table(c, (uint64_t)o->disp, 8, t);
		/* Not position independent: mov $table,%reg. */
		if (e->kind == EFFECT_COPY && o->kind == OPERAND_NUMBER &&
			o->size >= 4 && module_at(c->image, o->number) &&
			code_at(c, o->number) == c->n)
			read_table(c, o->number, 8, t);
	}
}

/* A jump through a pointer with the caller's frame on top is a call that does
 * not come back. */
static bool leaves(struct code *c, size_t i)
{
	int64_t size;
	bool fp;

	return c->insn[i].operand[0].index < 0 &&
	       code_frame_size(c, i, &fp, &size) && !fp && size == 8;
}

static void add_indirect(struct code *c)
{
	struct targets t = { 0 };
	bool sought = false;

	for (size_t i = 0; i < c->n; i++) {
		const struct effect *e = &c->insn[i];

		if (!e->is_jump || e->has_target || leaves(c, i))
			continue;
		if (!sought)
			find_tables(c, &t);
		sought = true;
		for (size_t k = 0; k < t.n; k++)
			add_edge(c, i, t.v[k]);
		if (!t.n) {
			c->unresolved = true;
			c->unresolved_at = e->addr;
		}
	}
}

static int by_to(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	if (x->to != y->to)
		return x->to < y->to ? -1 : 1;
	return (x->from > y->from) - (x->from < y->from);
}

enum err code_load(
	struct image *image, uint64_t pc, struct arena *arena, struct code *ret)
{
	struct code c = {
		.image = image,
		.arena = arena,
		.module = module_at(image, pc),
	};
	struct extent *x;
	size_t n = extent_of(image, pc, arena, &x, &c.entry);

	if (!n)
		return err_set(ERR_NOTFOUND,
			"No function is known at 0x%" PRIx64
			": neither a symbol nor debug info has it.",
			pc);
	for (size_t i = 0; i < n; i++)
		TRY(read_part(&c, &x[i]));
	c.returns = arena_alloc(arena, c.n + 1);
	for (size_t i = 0; i < c.n; i++)
		if (c.insn[i].is_jump && c.insn[i].has_target)
			add_edge(&c, i, c.insn[i].target);
	add_indirect(&c);
	if (c.nedges)
		qsort(c.edge, c.nedges, sizeof(*c.edge), by_to);
	*ret = c;
	return OK;
}

/* ---- what comes before ------------------------------------------------- */

bool code_frame_size(struct code *c, size_t i, bool *ret_fp, int64_t *ret)
{
	const struct arch *arch = c->image->arch;
	const struct cfi_row *row =
		c->module ? cfi_at(c->image, c->module, c->insn[i].addr) : NULL;
	int reg;

	if (!row || row->cfa.kind != CFI_IS)
		return false;
	reg = arch_dwarf_reg(arch, row->cfa_reg);
	if (reg != (int)arch->sp && reg != (int)arch->fp)
		return false;
	*ret_fp = reg == (int)arch->fp;
	*ret = row->cfa.offset;
	return true;
}

const char *code_call_name(const struct code *c, size_t i)
{
	struct symbol sym;

	if (!c->insn[i].has_target ||
		!symbol_at(c->image, c->insn[i].target, &sym) ||
		sym.addr != c->insn[i].target)
		return NULL;
	return sym.name;
}

static bool is_named_noreturn(const char *name)
{
	static const char *const names[] = { "abort", "exit", "_exit", "_Exit",
		"quick_exit", "__assert_fail", "__assert_perror_fail",
		"__assert", "__stack_chk_fail", "__chk_fail", "__fortify_fail",
		"longjmp", "_longjmp", "siglongjmp", "__longjmp_chk",
		"__cxa_throw", "__cxa_rethrow", "__cxa_bad_cast",
		"_Unwind_Resume", "_ZSt9terminatev", "pthread_exit", "err",
		"errx", "verr", "verrx", "g_assertion_message_expr" };
	size_t n = strcspn(name, "@");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == n && !memcmp(names[i], name, n))
			return true;
	return false;
}

static bool call_returns(struct code *c, size_t i)
{
	const char *name = code_call_name(c, i);
	int64_t here, next;
	bool fp, next_fp;

	if (name && is_named_noreturn(name))
		return false;
	if (c->insn[i].has_target &&
		extent_noreturn(c->image, c->insn[i].target))
		return false;
	return i + 1 >= c->n || !code_frame_size(c, i, &fp, &here) ||
	       !code_frame_size(c, i + 1, &next_fp, &next) ||
	       (fp == next_fp && here == next);
}

bool code_falls_through(struct code *c, size_t i)
{
	const struct effect *e = &c->insn[i];

	if (e->is_return || e->is_trap || (e->is_jump && !e->is_conditional))
		return false;
	if (e->kind != EFFECT_CALL)
		return true;
	if (!c->returns[i])
		c->returns[i] = call_returns(c, i) ? 1 : 2;
	return c->returns[i] == 1;
}

bool code_before(struct code *c, size_t i, void (*fn)(size_t before, void *ctx),
	void *ctx)
{
	uint64_t addr = c->insn[i].addr;
	size_t low = 0, high = c->nedges;
	bool any = false;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (c->edge[mid].to < addr)
			low = mid + 1;
		else
			high = mid;
	}
	bool jumps = low < c->nedges && c->edge[low].to == addr;
	if (jumps && c->unresolved)
		return false;
	for (; low < c->nedges && c->edge[low].to == addr; low++) {
		fn(c->edge[low].from, ctx);
		any = true;
	}
	if (i && c->insn[i - 1].addr + c->insn[i - 1].size == addr &&
		code_falls_through(c, i - 1)) {
		fn(i - 1, ctx);
		any = true;
	}
	/* nop behind a jump, in front of the head of a loop, is never run. */
	return any || addr == c->entry || c->insn[i].is_padding;
}
