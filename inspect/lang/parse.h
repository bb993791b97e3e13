/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once
/*
 * Text to tree.  Types are asked for while parsing, because in C a cast and a
 * multiplication look the same: (a)*b.
 */
#include "inspect/lang/eval.h"
#include "inspect/lang/lex.h"

#include <stddef.h>

enum node_kind {
	NODE_INT,     /* number, type */
	NODE_REAL,    /* real, type */
	NODE_STRING,  /* bytes, type */
	NODE_NAME,    /* text; where: what is before "::", "" of ::text */
	NODE_DOLLAR,  /* text without its dollar */
	NODE_TYPE,    /* type: a type name where a value may stand */
	NODE_UNARY,   /* text: * & - + ! ~; a */
	NODE_BINARY,  /* text: the operator, also , && || @; a, b */
	NODE_COND,    /* a ? b : c */
	NODE_CAST,    /* (type)a; number: 1 reinterpret_cast<type>(a) */
	NODE_AT,      /* {type}a */
	NODE_SIZEOF,  /* a, or type */
	NODE_ALIGNOF, /* a, or type */
	NODE_MEMBER,  /* a.text */
	NODE_ARROW,   /* a->text */
	NODE_INDEX,   /* a[b] */
	NODE_SLICE,   /* a[b..c], both ends included */
	NODE_CALL,    /* $text(...): a is the first NODE_ARG */
	NODE_ARG,     /* a, and b the next one */
	NODE_ASSIGN,  /* text: = += -= ...; a: a NODE_DOLLAR, b */
	NODE_STEP,    /* text: ++ --; a: a NODE_DOLLAR; number: 1 behind it */
	NODE_LIST,    /* {1, 2}, or (type){1, 2}: a is the first NODE_ARG */
};

struct node {
	enum node_kind kind;
	unsigned column;
	unsigned depth; /* of the tree below: evaluation is recursive */
	const char *text, *where;
	const struct type *type;
	unsigned __int128 number;
	long double real;
	const uint8_t *bytes;
	struct node *a, *b, *c;
};

/*
 * The tree of a whole expression, in env's scratch arena.  A type name alone
 * is a NODE_TYPE.  Assignments, ++ and -- of other than convenience
 * variables, and calls, are refused with the reason.
 */
enum err parse(struct eval_env *, const char *text, struct node **ret);
