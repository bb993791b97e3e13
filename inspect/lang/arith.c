/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Integers are computed in 128 bits without sign and cut to the type of the
 * result, which is what two's complement means; only division, shifts to the
 * right and comparisons look at the sign.  Floating point is computed in the
 * format of the result, as the program would have (FLT_EVAL_METHOD 0).
 */
#include "inspect/lang/arith.h"

#include "inspect/model/number.h"

#include <string.h>

enum rank {
	RANK_INT,
	RANK_FLOAT,
	RANK_COMPLEX,
	RANK_POINTER,
	RANK_VECTOR,
	RANK_OTHER,
};

enum { MAX_VECTOR = 64 }; /* elements: 512 bits of chars */

static enum rank rank_of(const struct type *t)
{
	t = type_strip(t);
	if (type_is_integer(t))
		return RANK_INT;
	if (t->kind == TYPE_FLOAT)
		return RANK_FLOAT;
	if (t->kind == TYPE_COMPLEX)
		return RANK_COMPLEX;
	if (t->kind == TYPE_ARRAY && t->is_vector)
		return RANK_VECTOR;
	return t->kind == TYPE_POINTER ? RANK_POINTER : RANK_OTHER;
}

static bool is(const char *op, const char *other)
{
	return !strcmp(op, other);
}

static bool is_comparison(const char *op)
{
	return is(op, "==") || is(op, "!=") || op[0] == '<' || op[0] == '>'
		       ? !is(op, "<<") && !is(op, ">>")
		       : false;
}

static struct value truth(bool b, struct value_ctx *ctx)
{
	return value_of_int(type_basic("int"), b, ctx->arena);
}

enum err arith_decay(
	const struct value *v, struct value_ctx *ctx, struct value *ret)
{
	const struct type *t = type_strip(v->type);
	struct value first;

	if (t->kind == TYPE_REFERENCE || t->kind == TYPE_RVALUE_REFERENCE) {
		TRY(value_deref(v, ctx, &first));
		return arith_decay(&first, ctx, ret);
	}
	if (t->kind == TYPE_ARRAY && !t->is_vector) {
		TRY(value_index(v, t->lower, ctx, &first));
		return value_address(&first, ctx, ret);
	}
	if (t->kind == TYPE_FUNC)
		return value_address(v, ctx, ret);
	*ret = *v;
	return OK;
}

/* C11 6.3.1.1: what is narrower than int becomes int. */
static const struct type *promoted(const struct type *t)
{
	t = type_strip(t);
	bool is_signed = number_is_signed(t);
	uint64_t size = type_size(t);

	if (size < 4 || t->kind == TYPE_BOOL)
		return type_basic("int");
	if (size == 4)
		return type_basic(is_signed ? "int" : "unsigned int");
	if (size == 8)
		return type_basic(is_signed ? "long" : "unsigned long");
	return type_basic(is_signed ? "__int128" : "unsigned __int128");
}

/* C11 6.3.1.8. */
static const struct type *common(const struct type *a, const struct type *b)
{
	enum rank ra = rank_of(a), rb = rank_of(b);

	if (ra == RANK_FLOAT || rb == RANK_FLOAT) {
		if (ra != rb)
			return ra == RANK_FLOAT ? a : b;
		return type_size(a) >= type_size(b) ? a : b;
	}
	a = promoted(a);
	b = promoted(b);
	if (a->size != b->size)
		return a->size > b->size ? a : b;
	return a->is_signed ? b : a;
}

static enum err convert(const struct value *v, const struct type *t,
	struct value_ctx *ctx, __int128 *ret)
{
	uint8_t bytes[NUMBER_MAX] = { 0 };

	TRY(value_int128(v, ctx, ret));
	number_store_int(t, *ret, bytes);
	*ret = number_load_int(t, bytes);
	return OK;
}

/* ---- integers ---- */

static enum err divide(
	char op, __int128 a, __int128 b, bool is_signed, __int128 *ret)
{
	unsigned __int128 ua = (unsigned __int128)a, ub = (unsigned __int128)b;

	if (!b)
		return err_set(ERR_ABSENT, "Division by zero");
	if (!is_signed)
		*ret = (__int128)(op == '/' ? ua / ub : ua % ub);
	else if (b == -1) /* the one quotient that does not fit wraps */
		*ret = op == '/' ? (__int128)-ua : 0;
	else
		*ret = op == '/' ? a / b : a % b;
	return OK;
}

static __int128 shift(
	char op, __int128 a, __int128 by, unsigned bits, bool is_signed)
{
	/* Undefined in C; GDB answers with what is left: nothing. */
	if (by < 0 || by >= bits)
		return op == '>' && is_signed && a < 0 && by > 0 ? -1 : 0;
	if (op == '<')
		return (__int128)((unsigned __int128)a << by);
	return is_signed ? a >> by : (__int128)((unsigned __int128)a >> by);
}

static bool compare_int(const char *op, __int128 a, __int128 b, bool is_signed)
{
	bool less =
		is_signed ? a < b : (unsigned __int128)a < (unsigned __int128)b;

	if (op[0] == '=')
		return a == b;
	if (op[0] == '!')
		return a != b;
	if (op[0] == '<')
		return less || (op[1] && a == b);
	return op[1] ? !less : !less && a != b;
}

static enum err integer_binary(const char *op, const struct value *a,
	const struct value *b, struct value_ctx *ctx, struct value *ret)
{
	bool shifts = is(op, "<<") || is(op, ">>");
	const struct type *t =
		shifts ? promoted(a->type) : common(a->type, b->type);
	__int128 x, y, n = 0;

	TRY(convert(a, t, ctx, &x));
	TRY(shifts ? value_int128(b, ctx, &y) : convert(b, t, ctx, &y));
	if (is_comparison(op)) {
		*ret = truth(compare_int(op, x, y, t->is_signed), ctx);
		return OK;
	}
	unsigned __int128 ux = (unsigned __int128)x, uy = (unsigned __int128)y;
	switch (op[0]) {
	case '+':
		n = (__int128)(ux + uy);
		break;
	case '-':
		n = (__int128)(ux - uy);
		break;
	case '*':
		n = (__int128)(ux * uy);
		break;
	case '/':
	case '%':
		TRY(divide(op[0], x, y, t->is_signed, &n));
		break;
	case '<':
	case '>':
		n = shift(op[0], x, y, (unsigned)t->size * 8, t->is_signed);
		break;
	case '&':
		n = x & y;
		break;
	case '|':
		n = x | y;
		break;
	case '^':
		n = x ^ y;
		break;
	}
	*ret = value_of_int128(t, n, ctx->arena);
	return OK;
}

/* ---- floating point ---- */

static long double compute(
	char op, long double a, long double b, enum number_format format)
{
	double da = (double)a, db = (double)b;
	bool narrow = format != NUMBER_X87 && format != NUMBER_BINARY128;

	switch (op) {
	case '+':
		return narrow ? da + db : a + b;
	case '-':
		return narrow ? da - db : a - b;
	case '*':
		return narrow ? da * db : a * b;
	default:
		return narrow ? da / db : a / b;
	}
}

static bool compare_real(const char *op, long double a, long double b)
{
	if (op[0] == '=')
		return a == b;
	if (op[0] == '!')
		return a != b;
	if (op[0] == '<')
		return op[1] ? a <= b : a < b;
	return op[1] ? a >= b : a > b;
}

static enum err real_binary(const char *op, const struct value *a,
	const struct value *b, struct value_ctx *ctx, struct value *ret)
{
	const struct type *t = common(a->type, b->type);
	long double x, y;

	if (!is_comparison(op) && !strchr("+-*/", op[0]))
		return err_set(ERR_TYPE,
			"Integer-only operation on floating point number.");
	TRY(value_double(a, ctx, &x));
	TRY(value_double(b, ctx, &y));
	if (is_comparison(op))
		*ret = truth(compare_real(op, x, y), ctx);
	else
		*ret = value_of_real(
			t, compute(op[0], x, y, number_format(t)), ctx->arena);
	return OK;
}

struct complex {
	long double re, im;
};

static enum err load_complex(
	const struct value *v, struct value_ctx *ctx, struct complex *ret)
{
	const struct type *t = type_strip(v->type);
	uint8_t bytes[NUMBER_MAX] = { 0 };
	enum absent absent;

	ret->im = 0;
	TRY(value_double(v, ctx, &ret->re));
	if (t->kind != TYPE_COMPLEX)
		return OK;
	enum err e = value_load(v, ctx, bytes, (size_t)t->size, &absent);
	TRY(value_refusal(e, absent));
	ret->im = number_load_real(t, bytes + t->size / 2);
	return OK;
}

static struct complex complex_compute(
	char op, struct complex a, struct complex b)
{
	long double norm = b.re * b.re + b.im * b.im;

	switch (op) {
	case '+':
		return (struct complex){ a.re + b.re, a.im + b.im };
	case '-':
		return (struct complex){ a.re - b.re, a.im - b.im };
	case '*':
		return (struct complex){ a.re * b.re - a.im * b.im,
			a.re * b.im + a.im * b.re };
	default:
		return (struct complex){
			(a.re * b.re + a.im * b.im) / norm,
			(a.im * b.re - a.re * b.im) / norm,
		};
	}
}

static enum err complex_binary(const char *op, const struct value *a,
	const struct value *b, struct value_ctx *ctx, struct value *ret)
{
	bool first = rank_of(a->type) == RANK_COMPLEX;
	const struct type *t = type_strip(first ? a->type : b->type);
	uint8_t bytes[NUMBER_MAX] = { 0 };
	struct complex x, y;

	if (first && rank_of(b->type) == RANK_COMPLEX &&
		type_size(b->type) > t->size)
		t = type_strip(b->type);
	TRY(load_complex(a, ctx, &x));
	TRY(load_complex(b, ctx, &y));
	if (is(op, "==") || is(op, "!=")) {
		bool same = x.re == y.re && x.im == y.im;

		*ret = truth(same == (op[0] == '='), ctx);
		return OK;
	}
	if (!strchr("+-*/", op[0]))
		return err_set(ERR_TYPE,
			"Argument to arithmetic operation not a number or "
			"boolean.");
	x = complex_compute(op[0], x, y);
	number_store_real(t, x.re, bytes);
	number_store_real(t, x.im, bytes + t->size / 2);
	*ret = value_of_bytes(t, bytes, ctx->arena);
	return OK;
}

/* ---- pointers ---- */

static enum err pointer_plus(const struct value *p, int64_t n,
	struct value_ctx *ctx, struct value *ret)
{
	uint64_t size;
	int64_t addr;

	TRY(value_pointee_size(p->type, &size));
	TRY(value_int(p, ctx, &addr));
	*ret = value_of_int(type_strip(p->type),
		(int64_t)((uint64_t)addr + (uint64_t)n * size), ctx->arena);
	return OK;
}

static enum err pointer_difference(const struct value *a, const struct value *b,
	struct value_ctx *ctx, struct value *ret)
{
	uint64_t size, other;
	int64_t x, y;

	TRY(value_pointee_size(a->type, &size));
	TRY(value_pointee_size(b->type, &other));
	if (size != other)
		return err_set(ERR_TYPE,
			"First argument of `-' is a pointer and second "
			"argument is neither an integer nor a pointer of the "
			"same type.");
	TRY(value_int(a, ctx, &x));
	TRY(value_int(b, ctx, &y));
	*ret = value_of_int(type_basic("long"),
		(int64_t)((uint64_t)x - (uint64_t)y) / (int64_t)size,
		ctx->arena);
	return OK;
}

static enum err pointer_binary(const char *op, const struct value *a,
	const struct value *b, struct value_ctx *ctx, struct value *ret)
{
	bool both = rank_of(a->type) == rank_of(b->type);
	int64_t x, y;

	if (is_comparison(op)) {
		TRY(value_int(a, ctx, &x));
		TRY(value_int(b, ctx, &y));
		*ret = truth(
			compare_int(op, (uint64_t)x, (uint64_t)y, false), ctx);
		return OK;
	}
	if (is(op, "-") && both)
		return pointer_difference(a, b, ctx, ret);
	if (is(op, "+") && !both && rank_of(a->type) == RANK_INT)
		return pointer_binary(op, b, a, ctx, ret);
	if ((is(op, "+") || is(op, "-")) && rank_of(b->type) == RANK_INT) {
		TRY(value_int(b, ctx, &y));
		if (op[0] == '-')
			y = (int64_t) - (uint64_t)y;
		return pointer_plus(a, y, ctx, ret);
	}
	return err_set(ERR_TYPE,
		"Argument to arithmetic operation not a number or boolean.");
}

/* ---- vectors ---- */

/* GNU C: element by element; a scalar stands for as many of itself. */
static enum err vector_binary(const char *op, const struct value *a,
	const struct value *b, struct value_ctx *ctx, struct value *ret)
{
	bool first = rank_of(a->type) == RANK_VECTOR;
	const struct type *t = type_strip(first ? a->type : b->type);
	const struct type *elem = type_target(t);
	uint64_t size = type_size(elem);
	uint8_t *bytes;
	enum absent absent;

	if (t->count > MAX_VECTOR || !size || is_comparison(op))
		return err_set(ERR_TYPE,
			"Operation `%s' is not available on vectors.", op);
	bytes = arena_alloc(ctx->arena, (size_t)(t->count * size));
	for (uint64_t i = 0; i < t->count; i++) {
		struct value x = *a, y = *b, z;

		if (rank_of(a->type) == RANK_VECTOR)
			TRY(value_index(a, (int64_t)i, ctx, &x));
		if (rank_of(b->type) == RANK_VECTOR)
			TRY(value_index(b, (int64_t)i, ctx, &y));
		TRY(arith_binary(op, &x, &y, ctx, &z));
		TRY(value_cast(&z, elem, ctx, &x));
		TRY(value_load(
			&x, ctx, bytes + i * size, (size_t)size, &absent));
	}
	*ret = value_of_bytes(first ? a->type : b->type, bytes, ctx->arena);
	return OK;
}

/* -1 * v, which keeps the sign of zeros, and -1 ^ v. */
static enum err vector_unary(const char *op, const struct value *v,
	struct value_ctx *ctx, struct value *ret)
{
	struct value ones = value_of_int(type_basic("int"), -1, ctx->arena);

	return vector_binary(op[0] == '-' ? "*" : "^", &ones, v, ctx, ret);
}

/* ---- all of them ---- */

/* GDB speaks of C++ here; this says what the operand is. */
static enum err no_number(
	const char *op, const struct value *v, struct value_ctx *ctx)
{
	return err_set(ERR_TYPE,
		"Argument to operation `%s' is not a number: it is %s %s.", op,
		strchr("aeiou", type_kind_name(type_strip(v->type)->kind)[0])
			? "an"
			: "a",
		type_name(v->type, ctx->arena));
}

enum err arith_binary(const char *op, const struct value *left,
	const struct value *right, struct value_ctx *ctx, struct value *ret)
{
	struct value a, b;
	enum rank ra, rb;

	TRY(arith_decay(left, ctx, &a));
	TRY(arith_decay(right, ctx, &b));
	ra = rank_of(a.type);
	rb = rank_of(b.type);
	if (ra == RANK_OTHER)
		return no_number(op, &a, ctx);
	if (rb == RANK_OTHER)
		return no_number(op, &b, ctx);
	if (ra == RANK_VECTOR || rb == RANK_VECTOR)
		return vector_binary(op, &a, &b, ctx, ret);
	if (ra == RANK_POINTER || rb == RANK_POINTER)
		return pointer_binary(op, &a, &b, ctx, ret);
	if (ra == RANK_COMPLEX || rb == RANK_COMPLEX)
		return complex_binary(op, &a, &b, ctx, ret);
	if (ra == RANK_FLOAT || rb == RANK_FLOAT)
		return real_binary(op, &a, &b, ctx, ret);
	return integer_binary(op, &a, &b, ctx, ret);
}

static enum err negate_complex(
	const struct value *v, struct value_ctx *ctx, struct value *ret)
{
	const struct type *t = type_strip(v->type);
	uint8_t bytes[NUMBER_MAX] = { 0 };
	struct complex x;

	TRY(load_complex(v, ctx, &x));
	number_store_real(t, -x.re, bytes);
	number_store_real(t, -x.im, bytes + t->size / 2);
	*ret = value_of_bytes(t, bytes, ctx->arena);
	return OK;
}

enum err arith_unary(const char *op, const struct value *operand,
	struct value_ctx *ctx, struct value *ret)
{
	struct value v;
	long double x;
	enum rank rank;
	__int128 n;
	bool b;

	TRY(arith_decay(operand, ctx, &v));
	rank = rank_of(v.type);
	if (op[0] == '!') {
		if (rank == RANK_OTHER || rank == RANK_VECTOR)
			return no_number(op, &v, ctx);
		TRY(value_true(&v, ctx, &b));
		*ret = truth(!b, ctx);
		return OK;
	}
	if (rank == RANK_INT) {
		const struct type *t = promoted(v.type);

		TRY(convert(&v, t, ctx, &n));
		if (op[0] == '-')
			n = (__int128)-(unsigned __int128)n;
		else if (op[0] == '~')
			n = ~n;
		*ret = value_of_int128(t, n, ctx->arena);
		return OK;
	}
	if (rank == RANK_VECTOR && op[0] != '+')
		return vector_unary(op, &v, ctx, ret);
	if (op[0] == '~')
		return err_set(ERR_TYPE,
			"Argument to complement operation not an integer, "
			"boolean.");
	if (rank == RANK_FLOAT) {
		TRY(value_double(&v, ctx, &x));
		*ret = value_of_real(v.type, op[0] == '-' ? -x : x, ctx->arena);
		return OK;
	}
	if (rank == RANK_COMPLEX && op[0] == '-')
		return negate_complex(&v, ctx, ret);
	if (op[0] == '-')
		return err_set(
			ERR_TYPE, "Argument to negate operation not a number.");
	*ret = v;
	return OK;
}
