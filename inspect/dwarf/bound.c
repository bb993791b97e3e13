/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * DW_AT_count, or DW_AT_upper_bound less DW_AT_lower_bound plus one (DWARF 5,
 * 5.13).  Each is a constant, an expression, or a reference to a variable
 * (often an artificial one) that holds it.  An upper bound of -1 is how GNU C
 * writes an array of no elements.
 */
#include "inspect/dwarf/bound.h"

#include "inspect/base/limits.h"
#include "inspect/dwarf/expr.h"
#include "inspect/dwarf/members.h"
#include "inspect/dwarf/place.h"
#include "inspect/dwarf/variable.h"

#include <string.h>

static int64_t default_lower(struct units *us, Dwarf_Die *array)
{
	struct unit *u = units_find(us, array);
	Dwarf_Sword lower;

	if (!u || dwarf_default_lower_bound(unit_full(u)->language, &lower))
		return 0;
	return lower;
}

/* An upper bound may be written in the width of its type, -1 as 0xffffffff. */
static int64_t bound_const(Dwarf_Attribute *a)
{
	int64_t v = 0;

	attr_const(a, &v);
	if ((dwarf_whatform(a) == DW_FORM_data4 && v == UINT32_MAX))
		return -1;
	return v;
}

enum bound_kind bound_read(
	struct bound *ret, struct units *us, Dwarf_Die *array, Dwarf_Die *range)
{
	struct bound b = { .units = us, .range = *range };
	Dwarf_Attribute a;

	if (dwarf_tag(range) != DW_TAG_subrange_type)
		return BOUND_NONE;
	if (attr_get(range, DW_AT_lower_bound, &a) && attr_is_const(&a))
		attr_const(&a, &b.lower);
	else
		b.lower = default_lower(us, array);
	*ret = b;
	if (attr_get(range, DW_AT_count, &a)) {
		if (!attr_is_const(&a))
			return BOUND_DYNAMIC;
		int64_t count = bound_const(&a);

		ret->count = count < 0 ? 0 : (uint64_t)count;
		return BOUND_CONST;
	}
	if (!attr_get(range, DW_AT_upper_bound, &a))
		return BOUND_NONE;
	if (!attr_is_const(&a))
		return BOUND_DYNAMIC;
	int64_t upper = bound_const(&a);

	ret->count = upper < b.lower ? 0 : (uint64_t)(upper - b.lower) + 1;
	return BOUND_CONST;
}

/* ---- in a frame -------------------------------------------------------- */

struct resolving {
	const struct scope *scope;
	const struct scope_ctx *ctx;
};

static bool number_of_variable(const struct bound *b, Dwarf_Die *die,
	const struct resolving *r, int64_t *ret)
{
	struct value_ctx values = {
		.mem = &r->ctx->image->mem,
		.arch = r->ctx->image->arch,
		.arena = r->ctx->arena,
	};
	struct value v;

	return variable_value(b->units, die, r->scope, r->ctx, &v) == OK &&
	       value_int(&v, &values, ret) == OK;
}

static bool number_of_attr(const struct bound *b, Dwarf_Attribute *a,
	const struct resolving *r, int64_t *ret)
{
	struct expr_ctx c = variable_ctx(b->units, r->scope, r->ctx);
	struct loc loc;
	enum absent absent;
	Dwarf_Die die;
	uint64_t v;

	if (attr_is_const(a))
		return attr_const(a, ret);
	if (dwarf_formref_die(a, &die))
		return number_of_variable(b, &die, r, ret);
	if (place_attr(&c, a, &loc) != OK || loc.kind == LOC_NONE ||
		place_number(&c, &loc, &absent, &v) != OK)
		return false;
	*ret = (int64_t)v;
	return true;
}

static bool count_of(
	const struct bound *b, const struct resolving *r, uint64_t *ret)
{
	Dwarf_Die range = b->range;
	Dwarf_Attribute a;
	int64_t v, lower = b->lower;

	if (attr_get(&range, DW_AT_count, &a)) {
		if (!number_of_attr(b, &a, r, &v))
			return false;
		*ret = v < 0 ? 0 : (uint64_t)v;
		return true;
	}
	if (attr_get(&range, DW_AT_lower_bound, &a) &&
		!number_of_attr(b, &a, r, &lower))
		return false;
	if (!attr_get(&range, DW_AT_upper_bound, &a) ||
		!number_of_attr(b, &a, r, &v))
		return false;
	*ret = v < lower ? 0 : (uint64_t)(v - lower) + 1;
	return true;
}

static bool is_pointer(const struct type *t)
{
	return t->kind == TYPE_POINTER || t->kind == TYPE_REFERENCE ||
	       t->kind == TYPE_RVALUE_REFERENCE;
}

static bool is_record(const struct type *t)
{
	return t->kind == TYPE_STRUCT || t->kind == TYPE_UNION;
}

/* GNU C: struct { int a[n]; } inside a function. */
static bool is_unsized(const struct type *t)
{
	const struct dwarf_type *dt = t->ctx;

	return is_record(t) && dt && dt->unsized;
}

static bool is_dynamic(const struct type *t)
{
	for (int i = 0; t && i < MAX_DIE_DEPTH; i++, t = t->target) {
		if (t->dynamic || is_unsized(t))
			return true;
		if (is_record(t) || t->kind == TYPE_FUNC)
			return false;
	}
	return false;
}

static const struct type *resolve(
	const struct type *, const struct resolving *, unsigned depth);

/* The offset of a member behind a VLA; its expression works on the address of
 * the object, so on 0. */
static void resolve_offset(struct member *m, const struct resolving *r)
{
	const struct dwarf_member *dm = m->ctx;
	struct expr_ctx c = variable_ctx(dm->units, r->scope, r->ctx);
	Dwarf_Die die = dm->die;
	Dwarf_Attribute a;
	struct loc loc;

	c.has_initial = true;
	if (!attr_own(&die, DW_AT_data_member_location, &a) ||
		place_attr(&c, &a, &loc) != OK || loc.kind != LOC_ADDR)
		return;
	m->offset = loc.addr;
	m->unknown_offset = false;
}

static const struct type *resolve_record(
	const struct type *t, const struct resolving *r, unsigned depth)
{
	struct type *copy =
		arena_memdup(r->ctx->arena, type_complete(t), sizeof(*t));

	copy->ctx = NULL;
	copy->members = arena_memdup(
		r->ctx->arena, t->members, t->nmembers * sizeof(*t->members));
	for (size_t i = 0; i < copy->nmembers; i++) {
		struct member *m = &copy->members[i];

		m->type = resolve(m->type, r, depth + 1);
		if (m->unknown_offset && m->locate)
			resolve_offset(m, r);
		uint64_t end = m->offset + type_size(m->type);

		if (!m->unknown_offset && end > copy->size)
			copy->size = end;
	}
	return copy;
}

static const struct type *resolve(
	const struct type *t, const struct resolving *r, unsigned depth)
{
	if (is_unsized(t) && depth < MAX_DIE_DEPTH)
		return resolve_record(t, r, depth);
	if (!t->target || depth >= MAX_DIE_DEPTH || t->kind == TYPE_FUNC ||
		t->kind == TYPE_ENUM)
		return t;
	const struct type *target = resolve(t->target, r, depth + 1);

	if (target == t->target && !t->dynamic)
		return t;
	struct type *copy = arena_memdup(r->ctx->arena, t, sizeof(*t));

	copy->target = target;
	if (t->dynamic) {
		copy->dynamic = NULL;
		copy->has_count = count_of(t->dynamic, r, &copy->count);
	}
	if (is_pointer(t))
		return copy;
	if (t->kind != TYPE_ARRAY) {
		copy->size = target->size;
		copy->has_size = target->has_size;
		return copy;
	}
	const struct type *e = type_complete(type_strip(target));
	uint64_t each = t->stride ? t->stride : e->size;

	copy->complete = NULL;
	copy->has_size =
		copy->has_count && e->has_size &&
		!__builtin_mul_overflow(copy->count, each, &copy->size);
	return copy;
}

const struct type *bound_resolve(const struct type *t,
	const struct scope *scope, const struct scope_ctx *ctx)
{
	struct resolving r = { scope, ctx };

	return is_dynamic(t) ? resolve(t, &r, 0) : t;
}
