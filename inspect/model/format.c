/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Scalars.  The letters follow GDB 13: x o t z d u show the bytes of any
 * scalar as one integer, also of a float; c and a convert to an integer first;
 * f takes an integer of a float's size for a float.
 */
#include "inspect/model/format.h"

#include "inspect/model/number.h"
#include "inspect/model/quote.h"

#include <inttypes.h>
#include <string.h>

static void put_address(
	uint64_t addr, bool symbols, const struct print_ctx *p, struct buf *b)
{
	const char *symbol = NULL;

	if (p->options->addresses)
		buf_printf(b, "0x%" PRIx64, addr);
	if (p->symbol && addr && symbols)
		symbol = p->symbol(p->symbol_ctx, addr, p->values->arena);
	if (symbol)
		buf_printf(
			b, "%s<%s>", p->options->addresses ? " " : "", symbol);
}

void format_address(
	uint64_t addr, bool code, const struct print_ctx *p, struct buf *b)
{
	put_address(addr, code || p->options->symbols, p, b);
}

void format_absent(const struct value *v, enum absent absent, struct buf *b)
{
	if (absent == ABSENT_UNMAPPED && v->loc.kind == LOC_ADDR)
		buf_printf(b,
			"<error: Cannot access memory at address 0x%" PRIx64
			">",
			v->loc.addr + v->loc.offset);
	else
		buf_puts(b, absent_text(absent));
}

/* ---- the type's own notation ---- */

static void format_flags(const struct type *t, uint64_t n, struct buf *b)
{
	const char *sep = "(";

	for (size_t i = 0; i < t->nenumerators; i++) {
		uint64_t flag = (uint64_t)t->enumerators[i].value;

		if (!(n & flag))
			continue;
		buf_printf(b, "%s%s", sep, t->enumerators[i].name);
		n &= ~flag;
		sep = " | ";
	}
	if (n)
		buf_printf(b, "%sunknown: 0x%" PRIx64, sep, n);
	buf_putc(b, ')');
}

static void format_enum(const struct type *t, __int128 n, struct buf *b)
{
	for (size_t i = 0; i < t->nenumerators; i++)
		if (t->enumerators[i].value == (int64_t)n) {
			buf_puts(b, t->enumerators[i].name);
			return;
		}
	if (n && type_is_flags(t))
		format_flags(t, (uint64_t)n, b);
	else
		buf_printf(b, "%" PRId64, (int64_t)n);
}

static void format_pointer(const struct type *t, uint64_t addr,
	const struct print_ctx *p, struct buf *b)
{
	bool code = t->target && type_bare(t->target)->kind == TYPE_FUNC;

	format_address(addr, code, p, b);
}

static void format_natural(const struct type *type, const uint8_t *bytes,
	const struct print_ctx *p, struct buf *b)
{
	const struct type *t = type_strip(type);
	struct arena *arena = p->values->arena;
	unsigned width = (unsigned)t->size;
	__int128 n;

	if (t->kind == TYPE_FLOAT) {
		buf_puts(b, number_real_text(t, bytes, arena));
		return;
	}
	if (t->kind == TYPE_COMPLEX) {
		const struct type *part = t->target;
		const uint8_t *imaginary = bytes + t->size / 2;

		if (part && part->kind == TYPE_INT) { /* GNU C */
			buf_printf(b, "%s + %si",
				number_int_text(number_load_int(part, bytes),
					true, arena),
				number_int_text(
					number_load_int(part, imaginary), true,
					arena));
			return;
		}
		buf_printf(b, "%s + ", number_real_text(t, bytes, arena));
		buf_printf(b, "%si", number_real_text(t, imaginary, arena));
		return;
	}
	n = number_load_int(t, bytes);
	switch (t->kind) {
	case TYPE_BOOL:
		if (n == 0 || n == 1)
			buf_puts(b, n ? "true" : "false");
		else
			buf_puts(b, number_int_text(n, false, arena));
		break;
	case TYPE_ENUM:
		format_enum(t, n, b);
		break;
	case TYPE_POINTER:
		format_pointer(t, (uint64_t)n, p, b);
		break;
	default:
		buf_puts(b, number_int_text(n, number_is_signed(t), arena));
		if (!type_is_text(type) || width > 4)
			break;
		buf_putc(b, ' ');
		quote_char((uint32_t)n &
				   (uint32_t)(UINT64_MAX >> (64 - 8 * width)),
			width, type_text_prefix(type), b);
	}
}

/* ---- letters ---- */

/* All bits of the value, without their sign. */
static unsigned __int128 raw_bits(const struct type *t, const uint8_t *bytes)
{
	uint64_t size = type_size(t);
	unsigned __int128 n = 0;

	if (t->kind == TYPE_FLOAT && number_format(t) == NUMBER_X87)
		size = 10; /* the rest is padding */
	memcpy(&n, bytes, size < sizeof(n) ? (size_t)size : sizeof(n));
	return n;
}

/* Digits in a base that is a power of two; at least width of them. */
static void format_power(
	unsigned __int128 n, unsigned shift, unsigned width, struct buf *b)
{
	char text[132], *p = text + sizeof(text);

	*--p = '\0';
	do {
		*--p = "0123456789abcdef"[(unsigned)n & ((1u << shift) - 1)];
		n >>= shift;
		width -= width > 0;
	} while (n || width);
	buf_puts(b, p);
}

/* GDB converts to a char of the type's own signedness. */
static void format_as_char(
	const struct type *t, __int128 n, struct buf *b, struct arena *arena)
{
	bool is_signed = number_is_signed(t);
	uint8_t c = (uint8_t)n;

	buf_puts(b, number_int_text(is_signed ? (int8_t)c : c, true, arena));
	buf_putc(b, ' ');
	quote_char(c, 1, 0, b);
}

/* The value, not its bits, as c and a need it. */
static __int128 converted(const struct type *t, const uint8_t *bytes)
{
	if (t->kind != TYPE_FLOAT)
		return number_load_int(t, bytes);
	long double x = number_load_real(t, bytes);
	return x >= 0x1p63L ? INT64_MAX : number_truncate(x, 8);
}

static void format_as_float(const struct type *t, const uint8_t *bytes,
	struct buf *b, struct arena *arena)
{
	const char *name = t->size == 4    ? "float"
			   : t->size == 8  ? "double"
			   : t->size == 16 ? "long double"
					   : NULL;

	if (t->kind == TYPE_FLOAT)
		buf_puts(b, number_real_text(t, bytes, arena));
	else if (name)
		buf_puts(b, number_real_text(type_basic(name), bytes, arena));
	else
		buf_puts(b, number_int_text(number_load_int(t, bytes),
				    number_is_signed(t), arena));
}

void format_scalar(const struct type *type, const uint8_t *bytes, char letter,
	const struct print_ctx *p, struct buf *b)
{
	const struct type *t = type_strip(type);
	unsigned __int128 raw = raw_bits(t, bytes);
	unsigned bits = (unsigned)type_size(t) * 8;

	switch (letter) {
	case 'x':
		buf_puts(b, "0x");
		format_power(raw, 4, 0, b);
		break;
	case 'z':
		buf_puts(b, "0x");
		format_power(raw, 4, bits / 4, b);
		break;
	case 'o':
		if (raw)
			buf_putc(b, '0');
		format_power(raw, 3, 0, b);
		break;
	case 't':
		format_power(raw, 1, 0, b);
		break;
	case 'd':
		if (bits && bits < 128 && raw >> (bits - 1) & 1)
			raw |= ~(unsigned __int128)0 << bits;
		buf_puts(b,
			number_int_text((__int128)raw, true, p->values->arena));
		break;
	case 'u':
		buf_puts(b, number_int_text(
				    (__int128)raw, false, p->values->arena));
		break;
	case 'c':
		format_as_char(t, converted(t, bytes), b, p->values->arena);
		break;
	case 'a':
		put_address((uint64_t)converted(t, bytes), true, p, b);
		break;
	case 'f':
		format_as_float(t, bytes, b, p->values->arena);
		break;
	default:
		format_natural(type, bytes, p, b);
	}
}

bool format_applies(char format, const struct type *type)
{
	const struct type *t = type_strip(type);

	if (!format || format == 's' || format == 'r')
		return false;
	/* GDB refuses these two for what is not an integer. */
	if ((format == 'c' || format == 'a') && t->kind == TYPE_COMPLEX)
		return false;
	return true;
}
