/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Which variables a pc can see, and their values.
 *
 * A concrete instance of a function (inlined or not) leaves out what the
 * optimizer removed; the abstract instance has it still.  So each level is
 * read twice: the concrete children, then those of the abstract origin to
 * which no concrete child refers.  A block of the abstract instance that has
 * no concrete counterpart has no address of its own: its variables belong to
 * what encloses it.  A static local has its place in the abstract instance
 * alone (DWARF 5, 3.3.8).
 */
#include "inspect/dwarf/variable.h"

#include "inspect/base/limits.h"
#include "inspect/dwarf/bound.h"
#include "inspect/dwarf/line.h"
#include "inspect/dwarf/place.h"
#include "inspect/dwarf/types.h"

#include <stdlib.h>
#include <string.h>

struct found {
	struct variable var;
	size_t order;
	void *origin;  /* the DIE at the end of its chain */
	bool abstract; /* of the abstract instance alone */
};

struct variable_walk {
	struct scope *scope;
	struct units *units;
	struct arena *arena;
	uint64_t pc; /* link-time */
	int current_line;
	bool optimized;
	unsigned depth, nesting;
	struct found *v;
	size_t n, cap;
	/* Origins that the concrete children of this level refer to. */
	void **origin;
	size_t norigins, origins_cap;
};

static void visit_level(struct variable_walk *, Dwarf_Die *, bool abstract);

bool variable_is_static(Dwarf_Die *die)
{
	Dwarf_Attribute a;
	Dwarf_Op *ops;
	size_t n;

	if (!attr_get(die, DW_AT_location, &a) ||
		dwarf_whatform(&a) != DW_FORM_exprloc ||
		dwarf_getlocation(&a, &ops, &n) || !n)
		return false;
	switch (ops[0].atom) {
	case DW_OP_addr:
	case DW_OP_addrx:
	case DW_OP_GNU_addr_index:
		return true;
	default: /* thread-local: an offset, then a TLS operation */
		return n == 2 &&
		       (ops[1].atom == DW_OP_form_tls_address ||
			       ops[1].atom == DW_OP_GNU_push_tls_address);
	}
}

/* GNU C writes its options into the producer, the last -O counts; clang marks
 * functions that it optimized as describing all their calls. */
static bool is_optimized(const struct scope *scope)
{
	const char *at = scope->producer;
	Dwarf_Die die = die_dw(&scope->function->die);
	bool optimized = false;

	if (!at)
		return true;
	if (strncmp(at, "GNU ", 4))
		return attr_flag(&die, DW_AT_call_all_calls) ||
		       attr_flag(&die, DW_AT_GNU_all_call_sites);
	while ((at = strstr(at, " -O"))) {
		at += 3;
		optimized = *at != '0';
	}
	return optimized;
}

/* Declared further down than where it stopped.  Optimized code has no such
 * order. */
static bool is_not_yet(const struct variable_walk *w, const struct variable *v)
{
	return !v->is_arg && !v->is_static && !w->optimized &&
	       !w->scope->inlined && w->current_line > 0 &&
	       v->line > w->current_line &&
	       w->current_line >= w->scope->decl_line;
}

static void add_variable(struct variable_walk *w, Dwarf_Die *die, bool abstract)
{
	const char *name = attr_str(die, DW_AT_name);

	/* extern int x; inside a function: the variable is elsewhere. */
	if (!name || attr_own_flag(die, DW_AT_declaration))
		return;
	w->v = arena_grow(w->arena, w->v, w->n, &w->cap, sizeof(*w->v));
	struct found *f = &w->v[w->n];
	struct variable *v = &f->var;

	memset(f, 0, sizeof(*f));
	f->order = w->n++;
	f->origin = attr_origin(die).addr;
	f->abstract = abstract;
	v->name = name;
	v->die = die_of(die);
	v->scope = w->scope;
	v->module = w->units->module;
	v->type = types_of_attr(w->units, die);
	v->is_arg = dwarf_tag(die) == DW_TAG_formal_parameter;
	v->is_static = !v->is_arg && variable_is_static(die);
	v->artificial = attr_flag(die, DW_AT_artificial);
	v->depth = w->depth;
	v->file = line_decl(w->units, die, &v->line);
	v->not_yet = is_not_yet(w, v);
}

static void visit_block(struct variable_walk *w, Dwarf_Die *die, bool abstract)
{
	bool has, any = false;

	if (!abstract)
		any = attr_ranges(die, w->pc, &has);
	if (any && !has)
		return;
	if (w->nesting >= MAX_SCOPE_DEPTH)
		return;
	w->nesting++;
	w->depth += any;
	visit_level(w, die, abstract);
	w->depth -= any;
	w->nesting--;
}

static void visit_child(struct variable_walk *w, Dwarf_Die *die, bool abstract)
{
	switch (dwarf_tag(die)) {
	case DW_TAG_formal_parameter:
	case DW_TAG_variable:
		add_variable(w, die, abstract);
		break;
	case DW_TAG_lexical_block:
	case DW_TAG_try_block:
	case DW_TAG_catch_block:
		visit_block(w, die, abstract);
		break;
	case DW_TAG_common_block: /* Fortran: its variables are seen */
		visit_block(w, die, abstract);
		break;
	case DW_TAG_GNU_formal_parameter_pack: {
		Dwarf_Die child;

		if (!dwarf_child(die, &child))
			do
				if (dwarf_tag(&child) ==
					DW_TAG_formal_parameter)
					add_variable(w, &child, abstract);
			while (!dwarf_siblingof(&child, &child));
		break;
	}
	}
}

static bool origin_seen(
	const struct variable_walk *w, size_t first, const void *addr)
{
	for (size_t i = first; i < w->norigins; i++)
		if (w->origin[i] == addr)
			return true;
	return false;
}

static void note_origin(struct variable_walk *w, Dwarf_Die *child)
{
	Dwarf_Die origin;
	int tag = dwarf_tag(child);

	if ((tag != DW_TAG_variable && tag != DW_TAG_formal_parameter &&
		    tag != DW_TAG_lexical_block) ||
		!attr_own_ref(child, DW_AT_abstract_origin, &origin))
		return;
	w->origin = arena_grow(w->arena, w->origin, w->norigins,
		&w->origins_cap, sizeof(*w->origin));
	w->origin[w->norigins++] = origin.addr;
}

static void visit_level(struct variable_walk *w, Dwarf_Die *die, bool abstract)
{
	size_t first = w->norigins;
	Dwarf_Die child, origin;

	if (!dwarf_child(die, &child))
		do {
			note_origin(w, &child);
			visit_child(w, &child, abstract);
		} while (!dwarf_siblingof(&child, &child));
	if (attr_own_ref(die, DW_AT_abstract_origin, &origin) &&
		!dwarf_child(&origin, &child))
		do
			if (!origin_seen(w, first, child.addr))
				visit_child(w, &child, true);
		while (!dwarf_siblingof(&child, &child));
	w->norigins = first;
}

/* A block may lose its link to the abstract one (LTO): then a variable is met
 * twice, once with a place. */
static size_t drop_doubles(struct found *v, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		bool twice = false;

		for (size_t k = 0; v[i].abstract && k < n && !twice; k++)
			twice = !v[k].abstract && v[k].origin == v[i].origin;
		if (!twice)
			v[kept++] = v[i];
	}
	return kept;
}

/* Arguments first; then the innermost block first; then as declared. */
static int by_depth(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->var.is_arg != y->var.is_arg)
		return x->var.is_arg ? -1 : 1;
	if (!x->var.is_arg && x->var.depth != y->var.depth)
		return x->var.depth > y->var.depth ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static void mark_shadowed(struct found *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++)
			if (v[k].var.depth > v[i].var.depth &&
				!strcmp(v[k].var.name, v[i].var.name))
				v[i].var.shadowed = true;
}

/* Kept with the scope: a thousand threads wait at the same few pcs. */
static void find_variables(struct scope *scope, int current_line)
{
	struct arena scratch = { 0 };
	struct variable_walk w = {
		.scope = scope,
		.units = scope->unit->units,
		.arena = &scratch,
		.pc = scope->lookup_pc - scope->module->bias,
		.current_line = current_line,
		.optimized = is_optimized(scope),
	};
	Dwarf_Die die = die_dw(&scope->die);

	visit_level(&w, &die, false);
	w.n = drop_doubles(w.v, w.n);
	if (w.n)
		qsort(w.v, w.n, sizeof(*w.v), by_depth);
	mark_shadowed(w.v, w.n);
	scope->variables =
		arena_array(w.units->image->arena, struct variable, w.n + 1);
	for (size_t i = 0; i < w.n; i++)
		scope->variables[i] = w.v[i].var;
	scope->nvariables = w.n;
	scope->variables_line = current_line;
	arena_clear(&scratch);
}

enum err scope_variables(struct scope *scope, int current_line,
	struct arena *arena, struct variable **ret, size_t *ret_n)
{
	if (!scope->variables || scope->variables_line != current_line)
		find_variables(scope, current_line);
	*ret = arena_memdup(arena, scope->variables,
		(scope->nvariables + 1) * sizeof(**ret));
	*ret_n = scope->nvariables;
	return OK;
}

/* ---- values ------------------------------------------------------------ */

struct expr_ctx variable_ctx(struct units *us, const struct scope *scope,
	const struct scope_ctx *ctx)
{
	return (struct expr_ctx){
		.image = ctx->image,
		.module = us->module,
		.frame = ctx->frame,
		.scope = scope,
		.arena = ctx->arena,
	};
}

/* Bytes that were computed may be fewer than the type has: an int of 16 bytes
 * from a stack of 8, a constant that was written short. */
static void widen(struct loc *loc, const struct type *type, struct arena *arena)
{
	const struct type *t = type_strip(type);

	if (loc->kind != LOC_BYTES || !t->has_size || loc->n >= t->size ||
		t->size > MAX_VALUE_SIZE)
		return;
	uint8_t *wide = arena_alloc(arena, t->size);

	memcpy(wide, loc->bytes, loc->n);
	if (type_is_integer(t) && t->is_signed && loc->n &&
		loc->bytes[loc->n - 1] & 0x80)
		memset(wide + loc->n, 0xff, t->size - loc->n);
	loc->bytes = wide;
	loc->n = t->size;
}

/*
 * An array that is reached through a descriptor (DWARF 5, 5.18.1): the object
 * is the descriptor, and the type says where the elements are.
 */
static enum err follow_descriptor(
	const struct expr_ctx *ctx, Dwarf_Die *die, struct loc *loc)
{
	struct expr_ctx c = *ctx;
	Dwarf_Attribute a;
	Dwarf_Die type;

	if (loc->kind != LOC_ADDR || !attr_ref(die, DW_AT_type, &type) ||
		dwarf_peel_type(&type, &type) ||
		dwarf_tag(&type) != DW_TAG_array_type ||
		!attr_get(&type, DW_AT_data_location, &a))
		return OK;
	c.has_object = true;
	c.object = loc->addr + loc->offset;
	return place_attr(&c, &a, loc);
}

enum err variable_value(struct units *us, Dwarf_Die *die,
	const struct scope *scope, const struct scope_ctx *ctx,
	struct value *ret)
{
	struct expr_ctx c = variable_ctx(us, scope, ctx);
	struct value v = { 0 };

	v.type = bound_resolve(types_of_attr(us, die), scope, ctx);
	TRY(place_die(&c, die, &v.loc));
	TRY(follow_descriptor(&c, die, &v.loc));
	if (v.loc.kind == LOC_BYTES)
		v.not_lvalue = true;
	if (v.loc.kind != LOC_NONE)
		v.note = v.loc.why;
	widen(&v.loc, v.type, ctx->arena);
	*ret = v;
	return OK;
}

enum err scope_value(const struct variable *var, const struct scope_ctx *ctx,
	struct value *ret)
{
	struct units *us = units_of(ctx->image, var->module);
	Dwarf_Die die = die_dw(&var->die);

	if (!us)
		return err_set(ERR_NOTFOUND, "%s has no debug info",
			var->module->path);
	enum err e = variable_value(us, &die, var->scope, ctx, ret);

	if (e)
		return err_prefix(e, "%s: ", var->name);
	if (var->not_yet)
		ret->note = "(not yet in scope)";
	return OK;
}
