/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What blocks are that no typed pointer leads to. */
#include "inspect/heap/typed.h"

/*
 * By size and by what stands where a type has pointers, for the chunks that are
 * wanted (by chunk); only where one type alone fits.
 */
enum err guess_all(struct typed *, const uint8_t *wanted);
