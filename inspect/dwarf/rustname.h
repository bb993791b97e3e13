/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Rust's newer names of symbols, "_RNv…" (RFC 2603). */
#include "inspect/base/arena.h"

/* "alloc::vec::Vec<u8>", as the path of what is named; NULL: it is no such
 * name, or not whole. */
const char *rustname(const char *symbol, struct arena *);
