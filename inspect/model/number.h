/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Bytes of the inferior as numbers of ours, by type: integers of 1 to 16
 * bytes, and the floating point formats that C programs hold.
 */
#include "inspect/base/arena.h"
#include "inspect/model/type.h"

#include <stdbool.h>
#include <stdint.h>

enum { NUMBER_MAX = 32 }; /* bytes: complex long double */

enum number_format {
	NUMBER_BINARY16,
	NUMBER_BFLOAT16,
	NUMBER_BINARY32,
	NUMBER_BINARY64,
	NUMBER_X87, /* 80 bits in 10, 12 or 16 bytes */
	NUMBER_BINARY128,
	NUMBER_UNKNOWN, /* decimal (decimal.h), and sizes nobody has */
};

/* Of a TYPE_FLOAT, or of one part of a TYPE_COMPLEX. */
enum number_format number_format(const struct type *);
/* Whether an integer, char or enum type is extended by its sign. */
bool number_is_signed(const struct type *);
__int128 number_load_int(const struct type *, const uint8_t *bytes);
void number_store_int(const struct type *, __int128, uint8_t *bytes);
long double number_load_real(const struct type *, const uint8_t *bytes);
/* False: bytes that are no number, nor infinity, nor NaN. */
bool number_is_real(const struct type *, const uint8_t *bytes);
void number_store_real(const struct type *, long double, uint8_t *bytes);
/*
 * Toward zero, for an integer of that many bytes.  What does not fit is not
 * defined by C (C11 6.3.1.4); GDB's answer is the largest 64-bit integer.
 */
__int128 number_truncate(long double, uint64_t size);
/* "1.5", "-nan(0x8000000000000)": as many digits as distinguish. */
const char *number_real_text(
	const struct type *, const uint8_t *bytes, struct arena *);
/* Decimal. */
const char *number_int_text(__int128, bool is_signed, struct arena *);
