/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * C's conversions (C11 6.3), and GDB's: what is in memory can be looked at as
 * any type.  Declared in value.h.
 */
#include "inspect/model/number.h"
#include "inspect/model/value.h"

#include <string.h>

static enum err cast_to_complex(const struct value *v, const struct type *type,
	struct value_ctx *ctx, struct value *ret)
{
	const struct type *t = type_strip(type);
	uint8_t bytes[NUMBER_MAX] = { 0 };
	long double re, im = 0;
	uint8_t from[NUMBER_MAX];

	TRY(value_double(v, ctx, &re));
	if (type_bare(v->type)->kind == TYPE_COMPLEX) {
		TRY(value_load_scalar(v, ctx, from));
		im = number_load_real(
			type_strip(v->type), from + type_size(v->type) / 2);
	}
	number_store_real(t, re, bytes);
	number_store_real(t, im, bytes + t->size / 2);
	*ret = value_of_bytes(type, bytes, ctx->arena);
	return OK;
}

static enum err cast_scalar(const struct value *v, const struct type *type,
	struct value_ctx *ctx, struct value *ret)
{
	const struct type *to = type_strip(type);
	const struct type *from = type_strip(v->type);
	long double x;
	__int128 n;

	if (to->kind == TYPE_FLOAT) {
		TRY(value_double(v, ctx, &x));
		*ret = value_of_real(type, x, ctx->arena);
		return OK;
	}
	if (to->kind == TYPE_BOOL) {
		bool b;

		TRY(value_true(v, ctx, &b));
		*ret = value_of_int(type, b, ctx->arena);
		return OK;
	}
	if (from->kind == TYPE_COMPLEX || from->kind == TYPE_FLOAT) {
		TRY(value_double(v, ctx, &x));
		n = number_truncate(x, type_size(to));
	} else {
		TRY(value_int128(v, ctx, &n));
	}
	*ret = value_of_int128(type, n, ctx->arena);
	return OK;
}

/* Another view of the same bytes. */
static enum err reinterpret(
	const struct value *v, const struct type *type, struct value *ret)
{
	uint64_t to = type_size(type), from = type_size(v->type);

	if (v->bit_size || (v->loc.kind != LOC_ADDR && to > from))
		return err_set(ERR_TYPE, "Invalid cast.");
	*ret = *v;
	ret->type = type;
	return OK;
}

/* One and the same basic type, of whatever unit. */
static bool same_type(
	const struct type *a, const struct type *b, struct arena *arena)
{
	return a == b ||
	       (a->kind == b->kind && a->size == b->size &&
		       a->kind <= TYPE_COMPLEX &&
		       !strcmp(type_name(a, arena), type_name(b, arena)));
}

enum err value_cast(const struct value *v, const struct type *type,
	struct value_ctx *ctx, struct value *ret)
{
	const struct type *to = type_strip(type);
	const struct type *from = type_strip(v->type);
	bool decays = from->kind == TYPE_FUNC ||
		      (from->kind == TYPE_ARRAY && !from->is_vector);

	if (type_is_reference(from)) {
		struct value target;

		TRY(value_deref(v, ctx, &target));
		return value_cast(&target, type, ctx, ret);
	}
	if (to->kind == TYPE_VOID) {
		*ret = (struct value){ .type = type, .not_lvalue = true };
		return OK;
	}
	/* A pointer without a number of its own stays what it is. */
	if (same_type(to, from, ctx->arena) ||
		(to->kind == TYPE_POINTER && from->kind == TYPE_POINTER &&
			(v->loc.kind == LOC_NONE || value_is_synthetic(v)))) {
		*ret = *v;
		ret->type = type;
		return OK;
	}
	if (to->kind == TYPE_COMPLEX &&
		(type_is_scalar(from) || from->kind == TYPE_COMPLEX))
		return cast_to_complex(v, type, ctx, ret);
	if (type_is_scalar(to) &&
		(type_is_scalar(from) || decays || from->kind == TYPE_COMPLEX))
		return cast_scalar(v, type, ctx, ret);
	if (to->kind == TYPE_ARRAY && !to->has_count && decays) {
		uint64_t each = type_stride(to);

		return reinterpret(v,
			type_new_array(to->target,
				each ? type_size(from) / each : 0, ctx->arena),
			ret);
	}
	/* What is in memory can be looked at as anything: a structure, and a
	 * symbol without debug info. */
	if (!type_is_scalar(to) || v->loc.kind == LOC_ADDR)
		return reinterpret(v, type, ret);
	return err_set(ERR_TYPE, "Invalid cast.");
}
