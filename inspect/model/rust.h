/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* What Rust's DWARF says in structs and a reader wants as text. */
#include "inspect/model/print.h"

/* A string slice: &str, &mut str, Box<str>. */
bool rust_is_str(const struct type *);
/* Its text in quotes, or the reason why there is none. */
const char *rust_str_text(const struct value *, const struct print_ctx *);
