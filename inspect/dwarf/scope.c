/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The function is found by the unit's table, then the tree below it is walked
 * down along the pc: every inlined subroutine that has it is a scope, lexical
 * blocks only lead further down.  A block without addresses is walked through
 * as if it were not there (DWARF 5, 3.5; gdb does the same).
 *
 * Answers are kept per pc: a thousand threads wait in the same few places.
 */
#include "inspect/dwarf/scope.h"

#include "inspect/base/limits.h"
#include "inspect/dwarf/attr.h"
#include "inspect/dwarf/line.h"
#include "inspect/dwarf/names.h"
#include "inspect/dwarf/table.h"
#include "inspect/dwarf/unit.h"

struct chain {
	struct scope *scope;
	size_t n;
};

struct chain_walk {
	uint64_t pc;
	Dwarf_Die inlined[MAX_INLINE_DEPTH];
	size_t n;
	unsigned depth;
	bool found; /* a child had it: its siblings have not */
};

static bool chain_visit(Dwarf_Die *child, void *ctx)
{
	struct chain_walk *w = ctx;
	int tag = dwarf_tag(child);
	bool has, any;

	if (tag != DW_TAG_inlined_subroutine && tag != DW_TAG_lexical_block &&
		tag != DW_TAG_try_block && tag != DW_TAG_catch_block)
		return true;
	any = attr_ranges(child, w->pc, &has);
	if (any ? !has : tag == DW_TAG_inlined_subroutine)
		return true;
	if (w->depth >= MAX_SCOPE_DEPTH)
		return false;
	if (tag == DW_TAG_inlined_subroutine) {
		if (w->n >= MAX_INLINE_DEPTH)
			return false;
		w->inlined[w->n++] = *child;
	}
	w->depth++;
	w->found = false;
	attr_children(child, chain_visit, w);
	w->depth--;
	w->found |= any;
	return !w->found;
}

/* Entry of an inlined call: DW_AT_entry_pc, else its first address. */
static uint64_t scope_entry(Dwarf_Die *die, uint64_t bias)
{
	Dwarf_Addr base, start, end, entry;

	if (!dwarf_entrypc(die, &entry) || !dwarf_lowpc(die, &entry))
		return entry + bias;
	return dwarf_ranges(die, 0, &base, &start, &end) > 0 ? start + bias : 0;
}

static void scope_fill(
	struct scope *s, struct unit *u, Dwarf_Die *die, uint64_t pc)
{
	struct module *m = u->units->module;
	uint64_t line = 0;

	s->module = m;
	s->unit = u;
	s->cu = die_of(&u->die);
	s->die = die_of(die);
	s->linkage_name = attr_linkage_name(die);
	s->name = names_function(u->units, die);
	s->inlined = dwarf_tag(die) == DW_TAG_inlined_subroutine;
	s->low_pc = scope_entry(die, m->bias);
	s->decl_file = line_decl(u->units, die, &s->decl_line);
	s->lookup_pc = pc + m->bias;
	s->producer = u->producer;
	s->language = u->language;
	if (!s->inlined)
		return;
	s->call_file = line_file_attr(
		u->units, die, DW_AT_call_file, &s->call_file_name);
	attr_uint(die, DW_AT_call_line, &line);
	s->call_line = (int)line;
}

static struct chain *chain_make(struct unit *u, uint64_t pc)
{
	struct arena *arena = u->units->image->arena;
	struct chain *c = arena_new(arena, struct chain);
	const struct function *f = unit_function(u, pc);
	struct chain_walk w = { .pc = pc };

	if (!f)
		return c;
	Dwarf_Die die = f->die;

	attr_children(&die, chain_visit, &w);
	c->n = w.n + 1;
	c->scope = arena_array(arena, struct scope, c->n);
	for (size_t i = 0; i < w.n; i++)
		scope_fill(&c->scope[i], u, &w.inlined[w.n - 1 - i], pc);
	scope_fill(&c->scope[w.n], u, &die, pc);
	for (size_t i = 0; i < c->n; i++)
		c->scope[i].function = &c->scope[w.n];
	return c;
}

bool scope_is_own(const struct scope *s)
{
	return !s->module->debug_file && s->unit &&
	       s->unit->die.addr == s->unit->cu.addr;
}

enum err scope_at(
	struct image *image, uint64_t pc, struct scope **ret, size_t *ret_n)
{
	uint64_t link;
	struct unit *u = unit_at(image, pc, &link);
	struct chain *c;

	*ret = NULL;
	*ret_n = 0;
	if (!u || !link)
		return OK;
	c = table_find(u->units->scopes, link);
	if (!c) {
		c = chain_make(u, link);
		table_add(u->units->scopes, link, c);
	}
	*ret = c->scope;
	*ret_n = c->n;
	return OK;
}
