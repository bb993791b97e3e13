/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * A growing string in an arena.  Always NUL-terminated; appending cannot
 * fail.  Start with { .arena = a }.
 */
#include "inspect/base/arena.h"

#include <stdarg.h>
#include <stddef.h>

struct buf {
	struct arena *arena;
	char *s; /* NULL while empty: use buf_str() */
	size_t n, cap;
};

void buf_add(struct buf *, const char *, size_t);
void buf_puts(struct buf *, const char *);
void buf_putc(struct buf *, char);
void buf_printf(struct buf *, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *, const char *fmt, va_list);
/* The text so far, never NULL; valid until the next append. */
const char *buf_str(const struct buf *);
