/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Floating point is taken apart by hand where our own compiler has no such
 * type everywhere (half, bfloat, quad), and by memcpy where it does.  x87's
 * extended format is told from IEEE quad by the type's name: both take 16
 * bytes on x86-64 (psABI 3.1.2), and DWARF says "float, 16 bytes" for both.
 */
/* For strfromf128(), where the compiler has the type. */
#define __STDC_WANT_IEC_60559_TYPES_EXT__ 1
#include "inspect/model/number.h"

#include "inspect/model/decimal.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static uint64_t part_size(const struct type *t)
{
	return t->kind == TYPE_COMPLEX ? t->size / 2 : t->size;
}

enum number_format number_format(const struct type *t)
{
	const char *name;

	t = type_strip(t);
	name = t->name ? t->name : "";
	if (strstr(name, "ecimal"))
		return NUMBER_UNKNOWN;
	switch (part_size(t)) {
	case 2:
		return strstr(name, "bf") ? NUMBER_BFLOAT16 : NUMBER_BINARY16;
	case 4:
		return NUMBER_BINARY32;
	case 8:
		return NUMBER_BINARY64;
	case 10:
	case 12:
		return NUMBER_X87;
	case 16:
		return strstr(name, "128") ? NUMBER_BINARY128 : NUMBER_X87;
	default:
		return NUMBER_UNKNOWN;
	}
}

bool number_is_signed(const struct type *t)
{
	t = type_strip(t);
	if (t->kind != TYPE_ENUM)
		return t->is_signed &&
		       (type_is_integer(t) || t->kind == TYPE_FLOAT);
	for (size_t i = 0; i < t->nenumerators; i++)
		if (t->enumerators[i].value < 0)
			return true;
	return t->is_signed && !t->nenumerators;
}

__int128 number_load_int(const struct type *t, const uint8_t *bytes)
{
	uint64_t size = type_size(t);
	unsigned __int128 n = 0;

	if (size > sizeof(n))
		size = sizeof(n);
	memcpy(&n, bytes, (size_t)size);
	if (size && size < sizeof(n) && number_is_signed(t) &&
		(n >> (size * 8 - 1) & 1))
		n |= ~(unsigned __int128)0 << (size * 8);
	return (__int128)n;
}

void number_store_int(const struct type *t, __int128 n, uint8_t *bytes)
{
	uint64_t size = type_size(t);

	memcpy(bytes, &n, size < sizeof(n) ? (size_t)size : sizeof(n));
}

/* An IEEE 754 interchange format of up to 128 bits, without x87's explicit
 * leading bit. */
static long double load_ieee(
	const uint8_t *bytes, unsigned exponent_bits, unsigned fraction_bits)
{
	unsigned __int128 raw = 0;
	unsigned width = 1 + exponent_bits + fraction_bits;

	memcpy(&raw, bytes, width / 8);
	unsigned __int128 fraction =
		raw & (((unsigned __int128)1 << fraction_bits) - 1);
	int exponent = (int)(raw >> fraction_bits) & ((1 << exponent_bits) - 1);
	int bias = (1 << (exponent_bits - 1)) - 1;
	bool negative = raw >> (width - 1) & 1;
	long double x;

	if (exponent == (1 << exponent_bits) - 1)
		x = fraction ? (long double)NAN : (long double)INFINITY;
	else if (!exponent)
		x = ldexpl(
			(long double)fraction, 1 - bias - (int)fraction_bits);
	else
		x = ldexpl((long double)(fraction | (unsigned __int128)1
							    << fraction_bits),
			exponent - bias - (int)fraction_bits);
	return negative ? -x : x;
}

long double number_load_real(const struct type *t, const uint8_t *bytes)
{
	long double x = 0;
	double d;
	float f;

	t = type_strip(t);
	switch (number_format(t)) {
	case NUMBER_BINARY16:
		return load_ieee(bytes, 5, 10);
	case NUMBER_BFLOAT16:
		return load_ieee(bytes, 8, 7);
	case NUMBER_BINARY32:
		memcpy(&f, bytes, sizeof(f));
		return f;
	case NUMBER_BINARY64:
		memcpy(&d, bytes, sizeof(d));
		return d;
	case NUMBER_X87:
		memcpy(&x, bytes, 10);
		return x;
	case NUMBER_BINARY128:
		return load_ieee(bytes, 15, 112);
	case NUMBER_UNKNOWN:
		break;
	}
	return NAN;
}

static void store_ieee(long double x, unsigned exponent_bits,
	unsigned fraction_bits, uint8_t *bytes)
{
	unsigned width = 1 + exponent_bits + fraction_bits;
	int bias = (1 << (exponent_bits - 1)) - 1;
	unsigned __int128 raw = 0;
	int exponent = 0;

	if (isnan(x) || isinf(x)) {
		raw = (unsigned __int128)((1 << exponent_bits) - 1)
		      << fraction_bits;
		if (isnan(x))
			raw |= (unsigned __int128)1 << (fraction_bits - 1);
	} else if (x != 0) {
		long double m = frexpl(fabsl(x), &exponent) * 2;

		exponent += bias - 1;
		if (exponent <= 0) {
			m = ldexpl(m, exponent - 1);
			exponent = 0;
		}
		raw = (unsigned __int128)roundl(ldexpl(m, (int)fraction_bits));
		raw += exponent ? (unsigned __int128)(exponent - 1)
					  << fraction_bits
				: 0;
	}
	if (signbit(x))
		raw |= (unsigned __int128)1 << (width - 1);
	memcpy(bytes, &raw, width / 8);
}

void number_store_real(const struct type *t, long double x, uint8_t *bytes)
{
	double d = (double)x;
	float f = (float)x;

	t = type_strip(t);
	switch (number_format(t)) {
	case NUMBER_BINARY16:
		store_ieee(x, 5, 10, bytes);
		break;
	case NUMBER_BFLOAT16:
		store_ieee(x, 8, 7, bytes);
		break;
	case NUMBER_BINARY32:
		memcpy(bytes, &f, sizeof(f));
		break;
	case NUMBER_BINARY64:
		memcpy(bytes, &d, sizeof(d));
		break;
	case NUMBER_X87:
		memcpy(bytes, &x, 10);
		break;
	case NUMBER_BINARY128:
		store_ieee(x, 15, 112, bytes);
		break;
	case NUMBER_UNKNOWN:
		break;
	}
}

__int128 number_truncate(long double x, uint64_t size)
{
	if (size <= 8) {
		if (x >= 0x1p64L || isnan(x))
			return INT64_MAX;
		return x <= -0x1p63L ? INT64_MIN : (__int128)x;
	}
	if (x >= 0x1p127L || isnan(x))
		return x < 0x1p128L ? (__int128)(unsigned __int128)x : -1;
	if (x <= -0x1p127L)
		return (__int128)((unsigned __int128)1 << 127);
	return (__int128)x;
}

/* GDB shows what is left of a NaN: its fraction, quiet bit included. */
static const char *nan_text(
	enum number_format f, const uint8_t *bytes, struct arena *arena)
{
	static const unsigned fraction_bits[] = {
		[NUMBER_BINARY16] = 10,
		[NUMBER_BFLOAT16] = 7,
		[NUMBER_BINARY32] = 23,
		[NUMBER_BINARY64] = 52,
		[NUMBER_X87] = 64,
		[NUMBER_BINARY128] = 112,
	};
	static const unsigned width[] = {
		[NUMBER_BINARY16] = 16,
		[NUMBER_BFLOAT16] = 16,
		[NUMBER_BINARY32] = 32,
		[NUMBER_BINARY64] = 64,
		[NUMBER_X87] = 80,
		[NUMBER_BINARY128] = 128,
	};
	unsigned __int128 raw = 0;

	memcpy(&raw, bytes, width[f] / 8);
	const char *sign = raw >> (width[f] - 1) & 1 ? "-" : "";
	raw &= ((unsigned __int128)1 << fraction_bits[f]) - 1;
	uint64_t high = (uint64_t)(raw >> 64), low = (uint64_t)raw;

	if (high)
		return arena_printf(arena, "%snan(0x%" PRIx64 "%016" PRIx64 ")",
			sign, high, low);
	return arena_printf(arena, "%snan(0x%" PRIx64 ")", sign, low);
}

/* clang has no _Float128: the digits beyond long double's are lost there. */
static const char *quad_text(const uint8_t *bytes, struct arena *arena)
{
#if __HAVE_FLOAT128
	char text[64];
	_Float128 x;

	memcpy(&x, bytes, sizeof(x));
	strfromf128(text, sizeof(text), "%.36g", x);
	return arena_strdup(arena, text);
#else
	return arena_printf(arena, "%.21Lg", load_ieee(bytes, 15, 112));
#endif
}

/* Unnormals and their like, which no x87 makes since the 80387 (Intel SDM 1,
 * 8.2.2): the integer bit is not what the exponent asks for. */
bool number_is_real(const struct type *t, const uint8_t *bytes)
{
	bool integer = bytes[7] & 0x80;
	bool exponent = (bytes[9] & 0x7f) || bytes[8];

	return number_format(t) != NUMBER_X87 || integer == exponent;
}

const char *number_real_text(
	const struct type *t, const uint8_t *bytes, struct arena *arena)
{
	/* Digits that tell any two values of a format apart. */
	static const int digits[] = {
		[NUMBER_BINARY16] = 5,
		[NUMBER_BFLOAT16] = 4,
		[NUMBER_BINARY32] = 9,
		[NUMBER_BINARY64] = 17,
		[NUMBER_X87] = 21,
	};
	enum number_format f = number_format(t);

	if (f == NUMBER_UNKNOWN) {
		const char *text = decimal_text(bytes, part_size(t), arena);

		return text ? text : "<floating point format not supported>";
	}
	if (!number_is_real(t, bytes))
		return "<invalid float value>";
	long double x = number_load_real(t, bytes);
	if (isnan(x))
		return nan_text(f, bytes, arena);
	if (isinf(x))
		return signbit(x) ? "-inf" : "inf";
	if (f == NUMBER_BINARY128)
		return quad_text(bytes, arena);
	return arena_printf(arena, "%.*Lg", digits[f], x);
}

const char *number_int_text(__int128 n, bool is_signed, struct arena *arena)
{
	char text[48], *p = text + sizeof(text);
	bool negative = is_signed && n < 0;
	unsigned __int128 u = (unsigned __int128)n;

	if (negative)
		u = -u;
	*--p = '\0';
	do {
		*--p = (char)('0' + (int)(u % 10));
		u /= 10;
	} while (u);
	if (negative)
		*--p = '-';
	return arena_strdup(arena, p);
}
