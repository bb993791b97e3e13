/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Operations on values that stay places as long as possible: a member of a
 * structure in two registers is a part of that place, and only a load reads
 * anything.  Sentences are GDB's where it has one, because people search for
 * them.
 */
#include "inspect/model/value.h"

#include "inspect/base/limits.h"
#include "inspect/base/near.h"
#include "inspect/model/number.h"

#include <inttypes.h>
#include <string.h>

struct value value_absent(
	const struct type *type, enum absent absent, const char *why)
{
	return (struct value){ .type = type, .loc = loc_none(absent, why) };
}

struct value value_of_bytes(
	const struct type *type, const void *bytes, struct arena *arena)
{
	return (struct value){
		.type = type,
		.loc = loc_bytes(bytes, type_size(type), arena),
		.not_lvalue = true,
	};
}

/* DWARF 5, 5.1.1: gcc's scalar_storage_order gives numbers their own order. */
static void swap_bytes(uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n / 2; i++) {
		uint8_t low = bytes[i];

		bytes[i] = bytes[n - 1 - i];
		bytes[n - 1 - i] = low;
	}
}

/* A number of ours, in the order that its type is stored in. */
static struct value value_of_number(
	const struct type *type, uint8_t *bytes, struct arena *arena)
{
	if (type_strip(type)->big_endian)
		swap_bytes(bytes, (size_t)type_size(type));
	return value_of_bytes(type, bytes, arena);
}

struct value value_of_int128(
	const struct type *type, __int128 n, struct arena *arena)
{
	uint8_t bytes[NUMBER_MAX] = { 0 };

	number_store_int(type, n, bytes);
	return value_of_number(type, bytes, arena);
}

struct value value_of_int(
	const struct type *type, int64_t n, struct arena *arena)
{
	return value_of_int128(type, n, arena);
}

struct value value_of_real(
	const struct type *type, long double x, struct arena *arena)
{
	uint8_t bytes[NUMBER_MAX] = { 0 };

	number_store_real(type, x, bytes);
	return value_of_number(type, bytes, arena);
}

struct value value_of_double(
	const struct type *type, double x, struct arena *arena)
{
	return value_of_real(type, x, arena);
}

struct value value_at(const struct type *type, uint64_t addr)
{
	return (struct value){ .type = type, .loc = loc_addr(addr) };
}

/* ---- loading ---- */

/* In the other byte order bits are counted from the high end of each byte. */
static enum err load_big_bits(const struct value *v, struct value_ctx *ctx,
	uint8_t *buf, size_t n, enum absent *ret_absent)
{
	uint8_t raw[NUMBER_MAX + 1] = { 0 };
	unsigned first = v->bit_offset / 8, bits = v->bit_size;
	size_t size = (v->bit_offset % 8 + bits + 7) / 8;
	unsigned __int128 x = 0;

	if (size > sizeof(x) || n > sizeof(x))
		return err_set(ERR_UNSUPPORTED,
			"a bit-field of %u bits in big-endian order is not "
			"decoded",
			bits);
	TRY(loc_read_bits(&v->loc, ctx->mem, 8 * (uint64_t)first, 8 * size, raw,
		ret_absent));
	for (size_t i = 0; i < size; i++)
		x = x << 8 | raw[i];
	x >>= size * 8 - v->bit_offset % 8 - bits;
	if (bits < 128)
		x &= ((unsigned __int128)1 << bits) - 1;
	memcpy(buf, &x, n);
	return OK;
}

static enum err load_bits(const struct value *v, struct value_ctx *ctx,
	uint8_t *buf, size_t n, enum absent *ret_absent)
{
	unsigned bits = v->bit_size;

	if (bits > n * 8)
		return err_set(ERR_BADDATA,
			"a bit-field of %u bits does not fit its type of %zu "
			"bytes",
			bits, n);
	memset(buf, 0, n);
	if (type_strip(v->type)->big_endian)
		TRY(load_big_bits(v, ctx, buf, n, ret_absent));
	else
		TRY(loc_read_bits(&v->loc, ctx->mem, v->bit_offset, bits, buf,
			ret_absent));
	if (!number_is_signed(v->type) ||
		!(buf[(bits - 1) / 8] >> ((bits - 1) & 7) & 1))
		return OK;
	for (size_t i = bits; i < n * 8; i++)
		buf[i / 8] |= (uint8_t)(1 << (i & 7));
	return OK;
}

enum err value_load(const struct value *v, struct value_ctx *ctx, void *buf,
	size_t n, enum absent *ret_absent)
{
	bool other_order = type_strip(v->type)->big_endian;

	*ret_absent = PRESENT;
	if (n > MAX_VALUE_SIZE)
		return err_set(ERR_LIMIT,
			"a value of %zu bytes is larger than the limit of %d",
			n, MAX_VALUE_SIZE);
	if (v->bit_size)
		return load_bits(v, ctx, buf, n, ret_absent);
	TRY(loc_read(&v->loc, ctx->mem, buf, n, ret_absent));
	if (other_order)
		swap_bytes(buf, n);
	return OK;
}

/* The bytes of a scalar; those of a wider type do not fit and are refused. */
enum err value_load_scalar(
	const struct value *v, struct value_ctx *ctx, uint8_t *bytes)
{
	uint64_t size = type_size(v->type);
	enum absent absent;

	if (!size || size > NUMBER_MAX)
		return err_set(ERR_TYPE,
			"a value of type %s has no number's size",
			type_name(v->type, ctx->arena));
	memset(bytes, 0, NUMBER_MAX);
	enum err e = value_load(v, ctx, bytes, (size_t)size, &absent);
	return value_refusal(e, absent);
}

enum err value_int128(
	const struct value *v, struct value_ctx *ctx, __int128 *ret)
{
	const struct type *t = type_strip(v->type);
	uint8_t bytes[NUMBER_MAX];
	struct value target;

	if (type_is_reference(t)) {
		TRY(value_deref(v, ctx, &target));
		return value_int128(&target, ctx, ret);
	}
	if (t->kind == TYPE_FUNC || (t->kind == TYPE_ARRAY && !t->is_vector)) {
		if (v->loc.kind != LOC_ADDR)
			return err_set(ERR_TYPE,
				"Attempt to take address of value not located "
				"in memory.");
		*ret = (__int128)v->loc.addr;
		return OK;
	}
	if (t->kind == TYPE_FLOAT) {
		long double x;

		TRY(value_double(v, ctx, &x));
		*ret = number_truncate(x, 16);
		return OK;
	}
	if (!type_is_scalar(t))
		return err_set(
			ERR_TYPE, "Value can't be converted to integer.");
	TRY(value_load_scalar(v, ctx, bytes));
	*ret = number_load_int(t, bytes);
	return OK;
}

enum err value_int(const struct value *v, struct value_ctx *ctx, int64_t *ret)
{
	__int128 n;

	TRY(value_int128(v, ctx, &n));
	*ret = (int64_t)n;
	return OK;
}

enum err value_double(
	const struct value *v, struct value_ctx *ctx, long double *ret)
{
	const struct type *t = type_strip(v->type);
	uint8_t bytes[NUMBER_MAX];
	__int128 n;

	if (t->kind == TYPE_FLOAT || t->kind == TYPE_COMPLEX) {
		TRY(value_load_scalar(v, ctx, bytes));
		if (!number_is_real(t, bytes))
			return err_set(ERR_BADDATA,
				"Invalid floating value found in program.");
		*ret = number_load_real(t, bytes);
		return OK;
	}
	TRY(value_int128(v, ctx, &n));
	*ret = number_is_signed(t) ? (long double)n
				   : (long double)(unsigned __int128)n;
	return OK;
}

enum err value_true(const struct value *v, struct value_ctx *ctx, bool *ret)
{
	__int128 n;

	if (type_bare(v->type)->kind == TYPE_FLOAT) {
		long double x;

		TRY(value_double(v, ctx, &x));
		*ret = x != 0;
		return OK;
	}
	TRY(value_int128(v, ctx, &n));
	*ret = n != 0;
	return OK;
}

/* ---- parts ---- */

struct value value_member_of(const struct value *v, const struct member *m)
{
	struct value part = {
		.type = m->type,
		.loc = loc_add(&v->loc, (int64_t)m->offset),
		.bit_offset = m->bit_offset,
		.bit_size = m->bit_size,
		.not_lvalue = v->not_lvalue,
		.note = v->note,
	};

	uint64_t addr;

	if (m->unknown_offset && m->locate && v->loc.kind == LOC_ADDR &&
		m->locate(m, v->loc.addr + v->loc.offset, &addr))
		part.loc = loc_addr(addr);
	else if (m->unknown_offset)
		part.loc = loc_none(ABSENT_OPTIMIZED_OUT,
			"where it is in the object depends on the object's "
			"class");
	else if (m->is_static && m->place.kind != LOC_NONE)
		part.loc = m->place;
	else if (m->is_static)
		part.loc = loc_none(ABSENT_OPTIMIZED_OUT,
			"a static member has no place in the object");
	return part;
}

static bool is_other_variant(const struct type *t, int64_t which)
{
	for (size_t i = 0; i < t->nmembers; i++)
		if (t->members[i].is_variant && !t->members[i].is_default &&
			t->members[i].variant == which)
			return true;
	return false;
}

bool value_has_member(
	const struct value *v, const struct member *m, struct value_ctx *ctx)
{
	const struct type *t = type_strip(v->type);
	int64_t which;

	if (!m->is_variant || !t->discriminant)
		return true;
	struct value discriminant = value_member_of(v, t->discriminant);

	if (value_int(&discriminant, ctx, &which))
		return true;
	return m->is_default ? !is_other_variant(t, which)
			     : m->variant == which;
}

/* Depth first through what has no name and through base classes. */
static bool find_member(const struct value *v, const char *name, unsigned depth,
	struct value *ret)
{
	const struct type *t = type_strip(v->type);

	if (depth > MAX_PRINT_DEPTH || !type_is_record(t))
		return false;
	for (size_t i = 0; i < t->nmembers; i++) {
		const struct member *m = &t->members[i];

		if (!m->is_base && m->name && !strcmp(m->name, name)) {
			*ret = value_member_of(v, m);
			return true;
		}
	}
	for (size_t i = 0; i < t->nmembers; i++) {
		const struct member *m = &t->members[i];

		if (m->name && m->name[0] && !m->is_base)
			continue;
		struct value part = value_member_of(v, m);
		if (find_member(&part, name, depth + 1, ret))
			return true;
	}
	return false;
}

/* What was probably meant by a name that no member has. */
static void nearest_member(const struct type *t, const char *name,
	unsigned depth, unsigned *best, const char **ret)
{
	t = type_strip(t);
	for (size_t i = 0; i < t->nmembers && depth < MAX_PRINT_DEPTH; i++) {
		const struct member *m = &t->members[i];
		unsigned d = m->name ? near_distance(name, m->name) : *best;

		if (d < *best) {
			*best = d;
			*ret = m->name;
		}
		if (!m->name || m->is_base)
			nearest_member(m->type, name, depth + 1, best, ret);
	}
}

enum err value_member(const struct value *v, const char *name,
	struct value_ctx *ctx, struct value *ret)
{
	const struct type *t = type_strip(v->type);
	struct value target;

	if (type_is_reference(t)) {
		TRY(value_deref(v, ctx, &target));
		return value_member(&target, name, ctx, ret);
	}
	if (!type_is_record(t))
		return err_set(ERR_TYPE,
			"Attempt to extract a component of a value that is "
			"not a structure.");
	if (find_member(v, name, 0, ret))
		return OK;
	if (t->is_declaration)
		return err_set(ERR_NOTFOUND,
			"There is no member named %s: %s is only declared, and "
			"no debug info here defines it.",
			name, type_name(t, ctx->arena));
	const char *near = NULL;
	unsigned best = near_limit(name);
	nearest_member(t, name, 0, &best, &near);
	return err_set(ERR_NOTFOUND,
		near ? "There is no member named %s.  Did you mean \"%s\"?"
		     : "There is no member named %s.",
		name, near);
}

/* The whole value as one place: a piece of a larger value may be one. */
static bool only_place(const struct value *v, struct loc *ret)
{
	uint64_t bit;

	return !v->bit_size &&
	       loc_narrow(&v->loc, 0, type_size(v->type) * 8, ret, &bit) &&
	       bit == 0;
}

bool value_is_synthetic(const struct value *v)
{
	struct loc place;

	return (type_bare(v->type)->kind == TYPE_POINTER ||
		       type_is_reference(type_bare(v->type))) &&
	       only_place(v, &place) && place.kind == LOC_IMPLICIT;
}

static enum err not_a_pointer(void)
{
	return err_set(
		ERR_TYPE, "Attempt to take contents of a non-pointer value.");
}

/* What a pointer points to, moved by that many bytes. */
static enum err pointed_at(const struct value *v, int64_t bytes,
	struct value_ctx *ctx, struct value *ret)
{
	const struct type *target = type_target(v->type);
	struct loc place;
	int64_t addr;

	if (only_place(v, &place) && place.kind == LOC_IMPLICIT) {
		*ret = (struct value){ .type = target, .note = v->note };
		if (place.target)
			ret->loc = loc_add(
				place.target, place.target_offset + bytes);
		else
			ret->loc = loc_none(ABSENT_OPTIMIZED_OUT,
				"what it points to has no place either");
		return OK;
	}
	/* Not value_int(): that follows references, through here. */
	if (type_is_reference(type_strip(v->type))) {
		uint8_t raw[NUMBER_MAX];

		TRY(value_load_scalar(v, ctx, raw));
		addr = (int64_t)number_load_int(type_strip(v->type), raw);
	} else {
		TRY(value_int(v, ctx, &addr));
	}
	*ret = value_at(target, (uint64_t)addr + (uint64_t)bytes);
	return OK;
}

enum err value_pointee_size(const struct type *pointer, uint64_t *ret)
{
	const struct type *target = type_target(pointer);
	const struct type *t = type_strip(target);
	uint64_t size = type_size(target);

	if (!size && type_is_record(t) && t->is_declaration)
		return err_set(ERR_TYPE,
			"Cannot perform pointer math on incomplete type "
			"\"%s\", try casting to a known type, or void *.",
			t->name ? t->name : "struct {...}");
	/* GNU C: void and functions count as bytes. */
	*ret = size ? size : 1;
	return OK;
}

enum err value_index(const struct value *v, int64_t i, struct value_ctx *ctx,
	struct value *ret)
{
	const struct type *t = type_strip(v->type);
	struct value target;

	if (type_is_reference(t)) {
		TRY(value_deref(v, ctx, &target));
		return value_index(&target, i, ctx, ret);
	}
	if (t->kind == TYPE_ARRAY) {
		*ret = (struct value){
			.type = type_target(t),
			.loc = loc_add(&v->loc,
				(int64_t)(((uint64_t)i - (uint64_t)t->lower) *
					  type_stride(t))),
			.not_lvalue = v->not_lvalue,
			.note = v->note,
		};
		return OK;
	}
	if (t->kind != TYPE_POINTER)
		return err_set(ERR_TYPE,
			"cannot subscript something of type `%s'",
			type_name(v->type, ctx->arena));
	if (type_bare(t->target)->kind == TYPE_VOID)
		return not_a_pointer();
	uint64_t size;
	TRY(value_pointee_size(t, &size));
	return pointed_at(v, (int64_t)((uint64_t)i * size), ctx, ret);
}

enum err value_deref(
	const struct value *v, struct value_ctx *ctx, struct value *ret)
{
	const struct type *t = type_strip(v->type);

	switch (t->kind) {
	case TYPE_ARRAY:
		if (t->is_vector)
			return not_a_pointer();
		return value_index(v, t->lower, ctx, ret);
	case TYPE_FUNC:
		*ret = *v;
		return OK;
	case TYPE_POINTER:
		if (type_bare(t->target)->kind == TYPE_VOID)
			return err_set(ERR_TYPE,
				"Attempt to dereference a generic pointer.");
		return pointed_at(v, 0, ctx, ret);
	case TYPE_REFERENCE:
	case TYPE_RVALUE_REFERENCE:
		return pointed_at(v, 0, ctx, ret);
	default:
		return not_a_pointer();
	}
}

enum err value_address(
	const struct value *v, struct value_ctx *ctx, struct value *ret)
{
	const struct type *t = type_strip(v->type);
	struct loc place;

	if (type_is_reference(t)) {
		struct value target;

		TRY(value_deref(v, ctx, &target));
		return value_address(&target, ctx, ret);
	}
	bool one = only_place(v, &place);
	if (v->loc.kind == LOC_ADDR && !v->bit_size) {
		place = v->loc;
		one = true;
	}
	if (!one || place.kind != LOC_ADDR || v->not_lvalue) {
		if (v->loc.kind == LOC_REG && ctx->arch &&
			v->loc.reg < ctx->arch->nregs)
			return err_set(ERR_TYPE,
				"Attempt to take address of value not located "
				"in memory: it is in register $%s.",
				ctx->arch->reg[v->loc.reg].name);
		return err_set(ERR_TYPE,
			"Attempt to take address of value not located in "
			"memory.");
	}
	if (place.why) /* thread-local, and only its initial value exists */
		return err_set(ERR_TYPE,
			"It has no address: this thread has not used it yet.");
	*ret = value_of_int(type_new_pointer(v->type, ctx->arena),
		(int64_t)(place.addr + place.offset), ctx->arena);
	return OK;
}

/* ---- keeping ---- */

static struct loc keep_loc(
	const struct loc *l, struct arena *to, unsigned depth)
{
	struct loc kept = *l;

	if (depth > MAX_PRINT_DEPTH)
		return loc_none(ABSENT_OPTIMIZED_OUT, "nested too deeply");
	if (l->why)
		kept.why = arena_strdup(to, l->why);
	if (l->kind == LOC_BYTES)
		kept.bytes = arena_memdup(to, l->bytes, l->n);
	if (l->kind == LOC_IMPLICIT && l->target) {
		struct loc target = keep_loc(l->target, to, depth + 1);

		kept.target = arena_memdup(to, &target, sizeof(target));
	}
	if (l->kind == LOC_PIECES) {
		struct piece *p =
			arena_memdup(to, l->pieces, l->n * sizeof(*l->pieces));

		for (size_t i = 0; i < l->n; i++) {
			struct loc part =
				keep_loc(l->pieces[i].loc, to, depth + 1);

			p[i].loc = arena_memdup(to, &part, sizeof(part));
		}
		kept.pieces = p;
	}
	return kept;
}

/* Types that expressions make die with the command: copied.  Those that have
 * a definition somewhere belong to the session already. */
static const struct type *keep_type(
	const struct type *t, struct arena *to, unsigned depth)
{
	struct type *kept;

	if (!t || depth > MAX_PRINT_DEPTH)
		return t;
	switch (t->kind) {
	case TYPE_POINTER:
	case TYPE_ARRAY:
	case TYPE_FUNC:
	case TYPE_CONST:
	case TYPE_VOLATILE:
	case TYPE_RESTRICT:
	case TYPE_ATOMIC:
	case TYPE_UNSPECIFIED:
		break;
	default:
		return t;
	}
	kept = arena_memdup(to, type_complete(t), sizeof(*t));
	kept->target = keep_type(t->target, to, depth + 1);
	if (!t->nmembers)
		return kept;
	kept->members =
		arena_memdup(to, t->members, t->nmembers * sizeof(*t->members));
	for (size_t i = 0; i < t->nmembers; i++)
		kept->members[i].type =
			keep_type(t->members[i].type, to, depth + 1);
	return kept;
}

struct value value_keep(
	const struct value *v, struct value_ctx *ctx, struct arena *to)
{
	struct value kept = *v;

	(void)ctx;
	kept.type = keep_type(v->type, to, 0);
	kept.loc = keep_loc(&v->loc, to, 0);
	if (v->note)
		kept.note = arena_strdup(to, v->note);
	return kept;
}
