/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* C++'s pointers to members as text. */
#include "inspect/model/print.h"

/* "(void (C::*)(C * const)) 0x401136 <C::run()>", "&C::field", "NULL"; bytes:
 * type_size() of them, of a type with a containing class. */
void memberptr_print(const struct type *, const uint8_t *bytes,
	const struct print_ctx *, struct buf *);
