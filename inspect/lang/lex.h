/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The words of a C expression, all at once: an expression is short, and the
 * parser looks ahead to tell a cast from a parenthesis.
 */
#include "inspect/base/arena.h"
#include "inspect/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum token_kind {
	TOKEN_END,
	TOKEN_INT,    /* number, type */
	TOKEN_FLOAT,  /* real, type */
	TOKEN_CHAR,   /* number; type is the prefix: "", "L", "u", "U" */
	TOKEN_STRING, /* bytes, n; type is the prefix */
	TOKEN_NAME,   /* text; quoted: 'a name' */
	TOKEN_DOLLAR, /* text without its dollar */
	TOKEN_FILE,   /* text: the "file.c" of file.c::name */
	TOKEN_OP,     /* text: the operator */
};

struct token {
	enum token_kind kind;
	const char *text;
	unsigned column; /* from 1 */
	unsigned end;    /* the column after it */
	bool quoted;
	unsigned __int128 number;
	long double real;
	const char *type; /* "int", "unsigned long", "double": type_basic() */
	const uint8_t *bytes;
	size_t n;
};

/* Ends in a TOKEN_END, whose column is one past the text.  radix: of numbers
 * that do not say theirs; 0: 10. */
enum err lex(const char *text, unsigned radix, struct arena *,
	struct token **ret, size_t *ret_n);
/*
 * ERR_SYNTAX with a sentence that says what was expected at the column, shows
 * the text and points there.
 */
enum err lex_error(const char *text, unsigned column, const char *expected);
