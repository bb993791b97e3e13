/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * The text of a walk, split at its words:
 *
 *	VAR in LIST by NEXT             [as TYPE.MEMBER] [nil ADDRESS]
 *	VAR in ARRAY count N
 *	VAR in ROOT tree LEFT RIGHT     [as TYPE.MEMBER] [nil ADDRESS]
 *	    [where CONDITION] [until CONDITION] [each VAR in ...]
 *	    [: [LABEL =] EXPR, ...]
 */
#include "inspect/view/names.h"

#include <stddef.h>

enum clause_kind { CLAUSE_ARRAY, CLAUSE_LIST, CLAUSE_TREE };

struct clause {
	enum clause_kind kind;
	const char *var;
	struct view_expr from, next, count, left, right, nil, where, until;
	const char *as; /* TYPE.MEMBER, or NULL */
	struct clause *inner;
};

/* A part of what is shown of an element; label NULL: it has none. */
struct clause_item {
	const char *label;
	struct view_expr expr;
};

struct clause_body {
	struct clause_item *item;
	size_t n; /* 0: the element itself */
};

/* The text after "each", or of the walk command (short_form: LIST NEXT is
 * enough).  ERR_SYNTAX says what is missing. */
enum err clause_parse(const char *text, bool short_form, struct arena *,
	struct clause **ret, struct clause_body *ret_body);
/* [LABEL =] EXPR, ... */
enum err clause_parse_body(
	const char *text, struct arena *, struct clause_body *ret);
/* Behind the word at s: "name"; s itself: there is none. */
const char *clause_word_end(const char *s);
/* The text from a to b without blanks around it. */
char *clause_trim(const char *a, const char *b, struct arena *);
