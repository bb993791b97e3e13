/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * IEEE 754-2008, 3.5.2, with the coefficient as a binary integer, which is what
 * the psABI (3.1.2) says for x86-64: sign, exponent, coefficient; or, where the
 * two bits after the sign are set, the exponent two bits further on and a
 * coefficient that begins with 100.  No arithmetic is done: only the text.
 */
#include "inspect/model/decimal.h"

#include "inspect/base/buf.h"
#include "inspect/model/number.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct decimal_format {
	unsigned width, exponent_bits, digits;
	int bias;
};

static const struct decimal_format formats[] = {
	{ 32, 8, 7, 101 },
	{ 64, 10, 16, 398 },
	{ 128, 14, 34, 6176 },
};

static unsigned __int128 power_of_ten(unsigned n)
{
	unsigned __int128 x = 1;

	while (n--)
		x *= 10;
	return x;
}

/* As decNumber writes it: plain where the exponent is not positive and the
 * number not tiny, else scientific. */
static const char *plain_or_scientific(
	bool negative, const char *digits, int exponent, struct arena *arena)
{
	struct buf b = { .arena = arena };
	int n = (int)strlen(digits), point = n + exponent;

	buf_puts(&b, negative ? "-" : "");
	if (exponent > 0 || point < -5) {
		buf_printf(
			&b, "%c%s%s", digits[0], n > 1 ? "." : "", digits + 1);
		buf_printf(&b, "E%+d", point - 1);
	} else if (point <= 0) {
		buf_printf(&b, "0.%.*s%s", -point, "00000", digits);
	} else {
		buf_printf(&b, "%.*s%s%s", point, digits, exponent ? "." : "",
			digits + point);
	}
	return buf_str(&b);
}

const char *decimal_text(
	const uint8_t *bytes, uint64_t size, struct arena *arena)
{
	const struct decimal_format *f = NULL;
	unsigned __int128 raw = 0, one = 1;

	for (size_t i = 0; i < 3; i++)
		if (formats[i].width == size * 8)
			f = &formats[i];
	if (!f)
		return NULL;
	memcpy(&raw, bytes, (size_t)size);
	bool negative = raw >> (f->width - 1) & 1;
	unsigned top = (unsigned)(raw >> (f->width - 6)) & 31;
	if (top == 30)
		return negative ? "-Infinity" : "Infinity";
	if (top == 31)
		return raw >> (f->width - 7) & 1 ? "sNaN" : "NaN";

	bool long_form = top >> 3 == 3;
	unsigned shift = f->width - 1 - f->exponent_bits - 2 * long_form;
	unsigned __int128 coefficient = raw & ((one << shift) - 1);
	int exponent = (int)(raw >> shift) & ((1 << f->exponent_bits) - 1);

	if (long_form)
		coefficient |= one << (shift + 2);
	if (coefficient >= power_of_ten(f->digits))
		coefficient = 0; /* not canonical: 3.5.2 */
	return plain_or_scientific(negative,
		number_int_text((__int128)coefficient, false, arena),
		exponent - f->bias, arena);
}
