/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* One scalar as text: in its type's own notation, or by a format letter. */
#include "inspect/model/print.h"

/* Whether print/F shows values of this type, or their parts. */
bool format_applies(char format, const struct type *);
/*
 * The scalar's bytes (type_size() of them) under a letter of x d u o t z c a f;
 * letter 0 is the type's own notation.
 */
void format_scalar(const struct type *, const uint8_t *bytes, char letter,
	const struct print_ctx *, struct buf *);
/* What stands in place of a value that is not known: GDB's words for memory
 * that is not there, else the reason's own. */
void format_absent(const struct value *, enum absent, struct buf *);
/* "0x401136 <f+4>". */
void format_address(
	uint64_t addr, bool code, const struct print_ctx *, struct buf *);
