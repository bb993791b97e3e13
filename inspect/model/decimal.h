/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* _Decimal32, _Decimal64, _Decimal128 in the encoding of x86-64's C. */
#include "inspect/base/arena.h"

#include <stdint.h>

/* "12.3", "1.5E+300", "Infinity"; size is 4, 8 or 16, else NULL. */
const char *decimal_text(const uint8_t *bytes, uint64_t size, struct arena *);
