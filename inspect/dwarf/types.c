/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A type is entered in the module's table before what it points at is read,
 * so that a struct may point at itself.  DWARF can be wrong, though: chains of
 * typedefs and qualifiers that come back to where they began would make
 * everybody who follows them run for ever.  So a chain that meets a type that
 * is still being made ends there, except at a struct, a union or an enum: those
 * do not ask for their members while they are made.
 *
 * A struct that is only declared looks for its definition when its members are
 * asked for: in its own module first, then in the others (a library's opaque
 * type, defined in the library).
 */
#include "inspect/dwarf/types.h"

#include "inspect/base/limits.h"
#include "inspect/dwarf/bound.h"
#include "inspect/dwarf/classes.h"
#include "inspect/dwarf/members.h"
#include "inspect/dwarf/names.h"
#include "inspect/dwarf/table.h"
#include "inspect/dwarf/typeunit.h"

#include <stdlib.h>
#include <string.h>

struct making {
	struct units *units;
	unsigned depth;
};

static const struct type *make(struct making *, const Dwarf_Die *);

static struct type *new_type(struct units *us, const Dwarf_Die *die)
{
	struct dwarf_type *t = arena_new(us->image->arena, struct dwarf_type);

	t->units = us;
	t->die = *die;
	t->type.ctx = t;
	return &t->type;
}

static struct type *bad_type(struct units *us, const char *why)
{
	struct type *t = arena_new(us->image->arena, struct type);

	t->kind = TYPE_UNSPECIFIED;
	t->name = why;
	return t;
}

static const struct type *void_type(void)
{
	static const struct type t = {
		.kind = TYPE_VOID,
		.name = "void",
		.size = 1,
	};

	return &t;
}

/* A DIE that should be there is not: a type unit of a split file, a reference
 * into nowhere.  That is not void. */
static const struct type *missing_type(struct units *us, Dwarf_Attribute *a)
{
	switch (dwarf_whatform(a)) {
	case DW_FORM_ref_sig8:
		return bad_type(us, "<type unit that is not there>");
	case DW_FORM_GNU_ref_alt:
	case DW_FORM_ref_sup4:
	case DW_FORM_ref_sup8:
		return bad_type(us, "<type in a dwz file that is not here>");
	}
	return bad_type(us, "<type that is not there>");
}

/* What DW_AT_type refers to; false: *ret stands for it as it is. */
static bool type_ref(struct units *us, Dwarf_Die *die, Dwarf_Die *ret_die,
	const struct type **ret)
{
	Dwarf_Attribute a;

	if (!attr_get(die, DW_AT_type, &a)) {
		*ret = void_type();
		return false;
	}
	if (typeunit_ref(us, &a, ret_die))
		return true;
	*ret = missing_type(us, &a);
	return false;
}

static const struct type *make_target(struct making *m, Dwarf_Die *die)
{
	Dwarf_Die target;
	const struct type *t;

	if (!type_ref(m->units, die, &target, &t))
		return t;
	t = make(m, &target);
	const struct dwarf_type *dt = t->ctx;

	if (dt && dt->making)
		return bad_type(m->units, "<type that contains itself>");
	return t;
}

static bool die_size(Dwarf_Die *die, uint64_t *ret)
{
	uint64_t bits;

	if (attr_uint(die, DW_AT_byte_size, ret))
		return true;
	if (!attr_uint(die, DW_AT_bit_size, &bits))
		return false;
	*ret = (bits + 7) / 8;
	return true;
}

/* ---- basic types ------------------------------------------------------- */

/* DWARF 5, 7.8; the letters are what C makes of them. */
static void make_base(struct making *m, struct type *t, Dwarf_Die *die)
{
	uint64_t encoding = 0, order = DW_END_default;

	attr_uint(die, DW_AT_encoding, &encoding);
	attr_uint(die, DW_AT_endianity, &order);
	t->big_endian = order == DW_END_big;
	t->kind = TYPE_INT;
	switch (encoding) {
	case DW_ATE_boolean:
		t->kind = TYPE_BOOL;
		break;
	case DW_ATE_signed_char:
		t->kind = TYPE_CHAR;
		t->is_signed = true;
		break;
	case DW_ATE_unsigned_char:
		t->kind = TYPE_UCHAR;
		break;
	case DW_ATE_UTF:
		t->kind = t->size == 1 ? TYPE_UCHAR : TYPE_WCHAR;
		break;
	case DW_ATE_signed:
	case DW_ATE_signed_fixed:
		t->is_signed = true;
		/* In C++ a type of its own; C has a typedef. */
		if (t->name && !strcmp(t->name, "wchar_t"))
			t->kind = TYPE_WCHAR;
		break;
	case DW_ATE_float:
	case DW_ATE_imaginary_float:
	case DW_ATE_decimal_float:
		t->kind = TYPE_FLOAT;
		t->is_signed = true;
		break;
	case DW_ATE_complex_float:
	case DW_ATE_lo_user: /* GNU: complex integers */
		t->kind = TYPE_COMPLEX;
		t->target = members_complex_part(
			t, encoding == DW_ATE_complex_float, m->units);
		break;
	}
}

/* ---- arrays ------------------------------------------------------------ */

static bool array_finish(struct type *t)
{
	const struct type *e = t->target;

	for (int i = 0; i < MAX_DIE_DEPTH && !e->has_size && e->target &&
			(e->kind == TYPE_TYPEDEF || e->kind == TYPE_CONST ||
				e->kind == TYPE_VOLATILE);
		i++)
		e = e->target;
	if (!e->has_size)
		return false;
	uint64_t each = t->stride ? t->stride : e->size;

	if (t->has_count && !__builtin_mul_overflow(t->count, each, &t->size))
		t->has_size = true;
	return true;
}

/* The element's size was not known when the array was made. */
static void array_complete(struct type *t)
{
	t->complete = NULL;
	type_complete(type_strip(t->target));
	array_finish(t);
}

static void array_bounds(
	struct type *t, struct units *us, Dwarf_Die *die, Dwarf_Die *range)
{
	struct bound bound;
	uint64_t stride;

	if (attr_uint(range, DW_AT_byte_stride, &stride))
		t->stride = stride;
	switch (bound_read(&bound, us, die, range)) {
	case BOUND_NONE:
		break;
	case BOUND_CONST:
		t->lower = bound.lower;
		t->has_count = true;
		t->count = bound.count;
		break;
	case BOUND_DYNAMIC:
		t->lower = bound.lower;
		t->dynamic =
			arena_memdup(us->image->arena, &bound, sizeof(bound));
		break;
	}
}

enum { MAX_DIMENSIONS = 16 };

/* What a vector is made of are numbers, of whatever size: int8_t, too, which
 * elsewhere is text.  Its typedefs stay. */
static const struct type *as_number(const struct type *t, struct arena *arena)
{
	enum type_kind kind = type_strip(t)->kind;

	if (kind != TYPE_CHAR && kind != TYPE_UCHAR)
		return t;
	struct type *copy = arena_memdup(arena, t, sizeof(*t));

	if (copy->kind == kind)
		copy->kind = TYPE_INT;
	else
		copy->target = as_number(t->target, arena);
	return copy;
}

static void make_array(struct making *m, struct type *t, Dwarf_Die *die)
{
	Dwarf_Die child, range[MAX_DIMENSIONS];
	size_t n = 0;
	uint64_t stride = 0;

	t->kind = TYPE_ARRAY;
	t->is_vector = attr_flag(die, DW_AT_GNU_vector);
	if (!dwarf_child(die, &child))
		do {
			int tag = dwarf_tag(&child);

			if (tag == DW_TAG_subrange_type ||
				tag == DW_TAG_enumeration_type)
				range[n++] = child;
		} while (
			n < MAX_DIMENSIONS && !dwarf_siblingof(&child, &child));
	const struct type *elem = make_target(m, die);
	if (t->is_vector)
		elem = as_number(elem, m->units->image->arena);

	attr_uint(die, DW_AT_byte_stride, &stride);
	if (!stride && attr_uint(die, DW_AT_bit_stride, &stride))
		stride /= 8;
	for (size_t i = n; i-- > 1;) {
		struct type *inner = new_type(m->units, die);

		inner->kind = TYPE_ARRAY;
		inner->target = elem;
		if (i == n - 1)
			inner->stride = stride;
		array_bounds(inner, m->units, die, &range[i]);
		if (!array_finish(inner))
			inner->complete = array_complete;
		elem = inner;
	}
	t->target = elem;
	if (n == 1)
		t->stride = stride;
	if (n)
		array_bounds(t, m->units, die, &range[0]);
	if (!array_finish(t) && !t->has_size)
		t->complete = array_complete;
}

/* Fortran's and Pascal's strings: characters with a length. */
static void make_string(struct making *m, struct type *t, Dwarf_Die *die)
{
	t->kind = TYPE_ARRAY;
	t->target = type_basic("char");
	if (!t->target)
		t->target = bad_type(m->units, "char");
	t->has_count = attr_uint(die, DW_AT_byte_size, &t->count) ||
		       attr_uint(die, DW_AT_string_length_byte_size, &t->count);
	array_finish(t);
}

/* ---- one DIE ----------------------------------------------------------- */

static void make_pointer(
	struct making *m, struct type *t, Dwarf_Die *die, enum type_kind kind)
{
	t->kind = kind;
	if (!t->has_size) {
		t->size = sizeof(uint64_t);
		t->has_size = true;
	}
	t->target = make_target(m, die);
}

static void make_wrapper(
	struct making *m, struct type *t, Dwarf_Die *die, enum type_kind kind)
{
	t->kind = kind;
	t->target = make_target(m, die);
	t->size = t->target->size;
	t->has_size = t->target->has_size;
}

static void make_struct(
	struct units *us, struct type *t, Dwarf_Die *die, enum type_kind kind)
{
	t->kind = kind;
	t->is_declaration = attr_own_flag(die, DW_AT_declaration);
	names_type(us, die, t);
	if (t->is_cxx)
		t->class = classes_read;
	t->complete =
		t->is_declaration ? members_find_definition : members_complete;
	if (!t->is_declaration && !t->has_size) {
		struct dwarf_type *dt = t->ctx;

		dt->unsized = true;
		t->has_size = true; /* C's empty struct, in old producers */
	}
}

static void make_enum(struct making *m, struct type *t, Dwarf_Die *die)
{
	t->kind = TYPE_ENUM;
	t->is_declaration = attr_own_flag(die, DW_AT_declaration);
	names_type(m->units, die, t);
	t->is_enum_class = attr_own_flag(die, DW_AT_enum_class) && t->is_cxx;
	Dwarf_Die target;

	if (attr_ref(die, DW_AT_type, &target)) {
		t->target = make_target(m, die);
		t->is_signed = t->target->is_signed;
		if (!t->has_size) {
			t->size = t->target->size;
			t->has_size = t->target->has_size;
		}
	}
	if (t->is_declaration)
		t->complete = members_find_definition;
	else
		members_enumerators(t);
}

static void make_function(struct making *m, struct type *t, Dwarf_Die *die)
{
	t->kind = TYPE_FUNC;
	t->size = 1; /* GNU C's and gdb's sizeof a function */
	t->has_size = true;
	t->prototyped = attr_flag(die, DW_AT_prototyped);
	t->target = make_target(m, die);
	members_parameters(t);
}

/* C++: pointer to a data member (an offset) or to a function (two words). */
static void make_member_pointer(
	struct making *m, struct type *t, Dwarf_Die *die)
{
	const struct type *target = make_target(m, die);
	Dwarf_Die in;

	t->kind = TYPE_INT;
	t->is_signed = true;
	t->target = target;
	if (attr_ref(die, DW_AT_containing_type, &in))
		t->containing = make(m, &in);
	if (!t->name && (!t->containing || !t->containing->name))
		t->name = "pointer to member";
	if (!t->has_size) {
		t->size = target->kind == TYPE_FUNC ? 16 : 8;
		t->has_size = true;
	}
}

static void fill(struct making *m, struct type *t, Dwarf_Die *die)
{
	t->name = attr_own_str(die, DW_AT_name);
	t->has_size = die_size(die, &t->size);
	switch (dwarf_tag(die)) {
	case DW_TAG_base_type:
		make_base(m, t, die);
		break;
	case DW_TAG_pointer_type:
		make_pointer(m, t, die, TYPE_POINTER);
		break;
	case DW_TAG_reference_type:
		make_pointer(m, t, die, TYPE_REFERENCE);
		break;
	case DW_TAG_rvalue_reference_type:
		make_pointer(m, t, die, TYPE_RVALUE_REFERENCE);
		break;
	case DW_TAG_ptr_to_member_type:
		make_member_pointer(m, t, die);
		break;
	case DW_TAG_structure_type:
		make_struct(m->units, t, die, TYPE_STRUCT);
		break;
	case DW_TAG_class_type:
	case DW_TAG_interface_type:
		make_struct(m->units, t, die, TYPE_CLASS);
		break;
	case DW_TAG_union_type:
		make_struct(m->units, t, die, TYPE_UNION);
		break;
	case DW_TAG_enumeration_type:
		make_enum(m, t, die);
		break;
	case DW_TAG_array_type:
		make_array(m, t, die);
		break;
	case DW_TAG_string_type:
		make_string(m, t, die);
		break;
	case DW_TAG_subroutine_type:
	case DW_TAG_subprogram:
		make_function(m, t, die);
		break;
	case DW_TAG_typedef:
	case DW_TAG_subrange_type:
	case DW_TAG_template_alias:
		make_wrapper(m, t, die, TYPE_TYPEDEF);
		t->name = names_qualified(m->units, die);
		break;
	case DW_TAG_const_type:
	case DW_TAG_immutable_type:
		make_wrapper(m, t, die, TYPE_CONST);
		break;
	case DW_TAG_volatile_type:
		make_wrapper(m, t, die, TYPE_VOLATILE);
		break;
	case DW_TAG_restrict_type:
		make_wrapper(m, t, die, TYPE_RESTRICT);
		break;
	case DW_TAG_atomic_type:
		make_wrapper(m, t, die, TYPE_ATOMIC);
		break;
	case DW_TAG_packed_type:
	case DW_TAG_shared_type:
		make_wrapper(m, t, die, TYPE_TYPEDEF);
		break;
	case DW_TAG_unspecified_type:
		t->kind = TYPE_UNSPECIFIED;
		if (!t->name) /* what the assembler says of its functions */
			t->name = "void";
		break;
	default:
		t->kind = TYPE_UNSPECIFIED;
		t->name = arena_printf(m->units->image->arena,
			"<type of an unknown kind, DW_TAG 0x%x>",
			dwarf_tag(die));
	}
}

static const struct type *make(struct making *m, const Dwarf_Die *die)
{
	uint64_t key = (uintptr_t)die->addr;
	struct type *t = table_find(m->units->types, key);
	Dwarf_Die copy = *die, sig;
	Dwarf_Attribute a;

	if (t)
		return t;
	if (m->depth >= MAX_DIE_DEPTH)
		return bad_type(m->units, "<type that is nested too deeply>");
	/* A stub that says where its type unit is (DWARF 5, 5.7.1). */
	if (attr_own(&copy, DW_AT_signature, &a)) {
		if (!typeunit_ref(m->units, &a, &sig) ||
			sig.addr == copy.addr) {
			t = bad_type(m->units, "<type unit that is not there>");
		} else {
			m->depth++;
			t = (struct type *)make(m, &sig);
			m->depth--;
		}
		table_add(m->units->types, key, t);
		return t;
	}
	t = new_type(m->units, die);
	struct dwarf_type *dt = t->ctx;

	table_add(m->units->types, key, t);
	dt->making = true;
	m->depth++;
	fill(m, t, &copy);
	m->depth--;
	dt->making = false;
	return t;
}

const struct type *types_of(struct units *us, const Dwarf_Die *die)
{
	struct making m = { .units = us };

	return make(&m, die);
}

const struct type *types_of_attr(struct units *us, Dwarf_Die *die)
{
	Dwarf_Die target;
	const struct type *t;

	return type_ref(us, die, &target, &t) ? types_of(us, &target) : t;
}

const struct type *types_of_function(struct units *us, const Dwarf_Die *die)
{
	return types_of(us, die);
}
