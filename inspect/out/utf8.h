/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* Bytes that may be UTF-8: what goes to a terminal or into JSON must be. */
#include "inspect/base/arena.h"
#include "inspect/base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes of the character that starts the text, or 0: it is not UTF-8. */
size_t utf8_length(const char *, size_t n, uint32_t *ret_code);
/* Writes a character; returns its length. */
size_t utf8_put(uint32_t code, char out[4]);
/* Whether a terminal shows it as one sign and nothing else happens. */
bool utf8_printable(uint32_t code);
/* "ab\377": what is not UTF-8 as octal escapes, as GDB has them.  Returns s
 * itself when there is nothing to escape. */
const char *utf8_escaped(const char *s, struct arena *);
/* The same for what a terminal would obey; lines and tabs stay. */
const char *utf8_defused(const char *s, struct arena *);
