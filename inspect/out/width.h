/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* How far a text reaches on a terminal. */
#include "inspect/base/arena.h"

#include <stddef.h>

/* The column after n bytes that begin in that column: colours take none,
 * Chinese signs two, accents that are signs of their own none, a tab up to
 * the next eighth. */
size_t width_after(const char *text, size_t n, size_t column);
/* The same from column 0 to the end of the text. */
size_t width_of(const char *text);
/* Blanks to put after a text so that it fills so many columns. */
int width_padding(const char *text, size_t columns);
/*
 * A text whose lines go on in the next one where a word would not fit; those
 * begin with so many blanks.  columns 0: no end.  from: the column in which the
 * text begins.
 */
const char *width_wrapped(const char *text, size_t columns, size_t from,
	size_t indent, struct arena *);
