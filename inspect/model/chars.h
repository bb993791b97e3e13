/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Characters of the inferior as strings, within the limits of the options. */
#include "inspect/model/print.h"

/* What a pointer to characters of that type points to. */
void chars_at(const struct type *elem, uint64_t addr, const struct print_ctx *,
	struct buf *);
/* An array of characters; false: not even its first one is known. */
bool chars_array(const struct value *, const struct print_ctx *, struct buf *);
