/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/* The variables of a frame, as lines of text and as JSON's variables[]. */
#include "inspect/cmd/session.h"
#include "inspect/out/out.h"

enum variables_which { VARIABLES_ARGS = 1, VARIABLES_LOCALS = 2 };

/* Empty when the frame has no debug info. */
enum err variables_of(struct session *, const struct frame *, unsigned which,
	struct variable **ret, size_t *ret_n);
/* The value, or an absent one that says what is wrong with the DWARF. */
struct value variables_value(
	struct session *, const struct frame *, const struct variable *);
struct variables_style {
	bool brief;        /* "name=value", without pretty members */
	bool children;     /* JSON: members and elements too */
	const char *entry; /* "name=name@entry=value"; NULL: not known */
};

/* The fields of one variable inside an open record: name, type, value, kind
 * and so on.  Text: "name = value". */
void variables_print(struct session *, const struct variable *,
	const struct value *, struct variables_style, struct out *);
/* A list of that key, each variable on an indented line of text. */
enum err variables_print_list(struct session *, const struct frame *,
	unsigned which, const char *key, unsigned indent, struct out *);
