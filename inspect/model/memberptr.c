/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Itanium C++ ABI, 2.3.  A pointer to a data member is its offset, -1 for none.
 * One to a function is two words: the function's address, or an odd number, one
 * more than where its address stands in the virtual table; and what is added to
 * `this`.
 */
#include "inspect/model/memberptr.h"

#include "inspect/model/format.h"

#include <inttypes.h>

enum { WORD = 8 };

static uint64_t word(const uint8_t *bytes, size_t i)
{
	uint64_t v = 0;

	for (size_t b = WORD; b-- > 0;)
		v = v << 8 | bytes[i * WORD + b];
	return v;
}

static void print_function(const struct type *t, const uint8_t *bytes,
	const struct print_ctx *p, struct buf *b)
{
	uint64_t function = word(bytes, 0);
	int64_t adjustment = (int64_t)word(bytes, 1);

	if (!function) {
		buf_puts(b, "NULL");
		return;
	}
	if (function & 1) {
		buf_printf(b, "&virtual table offset %" PRIu64, function - 1);
	} else {
		buf_printf(b, "(%s) ", type_name(t, p->values->arena));
		format_address(function, true, p, b);
	}
	if (adjustment)
		buf_printf(b, ", this adjustment %" PRId64, adjustment);
}

static void print_data(const struct type *t, int64_t offset, struct buf *b)
{
	const struct type *in = type_complete(type_strip(t->containing));

	if (offset == -1) {
		buf_puts(b, "NULL");
		return;
	}
	for (size_t i = 0; i < in->nmembers; i++) {
		const struct member *m = &in->members[i];

		if (m->name && !m->is_base && !m->is_static && !m->bit_size &&
			m->offset == (uint64_t)offset) {
			buf_printf(b, "&%s::%s", in->name ? in->name : "",
				m->name);
			return;
		}
	}
	buf_printf(b, "%" PRId64, offset);
}

void memberptr_print(const struct type *t, const uint8_t *bytes,
	const struct print_ctx *p, struct buf *b)
{
	if (type_size(t) == 2 * WORD)
		print_function(t, bytes, p, b);
	else
		print_data(t, (int64_t)word(bytes, 0), b);
}
