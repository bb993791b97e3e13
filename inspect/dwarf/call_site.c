/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The call that led to a frame is the call site of the caller's function whose
 * return address is the caller's pc.  Its parameters say, in the caller's
 * terms, what each argument's register held.
 *
 * This is a conclusion, and it is only drawn when nothing else fits.  If the
 * callee that the call site names is another function, then that one has
 * tail-called ours, with arguments of its own.  If the site does not say whom
 * it calls (an indirect call without DW_AT_call_target), we cannot tell.  And a
 * function that can reach itself by tail calls may have run again after it was
 * entered.  gdb refuses in the same cases.
 */
#include "inspect/dwarf/call_site.h"

#include "inspect/base/limits.h"
#include "inspect/dwarf/place.h"
#include "inspect/dwarf/scope.h"
#include "inspect/dwarf/unit.h"
#include "inspect/image/symbol.h"

#include <string.h>

enum { MAX_TAIL_CALLS = 1024 }; /* functions visited for one answer */

/* What has been found out about a function at a pc, once for all the threads
 * that wait there. */
struct call_facts {
	bool looked, found; /* for the site of the call that returns here */
	Dwarf_Die site;
	bool followed, doubtful; /* its tail calls: may_tail_call_itself() */
};

static struct call_facts *facts_of(struct scope *function)
{
	if (!function->calls)
		function->calls = arena_new(
			function->unit->units->image->arena, struct call_facts);
	return function->calls;
}

/* ---- the calls of a function ------------------------------------------- */

static bool is_site(int tag)
{
	return tag == DW_TAG_call_site || tag == DW_TAG_GNU_call_site;
}

struct sites_walk {
	bool (*fn)(Dwarf_Die *site, void *ctx);
	void *ctx;
	bool stopped;
	unsigned depth;
};

static bool sites_visit(Dwarf_Die *child, void *ctx)
{
	struct sites_walk *w = ctx;

	switch (dwarf_tag(child)) {
	case DW_TAG_call_site:
	case DW_TAG_GNU_call_site:
		w->stopped = !w->fn(child, w->ctx);
		break;
	case DW_TAG_lexical_block:
	case DW_TAG_inlined_subroutine:
	case DW_TAG_try_block:
	case DW_TAG_catch_block:
		if (w->depth >= MAX_SCOPE_DEPTH)
			break;
		w->depth++;
		attr_children(child, sites_visit, w);
		w->depth--;
		break;
	}
	return !w->stopped;
}

/* Where the call returns to; GNU's DWARF 4 extension calls it low_pc. */
static bool site_return_pc(Dwarf_Die *die, Dwarf_Addr *ret)
{
	Dwarf_Attribute a;

	return attr_own(die,
		       dwarf_tag(die) == DW_TAG_call_site ? DW_AT_call_return_pc
							  : DW_AT_low_pc,
		       &a) &&
	       !dwarf_formaddr(&a, ret);
}

struct abstract_walk {
	Dwarf_Die *function;
	struct sites_walk *sites;
	unsigned depth;
};

static bool sites_visit_abstract(Dwarf_Die *child, void *ctx)
{
	struct abstract_walk *w = ctx;
	int tag = dwarf_tag(child);
	Dwarf_Addr pc;
	bool has;

	if (is_site(tag)) {
		if (site_return_pc(child, &pc) &&
			attr_ranges(w->function, pc - 1, &has) && has)
			w->sites->stopped = !w->sites->fn(child, w->sites->ctx);
	} else if (tag == DW_TAG_lexical_block && w->depth < MAX_SCOPE_DEPTH) {
		w->depth++;
		attr_children(child, sites_visit_abstract, w);
		w->depth--;
	}
	return !w->sites->stopped;
}

void call_sites_each(
	Dwarf_Die *function, bool (*fn)(Dwarf_Die *site, void *ctx), void *ctx)
{
	struct sites_walk w = { .fn = fn, .ctx = ctx };
	struct abstract_walk in = { .function = function, .sites = &w };
	Dwarf_Die origin = attr_origin(function);

	attr_children(function, sites_visit, &w);
	/* gcc 12 may leave calls that the function itself makes, by their
	 * addresses, in its abstract instance. */
	if (!w.stopped && origin.addr != function->addr)
		attr_children(&origin, sites_visit_abstract, &in);
}

struct site_walk {
	uint64_t return_pc; /* link-time */
	bool found;
	Dwarf_Die site;
};

static bool site_visit(Dwarf_Die *site, void *ctx)
{
	struct site_walk *w = ctx;
	Dwarf_Addr pc;

	if (site_return_pc(site, &pc) && pc == w->return_pc) {
		w->site = *site;
		w->found = true;
	}
	return !w->found;
}

/* The call in that function, at the pc of the scope, that returns to pc. */
static const Dwarf_Die *site_of(struct scope *function, uint64_t pc)
{
	struct call_facts *facts = facts_of(function);
	struct site_walk w = { .return_pc = pc - function->module->bias };
	Dwarf_Die die = die_dw(&function->die);

	if (!facts->looked) {
		call_sites_each(&die, site_visit, &w);
		facts->looked = true;
		facts->found = w.found;
		facts->site = w.site;
	}
	return facts->found ? &facts->site : NULL;
}

/* ---- whom it calls ----------------------------------------------------- */

static bool site_is_tail(Dwarf_Die *site)
{
	return attr_own_flag(site, DW_AT_call_tail_call) ||
	       attr_own_flag(site, DW_AT_GNU_tail_call);
}

static bool site_origin(Dwarf_Die *site, Dwarf_Die *ret)
{
	return attr_own_ref(site, DW_AT_call_origin, ret) ||
	       attr_own_ref(site, DW_AT_abstract_origin, ret);
}

static bool site_target(Dwarf_Die *site, Dwarf_Attribute *ret)
{
	return attr_own(site, DW_AT_call_target, ret) ||
	       attr_own(site, DW_AT_GNU_call_site_target, ret);
}

/* The origin may be the very function, its abstract instance, a declaration:
 * by DIE, then by the linker's name. */
static bool origin_is(
	Dwarf_Die *origin, const struct scope *callee, struct image *image)
{
	Dwarf_Die die = die_dw(&callee->die);
	Dwarf_Die a = attr_origin(origin), b = attr_origin(&die);
	Dwarf_Addr low;
	struct symbol sym;

	if (a.addr == b.addr)
		return true;
	if (!dwarf_lowpc(origin, &low))
		return low + callee->module->bias == callee->low_pc;
	const char *name = attr_linkage_name(origin);

	if (!name)
		name = attr_str(origin, DW_AT_name);
	if (!name)
		return false;
	const char *ours =
		callee->linkage_name ? callee->linkage_name : callee->name;

	if (ours && !strcmp(name, ours))
		return true;
	/* An alias: the same address under another name. */
	return symbol_find(image, callee->module, name, &sym) &&
	       sym.addr == callee->low_pc;
}

static bool target_is(Dwarf_Attribute *target, const struct expr_ctx *in_caller,
	uint64_t callee_pc)
{
	struct loc loc;
	enum absent absent;
	uint64_t v;

	return place_attr(in_caller, target, &loc) == OK &&
	       place_number(in_caller, &loc, &absent, &v) == OK &&
	       v == callee_pc;
}

static bool site_calls(Dwarf_Die *site, const struct scope *callee,
	const struct expr_ctx *in_caller)
{
	Dwarf_Attribute target;
	Dwarf_Die origin;

	if (site_origin(site, &origin))
		return origin_is(&origin, callee, in_caller->image);
	return site_target(site, &target) &&
	       target_is(&target, in_caller, callee->low_pc);
}

/* ---- tail calls to oneself --------------------------------------------- */

struct tail_walk {
	struct units *units;
	Dwarf_Die self;
	bool doubtful;
	struct arena *arena;
	Dwarf_Die *todo;
	size_t n, cap, done;
};

static void tail_push(struct tail_walk *w, const Dwarf_Die *die)
{
	if (die->addr == w->self.addr)
		w->doubtful = true;
	for (size_t i = 0; i < w->n; i++)
		if (w->todo[i].addr == die->addr)
			return;
	if (w->n == MAX_TAIL_CALLS) {
		w->doubtful = true;
		return;
	}
	w->todo =
		arena_grow(w->arena, w->todo, w->n, &w->cap, sizeof(*w->todo));
	w->todo[w->n++] = *die;
}

static bool tail_push_at(struct tail_walk *w, Dwarf_Addr pc)
{
	struct unit *u = units_at(w->units, pc);
	const struct function *f = u ? unit_function(u, pc) : NULL;

	if (f)
		tail_push(w, &f->die);
	return f;
}

/* All that was made of an abstract function in a unit: itself, its parts,
 * its copies for some arguments. */
static bool tail_push_instances(
	struct tail_walk *w, struct unit *u, const Dwarf_Die *origin)
{
	size_t n;
	const struct function *f = u ? unit_functions(u, &n) : NULL;
	bool any = false;

	for (size_t i = 0; f && i < n; i++)
		if (attr_origin(&f[i].die).addr == origin->addr) {
			tail_push(w, &f[i].die);
			any = true;
		}
	return any;
}

/*
 * What a call site names may have an address; or it is an abstract function,
 * whose code goes on in another DIE, in this unit or where LTO put it; or it is
 * only declared.  What this module has no code for is in another one, which
 * cannot reach back by tail calls alone except through what we do not see; gdb
 * ends there too.
 */
static void tail_add(struct tail_walk *w, Dwarf_Die *named)
{
	Dwarf_Die origin = attr_origin(named);
	const char *name = attr_linkage_name(named);
	struct symbol sym;
	Dwarf_Addr low;

	if (!dwarf_lowpc(named, &low) && tail_push_at(w, low))
		return;
	if (tail_push_instances(w, units_find(w->units, named), &origin) ||
		tail_push_instances(w, units_find(w->units, &origin), &origin))
		return;
	if (!name)
		name = attr_str(named, DW_AT_name);
	if (name && symbol_find(w->units->image, w->units->module, name, &sym))
		tail_push_at(w, sym.addr - w->units->module->bias);
	else if (!attr_own_flag(&origin, DW_AT_declaration))
		w->doubtful = true; /* a copy of it, under another name */
}

static bool tail_visit(Dwarf_Die *site, void *ctx)
{
	struct tail_walk *w = ctx;
	Dwarf_Die origin;

	if (!site_is_tail(site))
		return true;
	if (site_origin(site, &origin))
		tail_add(w, &origin);
	else /* through a pointer: to anything */
		w->doubtful = true;
	return !w->doubtful;
}

static bool may_tail_call_itself(struct scope *callee, struct arena *arena)
{
	struct tail_walk w = { .units = callee->unit->units, .arena = arena };
	struct call_facts *facts = facts_of(callee);

	if (facts->followed)
		return facts->doubtful;
	Dwarf_Die self = die_dw(&callee->die);

	tail_push(&w, &self);
	w.self = self;
	while (w.done < w.n && !w.doubtful) {
		Dwarf_Die die = w.todo[w.done++];

		call_sites_each(&die, tail_visit, &w);
	}
	facts->followed = true;
	facts->doubtful = w.doubtful;
	return w.doubtful;
}

/* ---- the call of this frame -------------------------------------------- */

static struct loc unknown(const char *why)
{
	return loc_none(ABSENT_OPTIMIZED_OUT, why);
}

/* Sets *ret_in to the context of the caller and *ret to the site; else a
 * reason. */
static const char *find_site(
	const struct expr_ctx *c, struct expr_ctx *ret_in, Dwarf_Die *ret)
{
	const struct frame *caller = c->frame ? c->frame->caller : NULL;
	struct scope *scopes;
	size_t n;
	const Dwarf_Die *site = NULL;

	if (!caller || !c->scope)
		return "it is a value from before the call, and the caller is "
		       "not known";
	if (scope_at(c->image, frame_lookup_pc(caller), &scopes, &n) || !n)
		return "it is a value from before the call, and the caller has "
		       "no debug info";
	struct scope *function = scopes[0].function;

	if (!caller->interrupted)
		site = site_of(function, caller->pc);
	if (!site)
		return "it is a value from before the call, and the caller "
		       "does not describe the call";
	*ret_in = *c;
	ret_in->module = function->module;
	ret_in->frame = caller;
	ret_in->scope = function;
	*ret = *site;
	if (!site_calls(ret, c->scope->function, ret_in))
		return "it is a value from before the call, and the call was "
		       "to another function, or through a pointer";
	if (may_tail_call_itself(c->scope->function, c->arena))
		return "it is a value from before the call, and the function "
		       "may have called itself by a tail call since";
	return NULL;
}

static bool is_parameter(int tag)
{
	return tag == DW_TAG_call_site_parameter ||
	       tag == DW_TAG_GNU_call_site_parameter;
}

/* The two values that a parameter of a call may have, under both names. */
static const unsigned VALUE[] = { DW_AT_call_value, DW_AT_GNU_call_site_value };
static const unsigned POINTEE[] = { DW_AT_call_data_value,
	DW_AT_GNU_call_site_data_value };

static enum err parameter_value(const struct expr_ctx *in, Dwarf_Die *parameter,
	const unsigned name[2], struct loc *ret)
{
	Dwarf_Attribute a;

	if (!attr_own(parameter, name[0], &a) &&
		!attr_own(parameter, name[1], &a)) {
		*ret = unknown("the caller does not say what it passed");
		return OK;
	}
	return place_attr(in, &a, ret);
}

static bool describes_register(Dwarf_Die *parameter, unsigned reg)
{
	Dwarf_Attribute a;
	Dwarf_Op *ops;
	size_t n;

	if (!attr_own(parameter, DW_AT_location, &a) ||
		dwarf_getlocation(&a, &ops, &n) || n != 1)
		return false;
	if (ops[0].atom == DW_OP_regx)
		return ops[0].number == reg;
	return ops[0].atom == DW_OP_reg0 + reg && reg < 32;
}

static enum err of_register(const struct expr_ctx *c, unsigned dwarf_reg,
	const unsigned name[2], struct loc *ret)
{
	struct expr_ctx in;
	Dwarf_Die site, child;
	const char *why = find_site(c, &in, &site);

	if (why) {
		*ret = unknown(why);
		return OK;
	}
	if (!dwarf_child(&site, &child))
		do
			if (is_parameter(dwarf_tag(&child)) &&
				describes_register(&child, dwarf_reg))
				return parameter_value(&in, &child, name, ret);
		while (!dwarf_siblingof(&child, &child));
	*ret = unknown("the caller does not say what it passed");
	return OK;
}

enum err call_site_register(
	const struct expr_ctx *c, unsigned dwarf_reg, struct loc *ret)
{
	return of_register(c, dwarf_reg, VALUE, ret);
}

enum err call_site_pointee(
	const struct expr_ctx *c, unsigned dwarf_reg, struct loc *ret)
{
	return of_register(c, dwarf_reg, POINTEE, ret);
}

static bool describes_parameter(Dwarf_Die *parameter, const Dwarf_Die *param)
{
	Dwarf_Die of;

	if (!attr_own_ref(parameter, DW_AT_call_parameter, &of) &&
		!attr_own_ref(parameter, DW_AT_abstract_origin, &of))
		return false;
	return attr_origin(&of).addr == attr_origin(param).addr;
}

enum err call_site_parameter(
	const struct expr_ctx *c, const Dwarf_Die *param, struct loc *ret)
{
	struct expr_ctx in;
	Dwarf_Die site, child;
	const char *why = find_site(c, &in, &site);

	if (why) {
		*ret = unknown(why);
		return OK;
	}
	if (!dwarf_child(&site, &child))
		do
			if (is_parameter(dwarf_tag(&child)) &&
				describes_parameter(&child, param))
				return parameter_value(&in, &child, VALUE, ret);
		while (!dwarf_siblingof(&child, &child));
	*ret = unknown("the caller does not say what it passed");
	return OK;
}
