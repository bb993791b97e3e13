/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The characters of C's literals: C11 6.4.4.4, and \e. */
#include <stdbool.h>
#include <stdint.h>

/*
 * Reads one character or escape and moves *s behind it.  bytes: of a narrow
 * literal, where every byte counts as one; else UTF-8 is decoded.  false: an
 * escape that is none, or a character that does not fit.  *named: it was
 * written \u or \U, and stands for a character even where every byte counts.
 */
bool escape_next(const char **s, bool bytes, uint32_t *ret, bool *named);
