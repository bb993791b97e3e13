/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Integers are held in 128 bits and cut to their size after every step;
 * floating point is done in the type itself, so that rounding is the
 * program's.
 *
 * The generic type has no sign of its own: DWARF 5, 2.5.1.4 divides it and
 * compares it as signed, takes its remainder as unsigned; DW_OP_shra is
 * arithmetic for any type, DW_OP_shr logical.
 */
#include "inspect/dwarf/cell.h"

#include <dwarf.h>
#include <stdbool.h>
#include <string.h>

typedef unsigned __int128 wide;
typedef __int128 swide;

struct cell cell_generic(uint64_t v)
{
	struct cell c = { .class = CELL_GENERIC, .size = sizeof(v) };

	memcpy(c.bytes, &v, sizeof(v));
	return c;
}

struct cell cell_absent(enum absent absent, const char *why)
{
	return (struct cell){
		.class = CELL_GENERIC,
		.size = sizeof(uint64_t),
		.absent = absent,
		.why = why,
	};
}

struct cell cell_of_bytes(
	enum cell_class class, unsigned size, const void *p, size_t n)
{
	struct cell c = { .class = class };

	c.size = size > CELL_MAX_SIZE ? CELL_MAX_SIZE : size;
	memcpy(c.bytes, p, n > c.size ? c.size : n);
	return c;
}

static bool cell_is_float(const struct cell *c)
{
	return c->class == CELL_FLOAT || c->class == CELL_FLOAT128;
}

static wide cell_wide(const struct cell *c)
{
	wide v = 0;

	memcpy(&v, c->bytes, c->size);
	return v;
}

static swide cell_signed(const struct cell *c)
{
	unsigned unused = 8 * (CELL_MAX_SIZE - c->size);

	return (swide)(cell_wide(c) << unused) >> unused;
}

static struct cell cell_of_wide(enum cell_class class, unsigned size, wide v)
{
	return cell_of_bytes(class, size, &v, sizeof(v));
}

uint64_t cell_uint(const struct cell *c)
{
	return c->class == CELL_SIGNED ? (uint64_t)cell_signed(c)
				       : (uint64_t)cell_wide(c);
}

/* ---- floating point ---------------------------------------------------- */

static __float128 cell_real(const struct cell *c)
{
	float f;
	double d;
	long double l = 0;
	__float128 q;

	if (c->class == CELL_FLOAT128) {
		memcpy(&q, c->bytes, sizeof(q));
		return q;
	}
	switch (c->size) {
	case sizeof(f):
		memcpy(&f, c->bytes, sizeof(f));
		return f;
	case sizeof(d):
		memcpy(&d, c->bytes, sizeof(d));
		return d;
	default:
		memcpy(&l, c->bytes, c->size);
		return l;
	}
}

static struct cell cell_of_real(
	enum cell_class class, unsigned size, __float128 v)
{
	float f = (float)v;
	double d = (double)v;
	long double l = 0;

	if (class == CELL_FLOAT128)
		return cell_of_bytes(class, size, &v, sizeof(v));
	switch (size) {
	case sizeof(f):
		return cell_of_bytes(class, size, &f, sizeof(f));
	case sizeof(d):
		return cell_of_bytes(class, size, &d, sizeof(d));
	default:
		l = (long double)v;
		/* Ten bytes of the sixteen have a meaning. */
		return cell_of_bytes(class, size, &l, 10);
	}
}

/* Each operation is exact in 113 bits or rounds once more than the program
 * did only for x87's, where both have more bits than any tool shows. */
static enum err real_binary(unsigned op, const struct cell *a,
	const struct cell *b, struct cell *ret)
{
	__float128 x = cell_real(a), y = cell_real(b), v;

	switch (op) {
	case DW_OP_plus:
		v = x + y;
		break;
	case DW_OP_minus:
		v = x - y;
		break;
	case DW_OP_mul:
		v = x * y;
		break;
	case DW_OP_div:
		v = x / y;
		break;
	case DW_OP_eq:
		*ret = cell_generic(x == y);
		return OK;
	case DW_OP_ne:
		*ret = cell_generic(x != y);
		return OK;
	case DW_OP_lt:
		*ret = cell_generic(x < y);
		return OK;
	case DW_OP_le:
		*ret = cell_generic(x <= y);
		return OK;
	case DW_OP_gt:
		*ret = cell_generic(x > y);
		return OK;
	case DW_OP_ge:
		*ret = cell_generic(x >= y);
		return OK;
	default:
		return err_set(ERR_BADDATA,
			"location expression: operation 0x%x on floating point",
			op);
	}
	*ret = cell_of_real(a->class, a->size, v);
	return OK;
}

/* ---- integers ---------------------------------------------------------- */

static wide cell_shift(unsigned op, const struct cell *a, const struct cell *b)
{
	wide by = cell_wide(b);
	unsigned bits = 8 * a->size;

	if (op == DW_OP_shra)
		return (wide)(cell_signed(a) >>
			      (by >= bits ? bits - 1 : (unsigned)by));
	if (by >= bits)
		return 0;
	return op == DW_OP_shl ? cell_wide(a) << (unsigned)by
			       : cell_wide(a) >> (unsigned)by;
}

static enum err cell_divide(
	unsigned op, const struct cell *a, const struct cell *b, wide *ret)
{
	/* The generic type: signed division, unsigned remainder. */
	bool is_signed = a->class == CELL_SIGNED ||
			 (a->class == CELL_GENERIC && op == DW_OP_div);

	if (cell_wide(b) == 0)
		return err_set(
			ERR_BADDATA, "location expression: division by zero");
	if (!is_signed)
		*ret = op == DW_OP_div ? cell_wide(a) / cell_wide(b)
				       : cell_wide(a) % cell_wide(b);
	else if (cell_signed(b) == -1) /* the one that overflows */
		*ret = op == DW_OP_div ? -cell_wide(a) : 0;
	else
		*ret = (wide)(op == DW_OP_div
				      ? cell_signed(a) / cell_signed(b)
				      : cell_signed(a) % cell_signed(b));
	return OK;
}

static bool cell_compare(
	unsigned op, const struct cell *a, const struct cell *b)
{
	bool less = a->class == CELL_UNSIGNED ? cell_wide(a) < cell_wide(b)
					      : cell_signed(a) < cell_signed(b);
	bool same = cell_wide(a) == cell_wide(b);

	switch (op) {
	case DW_OP_eq:
		return same;
	case DW_OP_ne:
		return !same;
	case DW_OP_lt:
		return less;
	case DW_OP_le:
		return less || same;
	case DW_OP_gt:
		return !less && !same;
	default: /* DW_OP_ge */
		return !less;
	}
}

static enum err integer_binary(unsigned op, const struct cell *a,
	const struct cell *b, struct cell *ret)
{
	wide x = cell_wide(a), y = cell_wide(b), v = 0;

	switch (op) {
	case DW_OP_plus:
		v = x + y;
		break;
	case DW_OP_minus:
		v = x - y;
		break;
	case DW_OP_mul:
		v = x * y;
		break;
	case DW_OP_and:
		v = x & y;
		break;
	case DW_OP_or:
		v = x | y;
		break;
	case DW_OP_xor:
		v = x ^ y;
		break;
	case DW_OP_div:
	case DW_OP_mod:
		TRY(cell_divide(op, a, b, &v));
		break;
	case DW_OP_shl:
	case DW_OP_shr:
	case DW_OP_shra:
		v = cell_shift(op, a, b);
		break;
	default:
		*ret = cell_generic(cell_compare(op, a, b));
		return OK;
	}
	*ret = cell_of_wide(a->class, a->size, v);
	return OK;
}

enum err cell_binary(unsigned op, const struct cell *a, const struct cell *b,
	struct cell *ret)
{
	bool shift = op == DW_OP_shl || op == DW_OP_shr || op == DW_OP_shra;

	if (a->absent || b->absent) {
		*ret = a->absent ? *a : *b;
		return OK;
	}
	/* Operands have one type (DWARF 5, 2.5.1.4); producers are known to
	 * mix the generic type with an integer of its size. */
	if (!shift &&
		(a->size != b->size || cell_is_float(a) != cell_is_float(b)))
		return err_set(ERR_BADDATA,
			"location expression: operands of two types "
			"(operation 0x%x)",
			op);
	if (cell_is_float(a))
		return real_binary(op, a, b, ret);
	return integer_binary(op, a, b, ret);
}

enum err cell_unary(unsigned op, const struct cell *a, struct cell *ret)
{
	wide v = cell_wide(a);

	if (a->absent) {
		*ret = *a;
		return OK;
	}
	if (cell_is_float(a) && op != DW_OP_not) {
		__float128 x = cell_real(a);

		if (op == DW_OP_neg || x < 0)
			x = -x;
		*ret = cell_of_real(a->class, a->size, x);
		return OK;
	}
	if (op == DW_OP_not)
		v = ~v;
	else if (op == DW_OP_neg ||
		 (a->class != CELL_UNSIGNED && cell_signed(a) < 0))
		v = -v;
	*ret = cell_of_wide(a->class, a->size, v);
	return OK;
}

/* ---- types ------------------------------------------------------------- */

static struct cell real_convert(
	const struct cell *c, enum cell_class to, unsigned size)
{
	/* 2^128 and beyond, and NaN, have no integer: C leaves it open. */
	__float128 x = cell_real(c), limit = (__float128)0x1p127L;

	if (to == CELL_FLOAT || to == CELL_FLOAT128)
		return cell_of_real(to, size, x);
	if (!(x > -limit && x < limit))
		return cell_of_wide(to, size, (wide)1 << 127);
	return cell_of_wide(to, size, (wide)(swide)x);
}

struct cell cell_convert(
	const struct cell *c, enum cell_class to, unsigned size)
{
	if (c->absent)
		return *c;
	if (cell_is_float(c))
		return real_convert(c, to, size);
	if (to == CELL_FLOAT || to == CELL_FLOAT128)
		return cell_of_real(to, size,
			c->class == CELL_SIGNED ? (__float128)cell_signed(c)
						: (__float128)cell_wide(c));
	return cell_of_wide(to, size,
		c->class == CELL_SIGNED ? (wide)cell_signed(c) : cell_wide(c));
}

enum err cell_reinterpret(const struct cell *c, enum cell_class to,
	unsigned size, struct cell *ret)
{
	if (c->absent) {
		*ret = *c;
		return OK;
	}
	if (c->size != size)
		return err_set(ERR_BADDATA,
			"location expression: DW_OP_reinterpret of %u bytes "
			"as %u",
			c->size, size);
	*ret = cell_of_bytes(to, size, c->bytes, size);
	return OK;
}
