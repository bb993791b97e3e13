/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two levels.  The first is the table of names (nametable.h): what stands at
 * the top of a unit, inside its namespaces and in its enums.  The second holds
 * the static locals, which need the bodies of all functions read; it is made
 * when they are asked for.  Everything but the name is read from the DIE when
 * somebody asks.
 */
#include "inspect/dwarf/index.h"

#include "inspect/base/limits.h"
#include "inspect/dwarf/attr.h"
#include "inspect/dwarf/canonical.h"
#include "inspect/dwarf/names.h"
#include "inspect/dwarf/nametable.h"
#include "inspect/dwarf/table.h"
#include "inspect/dwarf/types.h"
#include "inspect/dwarf/typeunit.h"
#include "inspect/dwarf/unit.h"
#include "inspect/dwarf/variable.h"
#include "inspect/image/symbol.h"

#include <string.h>

/* Names that are read to complete one "ns::na": a fraction of a second. */
enum { MAX_QUALIFIED = 1 << 20 };

/* A static local. */
struct local {
	const char *name;
	Dwarf_Die die;
	struct unit *unit;
	size_t function; /* its number in the table */
	uint32_t next;   /* with the same hash; 0: none, else number + 1 */
};

struct dwarf_index {
	struct nametable *table;
	struct arena *arena;
	struct local *local;
	size_t nlocals, locals_cap;
	uint32_t *head; /* of locals, by hash of the name */
	size_t nheads;  /* a power of two */
	bool have_locals;
};

/* A name that was found, at the top of a unit or a static local. */
struct hit {
	const struct slim *slim; /* NULL: a static local */
	const struct local *local;
	const char *name;
	Dwarf_Die die;
	struct unit *unit;
	unsigned kind;
	int tag;
	bool declaration;
};

static struct hit hit_of(struct dwarf_index *x, size_t i)
{
	const struct slim *s = nametable_at(x->table, i);

	return (struct hit){
		.slim = s,
		.name = nametable_name(x->table, s),
		.die = nametable_die(x->table, s),
		.unit = nametable_unit(x->table, s),
		.kind = s->flags & SLIM_KIND,
		.tag = s->tag,
		.declaration = s->flags & SLIM_DECLARATION,
	};
}

static struct hit hit_local(const struct local *l)
{
	return (struct hit){
		.local = l,
		.name = l->name,
		.die = l->die,
		.unit = l->unit,
		.kind = INDEX_VARIABLE,
		.tag = DW_TAG_variable,
	};
}

static bool has_code(Dwarf_Die *die)
{
	Dwarf_Attribute a;

	return attr_own(die, DW_AT_low_pc, &a) ||
	       attr_own(die, DW_AT_ranges, &a);
}

/* NULL: there is no debug info, or it was interrupted. */
static struct dwarf_index *index_of(struct image *image, struct module *m)
{
	if (m->index)
		return m->index;
	struct nametable *t = nametable_get(image, m);

	if (!t)
		return NULL;
	m->index = arena_new(image->arena, struct dwarf_index);
	m->index->table = t;
	m->index->arena = image->arena;
	return m->index;
}

/* ---- static locals ----------------------------------------------------- */

struct local_walk {
	struct dwarf_index *index;
	struct unit *unit;
	size_t function;
	unsigned depth;
};

static void add_local(struct local_walk *w, Dwarf_Die *die)
{
	struct dwarf_index *x = w->index;
	const char *name = attr_str(die, DW_AT_name);

	if (!name || x->nlocals >= UINT32_MAX - 1)
		return;
	x->local = arena_grow(x->arena, x->local, x->nlocals, &x->locals_cap,
		sizeof(*x->local));
	x->local[x->nlocals++] = (struct local){
		.name = name,
		.die = *die,
		.unit = w->unit,
		.function = w->function,
	};
}

static bool locals_visit(Dwarf_Die *die, void *ctx)
{
	struct local_walk *w = ctx;
	Dwarf_Attribute a;

	switch (dwarf_tag(die)) {
	case DW_TAG_variable:
		/* Not those that repeat an abstract instance's. */
		if (!attr_own(die, DW_AT_abstract_origin, &a) &&
			variable_is_static(die))
			add_local(w, die);
		break;
	case DW_TAG_lexical_block:
		if (w->depth < MAX_SCOPE_DEPTH) {
			w->depth++;
			attr_children(die, locals_visit, w);
			w->depth--;
		}
		break;
	}
	return true;
}

static void link_locals(struct dwarf_index *x)
{
	x->nheads = 1024;
	while (x->nheads < x->nlocals)
		x->nheads *= 2;
	x->head = arena_array(x->arena, uint32_t, x->nheads);
	/* From the back, so that chains are in the order of the units. */
	for (size_t i = x->nlocals; i--;) {
		uint32_t hash = namescan_hash(x->local[i].name);
		uint32_t *head = &x->head[hash & (x->nheads - 1)];

		x->local[i].next = *head;
		*head = (uint32_t)i + 1;
	}
}

static void index_locals(struct image *image, struct dwarf_index *x)
{
	const volatile int *interrupted = image->mem.interrupted;

	if (x->have_locals)
		return;
	x->nlocals = 0;
	for (size_t i = 0; i < x->table->n; i++) {
		struct local_walk w = { .index = x, .function = i };

		if (!(nametable_at(x->table, i)->flags & INDEX_FUNCTION))
			continue;
		if (interrupted && *interrupted)
			break;
		struct hit h = hit_of(x, i);
		w.unit = h.unit;
		attr_children(&h.die, locals_visit, &w);
	}
	link_locals(x);
	x->have_locals = !interrupted || !*interrupted;
}

/* ---- giving ------------------------------------------------------------ */

static void entry_fill(
	struct index_entry *e, struct dwarf_index *x, const struct hit *h)
{
	struct units *us = x->table->units;
	bool plain = h->kind == INDEX_CONSTANT || h->local;
	Dwarf_Die die = h->die;
	Dwarf_Attribute a;

	memset(e, 0, sizeof(*e));
	e->name = plain ? h->name : names_qualified(us, &die);
	if (!e->name)
		e->name = h->name;
	e->kind = h->kind;
	e->die = die_of(&die);
	e->cu = die_of(&h->unit->die);
	e->module = us->module;
	e->external = attr_flag(&die, DW_AT_external);
	e->declaration = h->declaration;
	e->tag = h->tag;
	(void)line_decl(us, &die, &e->decl_line);
	e->decl_file = line_file_attr(us, &die, DW_AT_decl_file, &e->decl_name);
	/* A partial unit (dwz) has no name. */
	e->file = h->unit->name  ? h->unit->name
		  : e->decl_file ? e->decl_file
				 : "?";
	if (h->local)
		e->function = nametable_name(
			x->table, nametable_at(x->table, h->local->function));
	if (h->kind == INDEX_CONSTANT && attr_own(&die, DW_AT_const_value, &a))
		attr_const(&a, &e->constant);
}

/* "b" of "a::b": what DIEs are called. */
static const char *last_part(const char *name)
{
	const char *at = name;
	unsigned open = 0; /* template arguments have scopes of their own */

	for (const char *p = name; *p; p++) {
		open += *p == '<';
		open -= open && *p == '>';
		if (!open && p[0] == ':' && p[1] == ':')
			at = p + 2;
	}
	return at;
}

/* Whether it is what "a::b" means, of which last is "b". */
static bool is_called(
	struct dwarf_index *x, const struct hit *h, const char *name)
{
	const char *full = names_qualified(x->table->units, &h->die);
	struct arena arena = { NULL };

	if (!full || !strcmp(full, name))
		return full != NULL;
	/* P<int, long int>::x, which a user writes as P<int,long>::x. */
	if (!strchr(full, '<') || !strchr(name, '<'))
		return false;
	bool is = !strcmp(
		canonical_name(full, &arena), canonical_name(name, &arena));
	arena_clear(&arena);
	return is;
}

struct finding {
	struct arena *arena;
	struct index_entry *v;
	size_t n, cap;
};

/* A function without code here whose concrete instance is in the list. */
static bool repeats(const struct finding *f, const struct index_entry *e)
{
	Dwarf_Die die = die_dw(&e->die);
	void *origin = attr_origin(&die).addr;

	for (size_t i = 0; i < f->n; i++) {
		Dwarf_Die other = die_dw(&f->v[i].die);

		if (f->v[i].kind == e->kind &&
			attr_origin(&other).addr == origin)
			return true;
	}
	return false;
}

/* Definitions first, or what has no code or is only declared. */
static void consider(struct dwarf_index *x, const struct hit *h, bool with_code,
	struct finding *f)
{
	Dwarf_Die die = h->die;
	bool second = h->declaration ||
		      (h->kind == INDEX_FUNCTION && !has_code(&die));
	struct index_entry e;

	if (with_code == second)
		return;
	entry_fill(&e, x, h);
	if (second && repeats(f, &e))
		return;
	f->v = arena_grow(f->arena, f->v, f->n, &f->cap, sizeof(*f->v));
	f->v[f->n++] = e;
}

static void find_in(struct dwarf_index *x, const char *name, unsigned kinds,
	bool with_code, struct finding *f)
{
	const char *last = last_part(name);
	struct namesearch search = nametable_search(x->table, last);
	size_t i;

	while (namesearch_next(&search, &i)) {
		struct hit h = hit_of(x, i);

		if (h.kind & kinds && (last == name || is_called(x, &h, name)))
			consider(x, &h, with_code, f);
	}
	if (!(kinds & INDEX_LOCAL) || !(kinds & INDEX_VARIABLE) || !x->nlocals)
		return;
	i = x->head[namescan_hash(last) & (x->nheads - 1)];
	for (; i; i = x->local[i - 1].next) {
		struct hit h = hit_local(&x->local[i - 1]);

		if (!strcmp(h.name, last) &&
			(last == name || is_called(x, &h, name)))
			consider(x, &h, with_code, f);
	}
}

static void find_module(struct image *image, struct module *m, const char *name,
	unsigned kinds, struct finding *f)
{
	struct dwarf_index *x = index_of(image, m);

	if (!x)
		return;
	if (kinds & INDEX_LOCAL)
		index_locals(image, x);
	find_in(x, name, kinds, true, f);
	find_in(x, name, kinds, false, f);
}

enum err index_find(struct image *image, struct module *module,
	const char *name, unsigned kinds, struct arena *arena,
	struct index_entry **ret, size_t *ret_n)
{
	struct finding f = { .arena = arena };

	if (module) {
		find_module(image, module, name, kinds, &f);
	} else {
		if (image->exe)
			find_module(image, image->exe, name, kinds, &f);
		struct module **order = image_link_order(image);
		for (size_t i = 0; i < image->nmodules; i++)
			if (order[i] != image->exe)
				find_module(image, order[i], name, kinds, &f);
	}
	/* What is not there may only not have been read. */
	if (image->mem.interrupted && *image->mem.interrupted)
		return err_set(ERR_INTERRUPTED, "Interrupted");
	*ret = f.v;
	*ret_n = f.n;
	return OK;
}

struct named {
	const char *name;
	bool found;
	unsigned depth;
};

/* Enumerators are among what a unit declares. */
static bool named_visit(Dwarf_Die *die, void *ctx)
{
	struct named *n = ctx;
	const char *name = attr_str(die, DW_AT_name);

	n->found = name && !strcmp(name, n->name);
	if (!n->found && !n->depth &&
		dwarf_tag(die) == DW_TAG_enumeration_type) {
		n->depth++;
		attr_children(die, named_visit, n);
		n->depth--;
	}
	return !n->found;
}

/* Whether what stands in a frame may have another meaning of a name than the
 * executable's: false is certain. */
static bool may_mean_another(
	struct image *image, const struct frame *f, const char *name)
{
	struct named n = { .name = name };
	struct symbol sym;

	if (!f || !f->module || f->module == image->exe)
		return false;
	if (symbol_find(image, f->module, name, &sym))
		return true;
	if (!f->has_debug || !f->scope)
		return false;
	if (names_nest(f->scope->unit))
		return true;
	Dwarf_Die cu = die_dw(&f->scope->cu);

	attr_children(&cu, named_visit, &n);
	return n.found;
}

enum err index_find_near(struct image *image, const struct frame *f,
	const char *name, unsigned kinds, struct arena *arena,
	struct index_entry **ret, size_t *ret_n)
{
	bool simple = !(kinds & INDEX_LOCAL) && last_part(name) == name;

	if (!simple || !image->exe || may_mean_another(image, f, name))
		return index_find(image, NULL, name, kinds, arena, ret, ret_n);
	TRY(index_find(image, image->exe, name, kinds, arena, ret, ret_n));
	for (size_t i = 0; i < *ret_n; i++)
		if ((*ret)[i].external && !(*ret)[i].declaration)
			return OK;
	return index_find(image, NULL, name, kinds, arena, ret, ret_n);
}

void index_each(struct image *image, struct module *module, unsigned kinds,
	bool (*fn)(const struct index_entry *, void *ctx), void *ctx)
{
	struct dwarf_index *x = index_of(image, module);

	if (!x)
		return;
	if (kinds & INDEX_LOCAL)
		index_locals(image, x);
	for (size_t i = 0; i < x->table->n; i++) {
		if (!(nametable_at(x->table, i)->flags & SLIM_KIND & kinds))
			continue;
		struct hit h = hit_of(x, i);
		struct index_entry e;

		if (!*h.name)
			continue;
		entry_fill(&e, x, &h);
		if (!fn(&e, ctx))
			return;
	}
	if (!(kinds & INDEX_LOCAL) || !(kinds & INDEX_VARIABLE))
		return;
	for (size_t i = 0; i < x->nlocals; i++) {
		struct hit h = hit_local(&x->local[i]);
		struct index_entry e;

		entry_fill(&e, x, &h);
		if (!fn(&e, ctx))
			return;
	}
}

void index_names(struct image *image, struct module *module, unsigned kinds,
	bool (*fn)(const char *name, void *ctx), void *ctx)
{
	struct dwarf_index *x = index_of(image, module);

	for (size_t i = 0; x && i < x->table->n; i++) {
		const struct slim *s = nametable_at(x->table, i);

		if (!(s->flags & SLIM_KIND & kinds))
			continue;
		const char *name = nametable_name(x->table, s);

		if (*name && names_nest(nametable_unit(x->table, s))) {
			Dwarf_Die die = nametable_die(x->table, s);
			const char *full =
				names_qualified(x->table->units, &die);

			name = full ? full : name;
		}
		if (*name && !fn(name, ctx))
			return;
	}
}

static bool tag_fits(int die_tag, const char *tag)
{
	if (!tag)
		return die_tag == DW_TAG_typedef ||
		       die_tag == DW_TAG_base_type ||
		       die_tag == DW_TAG_unspecified_type ||
		       die_tag == DW_TAG_subrange_type ||
		       die_tag == DW_TAG_template_alias;
	if (!strcmp(tag, "enum"))
		return die_tag == DW_TAG_enumeration_type;
	if (!strcmp(tag, "union"))
		return die_tag == DW_TAG_union_type;
	return die_tag == DW_TAG_structure_type ||
	       die_tag == DW_TAG_class_type || die_tag == DW_TAG_interface_type;
}

/* "ns::name" of an entry, if it begins with the text; NULL: it does not. */
static const char *prefixed(struct dwarf_index *x, const struct slim *s,
	const char *name, const char *text)
{
	struct units *us = x->table->units;
	struct unit *u = nametable_unit(x->table, s);

	if (!names_nest(u))
		return NULL;
	Dwarf_Die die = nametable_die(x->table, s);
	const char *prefix = names_prefix(us, u, &die);

	if (!prefix)
		return NULL;
	size_t n = strlen(prefix), typed = strlen(text);

	if (strncmp(prefix, text, n < typed ? n : typed) ||
		(n < typed && strncmp(name, text + n, typed - n)))
		return NULL;
	return arena_printf(us->image->arena, "%s%s", prefix, name);
}

void index_prefixed(struct image *image, struct module *module, unsigned kinds,
	const char *prefix, bool (*fn)(const char *name, void *ctx), void *ctx)
{
	struct dwarf_index *x = index_of(image, module);
	const char *last = last_part(prefix);
	size_t n = strlen(last), qualified = 0;

	for (size_t i = 0; x && i < x->table->n; i++) {
		const struct slim *s = nametable_at(x->table, i);

		if (!(s->flags & SLIM_KIND & kinds))
			continue;
		const char *name = nametable_name(x->table, s);

		if (!*name || strncmp(name, last, n) ||
			(kinds & INDEX_TAG && tag_fits(s->tag, NULL)))
			continue;
		if (last != prefix) {
			if (++qualified > MAX_QUALIFIED)
				return;
			name = prefixed(x, s, name, prefix);
		}
		if (name && !fn(name, ctx))
			return;
	}
}

enum err index_value(const struct index_entry *entry,
	const struct scope_ctx *ctx, struct value *ret)
{
	struct units *us = units_of(ctx->image, entry->module);
	Dwarf_Die die = die_dw(&entry->die);

	if (!us)
		return err_set(ERR_NOTFOUND, "%s has no debug info",
			entry->module->path);
	enum err e = variable_value(us, &die, NULL, ctx, ret);
	uint64_t bound;

	if (e)
		return err_prefix(e, "%s: ", entry->name);
	if (entry->external && ret->loc.kind == LOC_ADDR &&
		symbol_bound(ctx->image, entry->module,
			ctx->frame ? ctx->frame->module : NULL,
			ret->loc.addr + (uint64_t)ret->loc.offset, &bound))
		ret->loc = loc_addr(bound);
	return OK;
}

/* An enumerator has no type of its own: its enum's. */
static const struct type *enum_of(
	struct dwarf_index *x, const struct index_entry *e)
{
	struct namesearch search = nametable_search(x->table, e->name);
	struct hit h;
	size_t i;

	do {
		if (!namesearch_next(&search, &i))
			return type_basic("int");
		h = hit_of(x, i);
	} while (h.die.addr != e->die.addr);
	while (i-- && h.kind == INDEX_CONSTANT)
		h = hit_of(x, i);
	return types_of(x->table->units, &h.die);
}

const struct type *index_type(struct image *image, const struct index_entry *e)
{
	struct units *us = units_of(image, e->module);
	Dwarf_Die die = die_dw(&e->die);

	switch (e->kind) {
	case INDEX_TYPE:
	case INDEX_FUNCTION:
		return types_of(us, &die);
	case INDEX_CONSTANT:
		return enum_of(e->module->index, e);
	default:
		return types_of_attr(us, &die);
	}
}

uint64_t index_pc(struct image *image, const struct index_entry *e)
{
	Dwarf_Die die = die_dw(&e->die);
	Dwarf_Addr base, start, end;

	(void)image;
	if (!dwarf_lowpc(&die, &start))
		return start + e->module->bias;
	if (dwarf_ranges(&die, 0, &base, &start, &end) > 0)
		return start + e->module->bias;
	return 0;
}

/* ---- types by name ----------------------------------------------------- */

/* C++ and Rust name a class without its tag. */
static bool tag_fits_bare(struct unit *u, int die_tag)
{
	return names_nest(u) &&
	       (tag_fits(die_tag, "struct") || tag_fits(die_tag, "union") ||
		       tag_fits(die_tag, "enum"));
}

static bool type_in(struct dwarf_index *x, const char *tag, const char *name,
	struct hit *ret)
{
	const char *last = last_part(name);
	struct namesearch search = nametable_search(x->table, last);
	bool declared = false;
	size_t i;

	while (namesearch_next(&search, &i)) {
		struct hit h = hit_of(x, i);

		if (h.kind != INDEX_TYPE ||
			!(tag_fits(h.tag, tag) ||
				(!tag && tag_fits_bare(h.unit, h.tag))) ||
			(last != name && !is_called(x, &h, name)))
			continue;
		*ret = h;
		declared = true;
		if (!h.declaration)
			break;
	}
	return declared;
}

const struct type *index_unit_type(struct image *image, struct module *m,
	const struct die *cu, const char *tag, const char *name)
{
	struct dwarf_index *x = index_of(image, m);
	const char *last = last_part(name);
	size_t i;

	if (!x)
		return NULL;
	struct namesearch search = nametable_search(x->table, last);
	while (namesearch_next(&search, &i)) {
		struct hit h = hit_of(x, i);

		if (h.kind == INDEX_TYPE && !h.declaration &&
			h.unit->die.addr == cu->addr && tag_fits(h.tag, tag) &&
			(last == name || is_called(x, &h, name)))
			return types_of(x->table->units, &h.die);
	}
	return NULL;
}

struct type_finding {
	const char *tag, *name;
	const struct type *declared;
};

static const struct type *type_in_module(
	struct image *image, struct module *m, struct type_finding *f)
{
	struct dwarf_index *x = index_of(image, m);
	struct hit h;

	if (!x || !type_in(x, f->tag, f->name, &h))
		return NULL;
	const struct type *t = types_of(x->table->units, &h.die);

	if (!h.declaration)
		return t;
	if (!f->declared)
		f->declared = t;
	return NULL;
}

const struct type *index_find_type(struct image *image, struct module *near,
	const char *tag, const char *name)
{
	struct type_finding f = { .tag = tag, .name = name };
	const struct type *t = near ? type_in_module(image, near, &f) : NULL;

	if (!t && image->exe && image->exe != near)
		t = type_in_module(image, image->exe, &f);
	struct module **order = image_link_order(image);
	for (size_t i = 0; !t && i < image->nmodules; i++)
		if (order[i] != near && order[i] != image->exe)
			t = type_in_module(image, order[i], &f);
	return t ? t : f.declared;
}

const struct type *index_split_type(struct image *image, struct module *near,
	const char *tag, const char *name)
{
	for (size_t i = 0; i <= image->nmodules; i++) {
		struct module *m = i ? image->modules[i - 1] : near;
		struct units *us = m ? units_of(image, m) : NULL;
		Dwarf_Die die;

		if (us && typeunit_named(us, name, tag_fits, tag, &die))
			return types_of(us, &die);
	}
	return NULL;
}
