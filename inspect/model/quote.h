/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Characters and strings of the inferior in GDB's notation:
 * 97 'a', "abc", '\000' <repeats 12 times>, L"wide".
 */
#include "inspect/base/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct quote {
	const uint8_t *bytes;
	size_t n;         /* characters, of width bytes each */
	unsigned width;   /* 1, 2 or 4 */
	char prefix;      /* L, u, U or 0 */
	unsigned repeats; /* more than this are counted; 0: never */
	unsigned limit;   /* characters shown; 0: all */
	size_t tail;      /* the last character goes on for that many more */
	bool more;        /* the string goes on after these: "..." */
};

/* A string: one NUL at the end of a whole one is not shown. */
void quote_string(const struct quote *, struct buf *);
/* The other way: a character as a string of that width holds it in memory, in
 * UTF-8, UTF-16 or UTF-32. */
void quote_encode(uint32_t code, unsigned width, struct buf *);
/* 'a' with quotes; code is one character of that width. */
void quote_char(uint32_t code, unsigned width, char prefix, struct buf *);
