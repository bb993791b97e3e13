/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Two levels.  The first holds what stands at the top of a unit, inside its
 * namespaces and in its enums: one pass that steps over the bodies of
 * functions.  The second holds the static locals, which need those bodies
 * read; it is made when they are asked for.
 *
 * An entry is small (name, DIE, unit) because there are millions in a large
 * program; everything else is read from the DIE when somebody asks.
 */
#include "inspect/dwarf/index.h"

#include "inspect/base/limits.h"
#include "inspect/dwarf/attr.h"
#include "inspect/dwarf/names.h"
#include "inspect/dwarf/table.h"
#include "inspect/dwarf/types.h"
#include "inspect/dwarf/unit.h"
#include "inspect/dwarf/variable.h"
#include "inspect/image/symbol.h"

#include <string.h>

struct slim {
	const char *name; /* "": an enum that has none */
	uint32_t die;     /* bytes from the unit's own DIE */
	uint32_t unit;
	uint32_t next; /* with the same hash; 0: none, else number + 1 */
	uint16_t tag;
	uint8_t kind;
	bool declaration;
};

enum { CHUNK = 1 << 16 }; /* entries do not move when more come */

struct dwarf_index {
	struct units *units;
	struct arena *arena;
	struct slim **chunk;
	size_t nchunks, chunks_cap;
	size_t n;
	uint32_t *head; /* by hash of the name */
	size_t nheads;  /* a power of two */
	/* Static locals are the entries from here on; of which function each
	 * of them is. */
	size_t first_local;
	uint32_t *function;
	size_t functions_cap;
	bool have_locals;
};

struct index_walk {
	struct dwarf_index *index;
	struct unit *unit;
	uint32_t function; /* number of its entry: for static locals */
	unsigned depth;
	bool nest; /* C++: descend into classes too */
};

static struct slim *slim_at(const struct dwarf_index *x, size_t i)
{
	return &x->chunk[i / CHUNK][i % CHUNK];
}

static struct unit *slim_unit(const struct dwarf_index *x, const struct slim *s)
{
	return &x->units->unit[s->unit];
}

static Dwarf_Die slim_die(const struct dwarf_index *x, const struct slim *s)
{
	const Dwarf_Die *unit = &slim_unit(x, s)->die;

	return (Dwarf_Die){
		.addr = (char *)unit->addr + s->die,
		.cu = unit->cu,
	};
}

/* FNV-1a. */
static uint32_t hash_name(const char *s)
{
	uint32_t h = 2166136261u;

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 16777619u;
	return h;
}

/* ---- making ------------------------------------------------------------ */

static void slim_push(
	struct index_walk *w, Dwarf_Die *die, unsigned kind, const char *name)
{
	struct dwarf_index *x = w->index;

	if (x->n >= UINT32_MAX - 1)
		return;
	if (x->n / CHUNK == x->nchunks) {
		x->chunk = arena_grow(x->arena, x->chunk, x->nchunks,
			&x->chunks_cap, sizeof(*x->chunk));
		x->chunk[x->nchunks++] =
			arena_array(x->arena, struct slim, CHUNK);
	}
	*slim_at(x, x->n++) = (struct slim){
		.name = name ? name : "",
		.die = (uint32_t)((char *)die->addr -
				  (char *)w->unit->die.addr),
		.unit = (uint32_t)(w->unit - x->units->unit),
		.tag = (uint16_t)dwarf_tag(die),
		.kind = (uint8_t)kind,
		.declaration = attr_own_flag(die, DW_AT_declaration),
	};
}

static void slim_add(struct index_walk *w, Dwarf_Die *die, unsigned kind)
{
	const char *name = attr_str(die, DW_AT_name);

	if (name)
		slim_push(w, die, kind, name);
}

static bool has_code(Dwarf_Die *die)
{
	Dwarf_Attribute a;

	return attr_own(die, DW_AT_low_pc, &a) ||
	       attr_own(die, DW_AT_ranges, &a);
}

static void index_function(struct index_walk *w, Dwarf_Die *die)
{
	Dwarf_Attribute a;

	/* Concrete, or an abstract instance: inlined somewhere.  Only declared
	 * ones belong to another unit. */
	if (has_code(die) || attr_own(die, DW_AT_inline, &a))
		slim_add(w, die, INDEX_FUNCTION);
}

static void index_variable(struct index_walk *w, Dwarf_Die *die)
{
	Dwarf_Attribute a;

	/* int x; after extern int x; has its place at the second DIE, which
	 * refers to the first. */
	if (attr_own_flag(die, DW_AT_declaration) ||
		attr_get(die, DW_AT_location, &a) ||
		attr_get(die, DW_AT_const_value, &a))
		slim_add(w, die, INDEX_VARIABLE);
}

static bool index_visit(Dwarf_Die *die, void *ctx);

static void index_descend(struct index_walk *w, Dwarf_Die *die)
{
	if (w->depth >= MAX_DIE_DEPTH)
		return;
	w->depth++;
	attr_children(die, index_visit, w);
	w->depth--;
}

static bool index_enumerator(Dwarf_Die *die, void *ctx)
{
	if (dwarf_tag(die) == DW_TAG_enumerator)
		slim_add(ctx, die, INDEX_CONSTANT);
	return true;
}

/* Enumerators stand right behind their enum, so it is entered even without a
 * name. */
static void index_enum(struct index_walk *w, Dwarf_Die *die)
{
	slim_push(w, die, INDEX_TYPE, attr_str(die, DW_AT_name));
	attr_children(die, index_enumerator, w);
}

static bool index_visit(Dwarf_Die *die, void *ctx)
{
	struct index_walk *w = ctx;

	switch (dwarf_tag(die)) {
	case DW_TAG_subprogram:
		index_function(w, die);
		break;
	case DW_TAG_variable:
	case DW_TAG_constant:
		index_variable(w, die);
		break;
	case DW_TAG_enumeration_type:
		index_enum(w, die);
		break;
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
	case DW_TAG_class_type:
	case DW_TAG_interface_type:
		slim_add(w, die, INDEX_TYPE);
		if (w->nest)
			index_descend(w, die);
		break;
	case DW_TAG_typedef:
	case DW_TAG_base_type:
	case DW_TAG_unspecified_type:
	case DW_TAG_subrange_type:
	case DW_TAG_template_alias:
		slim_add(w, die, INDEX_TYPE);
		break;
	case DW_TAG_namespace:
	case DW_TAG_module:
	case DW_TAG_common_block:
		index_descend(w, die);
		break;
	}
	return true;
}

static void index_link(struct dwarf_index *x)
{
	size_t n = 1024;

	while (n < x->n)
		n *= 2;
	if (n != x->nheads) {
		x->nheads = n;
		x->head = arena_array(x->arena, uint32_t, n);
	} else {
		memset(x->head, 0, n * sizeof(*x->head));
	}
	/* From the back, so that chains are in the order of the units. */
	for (size_t i = x->n; i--;) {
		struct slim *e = slim_at(x, i);
		uint32_t *head = &x->head[hash_name(e->name) & (n - 1)];

		e->next = *head;
		*head = (uint32_t)i + 1;
	}
}

static struct dwarf_index *index_of(struct image *image, struct module *m)
{
	struct units *us = units_of(image, m);

	if (m->index || !us)
		return m->index;
	struct dwarf_index *x = arena_new(image->arena, struct dwarf_index);

	x->units = us;
	x->arena = image->arena;
	for (size_t i = 0; i < us->n; i++) {
		struct index_walk w = { .index = x, .unit = &us->unit[i] };

		unit_full(w.unit);
		w.nest = names_nest(w.unit);
		attr_children(&w.unit->die, index_visit, &w);
	}
	index_link(x);
	m->index = x;
	return x;
}

/* ---- static locals ----------------------------------------------------- */

static void index_local(struct index_walk *w, Dwarf_Die *die)
{
	struct dwarf_index *x = w->index;
	size_t before = x->n;

	slim_add(w, die, INDEX_VARIABLE);
	if (x->n == before)
		return;
	x->function = arena_grow(x->arena, x->function, before - x->first_local,
		&x->functions_cap, sizeof(*x->function));
	x->function[before - x->first_local] = w->function;
}

static bool locals_visit(Dwarf_Die *die, void *ctx)
{
	struct index_walk *w = ctx;
	Dwarf_Attribute a;

	switch (dwarf_tag(die)) {
	case DW_TAG_variable:
		/* Not those that repeat an abstract instance's. */
		if (!attr_own(die, DW_AT_abstract_origin, &a) &&
			variable_is_static(die))
			index_local(w, die);
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

static void index_locals(struct dwarf_index *x)
{
	if (x->have_locals)
		return;
	x->have_locals = true;
	x->first_local = x->n;
	for (size_t i = 0; i < x->first_local; i++) {
		const struct slim *s = slim_at(x, i);
		struct index_walk w = {
			.index = x,
			.unit = slim_unit(x, s),
			.function = (uint32_t)i,
		};
		Dwarf_Die die = slim_die(x, s);

		if (s->kind == INDEX_FUNCTION)
			attr_children(&die, locals_visit, &w);
	}
	if (x->n > x->first_local)
		index_link(x);
}

/* ---- giving ------------------------------------------------------------ */

static bool is_local(const struct dwarf_index *x, size_t i)
{
	return x->have_locals && i >= x->first_local;
}

static void entry_fill(
	struct index_entry *e, const struct dwarf_index *x, size_t i)
{
	const struct slim *s = slim_at(x, i);
	struct unit *u = slim_unit(x, s);
	Dwarf_Die die = slim_die(x, s);
	Dwarf_Attribute a;
	bool plain = s->kind == INDEX_CONSTANT || is_local(x, i);

	memset(e, 0, sizeof(*e));
	e->name = plain ? s->name : names_qualified(x->units, &die);
	e->kind = s->kind;
	e->die = die_of(&die);
	e->cu = die_of(&u->die);
	e->module = x->units->module;
	e->external = attr_flag(&die, DW_AT_external);
	e->declaration = s->declaration;
	e->tag = s->tag;
	(void)line_decl(x->units, &die, &e->decl_line);
	e->decl_file =
		line_file_attr(x->units, &die, DW_AT_decl_file, &e->decl_name);
	/* A partial unit (dwz) has no name. */
	e->file = unit_full(u)->name ? u->name
		  : e->decl_file     ? e->decl_file
				     : "?";
	if (is_local(x, i))
		e->function = slim_at(x, x->function[i - x->first_local])->name;
	if (s->kind == INDEX_CONSTANT && attr_own(&die, DW_AT_const_value, &a))
		attr_const(&a, &e->constant);
}

/* "b" of "a::b": what DIEs are called. */
static const char *last_part(const char *name)
{
	const char *end = strchr(name, '<'), *at = name;

	for (const char *p = name; *p && (!end || p < end); p++)
		if (p[0] == ':' && p[1] == ':')
			at = p + 2;
	return at;
}

static bool slim_has(const struct dwarf_index *x, const struct slim *s,
	const char *name, const char *last, unsigned kinds)
{
	if (!(s->kind & kinds) || strcmp(s->name, last))
		return false;
	if (last == name)
		return true;
	Dwarf_Die die = slim_die(x, s);
	const char *full = names_qualified(x->units, &die);

	return full && !strcmp(full, name);
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

static void find_in(struct dwarf_index *x, const char *name, unsigned kinds,
	bool with_code, struct finding *f)
{
	const char *last = last_part(name);
	uint32_t i = x->head[hash_name(last) & (x->nheads - 1)];

	for (; i; i = slim_at(x, i - 1)->next) {
		const struct slim *s = slim_at(x, i - 1);
		Dwarf_Die die = slim_die(x, s);
		struct index_entry e;

		if (!slim_has(x, s, name, last, kinds) ||
			(is_local(x, i - 1) && !(kinds & INDEX_LOCAL)))
			continue;
		bool second = s->declaration ||
			      (s->kind == INDEX_FUNCTION && !has_code(&die));

		if (with_code == second)
			continue;
		entry_fill(&e, x, i - 1);
		if (second && repeats(f, &e))
			continue;
		f->v = arena_grow(f->arena, f->v, f->n, &f->cap, sizeof(*f->v));
		f->v[f->n++] = e;
	}
}

static void find_module(struct image *image, struct module *m, const char *name,
	unsigned kinds, struct finding *f)
{
	struct dwarf_index *x = index_of(image, m);

	if (!x)
		return;
	if (kinds & INDEX_LOCAL)
		index_locals(x);
	/* Definitions first, then what has no code or is only declared. */
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
		for (size_t i = 0; i < image->nmodules; i++)
			if (image->modules[i] != image->exe)
				find_module(image, image->modules[i], name,
					kinds, &f);
	}
	*ret = f.v;
	*ret_n = f.n;
	return OK;
}

void index_each(struct image *image, struct module *module, unsigned kinds,
	bool (*fn)(const struct index_entry *, void *ctx), void *ctx)
{
	struct dwarf_index *x = index_of(image, module);

	if (!x)
		return;
	if (kinds & INDEX_LOCAL)
		index_locals(x);
	size_t n = x->have_locals && !(kinds & INDEX_LOCAL) ? x->first_local
							    : x->n;
	for (size_t i = 0; i < n; i++) {
		struct index_entry e;

		if (!(slim_at(x, i)->kind & kinds) || !*slim_at(x, i)->name)
			continue;
		entry_fill(&e, x, i);
		if (!fn(&e, ctx))
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

	return e ? err_prefix(e, "%s: ", entry->name) : OK;
}

/* An enumerator has no type of its own: its enum's. */
static const struct type *enum_of(
	const struct dwarf_index *x, const struct index_entry *e)
{
	uint32_t i = x->head[hash_name(e->name) & (x->nheads - 1)];

	while (i && slim_die(x, slim_at(x, i - 1)).addr != e->die.addr)
		i = slim_at(x, i - 1)->next;
	if (!i)
		return type_basic("int");
	for (i--; i && slim_at(x, i)->kind == INDEX_CONSTANT;)
		i--;
	Dwarf_Die die = slim_die(x, slim_at(x, i));

	return types_of(x->units, &die);
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

/* C++ and Rust name a class without its tag. */
static bool tag_fits_bare(struct unit *u, int die_tag)
{
	return names_nest(u) &&
	       (tag_fits(die_tag, "struct") || tag_fits(die_tag, "union") ||
		       tag_fits(die_tag, "enum"));
}

static const struct slim *type_in(
	struct dwarf_index *x, const char *tag, const char *name)
{
	const char *last = last_part(name);
	uint32_t i = x->head[hash_name(last) & (x->nheads - 1)];
	const struct slim *declared = NULL;

	for (; i; i = slim_at(x, i - 1)->next) {
		const struct slim *s = slim_at(x, i - 1);
		struct unit *u = slim_unit(x, s);

		if (!slim_has(x, s, name, last, INDEX_TYPE) ||
			!(tag_fits(s->tag, tag) ||
				(!tag && tag_fits_bare(u, s->tag))))
			continue;
		if (!s->declaration)
			return s;
		declared = s;
	}
	return declared;
}

struct type_finding {
	const char *tag, *name;
	const struct type *declared;
};

static const struct type *type_in_module(
	struct image *image, struct module *m, struct type_finding *f)
{
	struct dwarf_index *x = index_of(image, m);
	const struct slim *s = x ? type_in(x, f->tag, f->name) : NULL;

	if (!s)
		return NULL;
	Dwarf_Die die = slim_die(x, s);
	const struct type *t = types_of(x->units, &die);

	if (!s->declaration)
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
	for (size_t i = 0; !t && i < image->nmodules; i++)
		if (image->modules[i] != near &&
			image->modules[i] != image->exe)
			t = type_in_module(image, image->modules[i], &f);
	return t ? t : f.declared;
}
