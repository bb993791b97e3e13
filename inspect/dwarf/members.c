/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Offsets of bit-fields come in two ways.  DW_AT_data_bit_offset counts from
 * the start of the struct (DWARF 5, 5.7.6).  DW_AT_bit_offset, of DWARF 2 and
 * 3 and of older compilers since, counts from the most significant bit of a
 * storage unit, so on a little-endian machine from the far end.
 */
#include "inspect/dwarf/members.h"

#include "inspect/base/limits.h"
#include "inspect/dwarf/classes.h"
#include "inspect/dwarf/demangle.h"
#include "inspect/dwarf/index.h"
#include "inspect/dwarf/names.h"
#include "inspect/dwarf/place.h"
#include "inspect/dwarf/types.h"
#include "inspect/dwarf/variable.h"
#include "inspect/image/symbol.h"

#include <string.h>

struct member_walk {
	struct units *units;
	struct type *type;
	size_t cap;
	unsigned depth;
	const char *prefix; /* of enumerators; or NULL */
	bool in_variant, is_default;
	int64_t variant;
	const void *discriminant; /* its DIE */
};

static struct member *member_new(struct member_walk *w)
{
	struct type *t = w->type;

	t->members = arena_grow(w->units->image->arena, t->members, t->nmembers,
		&w->cap, sizeof(*t->members));
	struct member *m = &t->members[t->nmembers++];

	memset(m, 0, sizeof(*m));
	return m;
}

/* A constant, or the one-step expression of DWARF 2: DW_OP_plus_uconst. */
static bool member_location(Dwarf_Die *die, uint64_t *ret)
{
	Dwarf_Attribute a;
	Dwarf_Op *ops;
	size_t n;

	*ret = 0;
	if (!attr_own(die, DW_AT_data_member_location, &a))
		return true;
	if (attr_is_const(&a)) {
		Dwarf_Word u;

		if (dwarf_formudata(&a, &u))
			return false;
		*ret = u;
		return true;
	}
	if (dwarf_getlocation(&a, &ops, &n) || n != 1 ||
		(ops[0].atom != DW_OP_plus_uconst &&
			ops[0].atom != DW_OP_constu))
		return false;
	*ret = ops[0].number;
	return true;
}

static uint64_t member_storage(Dwarf_Die *die, const struct type *type)
{
	uint64_t size;

	if (attr_uint(die, DW_AT_byte_size, &size))
		return size;
	return type_strip(type)->size;
}

static void member_bits(struct member *m, Dwarf_Die *die)
{
	uint64_t bits, at;

	if (attr_uint(die, DW_AT_data_bit_offset, &at)) {
		m->offset += at / 8;
		m->bit_offset = at % 8;
	}
	if (!attr_uint(die, DW_AT_bit_size, &bits) || !bits || bits > 128)
		return;
	m->bit_size = (unsigned)bits;
	int64_t from_top;

	if (!attr_sint(die, DW_AT_bit_offset, &from_top))
		return;
	int64_t low = (int64_t)member_storage(die, m->type) * 8 - from_top -
		      (int64_t)bits;

	if (low < 0 || low > 4096) {
		m->unknown_offset = true;
		return;
	}
	m->offset += (uint64_t)low / 8;
	m->bit_offset = (unsigned)(low % 8);
}

struct library_search {
	const char *want, *last; /* "C::m", and "1m" as in a mangled name */
	struct arena *arena;
	uint64_t found;
};

static bool library_symbol(const struct symbol *s, void *ctx)
{
	struct library_search *w = ctx;

	if (s->is_func || !strstr(s->name, w->last) ||
		strcmp(demangle_symbol(s->name, w->arena), w->want) != 0)
		return true;
	w->found = s->addr;
	return false;
}

/* In a library without debug info, by its symbol: std::string::npos. */
static uint64_t library_place(
	struct units *us, const char *member, const struct type *in)
{
	struct arena *arena = us->image->arena;
	struct library_search w = {
		.want = arena_printf(arena, "%s::%s", in->name, member),
		.last = arena_printf(arena, "%zu%s", strlen(member), member),
		.arena = arena,
	};

	for (size_t i = 0; i < us->image->nmodules && !w.found; i++) {
		struct module *m = us->image->modules[i];

		if (m != us->module && !units_of(us->image, m))
			symbol_each(us->image, m, library_symbol, &w);
	}
	return w.found;
}

/* A static member's definition stands elsewhere: the linker knows it by name,
 * or it is a constant, or the index finds it. */
static struct loc static_place(
	struct units *us, Dwarf_Die *die, struct type *in)
{
	struct arena *arena = us->image->arena;
	const char *name = attr_linkage_name(die);
	struct index_entry *e;
	struct symbol sym;
	struct value v;
	size_t n;

	if (name && symbol_find(us->image, us->module, name, &sym))
		return loc_addr(sym.addr);
	struct scope_ctx ctx = { .image = us->image, .arena = arena };

	if (variable_value(us, die, NULL, &ctx, &v) == OK &&
		v.loc.kind != LOC_NONE)
		return v.loc;
	name = attr_own_str(die, DW_AT_name);
	if (name && in->name &&
		index_find(us->image, us->module,
			arena_printf(arena, "%s::%s", in->name, name),
			INDEX_VARIABLE, arena, &e, &n) == OK &&
		n && !e->declaration && index_value(e, &ctx, &v) == OK)
		return v.loc;
	uint64_t at = name && in->name ? library_place(us, name, in) : 0;

	return at ? loc_addr(at) : (struct loc){ .kind = LOC_NONE };
}

/* The expression works on the object's address (DWARF 5, 5.7.3). */
static bool member_locate(
	const struct member *m, uint64_t object, uint64_t *ret)
{
	const struct dwarf_member *dm = m->ctx;
	Dwarf_Die die = dm->die;
	Dwarf_Attribute a;
	struct loc loc;
	struct expr_ctx c = {
		.image = dm->units->image,
		.module = dm->units->module,
		.arena = dm->units->image->arena,
		.has_initial = true,
		.initial = object,
		.has_object = true,
		.object = object,
	};

	if (!attr_own(&die, DW_AT_data_member_location, &a) ||
		place_attr(&c, &a, &loc) || loc.kind != LOC_ADDR)
		return false;
	*ret = loc.addr;
	return true;
}

static void member_of_class(
	struct member *m, Dwarf_Die *die, const struct type *class)
{
	uint64_t virtuality;

	m->is_virtual = attr_uint(die, DW_AT_virtuality, &virtuality) &&
			virtuality != DW_VIRTUALITY_none;
	m->is_artificial = attr_own_flag(die, DW_AT_artificial);
	m->access =
		m->is_artificial ? ACCESS_PRIVATE : classes_access(die, class);
}

static void member_read(
	struct member_walk *w, Dwarf_Die *die, const char *name, bool is_base)
{
	struct member *m = member_new(w);

	m->name = name;
	m->type = types_of_attr(w->units, die);
	m->is_base = is_base;
	if (w->type->is_cxx)
		member_of_class(m, die, w->type);
	m->is_variant = w->in_variant;
	m->is_default = w->is_default;
	m->variant = w->variant;
	if (is_base)
		m->name = type_strip(m->type)->name;
	/* C++: DWARF 4 says member with external, 5 says variable. */
	if (dwarf_tag(die) == DW_TAG_variable ||
		attr_own_flag(die, DW_AT_external) ||
		attr_own_flag(die, DW_AT_declaration)) {
		m->is_static = true;
		m->place = static_place(w->units, die, w->type);
		return;
	}
	if (!member_location(die, &m->offset)) {
		struct dwarf_member *dm =
			arena_new(w->units->image->arena, struct dwarf_member);

		dm->units = w->units;
		dm->die = *die;
		m->unknown_offset = true;
		m->locate = member_locate;
		m->ctx = dm;
		return;
	}
	member_bits(m, die);
}

static bool member_visit(Dwarf_Die *child, void *ctx);

static void descend(struct member_walk *w, Dwarf_Die *die)
{
	if (w->depth >= MAX_DIE_DEPTH)
		return;
	w->depth++;
	attr_children(die, member_visit, w);
	w->depth--;
}

/* Rust's enums (DWARF 5, 5.7.10): the discriminant is a member of its own, and
 * no member of the type. */
static void variant_part(struct member_walk *w, Dwarf_Die *die)
{
	Dwarf_Die discr;

	if (attr_own_ref(die, DW_AT_discr, &discr)) {
		struct member *m =
			arena_new(w->units->image->arena, struct member);

		w->discriminant = discr.addr;
		m->name = attr_own_str(&discr, DW_AT_name);
		m->type = types_of_attr(w->units, &discr);
		if (member_location(&discr, &m->offset))
			w->type->discriminant = m;
	}
	descend(w, die);
}

/* Without a value it is what there is when no other variant is. */
static void variant(struct member_walk *w, Dwarf_Die *die)
{
	struct member_walk in = *w;
	Dwarf_Attribute a;

	in.in_variant = true;
	in.is_default = !attr_own(die, DW_AT_discr_value, &a) ||
			!attr_const(&a, &in.variant);
	descend(&in, die);
	w->cap = in.cap;
}

static bool member_visit(Dwarf_Die *child, void *ctx)
{
	struct member_walk *w = ctx;

	if (w->type->nmembers >= MAX_MEMBERS)
		return false;
	switch (dwarf_tag(child)) {
	case DW_TAG_member:
	case DW_TAG_variable:
		if (child->addr == w->discriminant)
			return true;
		member_read(w, child, attr_own_str(child, DW_AT_name), false);
		return true;
	case DW_TAG_inheritance:
		member_read(w, child, NULL, true);
		return true;
	case DW_TAG_variant_part:
		variant_part(w, child);
		return true;
	case DW_TAG_variant:
		variant(w, child);
		return true;
	default:
		return true;
	}
}

void members_complete(struct type *t)
{
	struct dwarf_type *dt = t->ctx;
	struct member_walk w = { .units = dt->units, .type = t };

	t->complete = NULL;
	t->nmembers = 0;
	attr_children(&dt->die, member_visit, &w);
	t->file = line_decl(dt->units, &dt->die, &t->line);
}

void members_find_definition(struct type *t)
{
	struct dwarf_type *dt = t->ctx;
	const char *tag = t->kind == TYPE_UNION  ? "union"
			  : t->kind == TYPE_ENUM ? "enum"
						 : "struct";

	const char *name = names_qualified(dt->units, &dt->die);

	t->complete = NULL;
	if (!name)
		return;
	const struct type *d =
		index_find_type(dt->units->image, dt->units->module, tag, name);

	if (!d || d == t || d->is_declaration)
		return;
	d = type_complete(d);
	dt->definition = d;
	t->is_declaration = false;
	t->size = d->size;
	t->has_size = d->has_size;
	t->members = d->members;
	t->nmembers = d->nmembers;
	t->discriminant = d->discriminant;
	t->enumerators = d->enumerators;
	t->nenumerators = d->nenumerators;
	t->is_flag_enum = d->is_flag_enum;
	t->is_signed = d->is_signed;
	t->target = d->target;
	t->file = d->file;
	t->line = d->line;
}

/* ---- enumerators ------------------------------------------------------- */

static bool enumerator_visit(Dwarf_Die *child, void *ctx)
{
	struct member_walk *w = ctx;
	struct type *t = w->type;
	struct enumerator e = { 0 };
	Dwarf_Attribute a;

	if (dwarf_tag(child) != DW_TAG_enumerator)
		return true;
	e.name = attr_own_str(child, DW_AT_name);
	if (!e.name || !attr_own(child, DW_AT_const_value, &a) ||
		!attr_const(&a, &e.value))
		return true;
	if (t->nenumerators >= MAX_MEMBERS)
		return false;
	if (w->prefix)
		e.name = arena_printf(
			w->units->image->arena, "%s%s", w->prefix, e.name);
	t->enumerators = arena_grow(w->units->image->arena, t->enumerators,
		t->nenumerators, &w->cap, sizeof(*t->enumerators));
	t->enumerators[t->nenumerators++] = e;
	return true;
}

/* The values may be meant to be combined: none is negative, none has two bits
 * (gdb 13 decides in the same way). */
static void enum_find_flags(struct type *t)
{
	bool negative = false;

	t->is_flag_enum = t->nenumerators > 0;
	for (size_t i = 0; i < t->nenumerators; i++) {
		int64_t v = t->enumerators[i].value;

		if (v < 0)
			negative = true;
		if (v < 0 || v & (v - 1))
			t->is_flag_enum = false;
	}
	if (negative)
		t->is_signed = true;
	else if (!t->target)
		t->is_signed = false;
}

/* "ns::Color::" of an enum class, "ns::" of a plain enum inside ns. */
static const char *enumerator_prefix(struct dwarf_type *dt)
{
	struct arena *arena = dt->units->image->arena;
	const char *full = dt->type.name;
	const char *last = attr_own_str(&dt->die, DW_AT_name);

	if (!dt->type.no_tag || !full || !last)
		return NULL;
	if (attr_own_flag(&dt->die, DW_AT_enum_class))
		return arena_printf(arena, "%s::", full);
	size_t n = strlen(full) - strlen(last);

	return n ? arena_strndup(arena, full, n) : NULL;
}

void members_enumerators(struct type *t)
{
	struct dwarf_type *dt = t->ctx;
	struct member_walk w = { .units = dt->units, .type = t };

	w.prefix = enumerator_prefix(dt);
	attr_children(&dt->die, enumerator_visit, &w);
	enum_find_flags(t);
}

/* ---- parameters -------------------------------------------------------- */

/* C++ has `this` as a constant; its declaration in the class does not say. */
static const struct type *constant(struct units *us, const struct type *type)
{
	struct type *t;

	if (type->kind != TYPE_POINTER)
		return type;
	t = arena_new(us->image->arena, struct type);
	t->kind = TYPE_CONST;
	t->target = type;
	t->size = type->size;
	t->has_size = type->has_size;
	return t;
}

static bool parameter_visit(Dwarf_Die *child, void *ctx)
{
	struct member_walk *w = ctx;

	switch (dwarf_tag(child)) {
	case DW_TAG_formal_parameter:
		if (w->type->nmembers >= MAX_MEMBERS)
			return false;
		struct member *m = member_new(w);
		m->name = attr_str(child, DW_AT_name);
		m->type = types_of_attr(w->units, child);
		m->is_artificial = attr_own_flag(child, DW_AT_artificial);
		if (m->is_artificial)
			m->type = constant(w->units, m->type);
		return true;
	case DW_TAG_unspecified_parameters:
		w->type->varargs = true;
		return true;
	default:
		return true;
	}
}

void members_parameters(struct type *t)
{
	struct dwarf_type *dt = t->ctx;
	struct member_walk w = { .units = dt->units, .type = t };

	attr_children(&dt->die, parameter_visit, &w);
}

const struct type *members_complex_part(
	const struct type *t, bool is_float, struct units *us)
{
	struct type *part = arena_new(us->image->arena, struct type);

	part->kind = is_float ? TYPE_FLOAT : TYPE_INT;
	part->size = t->size / 2;
	part->has_size = true;
	part->is_signed = true;
	switch (part->size) {
	case 4:
		part->name = is_float ? "float" : "int";
		break;
	case 8:
		part->name = is_float ? "double" : "long";
		break;
	default:
		part->name = is_float && part->size == 16 ? "long double"
							  : "complex part";
	}
	/* complex _Float128 and complex __float128 are not x87's. */
	if (is_float && t->name && strstr(t->name, "loat128"))
		part->name = "_Float128";
	return part;
}
