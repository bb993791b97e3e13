/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the call site of the caller its target's tail calls are followed, and
 * theirs, depth first and never twice on one path, to every one that ends in
 * the callee.  The calls shown are those that all paths found have in common
 * at their outer and at their inner end.
 *
 * One call on the way whose target is not known (through a pointer, or of a
 * function without debug info, or that does not promise to list all its calls)
 * makes any path possible: then nothing is shown.  gdb has the same rules, and
 * a frame too many is worse than one too few.
 *
 * clang gives tail calls no DW_AT_call_return_pc but a DW_AT_call_pc.  These
 * are left out, as in gdb.
 */
#include "inspect/dwarf/tailcall.h"
#include "inspect/base/limits.h"
#include "inspect/dwarf/attr.h"
#include "inspect/dwarf/call_site.h"
#include "inspect/dwarf/scope.h"
#include "inspect/dwarf/table.h"
#include "inspect/dwarf/unit.h"
#include "inspect/image/symbol.h"

#include <string.h>

struct site {
	uint64_t pc; /* after the call, run-time */
	Dwarf_Die die;
	bool tail;
	bool resolved;
	bool defined;     /* target is from the debug info of this module */
	uint64_t *target; /* starts of its parts, the entry first */
	size_t ntargets;  /* 0: not known */
};

/* The calls of one function. */
struct sites {
	struct module *module;
	struct site *site;
	size_t n, cap;
	bool all_tail_calls; /* it promises that none is left out */
};

struct chain {
	uint64_t return_pc, callee;
	const uint64_t *pc;
	size_t n;
	bool incomplete;    /* there are calls between that are not in pc */
	const char *called; /* what the caller called, if that is certain */
};

/* What module->tailcalls points at. */
struct tailcalls {
	struct table *sites;  /* by DIE of the function */
	struct table *chains; /* by mixture of both pcs */
};

static struct tailcalls *tailcalls_of(struct image *image, struct module *m)
{
	struct tailcalls *t = m->tailcalls;

	if (!t) {
		m->tailcalls = t = arena_new(image->arena, struct tailcalls);
		t->sites = table_new(image->arena);
		t->chains = table_new(image->arena);
	}
	return t;
}

/* ---- the calls of a function ---- */

struct collect {
	struct sites *sites;
	struct arena *arena;
};

static bool collect(Dwarf_Die *die, void *ctx)
{
	struct collect *c = ctx;
	struct sites *s = c->sites;
	Dwarf_Attribute a;
	Dwarf_Addr pc;

	if (!attr_own(die, DW_AT_call_return_pc, &a) &&
		!attr_own(die, DW_AT_low_pc, &a))
		return true;
	if (dwarf_formaddr(&a, &pc))
		return true;
	s->site =
		arena_grow(c->arena, s->site, s->n, &s->cap, sizeof(*s->site));
	s->site[s->n++] = (struct site){
		.pc = pc + s->module->bias,
		.die = *die,
		.tail = attr_own_flag(die, DW_AT_call_tail_call) ||
			attr_own_flag(die, DW_AT_GNU_tail_call),
	};
	return true;
}

static struct sites *sites_of(struct image *image, struct scope *function)
{
	struct module *m = function->module;
	struct table *known = tailcalls_of(image, m)->sites;
	uint64_t key = (uintptr_t)function->die.addr;
	struct sites *s = table_find(known, key);

	if (s)
		return s;
	s = arena_new(image->arena, struct sites);
	s->module = m;

	struct collect c = { .sites = s, .arena = image->arena };
	Dwarf_Die die = die_dw(&function->die);

	call_sites_each(&die, collect, &c);
	s->all_tail_calls = attr_flag(&die, DW_AT_call_all_calls) ||
			    attr_flag(&die, DW_AT_call_all_tail_calls) ||
			    attr_flag(&die, DW_AT_GNU_all_call_sites) ||
			    attr_flag(&die, DW_AT_GNU_all_tail_call_sites);
	table_add(known, key, s);
	return s;
}

/* The function that has a pc, or NULL. */
static struct scope *function_at(struct image *image, uint64_t pc)
{
	struct scope *scopes;
	size_t n;

	if (scope_at(image, pc, &scopes, &n) || n == 0)
		return NULL;
	return &scopes[n - 1];
}

/* ---- whom a call site calls ---- */

/* A module's own function goes before another's of the same name. */
static void target_named(
	struct image *image, struct module *m, struct site *s, Dwarf_Die *die)
{
	const char *name = attr_linkage_name(die);
	struct symbol sym;

	if (!name)
		name = attr_str(die, DW_AT_name);
	if (!name || (!symbol_find(image, m, name, &sym) &&
			     !symbol_find(image, NULL, name, &sym)))
		return;
	s->target = arena_new(image->arena, uint64_t);
	s->target[s->ntargets++] = sym.addr;
}

/* The starts of all parts of a function: which of them is the entry, others
 * may see differently. */
static void target_defined(
	struct image *image, struct module *m, struct site *s, Dwarf_Die *die)
{
	Dwarf_Addr base, start, end;
	size_t cap = 0;

	for (ptrdiff_t at = 0;
		(at = dwarf_ranges(die, at, &base, &start, &end)) > 0;) {
		s->target = arena_grow(image->arena, s->target, s->ntargets,
			&cap, sizeof(*s->target));
		s->target[s->ntargets++] = start + m->bias;
	}
}

static void resolve(struct image *image, struct module *m, struct site *s)
{
	Dwarf_Attribute a;
	Dwarf_Die die;

	s->resolved = true;
	if (attr_own(&s->die, DW_AT_call_target, &a) ||
		attr_own(&s->die, DW_AT_GNU_call_site_target, &a))
		return; /* an expression of registers that are gone */
	if (!attr_own_ref(&s->die, DW_AT_call_origin, &die) &&
		!attr_own_ref(&s->die, DW_AT_abstract_origin, &die))
		return;
	/* After LTO the origin may be an empty DIE in the caller's unit, whose
	 * own origin is the declaration in another. */
	Dwarf_Die origin = attr_origin(&die);

	if (attr_own_flag(&origin, DW_AT_declaration) &&
		!attr_own(&die, DW_AT_specification, &a))
		target_named(image, m, s, &die);
	else {
		target_defined(image, m, s, &die);
		s->defined = true;
	}
}

/* ---- the search ---- */

enum { MAX_PATH_SITES = 64, MAX_SEARCH_STEPS = 4096 };

struct search {
	struct image *image;
	uint64_t callee;
	const struct site *path[MAX_PATH_SITES];
	size_t n;
	unsigned steps;
	bool failed; /* something on the way is not known, or ambiguous */

	bool found;
	const struct site *first[MAX_PATH_SITES]; /* the first path found */
	size_t length, callers, callees;          /* of it, common to all */
};

static size_t min_size(size_t a, size_t b)
{
	return a < b ? a : b;
}

static void candidate(struct search *s)
{
	if (!s->found) {
		memcpy(s->first, s->path, sizeof(s->first));
		s->length = s->callers = s->callees = s->n;
		s->found = true;
		return;
	}

	size_t callers = min_size(s->callers, s->n);
	size_t callees = min_size(s->callees, s->n), i;

	for (i = 0; i < callers && s->first[i] == s->path[i]; i++)
		;
	s->callers = i;
	for (i = 0; i < callees &&
		    s->first[s->length - 1 - i] == s->path[s->n - 1 - i];
		i++)
		;
	s->callees = i;
	if (s->callers == 0 && s->callees == 0)
		s->failed = true;
}

static bool on_path(const struct search *s, const struct site *site)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->path[i]->pc == site->pc)
			return true;
	return false;
}

static void follow(struct search *, struct module *, struct site *);

static void follow_calls_of(struct search *s, uint64_t entry)
{
	struct scope *function = function_at(s->image, entry);
	struct sites *sites;

	if (!function || function->low_pc != entry) {
		s->failed = true;
		return;
	}
	sites = sites_of(s->image, function);
	for (size_t i = 0; sites->all_tail_calls && i < sites->n && !s->failed;
		i++) {
		struct site *next = &sites->site[i];

		if (!next->tail || on_path(s, next))
			continue;
		if (s->n == MAX_PATH_SITES) {
			s->failed = true;
			return;
		}
		s->path[s->n++] = next;
		follow(s, sites->module, next);
		s->n--;
	}
}

static void follow(struct search *s, struct module *m, struct site *site)
{
	if (!site->resolved)
		resolve(s->image, m, site);
	if (site->ntargets == 0 || ++s->steps > MAX_SEARCH_STEPS) {
		s->failed = true;
		return;
	}
	for (size_t i = 0; i < site->ntargets; i++)
		if (site->target[i] == s->callee) {
			candidate(s);
			return;
		}
	/* Through a function in parts gdb sees no way, and neither do we. */
	if (site->ntargets > 1)
		s->failed = true;
	else
		follow_calls_of(s, site->target[0]);
}

/* Innermost first: the end that is common, then the common beginning. */
static void keep(struct search *s, struct chain *ret)
{
	size_t outer = s->callees == s->length ? 0 : s->callers;
	uint64_t *pc =
		arena_array(s->image->arena, uint64_t, s->callees + outer + 1);

	for (size_t i = 0; i < s->callees; i++)
		pc[ret->n++] = s->first[s->length - 1 - i]->pc;
	for (size_t i = 0; i < outer; i++)
		pc[ret->n++] = s->first[outer - 1 - i]->pc;
	ret->pc = pc;
}

/* The caller called a function of its own module that is another than the one
 * whose frame comes next, also of this module: no alias, no resolver of the
 * linker stands between. */
static void note_incomplete(
	struct image *image, const struct site *site, struct chain *ret)
{
	struct scope *callee = function_at(image, ret->callee), *called;

	if (!site->defined || !site->ntargets || !callee ||
		callee->module != module_at(image, ret->return_pc - 1))
		return;
	for (size_t i = 0; i < site->ntargets; i++)
		if (site->target[i] == ret->callee)
			return;
	called = function_at(image, site->target[0]);
	if (!called || called->die.addr == callee->die.addr)
		return;
	ret->called = called->name;
}

static void find_chain(struct image *image, struct chain *ret)
{
	struct scope *function = function_at(image, ret->return_pc - 1);
	struct sites *sites;

	if (!function)
		return;
	sites = sites_of(image, function);
	for (size_t i = 0; i < sites->n; i++) {
		struct search s = { .image = image, .callee = ret->callee };

		if (sites->site[i].pc != ret->return_pc)
			continue;
		follow(&s, sites->module, &sites->site[i]);
		if (s.found && !s.failed)
			keep(&s, ret);
		ret->incomplete = !s.found || s.failed || ret->n < s.length;
		if (ret->incomplete)
			note_incomplete(image, &sites->site[i], ret);
		return;
	}
}

static struct chain *chain_of(
	struct image *image, uint64_t return_pc, uint64_t callee)
{
	struct module *m = module_at(image, return_pc - 1);
	uint64_t key = (return_pc * UINT64_C(0x9e3779b97f4a7c15) ^ callee) | 1;

	if (!m || !callee)
		return NULL;

	struct table *chains = tailcalls_of(image, m)->chains;
	struct chain *c = table_find(chains, key);

	if (!c) {
		c = arena_new(image->arena, struct chain);
		c->return_pc = return_pc;
		c->callee = callee;
		find_chain(image, c);
		table_add(chains, key, c);
	}
	if (c->return_pc != return_pc || c->callee != callee)
		return NULL; /* two mixtures are equal */
	return c;
}

void tailcall_chain(struct image *image, uint64_t return_pc, uint64_t callee,
	const uint64_t **ret, size_t *ret_n)
{
	struct chain *c = chain_of(image, return_pc, callee);

	*ret_n = c ? c->n : 0;
	if (c)
		*ret = c->pc;
}

const char *tailcall_called(
	struct image *image, uint64_t return_pc, uint64_t callee)
{
	struct chain *c = chain_of(image, return_pc, callee);

	return c && c->incomplete ? c->called : NULL;
}
